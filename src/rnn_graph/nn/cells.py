"""One step of each recurrent cell, symbolic and without a loop."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytensor
from pytensor import tensor as pt
from pytensor.compile.builders import OpFromGraph
from pytensor.gradient import DisconnectedType
from pytensor.tensor import TensorVariable

from rnn_graph.nn.basic import rows_of, times
from rnn_graph.nn.layer import described, last_axis


class Cell:
    """What happens to each hidden unit in a step.

    A cell of one's own has `blocks`, `state_names`, `states` and `advance`. What else is here is
    that of a cell whose step begins with the sum `p_t + h_{t−1} W_h`.

    Attributes
    ----------
    blocks
        How many numbers a hidden unit takes from the input, side by side: (..., blocks · H).
    state_names
        What a hidden unit hands on from step to step; the first is its output, h.
    states
        How many that are.
    """

    blocks: int
    state_names: tuple[str, ...]
    states: int

    def advance(
        self, combined: TensorVariable, *states: TensorVariable
    ) -> list[TensorVariable]:  # [..., n · H], [..., H] … -> [..., H] …
        """The next states."""
        raise NotImplementedError

    def slope(self, output: TensorVariable) -> TensorVariable | None:  # [..., H] -> [..., H]
        """The derivative of the output for `combined`, of a cell of one state whose output alone
        tells it; None if it takes more.
        """
        return None

    # Where the step has one product, with the states

    def combine(
        self, projected: TensorVariable, recurrent: TensorVariable
    ) -> TensorVariable:  # [..., blocks · H], [..., blocks · H] -> [..., n · H]
        """What `advance` is computed from: a linear function of the input's projection and of the
        product `h_{t−1} W_h`.
        """
        return projected + recurrent

    def separate(
        self, gradient: TensorVariable
    ) -> tuple[TensorVariable, TensorVariable]:  # [..., n · H] -> [..., blocks · H] twice
        """The gradients of `combine`'s arguments from that of its result."""
        return gradient, gradient

    # The product itself, which a cell may have in another place

    def enter(self, projected, h, W, bias=None) -> TensorVariable:
        """What `advance` is computed from, with `bias` added to the product if there is one."""
        product = times(h, W)
        return self.combine(projected, product if bias is None else product + bias)

    def leave(self, gradient, combined, h, W, bias=None) -> tuple[TensorVariable, TensorVariable]:
        """From the gradient of `combined` that of what the products were added to, and of h."""
        _, d_recurrent = self.separate(gradient)
        return gradient, times(d_recurrent, W.T)

    def gradients(self, gradient, combined, h) -> list[TensorVariable]:
        """The gradients of `projected`, `W` and `bias`, from what `leave` gave for all steps."""
        d_projected, d_recurrent = self.separate(gradient)
        rows = rows_of(d_recurrent)
        return [d_projected, rows_of(h).T @ rows, rows.sum(axis=0, acc_dtype=rows.dtype)]


@dataclass(frozen=True, repr=False)
class Elman(Cell):
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


@dataclass(frozen=True)
class LSTM(Cell):
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


@dataclass(frozen=True)
class GRU(Cell):
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


@dataclass(frozen=True, repr=False)
class ResetBeforeGRU(Cell):
    """`n = tanh(p_n + (r ∘ h_{t−1}) W_n)`, `h_t = (1 − z) ∘ n + z ∘ h_{t−1}`; blocks r, z, n.

    The GRU as K. Cho et al. (2014) have it, and with hard gates the tutorials' of Theano: the reset
    gate before the product, so that a step has two products, one after the other.

    Parameters
    ----------
    gate
        The function of r and z.
    """

    gate: Callable[[TensorVariable], TensorVariable] = pt.sigmoid
    blocks = 3
    state_names = ("h",)
    states = 1

    __repr__ = described

    def advance(self, combined, h):
        _, z, n = _blocks(combined, 3)
        z = self.gate(z)
        return [(1 - z) * pt.tanh(n) + z * h]

    def enter(self, projected, h, W, bias=None):
        gates, n = _gates_and_candidate(projected if bias is None else projected + bias)
        W_gates, W_n = _gates_and_candidate(W)
        gates = gates + times(h, W_gates)
        r = self.gate(_blocks(gates, 2)[0])
        return pt.concatenate([gates, n + times(r * h, W_n)], axis=-1)

    def leave(self, gradient, combined, h, W, bias=None):
        W_gates, W_n = _gates_and_candidate(W)
        _, d_z, d_n = _blocks(gradient, 3)
        before_gate = _blocks(combined, 3)[0]
        r = self.gate(before_gate)
        d_reset = times(d_n, W_n.T)  # of r ∘ h
        d_r = pytensor.grad(
            (r * h * d_reset).sum(acc_dtype=r.dtype), before_gate, consider_constant=[h, d_reset]
        )
        d_gates = pt.concatenate([d_r, d_z], axis=-1)
        d_h = r * d_reset + times(d_gates, W_gates.T)
        return pt.concatenate([d_gates, d_n], axis=-1), d_h

    def gradients(self, gradient, combined, h):
        d_gates, d_n = map(rows_of, _gates_and_candidate(gradient))
        r = self.gate(_blocks(combined, 3)[0])
        d_W = pt.concatenate([rows_of(h).T @ d_gates, rows_of(r * h).T @ d_n], axis=-1)
        return [gradient, d_W, rows_of(gradient).sum(axis=0, acc_dtype=gradient.dtype)]


def hard_sigmoid(x: TensorVariable) -> TensorVariable:
    """`0.2 x + 0.5` between 0 and 1, as Theano's `nnet.hard_sigmoid`."""
    return pt.clip(0.2 * x + 0.5, 0, 1)


CELLS = {
    "elman": Elman(),
    "gru": GRU(),
    "lstm": LSTM(),
    "gru-tutorial": ResetBeforeGRU(gate=hard_sigmoid),
}


def _gates_and_candidate(joined: TensorVariable) -> tuple[TensorVariable, TensorVariable]:
    """The blocks r and z of a GRU, and its block n: [..., 3 · H] -> [..., 2 · H], [..., H]."""
    gates = 2 * last_axis(joined) // 3
    return joined[..., :gates], joined[..., gates:]


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
