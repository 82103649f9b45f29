"""One step of each recurrent cell, symbolic and without a loop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from pytensor import tensor as pt
from pytensor.compile.builders import OpFromGraph
from pytensor.gradient import DisconnectedType
from pytensor.tensor import TensorVariable

from rnn_graph.nn.layer import described, last_axis


class Cell(Protocol):
    """What happens to each hidden unit in a step; products with weights happen elsewhere.

    Attributes
    ----------
    blocks
        How many numbers a hidden unit takes from the input, side by side: (..., blocks · H).
    state_names
        What a hidden unit hands on from step to step; the first is its output.
    states
        How many that are.
    """

    blocks: int
    state_names: tuple[str, ...]
    states: int

    def combine(
        self, projected: TensorVariable, recurrent: TensorVariable
    ) -> TensorVariable:  # [..., blocks · H], [..., blocks · H] -> [..., n · H]
        """What a step is computed from: a linear function of the input's projection and of the
        product `h_{t−1} W_h`, their sum if nothing else is needed.
        """

    def separate(
        self, gradient: TensorVariable
    ) -> tuple[TensorVariable, TensorVariable]:  # [..., n · H] -> [..., blocks · H] twice
        """The gradients of `combine`'s arguments from that of its result."""

    def advance(
        self, combined: TensorVariable, *states: TensorVariable
    ) -> list[TensorVariable]:  # [..., n · H], [..., H] … -> [..., H] …
        """The next states."""

    def slope(self, output: TensorVariable) -> TensorVariable | None:  # [..., H] -> [..., H]
        """The derivative of the output for `combined`, of a cell of one state whose output alone
        tells it; None if it takes more.
        """

    def first_bias(self, units: int) -> np.ndarray:  # -> [blocks · H]
        """The bias of the input's projection before training."""


class _OfSums:
    """A cell that needs nothing but the sum of its two products."""

    def combine(self, projected, recurrent):
        return projected + recurrent

    def separate(self, gradient):
        return gradient, gradient

    def slope(self, output):
        return None


@dataclass(frozen=True, repr=False)
class Elman(_OfSums):
    """`h_t = activation(p_t + h_{t−1} W_h)`.

    J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990).
    """

    activation: Callable[[TensorVariable], TensorVariable] = pt.tanh
    blocks = 1
    state_names = ("h",)
    states = 1

    __repr__ = described

    def advance(self, combined, h):
        return [self.activation(combined)]

    def slope(self, output):
        if self.activation is pt.tanh:
            return 1 - output**2
        return output * (1 - output) if self.activation is pt.sigmoid else None

    def first_bias(self, units):
        return np.zeros(units)


@dataclass(frozen=True)
class LSTM(_OfSums):
    """`c_t = f ∘ c_{t−1} + i ∘ g`, `h_t = o ∘ tanh(c_t)`; blocks in the order i, f, o, g.

    S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997), with
    the forget gate of F. Gers et al. (2000).
    """

    blocks = 4
    state_names = ("h", "c")
    states = 2

    def advance(self, combined, h, c):
        # σ(x) = (1 + tanh(x/2)) / 2: one tanh of all blocks takes half the time of four functions.
        units = last_axis(combined) // 4
        scale = np.repeat([0.5, 0.5, 0.5, 1.0], units).astype(combined.dtype)
        i, f, o, g = _blocks(pt.tanh(combined * scale) * scale + (1 - scale), 4)
        c = f * c + i * g
        return [o * pt.tanh(c), c]

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
    state_names = ("h",)
    states = 1

    def combine(self, projected, recurrent):
        """The sums for the gates, then the two parts of the candidate, which r keeps apart."""
        p_r, p_z, p_n = _blocks(projected, 3)
        u_r, u_z, u_n = _blocks(recurrent, 3)
        return pt.concatenate([p_r + u_r, p_z + u_z, p_n, u_n], axis=-1)

    def separate(self, gradient):
        r, z, p_n, u_n = _blocks(gradient, 4)
        return tuple(pt.concatenate([r, z, n], axis=-1) for n in (p_n, u_n))

    def advance(self, combined, h):
        r, z, p_n, u_n = _blocks(combined, 4)
        z = pt.sigmoid(z)
        n = pt.tanh(p_n + pt.sigmoid(r) * u_n)
        return [(1 - z) * n + z * h]

    def slope(self, output):
        return None

    def first_bias(self, units):
        return np.zeros(3 * units)


CELLS = {"elman": Elman(), "gru": GRU(), "lstm": LSTM()}


def _blocks(joined: TensorVariable, count: int) -> list[TensorVariable]:
    """The parts of a last axis whose length is known.

    Their gradients are joined, where PyTensor's own of slices would fill zeros in turn. (That of a
    `split` is joined as well, but JAX cannot see through the lengths of its other axes.)
    """
    units = last_axis(joined) // count
    whole = joined.type()
    parts = [whole[..., k * units : (k + 1) * units] for k in range(count)]

    def pullback(_, parts, gradients):
        return [
            pt.concatenate(
                [
                    pt.zeros_like(part) if isinstance(g.type, DisconnectedType) else g
                    for part, g in zip(parts, gradients, strict=True)
                ],
                axis=-1,
            )
        ]

    return OpFromGraph([whole], parts, inline=True, pullback=pullback, name="blocks")(
        joined, return_list=True
    )
