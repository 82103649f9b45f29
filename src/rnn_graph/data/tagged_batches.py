"""Minibatches of tagged sentences, of about the same length each."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np

from rnn_graph.checks import require_shares, require_sizes
from rnn_graph.data.batches import BATCHES_A_POOL, Segment
from rnn_graph.data.padding import NO_TARGET, PADDING, few_lengths


class TaggedBatches:
    """Sentences of like length side by side, shuffled in each epoch.

    Parameters
    ----------
    words, labels
        Ids, sentence by sentence.
    batch_size
        B.
    seed
        Of the order.
    vocabulary_size
        Ids of words, the last one the unknown word's.
    word_dropout
        The share of words that are taken for the unknown word: their ids are `vocabulary_size + 1`
        larger, so that what they were can still be told. Without it the unknown word has no
        example where the data mark none.

    Attributes
    ----------
    carries_state, steps_per_epoch, tokens_per_epoch
        As batches of text have them; the last batch may have fewer sentences.
    """

    carries_state = False

    def __init__(
        self,
        words: Sequence[np.ndarray],
        labels: Sequence[np.ndarray],
        batch_size: int,
        *,
        seed: int,
        vocabulary_size: int = 0,
        word_dropout: float = 0.0,
    ):
        require_sizes(batch_size=batch_size)
        require_shares(word_dropout=word_dropout)
        self._word_dropout, self._beyond = word_dropout, vocabulary_size + 1
        self._words, self._labels, self._seed = words, labels, seed
        self._lengths = np.array([len(sentence) for sentence in words])
        self._padded = few_lengths(self._lengths.tolist(), batch_size)
        self.batch_size = batch_size
        self.steps_per_epoch = -(-len(words) // batch_size)
        self.tokens_per_epoch = int(self._lengths.sum())

    def segments(self, epoch: int, first_step: int = 0) -> Iterator[Segment]:
        """The epoch's minibatches, one by one: words and labels, [1, T, B]; -1 beyond them."""
        rng = np.random.default_rng([self._seed, epoch])
        order, size = rng.permutation(len(self._words)), self.batch_size
        # Sorted by length within a pool, so that a batch has little padding and the batches of an
        # epoch still differ from those of the last.
        for begin in range(0, len(order), size * BATCHES_A_POOL):
            pool = order[begin : begin + size * BATCHES_A_POOL]
            order[begin : begin + len(pool)] = pool[np.argsort(self._lengths[pool], kind="stable")]
        batches = [order[begin : begin + size] for begin in range(0, len(order), size)]
        turns = rng.permutation(len(batches))
        for step in range(first_step, self.steps_per_epoch):
            segment = self._batch(step, batches[turns[step]])
            if self._word_dropout:
                # A generator of its own for each step: an epoch may go on in its middle.
                draws = np.random.default_rng([self._seed, epoch, step]).random(segment.x.shape)
                segment.x[(draws < self._word_dropout) & (segment.x >= 0)] += self._beyond
            yield segment

    def _batch(self, step: int, sentences: np.ndarray) -> Segment:
        longest = self._lengths[sentences].max()
        length = self._padded[bisect_left(self._padded, longest)]
        x = np.full((1, length, self.batch_size), PADDING, dtype=np.int32)
        y = np.full_like(x, NO_TARGET)
        for column, sentence in enumerate(sentences):
            words = self._lengths[sentence]
            x[0, :words, column] = self._words[sentence]
            y[0, :words, column] = self._labels[sentence]
        return Segment(step, x, y)
