"""The functions that the package compiles, as for a GPU that is not there.

Nothing is run: arrays stay on the CPU, and whoever calls a function gets ones.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple
from unittest import mock

import jax
import numpy as np

import rnn_graph
from rnn_graph.backend.devices import Backend
from rnn_graph.backend.jax import PlacingJAXLinker

PACKAGE = Path(rnn_graph.__file__).parent

Arguments = tuple[jax.ShapeDtypeStruct, ...]


class Place(NamedTuple):
    """Where in the package a function was called."""

    file: str
    line: int
    name: str


@dataclass
class Recorded:
    """A function that the package compiled.

    Attributes
    ----------
    jitted
        What `jax.jit` made of it, with the package's own options.
    places
        Who had it compiled, the innermost caller first, without the backend.
    calls
        How often it was called, by types and shapes of its arguments.
    """

    jitted: Any
    places: list[Place]
    calls: Counter[Arguments] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """Who had it compiled: the two innermost callers."""
        return " → ".join(place.name for place in reversed(self.places[:2]))

    def __call__(self, *arguments: Any) -> list[np.ndarray]:
        types = tuple(jax.ShapeDtypeStruct(np.shape(a), _dtype(a)) for a in arguments)
        self.calls[types] += 1
        return [np.ones(result.shape, result.dtype) for result in self.jitted.eval_shape(*types)]


@contextmanager
def recording() -> Iterator[list[Recorded]]:
    """All functions that the package compiles by JAX meanwhile, built as for a GPU."""
    found: list[Recorded] = []
    jit_compile = PlacingJAXLinker.jit_compile

    def record(linker: PlacingJAXLinker, function: Any) -> Recorded:
        found.append(Recorded(jit_compile(linker, function), _places(sys._getframe(1))))
        return found[-1]

    with (
        mock.patch.object(Backend, "platform", "gpu"),
        mock.patch.object(PlacingJAXLinker, "jit_compile", record),
    ):
        yield found


def _dtype(array: Any) -> np.dtype:
    return array.dtype if hasattr(array, "dtype") else np.asarray(array).dtype


def _places(frame: FrameType | None) -> list[Place]:
    """The frames of the package, from the innermost on, without those of its backend."""
    places = []
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if PACKAGE in path.parents and PACKAGE / "backend" not in path.parents:
            file = path.relative_to(PACKAGE).as_posix()
            places.append(Place(file, frame.f_lineno, frame.f_code.co_qualname))
        frame = frame.f_back
    return places
