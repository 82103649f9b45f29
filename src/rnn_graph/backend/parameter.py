"""A model's parameter: a shared variable seen in the shape that the equations give it."""

from typing import Any

import numpy as np
import pytensor

from rnn_graph.backend.devices import Backend
from rnn_graph.errors import InputError


class Parameter:
    """A named array that compiled functions read and update.

    Parameters
    ----------
    name
        The parameter's name in the equations.
    value
        Its first value, in the equations' shape.
    dtype
        "float32" or "float64".
    backend
        Where the array lives.
    stored_transposed
        Whether the shared variable holds the transpose, which suits the graph better.

    Attributes
    ----------
    variable : pytensor shared variable
        For expressions of one's own; transposed if `stored_transposed`.
    shape : tuple of int
        The equations' shape.
    """

    def __init__(
        self,
        name: str,
        value: np.ndarray,
        dtype: str,
        backend: Backend,
        *,
        stored_transposed: bool = False,
    ):
        self.name = name
        self.shape = value.shape
        self.stored_transposed = stored_transposed
        self._backend = backend
        first = self._stored(value.astype(dtype))
        self.variable = pytensor.shared(first, name=name, shape=first.shape)
        self.set_value(value)

    def get_value(self) -> np.ndarray:
        """A copy as a NumPy array, in the equations' shape."""
        return self._stored(np.array(self.variable.get_value(borrow=True)))

    def set_value(self, value: Any) -> None:
        """Replace the value by a copy of `value`, in the equations' shape.

        Raises
        ------
        InputError
            If the shape is another (the compiled functions rely on it), or a finite value would
        become infinite in this precision.
        """
        value = np.asarray(value)
        if value.shape != self.shape:
            raise InputError(
                f"{self.name} has shape {self.shape}, the new value {value.shape}; build a model"
                " of that size instead"
            )
        with np.errstate(over="ignore"):
            stored = np.array(self._stored(value), dtype=self.variable.dtype, order="C")
        if not np.isfinite(stored).all() and np.isfinite(value).all():
            raise InputError(f"{self.name} has values too large for {stored.dtype}; use float64")
        self._backend.assign(self.variable, stored)

    def _stored(self, value: np.ndarray) -> np.ndarray:
        return value.T if self.stored_transposed else value
