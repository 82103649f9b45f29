"""What the trainer asks of a model and its batches: the steps of training."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np

from rnn_graph.models.kinds import find_kind
from rnn_graph.train.recipes import Recipe


class Segment(Protocol):
    """Examples or minibatches that follow each other, `first_step` being the place of the first."""

    first_step: int

    def __len__(self) -> int: ...


class Batches(Protocol):
    """How an epoch goes through the data.

    Attributes
    ----------
    steps_per_epoch, tokens_per_epoch
        Steps, and tokens (or labels) that are predicted.
    """

    steps_per_epoch: int
    tokens_per_epoch: int

    def segments(self, epoch: int, first_step: int = 0) -> Iterator[Segment]:
        """The epoch's segments from the one on that has `first_step`.

        They depend on the seed and the epoch alone.
        """


class Steps(Protocol):
    """The steps of training one model.

    Attributes
    ----------
    steps_a_call
        How many steps `run` does at the most.
    """

    steps_a_call: int

    def begin_epoch(self) -> None:
        """Begin with the states that an epoch begins with."""

    def load(self, segment: Segment) -> None:
        """Bring a segment to where the steps are done."""

    def run(self, places: range, step: int, learning_rate: float) -> tuple[Any, Any]:
        """Do the steps of these places of the segment.

        Parameters
        ----------
        step
            The number of steps before, in all epochs.

        Returns
        -------
        nats, tokens
            The summed loss of each step before its update, and how many tokens it is of; arrays
            that may still be computed when they are returned.
        """

    def state(self) -> dict[str, np.ndarray]:
        """All that the next step depends on: parameters, the optimizer's state, the states."""

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` gave."""

    def averaged(self) -> AbstractContextManager[None]:
        """The model has the moving averages of its parameters meanwhile, if there are any."""


def steps_of(model, recipe: Recipe, batches: Batches) -> Steps:
    """The steps of training a model by a recipe."""
    return find_kind(recipe.kind).steps_class()(model, recipe, batches)
