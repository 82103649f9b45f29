"""What a benchmark of results is made of: a task to learn, and the programs that learn it."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from rnn_graph.train.recipes import Recipe


class Point(NamedTuple):
    """Where training stands after an epoch.

    Attributes
    ----------
    epoch
        Epochs done.
    seconds
        Since training began: compilation, the first step and all others; evaluations are left out.
    score
        On the held-out data.
    """

    epoch: int
    seconds: float
    score: float


class StartUp(NamedTuple):
    """Seconds before the second step of a training.

    Attributes
    ----------
    compile_seconds
        Making the training step; None where nothing is compiled.
    first_step_seconds
        The first step, and what is compiled in it.
    """

    compile_seconds: float | None
    first_step_seconds: float

    @property
    def seconds(self) -> float:
        """Both."""
        return (self.compile_seconds or 0.0) + self.first_step_seconds


class LearningTask(Protocol):
    """Data, sizes and recipe, the same for all who learn; it can be sent to another process.

    Attributes
    ----------
    recipe
        This project's default one, with the sizes that were asked for.
    sizes
        By name, for the report.
    measure
        What the score is: "perplexity", "nats a character", "F1, %" or "accuracy, %".
    higher_is_better
        Whether a larger score is the better one.
    seed
        Of first values, of the order of minibatches, and of dropout.
    """

    higher_is_better: bool

    @property
    def recipe(self) -> Recipe: ...

    @property
    def seed(self) -> int: ...

    @property
    def measure(self) -> str: ...

    @property
    def sizes(self) -> Mapping[str, Any]: ...

    def with_seed(self, seed: int) -> "LearningTask":
        """The same task from other first values, in another order."""
        ...

    def batches(self):
        """The minibatches, `rnn_graph.data.batches.Batches`."""
        ...

    def evaluate(self, model):
        """Score the held-out data with anything that computes as this project's models do.

        Returns
        -------
        rnn_graph.train.trainer.Score
        """
        ...

    def figure(self, score) -> float:
        """The `measure` of what `evaluate` found."""
        ...


class Learner(ABC):
    """A program that learns a task, in a process of its own, once."""

    @abstractmethod
    def learn(self, clock: "Clock", tell: Callable[[Point], None]) -> None:
        """Train from the first values on.

        Parameters
        ----------
        clock
            Is started before anything is compiled, told of the first step, and stands still while
            the held-out data are scored.
        tell
            Called after each epoch, with the clock standing still.
        """

    @abstractmethod
    def figures(self) -> dict[str, float]:
        """The figures of the held-out score of the parameters as they are, by name."""

    def parameters(self) -> dict[str, np.ndarray]:
        """A peer's parameters under the names of this project's models."""
        raise NotImplementedError

    def set_parameters(self, parameters: dict[str, np.ndarray]) -> None:
        """Of this project's learner: take over a peer's parameters."""
        raise NotImplementedError


@dataclass
class Clock:
    """Seconds of training; it stands still until `go` and from `stop` on.

    Attributes
    ----------
    start_up
        None until the first step is done.
    """

    start_up: StartUp | None = None
    _before: float = 0.0
    _since: float | None = None
    _compiled: float | None = None

    def go(self) -> None:
        self._since = time.perf_counter()

    def stop(self) -> None:
        """Stand still; a second call changes nothing."""
        self._before, self._since = self.seconds, None

    def compiled(self) -> None:
        """The training step is there."""
        self._compiled = self.seconds

    def stepped(self) -> None:
        """A step is done; only the first one counts."""
        if self.start_up is None:
            self.start_up = StartUp(self._compiled, self.seconds - (self._compiled or 0.0))

    @property
    def seconds(self) -> float:
        return self._before + (time.perf_counter() - self._since if self._since else 0.0)
