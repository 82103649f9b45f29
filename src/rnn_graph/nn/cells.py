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
    """One step of a recurrent layer, without its loop.

    A cell of your own is a subclass with `blocks`, `state_names`, `states` and `advance`. The other
    methods are those of a cell whose step begins with the sum `p_t + h_{t−1} W_h`, where `p_t` is
    the projected input.

    Attributes
    ----------
    blocks
        How many numbers a hidden unit takes from the projected input, (..., blocks · H). The blocks
        stand side by side.
    state_names
        Names of the states that are handed on from step to step; the first is the output, h.
    states
        How many states there are.

    Examples
    --------
    A cell that keeps nine tenths of its state in each step:

    >>> import pytensor.tensor as pt
    >>> from rnn_graph.nn import Cell, Recurrent
    >>> class Leaky(Cell):
    ...     blocks, states, state_names = 1, 1, ("h",)
    ...
    ...     def advance(self, combined, h):
    ...         return [0.9 * h + 0.1 * pt.tanh(combined)]
    >>> layer = Recurrent(Leaky(), units=8, inputs=3)
    >>> {name: value.shape for name, value in layer.init(rng=0).items()}
    {'Wx': (3, 8), 'Wh': (8, 8), 'b': (8,)}
    """

    blocks: int
    state_names: tuple[str, ...]
    states: int

    def advance(
        self, combined: TensorVariable, *states: TensorVariable
    ) -> list[TensorVariable]:  # [..., n · H], [..., H] … -> [..., H] …
        """The next states.

        Parameters
        ----------
        combined : (..., n · H)
            The result of `combine`; n is `blocks`, or what the cell's own `combine` makes of it.
        *states : (..., H)
            The states before the step, in the order of `state_names`.

        Returns
        -------
        list of TensorVariable
            The states after it, (..., H) each, in the same order.
        """
        raise NotImplementedError

    def slope(self, output: TensorVariable) -> TensorVariable | None:  # [..., H] -> [..., H]
        """The derivative of the output with respect to `combined`, computed from the output alone.

        With it the loop need not store `combined` of each step for the gradient. None if the cell
        has several states, or if the derivative takes more than the output.

        Parameters
        ----------
        output : (..., H)

        Returns
        -------
        TensorVariable or None
            (..., H).
        """
        return None

    # Where the step has one product, with the states

    def combine(
        self, projected: TensorVariable, recurrent: TensorVariable
    ) -> TensorVariable:  # [..., blocks · H], [..., blocks · H] -> [..., n · H]
        """The argument of `advance`: a linear function of the projected input and of `h_{t−1} W_h`.

        Parameters
        ----------
        projected : (..., blocks · H)
            `x_t W_x + b`.
        recurrent : (..., blocks · H)
            `h_{t−1} W_h`.

        Returns
        -------
        TensorVariable
            (..., n · H); here the sum, with n = `blocks`.
        """
        return projected + recurrent

    def separate(
        self, gradient: TensorVariable
    ) -> tuple[TensorVariable, TensorVariable]:  # [..., n · H] -> [..., blocks · H] twice
        """The gradients of `combine`'s two arguments, from the gradient of its result.

        Parameters
        ----------
        gradient : (..., n · H)

        Returns
        -------
        tuple of TensorVariable
            Those of `projected` and `recurrent`, (..., blocks · H) each.
        """
        return gradient, gradient

    # The product itself, which a cell may have in another place

    def enter(self, projected, h, W, bias=None) -> TensorVariable:
        """The argument of `advance`, from the state itself: the place of the step's matrix product.

        Parameters
        ----------
        projected : (..., blocks · H)
            `x_t W_x + b`.
        h : (..., H)
            The output of the step before.
        W : (H, blocks · H)
        bias : (blocks · H), optional
            Added to the product.

        Returns
        -------
        TensorVariable
            (..., n · H).
        """
        product = times(h, W)
        return self.combine(projected, product if bias is None else product + bias)

    def leave(self, gradient, combined, h, W, bias=None) -> tuple[TensorVariable, TensorVariable]:
        """The reverse of `enter` for one step.

        Parameters
        ----------
        gradient : (..., n · H)
            That of the result of `enter`.
        combined : (..., n · H) or None
            The result of `enter`; None where `slope` made storing it needless.
        h, W, bias
            As for `enter`.

        Returns
        -------
        tuple of TensorVariable
            The gradient of what the products were added to, (..., n · H), and that of `h`,
            (..., H).
        """
        _, d_recurrent = self.separate(gradient)
        return gradient, times(d_recurrent, W.T)

    def gradients(self, gradient, combined, h) -> list[TensorVariable]:
        """The gradients of `enter`'s other arguments, for all steps at once.

        Parameters
        ----------
        gradient : (T, ..., n · H)
            What `leave` returned first, of all steps.
        combined : (T, ..., n · H)
            The result of `enter` of each step; of a cell with `slope` its slope, (T, ..., H).
        h : (T, ..., H)
            The output before each step.

        Returns
        -------
        list of TensorVariable
            Those of `projected` (T, ..., blocks · H), `W` (H, blocks · H) and `bias` (blocks · H).
        """
        d_projected, d_recurrent = self.separate(gradient)
        rows = rows_of(d_recurrent)
        return [d_projected, rows_of(h).T @ rows, rows.sum(axis=0, acc_dtype=rows.dtype)]


@dataclass(frozen=True, repr=False)
class Elman(Cell):
    """The simple recurrent cell: `h_t = activation(p_t + h_{t−1} W_h)`, with `p_t = x_t W_x + b`.

    J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990).

    Parameters
    ----------
    activation
        A function of one variable, such as `pt.tanh`, `pt.sigmoid` or a function of your own.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> from rnn_graph.nn import Elman, Recurrent
    >>> layer = Recurrent(Elman(activation=pt.sigmoid), units=5, inputs=3)
    >>> {name: value.shape for name, value in layer.init(rng=0).items()}
    {'Wx': (3, 5), 'Wh': (5, 5), 'b': (5,)}
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
    """Long short-term memory: `c_t = f ∘ c_{t−1} + i ∘ g`, `h_t = o ∘ tanh(c_t)`.

    The gates are `i, f, o = σ(p + h_{t−1} W)` and the candidate is `g = tanh(p + h_{t−1} W)`, each
    with its own block of p and W; the blocks stand in the order i, f, o, g. The states are h and c.

    S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997), with
    the forget gate of F. Gers et al. (2000).

    Examples
    --------
    >>> from rnn_graph.nn import LSTM, Recurrent
    >>> layer = Recurrent(LSTM(), units=5, inputs=3)
    >>> {name: value.shape for name, value in layer.init(rng=0).items()}
    {'Wx': (3, 20), 'Wh': (5, 20), 'b': (20,)}
    >>> layer.state_count
    2
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
    """Gated recurrent unit: `n = tanh(p_n + r ∘ (h_{t−1} W_n))`, `h_t = (1 − z) ∘ n + z ∘ h_{t−1}`.

    The gates are `r, z = σ(p + h_{t−1} W)`, each with its own block of p and W; the blocks stand in
    the order r, z, n.

    K. Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP (2014), with
    the reset gate after the product, so that one product serves all three blocks.

    Examples
    --------
    >>> from rnn_graph.nn import GRU, Recurrent
    >>> layer = Recurrent(GRU(), units=5, inputs=3)
    >>> {name: value.shape for name, value in layer.init(rng=0).items()}
    {'Wx': (3, 15), 'Wh': (5, 15), 'b': (15,)}
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
    """The GRU with its reset gate before the product: `n = tanh(p_n + (r ∘ h_{t−1}) W_n)`.

    As for `GRU`, `h_t = (1 − z) ∘ n + z ∘ h_{t−1}`, with blocks r, z, n. This is the form of
    K. Cho et al. (2014) and, with a hard sigmoid, that of the Theano tutorials. A step has two
    matrix products, one after the other.

    Parameters
    ----------
    gate
        The function of r and z, of one variable.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> from rnn_graph.nn import Recurrent, ResetBeforeGRU
    >>> hard = ResetBeforeGRU(gate=lambda x: pt.clip(0.2 * x + 0.5, 0, 1))
    >>> layer = Recurrent(hard, units=5, inputs=3)
    >>> {name: value.shape for name, value in layer.init(rng=0).items()}
    {'Wx': (3, 15), 'Wh': (5, 15), 'b': (15,)}
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
    slope, middle = (pt.constant(value, dtype=x.dtype) for value in (0.2, 0.5))
    return pt.clip(slope * x + middle, 0, 1)


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
