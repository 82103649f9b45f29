"""Training character models: a name, or a piece of a text, a step."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_graph.checks import require_above_zero, require_sizes
from rnn_graph.data.padding import BEFORE_FIRST, NO_TARGET
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.optim.schedules import Schedule, constant_rate
from rnn_graph.predict.metrics import SmoothedLoss
from rnn_graph.randomness import RandomSource, as_random_generator
from rnn_graph.train.observer import Step
from rnn_graph.tutorials.char_model import CharModel

# Steps in one call of the compiled function: enough that a call costs little beside them, few
# enough that the longest of them does not set the length of many.
STEPS_A_CALL = 32


@dataclass(frozen=True)
class CharExamples:
    """What the steps of training take, one after another, over and over.

    Attributes
    ----------
    inputs, targets
        Ids of each example, int32 of one length; the input -1 is the zero vector.
    carried
        For each, 1 if it begins with the state that the one before ended with, 0 if with zero.
    """

    inputs: list[np.ndarray]
    targets: list[np.ndarray]
    carried: np.ndarray

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def mean_length(self) -> float:
        """Characters an example predicts, on average."""
        return sum(map(len, self.targets)) / len(self.targets)

    @classmethod
    def of_lines(
        cls, lines: Sequence[np.ndarray], newline: int, *, carry_state: bool
    ) -> "CharExamples":
        """A line an example, in their order: from the zero vector to the newline."""
        return cls(
            [np.concatenate([[BEFORE_FIRST], ids]).astype(np.int32) for ids in lines],
            [np.concatenate([ids, [newline]]).astype(np.int32) for ids in lines],
            np.full(len(lines), carry_state),
        )

    @classmethod
    def of_text(cls, ids: np.ndarray, length: int) -> "CharExamples":
        """A text in pieces of `length` characters, in its own order, each predicted once."""
        require_sizes(length=length)
        inputs = np.concatenate([[BEFORE_FIRST], ids[:-1]]).astype(np.int32)
        cuts = range(length, len(ids), length)
        return cls(
            np.split(inputs, cuts), np.split(ids, cuts), carried=np.arange(len(cuts) + 1) > 0
        )


def shuffled(lines: Sequence[Any], rng: RandomSource) -> list[Any]:
    """The lines in another order, as the tutorial's `np.random.shuffle`."""
    lines = list(lines)
    as_random_generator(rng).shuffle(lines)
    return lines


def train_char_model(
    model: CharModel,
    examples: CharExamples,
    iterations: int,
    *,
    learning_rate: float = 0.01,
    schedule: Schedule = constant_rate,
    on_step: Callable[[Step], None] = lambda step: None,
    typical_length: float = 7,
    evaluate_every: int = 1_000,
    on_evaluation: Callable[[float], None] = lambda smoothed_loss: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[float]:
    """Gradient descent with clipping to ±5, an example a step.

    Parameters
    ----------
    iterations
        Steps; the examples are taken over and over.
    learning_rate
        Of an example's summed loss.
    schedule
        From the share of all steps that are done, 0 to 1, to a factor on the learning rate; asked
        every 32 steps.
    on_step
        Called for each step, after every 32 of them.
    typical_length
        Characters of an example, with whose loss by guessing the smoothed loss begins; the
        tutorial's if not given.
    evaluate_every, on_evaluation
        After so many steps, and up to 31 more, it is called with the smoothed loss.
    should_stop
        Asked after every 32 steps; training ends at once if it answers True.

    Returns
    -------
    list of float
        The smoothed loss of an example in nats (`SmoothedLoss`) after each step.

    Raises
    ------
    TrainingDiverged
        If a loss is NaN or infinite. The model then holds parameters from before it.
    InputError
        If there is no example, or a setting is not positive.
    """
    if not len(examples):
        raise InputError("no text to train on; give at least one line")
    require_above_zero(learning_rate=learning_rate)
    require_sizes(iterations=iterations, evaluate_every=evaluate_every)
    smoothed = SmoothedLoss(model.config.n_y, typical_length)
    history: list[float] = []
    states, good = [state[0] for state in model.zero_states(1)], model.get_parameters()
    steps = itertools.islice(itertools.cycle(range(len(examples))), iterations)
    while places := list(itertools.islice(steps, STEPS_A_CALL)):
        rate = learning_rate * schedule(len(history) / iterations)
        losses, states = model.optimize_names(*_as_arrays(model, examples, places), states, rate)
        losses = losses[: len(places)]
        if not np.isfinite(losses).all():
            model.set_parameters(good)
            first = losses[~np.isfinite(losses)][0]
            raise _diverged(first, len(history) + len(places), learning_rate)
        for place, loss in zip(places, losses.tolist(), strict=True):
            history.append(smoothed.add(loss))
            on_step(Step(len(examples.targets[place]), loss))
        if should_stop():
            break
        if len(history) % evaluate_every < len(places):
            good = _finite_parameters(model) or good
            on_evaluation(history[-1])
    if _finite_parameters(model) is None:
        model.set_parameters(good)
        raise _diverged(math.nan, len(history), learning_rate)
    return history


def _finite_parameters(model: CharModel) -> dict[str, np.ndarray] | None:
    parameters = model.get_parameters()
    return parameters if all(np.isfinite(p).all() for p in parameters.values()) else None


def _diverged(loss: float, step: int, learning_rate: float) -> TrainingDiverged:
    return TrainingDiverged(
        f"the loss became {loss} by step {step} at learning rate {learning_rate:g}; train again"
        f" with a smaller one, such as {learning_rate / 4:g}"
    )


def _as_arrays(
    model: CharModel, examples: CharExamples, places: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """The examples as `CharModel.optimize_names` takes them."""
    pads = model.backend.compiles_per_shape
    rows = STEPS_A_CALL if pads else len(places)
    length = model.padded_length(max(len(examples.targets[place]) for place in places))
    names = np.full((rows, 2, length), NO_TARGET, dtype=np.int32)
    for row, place in enumerate(places):
        inputs, targets = examples.inputs[place], examples.targets[place]
        names[row, 0, : len(inputs)] = inputs
        names[row, 1, : len(targets)] = targets
    carried = np.ones(rows)
    carried[: len(places)] = examples.carried[places]
    return names, carried
