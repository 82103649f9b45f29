"""A text as minibatches: random pieces, pieces that continue each other, or sentences.

In each epoch every token of the text is predicted exactly once. Minibatches have few shapes, for
each new one may cost a compilation; what a text does not fill is padding that does not count.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from rnn_graph.checks import require_sizes
from rnn_graph.data.padding import PADDING, bucket_length
from rnn_graph.data.stream import Ids, Stream

SENTENCES_A_BATCH = 64  # of those that are tagged together
# Tokens that go to the device at a time; a step then needs nothing from outside.
TOKENS_A_SEGMENT = 2**20
# So many batches of sentences are cut from a pool that is sorted by length.
BATCHES_A_POOL = 20
EMPTY = -1  # the number of a piece that fills a minibatch up

Targets = Callable[[np.ndarray], np.ndarray]


class Segment(NamedTuple):
    """Minibatches that follow each other, [K, T, B] int32 each.

    Attributes
    ----------
    first_step
        The place of the first of them in the epoch.
    x, y
        Inputs and targets; the target -1 does not count.
    """

    first_step: int
    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.x)


class Batches(Protocol):
    """How an epoch goes through a text.

    Attributes
    ----------
    carries_state
        Whether each minibatch goes on where the one before ended.
    batch_size
        B.
    steps_per_epoch
        Minibatches.
    tokens_per_epoch
        Predicted tokens.
    texts
        How many pieces of T tokens, or sentences, there are to fill minibatches with.
    """

    carries_state: bool
    batch_size: int
    texts: int
    steps_per_epoch: int
    tokens_per_epoch: int

    def segments(self, epoch: int, first_step: int = 0) -> Iterator[Segment]:
        """The epoch's minibatches from the segment on that has `first_step`.

        They depend on the seed and the epoch alone.
        """


class SequentialBatches:
    """B columns of text; each minibatch goes on where the one before ended.

    A column has a B-th of the text. Of a text shorter than B · T tokens it has T, and some
    columns are empty. T is no longer than the text.

    Parameters
    ----------
    ids
        The text.
    batch_size, length
        B and T.
    start_id
        The input before the first token.
    targets
        From ids to targets, of which -1 does not count; None if all ids are targets.
    seed
        Not used: all epochs are alike.

    Raises
    ------
    InputError
        If a size is below 1, or the text has nothing to predict.
    """

    carries_state = True

    def __init__(
        self,
        ids: Ids,
        batch_size: int,
        length: int,
        *,
        start_id: int,
        targets: Targets | None = None,
        seed: int = 0,
    ):
        require_sizes(batch_size=batch_size, sequence_length=length)
        self._stream = Stream(ids, start_id, targets)
        tokens = len(ids) - self._stream.begin
        self._length = length = min(length, tokens)
        self._column = max(-(-tokens // batch_size), length)
        self.batch_size, self.texts = batch_size, tokens // length
        self.steps_per_epoch = -(-self._column // length)
        self.tokens_per_epoch = self._stream.tokens

    def segments(self, epoch: int, first_step: int = 0) -> Iterator[Segment]:
        stream, T, B = self._stream, self._length, self.batch_size
        begins = np.minimum(stream.begin + self._column * np.arange(B + 1), len(stream))
        for first, steps in _segments(self.steps_per_epoch, T * B, first_step):
            spans = [
                (min(begin + first * T, end), min(begin + (first + steps) * T, end))
                for begin, end in pairwise(begins)
            ]
            x, y = stream.columns(spans, (steps * T, B))
            yield Segment(first, x.reshape(steps, T, B), y.reshape(steps, T, B))


class RandomBatches:
    """Pieces of the text in random order, each from a zero state on.

    The pieces have T tokens, but for the first and the last one: these are shorter, so that
    pieces end at other places in each epoch. Parameters and errors as for `SequentialBatches`,
    but for `seed`: of the order, and of where pieces end.
    """

    carries_state = False

    def __init__(
        self,
        ids: Ids,
        batch_size: int,
        length: int,
        *,
        start_id: int,
        targets: Targets | None = None,
        seed: int = 0,
    ):
        require_sizes(batch_size=batch_size, sequence_length=length)
        self._stream, self._seed = Stream(ids, start_id, targets), seed
        tokens = len(ids) - self._stream.begin
        self._length = length = min(length, tokens)
        self._pieces = -(-tokens // length)
        # What the first and the last piece lack together; one piece more where that leaves more
        # choice. Neither may lack all of its T tokens.
        lacking = self._pieces * length - tokens
        self._offsets = (0, lacking + 1)
        if 2 * (lacking + 1) < length and self._pieces > 1:
            self._pieces += 1
            self._offsets = (lacking + 1, length)
        self.batch_size, self.texts = batch_size, tokens // length
        self.steps_per_epoch = -(-self._pieces // batch_size)
        self.tokens_per_epoch = self._stream.tokens

    def segments(self, epoch: int, first_step: int = 0) -> Iterator[Segment]:
        rng = np.random.default_rng([self._seed, epoch])
        stream, T, B = self._stream, self._length, self.batch_size
        begins = stream.begin - int(rng.integers(*self._offsets)) + T * np.arange(self._pieces + 1)
        begins = np.clip(begins, stream.begin, len(stream))
        order = np.full(self.steps_per_epoch * B, EMPTY)
        order[: self._pieces] = rng.permutation(self._pieces)
        for first, steps in _segments(self.steps_per_epoch, T * B, first_step):
            spans = [
                (0, 0) if piece == EMPTY else (begins[piece], begins[piece + 1])
                for piece in order[first * B : (first + steps) * B]
            ]
            x, y = (
                ids.reshape(T, steps, B).transpose(1, 0, 2)
                for ids in stream.columns(spans, (T, steps * B))
            )
            yield Segment(first, np.ascontiguousarray(x), np.ascontiguousarray(y))


class SentenceBatches:
    r"""Sentences or lines of like length side by side, each from a zero state on, shuffled.

    The last minibatch of a pool may have fewer than B. A minibatch is as long as the bucket of
    its longest sentence, see `bucket_length`.

    Parameters
    ----------
    ids
        Sentences one after another, each from its start marker to its end marker; or lines, each
        after a newline and with its own, which is the next one's start marker: "\nab\ncd\n".
    batch_size
        B.
    length
        T at most: a longer sentence is split into pieces, each from a zero state on.
    start_id, targets
        As for `SequentialBatches`. Where the start marker is a target, it ends a line.
    seed
        Of the order.

    Attributes
    ----------
    split_sentences
        How many are longer than T.

    Raises
    ------
    InputError
        As `SequentialBatches`.
    """

    carries_state = False

    def __init__(
        self,
        ids: Ids,
        batch_size: int,
        length: int,
        *,
        start_id: int,
        targets: Targets | None = None,
        seed: int = 0,
    ):
        require_sizes(batch_size=batch_size, sequence_length=length)
        self._stream, self._seed = Stream(ids, start_id, targets), seed
        sentences = self._stream.sentences()
        lengths = sentences[:, 1] - sentences[:, 0]
        self.split_sentences = int(np.count_nonzero(lengths > length))
        self._begins, self._ends = _split(sentences, length)
        self.batch_size, self.texts = batch_size, len(self._begins)
        self.steps_per_epoch = -(-len(self._begins) // batch_size)
        # The newline before the first line ends none.
        starts_with_newline = self._stream.is_marked and self._stream.begin == 0
        self.tokens_per_epoch = self._stream.tokens - starts_with_newline

    def segments(self, epoch: int, first_step: int = 0) -> Iterator[Segment]:
        rng = np.random.default_rng([self._seed, epoch])
        pieces, B = len(self._begins), self.batch_size
        order = np.full(self.steps_per_epoch * B, EMPTY)
        order[:pieces] = rng.permutation(pieces)
        lengths = np.append(self._ends - self._begins, 0)  # the last one is that of EMPTY
        for begin in range(0, len(order), B * BATCHES_A_POOL):
            pool = order[begin : begin + B * BATCHES_A_POOL]
            order[begin : begin + len(pool)] = pool[np.argsort(lengths[pool], kind="stable")]
        batches = rng.permutation(order.reshape(-1, B))
        for step in range(first_step, self.steps_per_epoch):
            full = batches[step][batches[step] != EMPTY]
            spans = zip(self._begins[full], self._ends[full], strict=True)
            length = bucket_length(int(lengths[full].max()))
            x, y = self._stream.columns(spans, (length, B))
            yield Segment(step, x[None], y[None])


SAMPLINGS = {
    "random": RandomBatches,
    "sequential": SequentialBatches,
    "sentences": SentenceBatches,
}


def _segments(steps: int, tokens: int, first_step: int) -> Iterator[tuple[int, int]]:
    """The first step of each segment, and how many it has, from the one with `first_step` on."""
    size = max(1, TOKENS_A_SEGMENT // tokens)
    for first in range(first_step // size * size, steps, size):
        yield first, min(size, steps - first)


def _split(spans: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Begins and ends of spans, none longer than `longest`."""
    counts = -(-(spans[:, 1] - spans[:, 0]) // longest)
    first = np.cumsum(counts) - counts
    place = np.arange(counts.sum()) - np.repeat(first, counts)
    begins = np.repeat(spans[:, 0], counts) + longest * place
    return begins, np.minimum(begins + longest, np.repeat(spans[:, 1], counts))


def batches_by_length(sentences: Sequence[np.ndarray], size: int) -> Iterator[list[int]]:
    """The places of sentences, `size` of about the same length at a time."""
    order = sorted(range(len(sentences)), key=lambda place: len(sentences[place]))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def pad_batch(
    tagger, sentences: Sequence[np.ndarray], size: int = SENTENCES_A_BATCH
) -> tuple[np.ndarray, np.ndarray]:
    """The ids and the mask of a batch, as `predict_labels` wants them.

    A sentence has an id for each word, or a row of numbers, which are then the last axis. Where
    each new shape costs a compilation, they are as long as a bucket and `size` wide.
    """
    length = max(map(len, sentences))
    if tagger.backend.compiles_per_shape:
        length = bucket_length(length)
    else:
        size = len(sentences)
    margin = tagger.window // 2
    shape = (length + 2 * margin, size, *sentences[0].shape[1:])
    ids = np.full(shape, PADDING, dtype=np.int32)
    mask = np.zeros((length, size), dtype=tagger.dtype)
    for column, words in enumerate(sentences):
        ids[margin : margin + len(words), column] = words
        mask[: len(words), column] = 1
    return ids, mask
