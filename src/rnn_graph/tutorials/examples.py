"""The examples of the tutorials' trainings, one after another, in the orders that they had."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from rnn_graph.checks import require_sizes
from rnn_graph.data.char_vocabulary import NEWLINE
from rnn_graph.data.padding import BEFORE_FIRST, next_word_pairs
from rnn_graph.data.stream import sentences_of
from rnn_graph.data.vocabulary import SENTENCE_START
from rnn_graph.errors import InputError
from rnn_graph.randomness import RandomSource, as_random_generator
from rnn_graph.tutorials.windows import last_word_steps, shuffle


@dataclass(frozen=True)
class Examples:
    """Examples in their order, those of an epoch all at once.

    Attributes
    ----------
    items
        What the steps take.
    first_step
        The place of the first in the epoch.
    """

    items: Sequence[Any]
    first_step: int = 0

    def __len__(self) -> int:
        return len(self.items)


class SentenceExamples:
    """A sentence a step, in order: word ids and their targets.

    Raises
    ------
    InputError
        If there is no sentence, or there are not as many targets.
    """

    def __init__(self, X: Sequence[np.ndarray], Y: Sequence[np.ndarray]):
        if not len(X):
            raise InputError("no sentence to train on; give at least one")
        if len(X) != len(Y):
            raise InputError(f"{len(X)} sentences and {len(Y)} rows of targets; give one for each")
        self.pairs = list(zip(X, Y, strict=True))
        self.steps_per_epoch = len(self.pairs)
        self.tokens_per_epoch = sum(map(len, Y))

    def segments(self, epoch: int, first_step: int = 0) -> Iterator[Examples]:
        """All sentences."""
        yield Examples(self.pairs)


class NameExamples:
    """Names, or pieces of a text, a step each.

    Parameters
    ----------
    inputs, targets
        Ids of each example, int32 of one length; the input -1 is the zero vector.
    carried
        For each, 1 if it begins with the state that the one before ended with, 0 if with zero.

    Raises
    ------
    InputError
        If there is no example.
    """

    def __init__(
        self, inputs: Sequence[np.ndarray], targets: Sequence[np.ndarray], carried: np.ndarray
    ):
        if not len(inputs):
            raise InputError("no text to train on; give at least one line")
        self.items = list(zip(inputs, targets, carried, strict=True))
        self.steps_per_epoch = len(self.items)
        self.tokens_per_epoch = sum(map(len, targets))

    @classmethod
    def of_lines(
        cls, lines: Sequence[np.ndarray], newline: int, *, carry_state: bool
    ) -> "NameExamples":
        """A line an example, in their order: from the zero vector to the newline."""
        return cls(
            [np.concatenate([[BEFORE_FIRST], ids]).astype(np.int32) for ids in lines],
            [np.concatenate([ids, [newline]]).astype(np.int32) for ids in lines],
            np.full(len(lines), carry_state),
        )

    @classmethod
    def of_text(cls, ids: np.ndarray, length: int) -> "NameExamples":
        """A text in pieces of `length` characters, in its own order, each predicted once."""
        require_sizes(length=length)
        inputs = np.concatenate([[BEFORE_FIRST], ids[:-1]]).astype(np.int32)
        cuts = range(length, len(ids), length)
        return cls(
            np.split(inputs, cuts), np.split(ids, cuts), carried=np.arange(len(cuts) + 1) > 0
        )

    def segments(self, epoch: int, first_step: int = 0) -> Iterator[Examples]:
        """All examples."""
        yield Examples(self.items)


def shuffled(lines: Sequence[Any], rng: RandomSource) -> list[Any]:
    """The lines in another order, as the tutorial's `np.random.shuffle`."""
    lines = list(lines)
    as_random_generator(rng).shuffle(lines)
    return lines


class SlotExamples:
    """Sentences with labels, shuffled anew in each epoch as the tutorial did.

    Parameters
    ----------
    words, labels
        Ids, sentence by sentence.
    window
        Words a window.
    words_a_step
        How many words a step looks back on, to predict the label of the last. None: a step is a
        sentence, and predicts the labels of all its words.
    seed
        Of the shuffling.
    """

    def __init__(
        self,
        words: Sequence[np.ndarray],
        labels: Sequence[np.ndarray],
        *,
        window: int,
        words_a_step: int | None,
        seed: int,
    ):
        self._words, self._labels, self._seed = words, labels, seed
        self.window, self.words_a_step = window, words_a_step
        self.tokens_per_epoch = sum(map(len, labels))
        self.steps_per_epoch = len(words) if words_a_step is None else self.tokens_per_epoch

    def segments(self, epoch: int, first_step: int = 0) -> Iterator[Examples]:
        """The epoch's sentences, or the rows of `last_word_steps` of all their words."""
        order = list(range(len(self._words)))
        for _ in range(epoch + 1):  # the tutorial shuffles what it has shuffled
            shuffle([order], self._seed)
        pairs = [(self._words[i], self._labels[i]) for i in order]
        if self.words_a_step is None:
            yield Examples(pairs)
            return
        rows = [last_word_steps(*pair, self.window, self.words_a_step) for pair in pairs]
        yield Examples(np.concatenate(rows))


def sentence_examples(model, ids, recipe) -> SentenceExamples:
    """The sentences of a text, from one start marker to the next."""
    sentences = sentences_of(ids, model.vocabulary[SENTENCE_START])
    return SentenceExamples(*next_word_pairs(sentences))


def name_examples(model, ids, recipe) -> NameExamples:
    """The lines of a text, shuffled as the tutorial's, or a running text in pieces."""
    text = np.asarray(ids[0 : len(ids)])
    if model.vocabulary.unit == "text":
        return NameExamples.of_text(text, recipe["piece_length"])
    newline = model.vocabulary[NEWLINE]
    ends = np.flatnonzero(text == newline)
    lines = [text[begin + 1 : end] for begin, end in pairwise(ends)]
    lines = shuffled([line for line in lines if len(line)], recipe["seed"])
    return NameExamples.of_lines(lines, newline, carry_state=recipe["carry_state"])


def slot_examples(model, sentences, recipe) -> SlotExamples:
    """Tagged sentences as the published recipes take them."""
    words, labels = model.vocabulary.encode(sentences)
    return SlotExamples(
        words,
        labels,
        window=model.window,
        words_a_step=recipe.settings.get("words_a_step"),
        seed=recipe["seed"],
    )
