"""Checks of what users pass as sequences of word ids."""

from collections.abc import Sequence

import numpy as np

from rnn_graph.errors import InputError

Ids = Sequence[int] | np.ndarray


def checked_ids(ids: Ids, word_dim: int, name: str = "x") -> np.ndarray:
    """`ids` as an int32 vector whose values index a vocabulary of `word_dim` words.

    Raises
    ------
    InputError
        If there is no id, an id is no whole number, or it is outside 0 … word_dim - 1.
    """
    array = np.asarray(ids)
    if array.ndim != 1 or array.size == 0:
        raise InputError(f"{name} has shape {array.shape}; give at least one word id, in one row")
    if array.dtype.kind not in "iu":
        raise InputError(f"{name} has values of type {array.dtype}; word ids are whole numbers")
    low, high = array.min(), array.max()
    if low < 0 or high >= word_dim:
        raise InputError(
            f"{name} holds the word id {low if low < 0 else high}; the model knows the ids"
            f" 0 to {word_dim - 1}"
        )
    return array.astype(np.int32, copy=False)


def checked_pair(x: Ids, y: Ids, word_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """`x` and `y` as `checked_ids` gives them, one target for each input."""
    x, y = checked_ids(x, word_dim), checked_ids(y, word_dim, "y")
    if len(x) != len(y):
        raise InputError(f"x has {len(x)} words and y has {len(y)}; each word wants one target")
    return x, y
