"""Context windows around words, and the order in which the slot tagger's recipes take them."""

import random
from collections.abc import MutableSequence, Sequence

import numpy as np

from rnn_graph.checks import check_window, require_sizes
from rnn_graph.data.padding import PADDING
from rnn_graph.errors import InputError


def _require_words(sentence: Sequence[int]) -> None:
    if not len(sentence):
        raise InputError("the sentence has no words; give at least one")


def contextwin(l: Sequence[int], win: int) -> np.ndarray:  # noqa: E741 - the tutorial's name
    """The window around each word of a sentence.

    Parameters
    ----------
    l
        Word ids, (T,).
    win
        Words in a window, odd.

    Returns
    -------
    (T, win) int32
        Row t: `(win - 1) / 2` words before word t, the word, as many after it; -1 where there is
        none.

    Raises
    ------
    InputError
        If there is no word, or `win` is even or below 1.

    Examples
    --------
    >>> from rnn_graph import contextwin
    >>> contextwin([7, 8, 9], 3)
    array([[-1,  7,  8],
           [ 7,  8,  9],
           [ 8,  9, -1]], dtype=int32)
    """
    check_window(win)
    _require_words(l)
    padded = np.pad(np.asarray(l, dtype=np.int32), win // 2, constant_values=PADDING)
    return np.lib.stride_tricks.sliding_window_view(padded, win).copy()


def minibatch(l: Sequence, bs: int) -> list:  # noqa: E741
    """The steps that lead to each word: growing prefixes, of which the last `bs` items are kept.

    Parameters
    ----------
    l
        T windows (or anything else in a row).
    bs
        The most items that a step looks back on, its own among them.

    Returns
    -------
    list
        T slices of `l`.

    Raises
    ------
    InputError
        If `bs` is below 1.

    Examples
    --------
    >>> from rnn_graph import minibatch
    >>> minibatch("abcd", 3)
    ['a', 'ab', 'abc', 'bcd']
    """
    require_sizes(bs=bs)
    return [l[max(0, end - bs) : end] for end in range(1, len(l) + 1)]


def shuffle(lol: Sequence[MutableSequence], seed: int) -> None:
    """Shuffle lists in place, all in the same order.

    The order is that of Python 2's `random.seed(seed); random.shuffle(l)`, in which the published
    results were made; Python 3 draws otherwise.

    Examples
    --------
    >>> words, labels = list("abcd"), list("ABCD")
    >>> shuffle([words, labels], 345)
    >>> words, labels
    (['c', 'b', 'a', 'd'], ['C', 'B', 'A', 'D'])
    """
    for items in lol:
        generator = random.Random(seed)
        for i in reversed(range(1, len(items))):
            j = int(generator.random() * (i + 1))
            items[i], items[j] = items[j], items[i]


def last_word_steps(
    sentence: Sequence[int], labels: Sequence[int], win: int, bs: int
) -> np.ndarray:  # [T], [T] -> [T, bs + win + 1]
    """What `RNNSLU.train_on_steps` takes: for each word a step that predicts its label.

    Row t holds the word ids under the windows of words t − bs + 1 … t (overlapping windows are one
    stretch of bs + win − 1 words), then how many of these windows there are, at most bs, then the
    label of word t.

    Raises
    ------
    InputError
        If there is no word, `win` is even or below 1, or `bs` is below 1.
    """
    check_window(win)
    _require_words(sentence)
    T, margin = len(sentence), win // 2
    require_sizes(bs=bs)
    padded = np.pad(
        np.asarray(sentence, dtype=np.int32), (margin + bs - 1, margin), constant_values=PADDING
    )
    stretches = np.lib.stride_tricks.sliding_window_view(padded, bs + win - 1)
    counts = np.minimum(np.arange(1, T + 1), bs)
    return np.column_stack([stretches, counts, labels]).astype(np.int32)
