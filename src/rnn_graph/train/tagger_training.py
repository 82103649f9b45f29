"""Training slot taggers, with the best epoch chosen on validation data."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rnn_graph.checks import require_above_zero, require_sizes
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.errors import TrainingDiverged
from rnn_graph.predict.metrics import TagScore
from rnn_graph.train.observer import Step
from rnn_graph.tutorials.rnnslu import RNNSLU, STEPS_A_CALL
from rnn_graph.tutorials.windows import contextwin, last_word_steps, shuffle

SMALLEST_LEARNING_RATE = 1e-5


@dataclass(frozen=True)
class SlotRecipe:
    """A published way to train `RNNSLU`.

    Attributes
    ----------
    window, hidden_dim, embedding_dim
        Words a window, hidden units, numbers in a word's embedding.
    learning_rate
        Of a word's −ln p, or of its mean over a sentence.
    epochs
        Times through the data.
    words_a_step
        How many words a step looks back on, to predict the label of the last. None: a step is a
        sentence, and predicts the labels of all its words.
    patience
        After so many epochs without a better score the learning rate is halved and training goes
        on from the best parameters, in each epoch until there is a better score. None: neither.
    """

    window: int
    hidden_dim: int
    embedding_dim: int
    learning_rate: float
    epochs: int
    words_a_step: int | None = None
    patience: int | None = None

    def __post_init__(self) -> None:
        require_above_zero(learning_rate=self.learning_rate)


PUBLISHED_SEED = 345
WORD_RECIPE = SlotRecipe(
    window=7,
    hidden_dim=100,
    embedding_dim=100,
    learning_rate=0.0627142536696559,
    epochs=50,
    words_a_step=9,
)
SENTENCE_RECIPE = SlotRecipe(
    window=7,
    hidden_dim=200,
    embedding_dim=50,
    learning_rate=0.0970806646812754,
    epochs=60,
    patience=10,
)


@dataclass(frozen=True)
class TaggerEpoch:
    """What an epoch came to.

    Attributes
    ----------
    epoch
        From 1.
    loss
        Mean −ln p of its labels while it trained, in nats.
    score : TagScore
        On the validation data, after it.
    learning_rate
        At its end.
    is_best
        Whether no epoch before it scored as high.
    """

    epoch: int
    loss: float
    score: TagScore
    learning_rate: float
    is_best: bool


class Trainable(Protocol):
    """What `keep_best` asks of a model."""

    def get_parameters(self) -> dict[str, np.ndarray]: ...

    def set_parameters(self, values: dict[str, np.ndarray]) -> None: ...


def train_slot_tagger(
    model: RNNSLU,
    sentences: Sequence[TaggedSentence],
    recipe: SlotRecipe,
    validate: Callable[[], TagScore],
    *,
    seed: int = PUBLISHED_SEED,
    on_step: Callable[[Step], None] = lambda step: None,
    on_epoch: Callable[[TaggerEpoch], None] = lambda epoch: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[TaggerEpoch]:
    """Train by a published recipe; the model ends with the parameters of the best epoch.

    Parameters
    ----------
    model
        Of the recipe's sizes, with a vocabulary.
    sentences
        To train on.
    recipe
        `WORD_RECIPE`, `SENTENCE_RECIPE`, or one of your own.
    validate
        Scores the model on the validation data.
    seed
        Of the order of sentences, which is shuffled anew in each epoch.
    on_step, on_epoch
        Called after each step (or some hundred small ones) and each epoch.
    should_stop
        Asked after each step; training ends at once if it answers True.

    Returns
    -------
    list of TaggerEpoch

    Raises
    ------
    TrainingDiverged
        If a loss is NaN or infinite. The model holds the best parameters until then.
    InputError
        If there is no sentence, or one has a label that the model does not know.
    """
    words, labels = model.vocabulary.encode(sentences)
    rates = _HalvingRate(recipe.learning_rate, recipe.patience)

    def run_epoch(epoch: int) -> Iterator[Step]:
        shuffle([words, labels], seed)
        steps = _word_steps if recipe.words_a_step else _sentence_steps
        return steps(model, words, labels, recipe, rates.rate, is_first=epoch == 1)

    return keep_best(
        model,
        run_epoch,
        validate,
        epochs=recipe.epochs,
        rates=rates,
        on_step=on_step,
        on_epoch=on_epoch,
        should_stop=should_stop,
    )


def _sentence_steps(model, words, labels, recipe, rate, *, is_first) -> Iterator[Step]:
    for sentence, truth in zip(words, labels, strict=True):
        windows = contextwin(sentence, recipe.window)
        loss = model.sentence_train(windows, truth, rate, normalize=not is_first)
        if is_first:  # from then on only the embeddings of each step need it
            model.normalize()
            is_first = False
        yield Step(len(truth), loss * len(truth))


def _word_steps(model, words, labels, recipe, rate, *, is_first) -> Iterator[Step]:
    if is_first:
        windows = contextwin(words[0], recipe.window)
        yield Step(1, model.sentence_train(windows[:1], labels[0][0], rate))
        model.normalize()
    steps = np.concatenate(
        [
            last_word_steps(sentence, truth, recipe.window, recipe.words_a_step)
            for sentence, truth in zip(words, labels, strict=True)
        ]
    )
    for start in range(is_first, len(steps), STEPS_A_CALL):
        losses = model.train_on_steps(steps[start : start + STEPS_A_CALL], rate)
        yield Step(len(losses), float(losses.sum()))


class Rates(Protocol):
    """A learning rate that may depend on how training goes."""

    rate: float

    @property
    def is_spent(self) -> bool:
        """Whether the rate is too small to go on."""

    def after_epoch(self, epochs_since_best: int) -> bool:
        """Whether to go on from the best parameters."""


@dataclass
class _HalvingRate:
    rate: float
    patience: int | None

    @property
    def is_spent(self) -> bool:
        return self.rate < SMALLEST_LEARNING_RATE

    def after_epoch(self, epochs_since_best: int) -> bool:
        if self.patience is None or epochs_since_best < self.patience:
            return False
        self.rate /= 2
        return True


def keep_best(
    model: Trainable,
    run_epoch: Callable[[int], Iterable[Step]],
    validate: Callable[[], TagScore],
    *,
    epochs: int,
    rates: Rates,
    on_step: Callable[[Step], None],
    on_epoch: Callable[[TaggerEpoch], None],
    should_stop: Callable[[], bool],
) -> list[TaggerEpoch]:
    """Train epoch by epoch, and go back to the best one in the end.

    Parameters
    ----------
    run_epoch
        From an epoch's number, 1 and up, to its steps, which are done as they are asked for.
    validate, epochs, on_step, on_epoch, should_stop
        As for `train_slot_tagger`.
    rates
        Told after each epoch how many there were since the best; training ends when they are spent.
    """
    require_sizes(epochs=epochs)
    history: list[TaggerEpoch] = []
    best, best_epoch, best_f1 = model.get_parameters(), 0, -math.inf
    try:
        for number in range(1, epochs + 1):
            words, loss = 0, 0.0
            for step in run_epoch(number):
                if not math.isfinite(step.loss):
                    model.set_parameters(best)
                    raise TrainingDiverged(
                        f"the loss became {step.loss} in epoch {number} at learning rate"
                        f" {rates.rate:g}; train again with a smaller one, such as"
                        f" {rates.rate / 4:g}"
                    )
                words, loss = words + step.words, loss + step.loss
                on_step(step)
                if should_stop():
                    return history
            score = validate()
            is_best = score.overall.f1 > best_f1
            if is_best:
                best, best_epoch, best_f1 = model.get_parameters(), number, score.overall.f1
            if rates.after_epoch(number - best_epoch):
                model.set_parameters(best)
            history.append(TaggerEpoch(number, loss / words, score, rates.rate, is_best))
            on_epoch(history[-1])
            if rates.is_spent:
                break
    finally:
        if best_epoch:
            model.set_parameters(best)
    return history
