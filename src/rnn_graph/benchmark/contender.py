"""What a benchmark is made of: a task, and the contenders that do it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np


class Product(NamedTuple):
    """`count` matrix products of (m, k) by (k, n)."""

    count: int
    m: int
    k: int
    n: int


class Task(Protocol):
    """The work, the same for all contenders; it can be sent to another process.

    Attributes
    ----------
    sizes
        By the letters of the equations, for the report.
    unit
        What a time is per: "step", "word" or "sentence".
    items
        How many pieces of work a turn consists of: steps, sentences.
    checked_items
        The pieces after which losses and parameters have to agree with the reference's.
    turn_seconds
        How long a contender's turn lasts at least.
    """

    sizes: Mapping[str, Any]
    unit: str
    items: int
    checked_items: int
    turn_seconds: float

    def units(self, items: int) -> int:
        """How many units the first `items` pieces are."""
        ...

    def initial_parameters(self) -> dict[str, np.ndarray]:
        """What every contender begins with; empty if nothing is learned."""
        ...

    def products(self) -> list[Product]:
        """The matrix products that all pieces take, without which it cannot be done."""
        ...

    def numbers_moved(self) -> int:
        """How many numbers all pieces have to read and write at least."""
        ...


class Program(ABC):
    """A contender at work, in a process of its own.

    Attributes
    ----------
    compiles
        Whether it does, before its first call (`compile`) or at the first call for a shape.
    """

    compiles = False

    def compile(self) -> None:
        """Compile what can be compiled before the first call."""
        return None

    @abstractmethod
    def run(self, start: int, stop: int) -> Sequence[float]:
        """Do pieces `start` to `stop`, one after another; return when they are done.

        Returns
        -------
        sequence of float
            For each piece a number, a loss as a rule, which has to be what the reference finds;
            nothing if nothing is checked.
        """

    def parameters(self) -> dict[str, np.ndarray]:
        """What it has learned, under the reference's names; empty if nothing."""
        return {}


@dataclass(frozen=True)
class Contender:
    """A program that does a task.

    Attributes
    ----------
    name
        In reports and for `--only`.
    kind
        "reference", "ours", "literal" (the tutorial's graph, unchanged), "peer" or "floor".
    build
        From the task to the `Program`; a function of a module, or a `functools.partial` of one,
        called in the contender's own process.
    libraries
        Modules that have to be there; imported before anything is measured.
    dtype, device
        Of the computation: "float32" or "float64"; "cpu" or "gpu".
    items
        A slow program's turn consists of so many pieces of the task, the first; None for all.
    threads
        How many it computes with; None for as many as all the others.
    expected
        From the task to the losses and parameters that it should find, where these are not the
        reference's.
    remark
        Then, why.
    bound
        What a floor is the limit of: "products" or "memory".
    share
        From the task to the share of a turn's time that counts; None for all of it.
    """

    name: str
    kind: str
    build: Callable[[Any], Program]
    libraries: tuple[str, ...] = ()
    dtype: str = "float32"
    device: str = "cpu"
    items: int | None = None
    threads: int | None = None
    expected: Callable[[Any], "Findings"] | None = None
    remark: str | None = None
    bound: str | None = None
    share: Callable[[Any], float] | None = None


class Findings(NamedTuple):
    """What a contender finds over the checked pieces."""

    losses: Sequence[float]
    parameters: dict[str, np.ndarray]


class NotHere(Exception):
    """Why a contender cannot be measured here; raised by its `build`."""
