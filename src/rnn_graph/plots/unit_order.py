"""Hidden units in an order in which those that do alike stand side by side."""

import numpy as np


def order_of_units(states: np.ndarray) -> list[int]:
    """An order of units by the correlation of their states, greedily.

    The two units that correlate most become neighbors, then the next two whose places are still
    free, until all stand in one row: a short path through all units, as the greedy heuristic for
    the traveling salesman finds it.

    Parameters
    ----------
    states : (T, H)
        States of the units over time.

    Returns
    -------
    list of int
        The H units; the one that moves most stands in the upper half.
    """
    units = states.shape[1]
    centered = states - states.mean(axis=0)
    norms = np.linalg.norm(centered, axis=0)
    alike = (centered / np.where(norms > 0, norms, 1)).T @ centered / np.where(norms > 0, norms, 1)
    rows = {k: [k] for k in range(units)}  # by either end of a row, the row
    first, second = np.triu_indices(units, 1)
    for place in np.argsort(-alike[first, second], kind="stable"):
        a, b = int(first[place]), int(second[place])
        if a not in rows or b not in rows or rows[a] is rows[b]:
            continue
        left, right = rows.pop(a), rows.pop(b)
        joined = (left if left[-1] == a else left[::-1]) + (right if right[0] == b else right[::-1])
        for row in (left, right):
            for end in (row[0], row[-1]):
                rows.pop(end, None)
        rows[joined[0]] = rows[joined[-1]] = joined
    order = next(iter(rows.values()))
    liveliest = order.index(int(np.argmax(norms)))
    return order if liveliest < units / 2 else order[::-1]
