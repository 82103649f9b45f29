"""A text as minibatches: random pieces, pieces that continue each other, or sentences."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from rnn_graph.checks import require_sizes
from rnn_graph.data.padding import NO_TARGET, PADDING, bucket_length
from rnn_graph.data.token_store import places_of
from rnn_graph.errors import InputError
from rnn_graph.models.language_model import LanguageModel

SENTENCES_A_BATCH = 64  # of those that are tagged together
# Tokens that go to the device at a time; a step then needs nothing from outside.
TOKENS_A_SEGMENT = 2**20
# So many batches of sentences are cut from a pool that is sorted by length.
BATCHES_A_POOL = 20


class Ids(Protocol):
    """Token ids, in memory or not."""

    def __len__(self) -> int: ...

    def __getitem__(self, places) -> np.ndarray: ...


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


class Minibatches(Protocol):
    """How an epoch goes through a text.

    Attributes
    ----------
    carries_state
        Whether each minibatch goes on where the one before ended.
    batch_size
        B.
    steps_per_epoch
        Minibatches.
    """

    carries_state: bool
    batch_size: int
    steps_per_epoch: int

    def segments(self, epoch: int, first_step: int = 0) -> Iterator[Segment]:
        """The epoch's minibatches from the segment on that has `first_step`.

        They depend on the seed and the epoch alone.
        """


class _Pieces:
    """What the two ways to cut a text into pieces of one length have in common."""

    carries_state: bool

    def __init__(self, model: LanguageModel, ids: Ids, batch_size: int, length: int, *, seed: int):
        require_sizes(batch_size=batch_size, sequence_length=length)
        if len(ids) <= length:
            raise InputError(
                f"the text has {len(ids):,} tokens, too few for a sequence of {length:,} and the"
                " token after it; give a smaller sequence length"
            )
        self._model, self._ids, self._length, self._seed = model, ids, length, seed
        self.batch_size = batch_size
        # Each epoch begins at another of the first T tokens: a piece ends at other places.
        self.steps_per_epoch = (len(ids) - length) // length // batch_size
        if not self.steps_per_epoch:
            raise InputError(
                f"the text has {len(ids):,} tokens, too few for a batch of {batch_size:,} sequences"
                f" of {length:,}; give a smaller batch size or sequence length"
            )

    def segments(self, epoch: int, first_step: int = 0) -> Iterator[Segment]:
        rng = np.random.default_rng([self._seed, epoch])
        offset = int(rng.integers(self._length))
        order = self._order(rng)
        size = max(1, TOKENS_A_SEGMENT // (self.batch_size * self._length))
        for first in range(first_step // size * size, self.steps_per_epoch, size):
            steps = min(size, self.steps_per_epoch - first)
            ids = self._cut(order, offset, first, steps)  # [K, T + 1, B]
            yield Segment(first, ids[:, :-1].copy(), self._model.targets(ids[:, 1:]))

    def _order(self, rng: np.random.Generator) -> np.ndarray | None:
        raise NotImplementedError

    def _cut(self, order, offset: int, first: int, steps: int) -> np.ndarray:
        raise NotImplementedError


class SequentialMinibatches(_Pieces):
    """B columns of text; each minibatch goes on where the one before ended.

    Parameters
    ----------
    model
        Which targets count is its vocabulary's matter.
    ids
        The text.
    batch_size, length
        B and T.
    seed
        Of the place where an epoch begins.

    Raises
    ------
    InputError
        If the text is too short for one minibatch.
    """

    carries_state = True

    def _order(self, rng):
        return None

    def _cut(self, order, offset, first, steps):
        T, column = self._length, self.steps_per_epoch * self._length
        parts = []
        for b in range(self.batch_size):
            begin = offset + b * column + first * T
            part = self._ids[begin : begin + steps * T + 1]
            parts.append(np.lib.stride_tricks.sliding_window_view(part, T + 1)[::T])
        return np.stack(parts, axis=-1)


class RandomMinibatches(_Pieces):
    """Pieces of the text in random order, each from a zero state on; parameters as above."""

    carries_state = False

    def _order(self, rng):
        return rng.permutation(self.steps_per_epoch * self.batch_size)

    def _cut(self, order, offset, first, steps):
        T, B = self._length, self.batch_size
        pieces = order[first * B : (first + steps) * B]
        cut = np.empty((len(pieces), T + 1), dtype=np.int32)
        for row, piece in enumerate(pieces):
            begin = offset + piece * T
            cut[row] = self._ids[begin : begin + T + 1]
        return cut.reshape(steps, B, T + 1).transpose(0, 2, 1)


class SentenceMinibatches:
    """Sentences of like length side by side, each from a zero state on, shuffled.

    Parameters
    ----------
    model
        A model of words.
    ids
        Sentences one after another, each from its start marker on.
    batch_size
        B.
    longest
        T at most: of longer sentences the rest is left out.
    seed
        Of the order.

    Attributes
    ----------
    cut_sentences
        How many are longer than `longest`.

    Raises
    ------
    InputError
        If there are fewer sentences than a batch has, or the model is not one of words.
    """

    carries_state = False

    def __init__(self, model: LanguageModel, ids: Ids, batch_size: int, longest: int, *, seed: int):
        require_sizes(batch_size=batch_size, sequence_length=longest)
        if not model.reads_words:
            raise InputError("characters have no sentences; give sampling random or sequential")
        self._model, self._ids, self._seed = model, ids, seed
        starts = places_of(ids, model.start_id)
        lengths = np.diff(starts, append=len(ids)) - 1
        self._starts = starts[lengths > 0]
        self._lengths = np.minimum(lengths[lengths > 0], longest)
        self.cut_sentences = int(np.count_nonzero(lengths > longest))
        self.batch_size = batch_size
        self.steps_per_epoch = len(self._starts) // batch_size
        if not self.steps_per_epoch:
            raise InputError(
                f"the text has {len(self._starts):,} sentences, too few for a batch of"
                f" {batch_size:,}; give a smaller batch size"
            )

    def segments(self, epoch: int, first_step: int = 0) -> Iterator[Segment]:
        rng = np.random.default_rng([self._seed, epoch])
        B = self.batch_size
        order = rng.permutation(len(self._starts))[: self.steps_per_epoch * B]
        for begin in range(0, len(order), B * BATCHES_A_POOL):
            pool = order[begin : begin + B * BATCHES_A_POOL]
            order[begin : begin + len(pool)] = pool[np.argsort(self._lengths[pool], kind="stable")]
        batches = rng.permutation(order.reshape(-1, B))
        for step in range(first_step, self.steps_per_epoch):
            yield self._batch(step, batches[step])

    def _batch(self, step: int, sentences: np.ndarray) -> Segment:
        length = bucket_length(int(self._lengths[sentences].max()))
        x = np.zeros((1, length, self.batch_size), dtype=np.int32)
        y = np.full_like(x, NO_TARGET)
        for column, sentence in enumerate(sentences):
            begin, words = self._starts[sentence], self._lengths[sentence]
            ids = self._ids[begin : begin + words + 1]
            x[0, :words, column], y[0, :words, column] = ids[:-1], ids[1:]
        return Segment(step, x, y)


SAMPLINGS = {
    "random": RandomMinibatches,
    "sequential": SequentialMinibatches,
    "sentences": SentenceMinibatches,
}


def batches_by_length(sentences: Sequence[np.ndarray], size: int) -> Iterator[list[int]]:
    """The places of sentences, `size` of about the same length at a time."""
    order = sorted(range(len(sentences)), key=lambda place: len(sentences[place]))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def pad_batch(
    tagger, sentences: Sequence[np.ndarray], size: int = SENTENCES_A_BATCH
) -> tuple[np.ndarray, np.ndarray]:
    """The ids and the mask of a batch, as `predict_labels` wants them.

    Where each new shape costs a compilation, they are as long as a bucket and `size` wide.
    """
    length = max(map(len, sentences))
    if tagger.backend.compiles_per_shape:
        length = bucket_length(length)
    else:
        size = len(sentences)
    margin = tagger.window // 2
    ids = np.full((length + 2 * margin, size), PADDING, dtype=np.int32)
    mask = np.zeros((length, size), dtype=tagger.dtype)
    for column, words in enumerate(sentences):
        ids[margin : margin + len(words), column] = words
        mask[: len(words), column] = 1
    return ids, mask
