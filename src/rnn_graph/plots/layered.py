"""Boxes of a directed acyclic graph in rows, and the arrows between them.

K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system
structures", IEEE Transactions on Systems, Man, and Cybernetics 11 (1981): rows by the longest path,
the order within a row by barycenters, then horizontal places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Point = tuple[float, float]

SWEEPS = 12
ROW_GAP, BOX_GAP, BEND_GAP = 40.0, 24.0, 12.0
BEND_WEIGHT = 8.0  # beside a box: long arrows are straight where they can be


@dataclass(frozen=True)
class Edge:
    """An arrow from box to box.

    Attributes
    ----------
    source, target
        Numbers of boxes.
    leaves, enters
        Where it meets the lower side of the one and the upper side of the other, 0 (left) to 1.
    """

    source: int
    target: int
    leaves: float = 0.5
    enters: float = 0.5


@dataclass(frozen=True)
class Layout:
    """Where boxes and arrows are, in the units of the boxes' sizes, from the upper left corner.

    Attributes
    ----------
    corners
        The upper left corner of each box.
    routes
        For each edge its points: it leaves a box, passes rows, and enters a box.
    width, height
        Of the whole.
    """

    corners: list[Point]
    routes: list[list[Point]]
    width: float
    height: float


def layered_layout(sizes: Sequence[Point], edges: Sequence[Edge]) -> Layout:
    """Place boxes so that every arrow points downwards, with few crossings.

    Parameters
    ----------
    sizes
        Width and height of each box, in an order in which no edge points backwards.
    edges
        Their sources come before their targets.
    """
    rows = _rows(len(sizes), edges)
    # An arrow that passes rows has a bend, a box without width, in each of them.
    widths, row_of, chains = [w for w, _ in sizes], list(rows), []
    for edge in edges:
        between = range(rows[edge.source] + 1, rows[edge.target])
        bends = range(len(widths), len(widths) + len(between))
        widths += [0.0] * len(between)
        row_of += between
        chains.append([edge.source, *bends, edge.target])
    links = [
        (a, b, edge.leaves if a == chain[0] else 0.5, edge.enters if b == chain[-1] else 0.5)
        for edge, chain in zip(edges, chains, strict=True)
        for a, b in pairwise(chain)
    ]
    order = _ordered(row_of, links)
    centers = _centers(order, widths, links)
    left = min(centers[k] - widths[k] / 2 for k in range(len(widths)))
    right = max(centers[k] + widths[k] / 2 for k in range(len(widths)))

    heights = [max([sizes[k][1] for k in row if k < len(sizes)] or [0]) for row in order]
    tops = np.concatenate([[0], np.cumsum([height + ROW_GAP for height in heights])]).tolist()
    corners = [
        (centers[k] - width / 2 - left, tops[rows[k]] + (heights[rows[k]] - height) / 2)
        for k, (width, height) in enumerate(sizes)
    ]
    routes = []
    for edge, (first, *bends, last) in zip(edges, chains, strict=True):
        (x, y), (width, height) = corners[first], sizes[first]
        route = [(x + edge.leaves * width, y + height)]
        for bend in bends:
            top = tops[row_of[bend]]
            route += [(centers[bend] - left, y) for y in (top, top + heights[row_of[bend]])]
        (x, y), (width, _) = corners[last], sizes[last]
        routes.append([*route, (x + edge.enters * width, y)])
    return Layout(corners, routes, right - left, tops[-1] - ROW_GAP)


def _rows(count: int, edges: Sequence[Edge]) -> list[int]:
    """The row of each box: as far above the last one as its longest path down is long."""
    below = [0] * count
    for edge in sorted(edges, key=lambda edge: -edge.source):
        below[edge.source] = max(below[edge.source], below[edge.target] + 1)
    return [max(below) - steps for steps in below]


def _ordered(row_of: Sequence[int], links) -> list[list[int]]:
    """The boxes and bends of each row, from left to right; the best of several sweeps."""
    order = [[] for _ in range(max(row_of) + 1)]
    for k, row in enumerate(row_of):
        order[row].append(k)
    sides = _neighbors(len(row_of), links)
    best, least = order, _crossings(order, row_of, links)
    for first in range(2):  # the first sweep goes down from the inputs, or up from the outputs
        found = order
        for sweep in range(SWEEPS):
            # Those of one mean change places now and then: else few orders would be tried.
            found = _swept(found, sides, first=(sweep + first) % 2, ties=-1 if sweep % 4 > 1 else 1)
            if (crossings := _crossings(found, row_of, links)) < least:
                best, least = found, crossings
    return best


def _swept(order: list[list[int]], sides, first: int, ties: int) -> list[list[int]]:
    """Each row by the mean places of what is linked to it, above (`first` 0) or below."""
    order, beside = [list(row) for row in order], sides[first]
    place = {k: i for row in order for i, k in enumerate(row)}
    for row in reversed(order) if first else order:
        means = {
            k: np.mean([place[other] + shift for other, shift, _ in beside[k]] or [place[k]])
            for k in row
        }
        row.sort(key=lambda k: (means[k], ties * place[k]))
        place |= {k: i for i, k in enumerate(row)}
    return order


def _neighbors(count: int, links):
    """For each box and bend what it is linked to above and below, and by how much off centers."""
    above, below = [[] for _ in range(count)], [[] for _ in range(count)]
    for a, b, leaves, enters in links:
        above[b].append((a, leaves - 0.5, enters - 0.5))
        below[a].append((b, enters - 0.5, leaves - 0.5))
    return above, below


def _crossings(order, row_of: Sequence[int], links) -> int:
    """How many pairs of links cross."""
    place = {k: i for row in order for i, k in enumerate(row)}
    total = 0
    for row in range(len(order) - 1):
        ends = [
            (place[a] + 0.9 * leaves, place[b] + 0.9 * enters)
            for a, b, leaves, enters in links
            if row_of[a] == row
        ]
        upper, lower = np.array(ends).reshape(-1, 2).T
        crossed = np.subtract.outer(upper, upper) * np.subtract.outer(lower, lower) < -1e-9
        total += int(crossed.sum()) // 2
    return total


def _centers(order, widths: Sequence[float], links) -> list[float]:
    """Horizontal places: each as near as can be to what it is linked to, in the order given."""
    above, below = _neighbors(len(widths), links)
    centers = [0.0] * len(widths)
    offsets = []
    for row in order:
        steps = [
            (widths[a] + widths[b]) / 2 + (BOX_GAP if widths[a] and widths[b] else BEND_GAP)
            for a, b in pairwise(row)
        ]
        offsets.append(np.concatenate([[0.0], np.cumsum(steps)]))
        for k, offset in zip(row, offsets[-1] - offsets[-1][-1] / 2, strict=True):
            centers[k] = float(offset)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        rows = list(zip(order, offsets, strict=True))
        for row, least in rows if downwards else reversed(rows):
            beside = above if downwards else below
            wanted = [
                np.mean([centers[o] + s * widths[o] - t * widths[k] for o, s, t in beside[k]])
                if beside[k]
                else centers[k]
                for k in row
            ]
            firm = np.array([BEND_WEIGHT if widths[k] == 0 else 1.0 for k in row])
            for k, center in zip(row, _apart(np.array(wanted), least, firm), strict=True):
                centers[k] = float(center)
    return centers


def _apart(wanted: np.ndarray, offsets: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The places nearest to those wanted, by squares, whose steps are at least those of `offsets`.

    Without its offsets the row has to ascend: pools of neighbors share their weighted mean.
    """
    pools: list[list[float]] = []  # weighted sum, weight, length
    for value, weight in zip(wanted - offsets, weights, strict=True):
        pools.append([value * weight, weight, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            last = pools.pop()
            pools[-1] = [one + other for one, other in zip(pools[-1], last, strict=True)]
    means = [[total / weight] * count for total, weight, count in pools]
    return offsets + np.concatenate(means)
