"""Sentences as training examples, and sequence lengths rounded up to buckets."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

# Sequences shorter than this are padded to it.
SHORTEST_BUCKET = 5
# Up to here the ladder has a step every SHORTEST_BUCKET; beyond, four steps a doubling.
LONGEST_EVEN_BUCKET = 60
# What a length of its own has to pay for, and in which time.
COMPILATION_IN_STEPS, JUDGED_EPOCHS = 250, 10


def next_word_pairs(sentences: Iterable[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Inputs and targets of next-word prediction: `x = ids[:-1]`, `y = ids[1:]`.

    Parameters
    ----------
    sentences
        Arrays of token ids, each from its start marker to its end marker.

    Returns
    -------
    X, y
        For each sentence of n ids, two arrays of shape (n - 1,).
    """
    pairs = [(ids[:-1], ids[1:]) for ids in sentences]
    return [x for x, _ in pairs], [y for _, y in pairs]


def bucket_length(length: int) -> int:
    """The padded length for a sequence, for compilers that want each shape anew.

    Multiples of 5 up to 60, then 75, 90, 105, 120, 150, 180, 210, 240, 300, …: four steps a
    doubling, without end. Padding adds a tenth to the words of ordinary text, and a corpus of
    any lengths needs few distinct shapes (12 up to 60 words, 20 up to 240).

    Examples
    --------
    >>> [bucket_length(n) for n in (1, 5, 6, 45, 60, 61, 100, 121, 10_000)]
    [5, 5, 10, 45, 60, 75, 105, 150, 11520]
    """
    step = SHORTEST_BUCKET
    if length > LONGEST_EVEN_BUCKET:
        doublings = ((length - 1) // LONGEST_EVEN_BUCKET).bit_length() - 1
        step = LONGEST_EVEN_BUCKET // 4 << doublings
    return -(-length // step) * step


def few_lengths(lengths: Sequence[int], batch_size: int) -> list[int]:
    """The padded lengths for minibatches of sentences: fewer buckets for fewer sentences.

    A length of its own saves padding in every step, and costs a compilation. A bucket is joined to
    the next longer one where that is cheaper over ten epochs, a compilation being worth 250 steps
    (`benchmarks/NOTES.md`).

    Parameters
    ----------
    lengths
        Of all sentences.
    batch_size
        Sentences in a minibatch.

    Returns
    -------
    list of int
        In ascending order; the last one has room for the longest sentence.

    Examples
    --------
    >>> few_lengths([4, 9, 14, 19] * 50, batch_size=10)
    [20]
    >>> few_lengths([4, 9, 14, 19] * 5000, batch_size=10)
    [5, 10, 15, 20]
    """
    buckets = sorted(Counter(map(bucket_length, lengths)).items())
    kept, joined = [], []
    for (length, sentences), (longer, _) in pairwise([*buckets, (math.inf, 0)]):
        joined.append((length, sentences))
        padded = sum(count * (1 - shorter / longer) for shorter, count in joined) / batch_size
        if padded * JUDGED_EPOCHS > COMPILATION_IN_STEPS or longer == math.inf:
            kept.append(length)
            joined = []
    return kept


def pad_to(ids: np.ndarray, length: int) -> np.ndarray:
    """`ids` followed by zeros, shape (length,); `ids` itself if it is that long already."""
    if len(ids) == length:
        return ids
    padded = np.zeros(length, dtype=ids.dtype)
    padded[: len(ids)] = ids
    return padded


PADDING = -1  # what a window holds beyond the ends of a sentence


def padding_as_row(ids: np.ndarray, words: int) -> np.ndarray:
    """Ids as int32, with `words`, the last row of embeddings, in place of `PADDING`."""
    return np.where(ids < 0, words, ids).astype(np.int32)


BEFORE_FIRST = -1  # the input that is the zero vector


NO_TARGET = -1  # where there is nothing to predict
