"""What users pass to the character models, as their compiled functions want it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnn_graph.data.padding import BEFORE_FIRST, bucket_length, pad_to
from rnn_graph.errors import InputError
from rnn_graph.nn.cells import Cell

State = np.ndarray | tuple[np.ndarray, ...]


@dataclass(frozen=True)
class CharModelConfig:
    """What a character model was compiled for; it cannot change afterwards.

    Attributes
    ----------
    n_x, n_a, n_y
        Inputs, hidden units, outputs.
    """

    n_x: int
    n_a: int
    n_y: int
    dtype: str


class CharInputs:
    """Checks and pads the inputs of a model.

    Parameters
    ----------
    config, cell
        The model's.
    pads
        Whether lengths are rounded up to those of buckets.
    """

    def __init__(self, config: CharModelConfig, cell: Cell, *, pads: bool):
        self._config, self._cell, self._pads = config, cell, pads

    def padded_length(self, length: int) -> int:
        """The length that a name of `length` characters is padded to."""
        return bucket_length(length) if self._pads else length

    def name(self, X: Sequence[int | None], Y: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and targets, int32, -1 beyond the name; None becomes -1 as well."""
        config = self._config
        x = np.array([BEFORE_FIRST if i is None else i for i in X])
        y = np.array(Y)
        if not x.shape == y.shape == (y.size,) or not y.size:
            raise InputError(f"X has shape {x.shape}, Y {y.shape}; give one target for each input")
        for name, ids, low, high in (("X", x, BEFORE_FIRST, config.n_x), ("Y", y, 0, config.n_y)):
            if ids.dtype.kind not in "iu" or ids.min() < low or ids.max() >= high:
                raise InputError(
                    f"{name} holds {ids.min()} to {ids.max()}; ids are whole numbers from 0 to"
                    f" {high - 1}{', None for none' if low < 0 else ''}"
                )
        length = self.padded_length(len(x))
        x, y = (pad_to(ids.astype(np.int32) + 1, length) - 1 for ids in (x, y))
        return x, y

    def columns(
        self, x: np.ndarray, states: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """(n_x, m, T) and (n_a, m) … as [T, m, n_x] and [m, n_a] …."""
        n_x, n_a, dtype = self._config.n_x, self._config.n_a, self._config.dtype
        x = np.asarray(x)
        if x.ndim != 3 or x.shape[0] != n_x or 0 in x.shape:
            raise InputError(f"x has shape {x.shape}; give ({n_x}, m, T)")
        for name, state in zip(("a0", "c0"), states, strict=False):
            if np.shape(state) != (n_a, x.shape[1]):
                raise InputError(f"{name} has shape {np.shape(state)}; give ({n_a}, {x.shape[1]})")
        return (
            np.array(x.transpose(2, 1, 0), dtype, order="C"),
            [np.array(np.transpose(state), dtype, order="C") for state in states],
        )

    def states(self, given: State) -> list[np.ndarray]:
        """The state, (n_a, 1) or a tuple of such, as vectors."""
        states = given if isinstance(given, tuple) else (given,)
        shapes, shape = [np.shape(state) for state in states], (self._config.n_a, 1)
        if shapes != [shape] * self._cell.states:
            raise InputError(
                f"the state has shapes {shapes}; give {self._cell.states} of {shape}, as"
                " zero_state has them"
            )
        return [np.asarray(state, dtype=self._config.dtype)[:, 0] for state in states]

    def as_given(self, states: Sequence[np.ndarray]) -> State:
        """Vectors as `states` takes them."""
        columns = tuple(np.asarray(state)[:, None] for state in states)
        return columns if len(columns) > 1 else columns[0]
