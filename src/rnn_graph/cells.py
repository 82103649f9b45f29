"""One step of each recurrent cell, symbolic and without a loop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable


def elman_step(
    projected_input: TensorVariable, state: TensorVariable, recurrent_weights: TensorVariable
) -> TensorVariable:  # [..., H], [..., H], [H, H] -> [..., H]
    """`s_t = tanh(p_t + W s_{t−1})`, with `p_t` the input's projection.

    J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990).
    """
    return pt.tanh(projected_input + state @ recurrent_weights.T)


class Cell(Protocol):
    """What happens to each hidden unit in a step; products with weights happen elsewhere.

    Attributes
    ----------
    blocks
        How many numbers a hidden unit takes from the input, side by side: (..., blocks · H).
    states
        How many numbers a hidden unit hands on; the first is its output.
    """

    blocks: int
    states: int

    def advance(
        self, projected: TensorVariable, recurrent: TensorVariable, *states: TensorVariable
    ) -> list[TensorVariable]:  # [..., blocks · H], [..., blocks · H], [..., H] … -> [..., H] …
        """The next states, from the input's projection and the product `h_{t−1} W_h`."""

    def first_bias(self, units: int) -> np.ndarray:  # -> [blocks · H]
        """The bias of the input's projection before training."""


@dataclass(frozen=True)
class Elman:
    """`h_t = activation(p_t + h_{t−1} W_h)`.

    J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990).
    """

    activation: Callable[[TensorVariable], TensorVariable] = pt.tanh
    blocks = 1
    states = 1

    def advance(self, projected, recurrent, h):
        return [self.activation(projected + recurrent)]

    def first_bias(self, units):
        return np.zeros(units)


@dataclass(frozen=True)
class LSTM:
    """`c_t = f ∘ c_{t−1} + i ∘ g`, `h_t = o ∘ tanh(c_t)`; blocks in the order i, f, o, g.

    S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997), with
    the forget gate of F. Gers et al. (2000).
    """

    blocks = 4
    states = 2

    def advance(self, projected, recurrent, h, c):
        i, f, o, g = _blocks(projected + recurrent, 4)
        c = pt.sigmoid(f) * c + pt.sigmoid(i) * pt.tanh(g)
        return [pt.sigmoid(o) * pt.tanh(c), c]

    def first_bias(self, units):
        """1 for the forget gate, so that the cell remembers from the start (Gers et al., 2000)."""
        return np.repeat([0.0, 1.0, 0.0, 0.0], units)


@dataclass(frozen=True)
class GRU:
    """`n = tanh(p_n + r ∘ (h_{t−1} W_n))`, `h_t = (1 − z) ∘ n + z ∘ h_{t−1}`; blocks r, z, n.

    K. Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP (2014), with
    the reset gate after the product, so that one product serves all three blocks.
    """

    blocks = 3
    states = 1

    def advance(self, projected, recurrent, h):
        p_r, p_z, p_n = _blocks(projected, 3)
        u_r, u_z, u_n = _blocks(recurrent, 3)
        z = pt.sigmoid(p_z + u_z)
        n = pt.tanh(p_n + pt.sigmoid(p_r + u_r) * u_n)
        return [(1 - z) * n + z * h]

    def first_bias(self, units):
        return np.zeros(3 * units)


CELLS = {"elman": Elman(), "gru": GRU(), "lstm": LSTM()}


def _blocks(joined: TensorVariable, count: int) -> list[TensorVariable]:
    """The parts of a last axis whose length is known."""
    size = joined.type.shape[-1] // count
    return [joined[..., k * size : (k + 1) * size] for k in range(count)]
