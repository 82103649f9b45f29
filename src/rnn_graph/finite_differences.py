"""Gradients against central finite differences."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GradientCheck:
    """The result of a gradient check; true if it passed.

    Parameters
    ----------
    relative_errors
        For each parameter the largest relative error of its elements, `|a − b| / (|a| + |b|)`.
    error_threshold
        The largest relative error that passes.

    Examples
    --------
    >>> from rnn_graph.reference import GradientCheck
    >>> check = GradientCheck({"U": 1e-7, "V": 0.5}, error_threshold=0.01)
    >>> check.passed, bool(check)
    (False, False)
    """

    relative_errors: dict[str, float]
    error_threshold: float

    @property
    def passed(self) -> bool:
        """Whether no error is above the threshold."""
        return all(error <= self.error_threshold for error in self.relative_errors.values())

    def __bool__(self) -> bool:
        return self.passed


def central_differences(
    loss: Callable[[np.ndarray], float], value: np.ndarray, h: float
) -> np.ndarray:
    """(L(θ + h) − L(θ − h)) / 2h for each element of a parameter.

    Parameters
    ----------
    loss
        The loss as a function of the parameter's value.
    value
        Where the gradient is wanted; not changed.
    h
        The step.
    """
    gradient = np.empty_like(value)
    shifted = value.copy()
    for i in np.ndindex(value.shape):
        shifted[i] = value[i] + h
        above = loss(shifted)
        shifted[i] = value[i] - h
        below = loss(shifted)
        shifted[i] = value[i]
        gradient[i] = (above - below) / (2 * h)
    return gradient


def largest_relative_error(estimated: np.ndarray, backpropagated: np.ndarray) -> float:
    """The largest |a − b| / (|a| + |b|) over the elements; 0 / 0 counts as 0."""
    difference = np.abs(estimated - backpropagated)
    scale = np.abs(estimated) + np.abs(backpropagated)
    return float(np.max(np.divide(difference, scale, out=np.zeros_like(scale), where=scale > 0)))
