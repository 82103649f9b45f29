"""Layers that bring gradients of their own, which `pytensor.grad` then takes.

The gradient of a `scan` adds up the weights' gradient step by step, in T small products, and wants
static lengths under JAX. Here the reverse sweep yields the gradients of the pre-activations only;
the weights' gradient is then one product over all steps and sentences.
"""

from collections.abc import Sequence

import pytensor
from pytensor import tensor as pt
from pytensor.compile.builders import OpFromGraph
from pytensor.gradient import DisconnectedType
from pytensor.tensor import TensorVariable

from rnn_graph.cells import Cell
from rnn_graph.recurrence import scan_states, shifted


def affine(
    inputs: TensorVariable, weights: TensorVariable, bias: TensorVariable
) -> TensorVariable:  # [..., n], [n, m], [m] -> [..., m]
    """`x W + b`; the last axis of `inputs` has a known length.

    PyTensor's own gradient of the bias would be a sum accumulated in float64, of which JAX then
    hands on float64 whatever the bias is.
    """

    def pullback(inputs, _, gradients):
        (x, W, b), (g,) = inputs, gradients
        rows = _rows(g)
        return [g @ W.T, _rows(x).T @ rows, rows.sum(axis=0, acc_dtype=b.dtype)]

    x, W, b = (variable.type() for variable in (inputs, weights, bias))
    operation = OpFromGraph([x, W, b], [x @ W + b], inline=True, pullback=pullback, name="affine")
    return operation(inputs, weights, bias)


def recurrent_layer(
    cell: Cell,
    projected: TensorVariable,
    initial_states: Sequence[TensorVariable],
    weights: TensorVariable,
    mask: TensorVariable,
    *,
    backwards: bool = False,
) -> list[TensorVariable]:  # [T, ..., blocks · H], [..., H] …, [H, blocks · H], [T, ...]
    """Run a cell over sequences.

    Parameters
    ----------
    cell
        From `rnn_graph.cells`.
    projected
        `x W_x + b` of all steps; its last axis has a known length.
    initial_states
        One for each of the cell's states.
    weights
        `W_h`, of known shape.
    mask
        An input of the compiled function (JAX reads the number of steps off its shape): 1 where a
        step counts, 0 where the states are handed on as they are.
    backwards
        Begin with the last step; place t of the result belongs to step t all the same.

    Returns
    -------
    list of TensorVariable
        Each state after each step, [T, ..., H]; the first is the layer's output.
    """
    layer = _as_operation(cell, backwards, [projected, mask, *initial_states, weights])
    return layer(projected, mask, *initial_states, weights)[: cell.states]


def _as_operation(cell: Cell, backwards: bool, arguments: Sequence[TensorVariable]) -> OpFromGraph:
    """The layer as an operation with a gradient of its own."""
    inputs = [argument.type() for argument in arguments]
    # Its outputs are the states, and the products h_{t−1} W_h, which the gradient needs again.
    outputs = _forward(cell, backwards, *inputs)
    differentiable = [True, False, *[True] * (cell.states + 1)]  # all but the mask
    return OpFromGraph(
        inputs,
        outputs,
        inline=True,
        pullback=lambda *arguments: _backward(cell, backwards, *arguments),
        connection_pattern=[[connected] * len(outputs) for connected in differentiable],
        name=type(cell).__name__,
    )


def _forward(cell, backwards, projected, mask, *rest):
    *initial_states, weights = rest

    def step(projected, mask, *states_and_weights):
        *states, W = states_and_weights
        recurrent = _times(states[0], W)
        return [*_advance(cell, projected, recurrent, mask, states), recurrent]

    return scan_states(
        step,
        [projected, mask],
        initial_states,
        [weights],
        mask.shape[0],
        outputs=1,
        backwards=backwards,
    )


def _advance(cell, projected, recurrent, mask, states):
    mask = pt.expand_dims(mask, -1)
    return [
        mask * new + (1 - mask) * old
        for new, old in zip(cell.advance(projected, recurrent, *states), states, strict=True)
    ]


def _backward(cell, backwards, inputs, outputs, output_gradients):
    projected, mask, *initial_states, weights = inputs
    *states, recurrent = outputs
    before = [
        shifted(s, first, backwards=backwards)
        for s, first in zip(states, initial_states, strict=True)
    ]
    # A state that nobody reads has no gradient from outside.
    read = [k for k in range(cell.states) if _is_connected(output_gradients[k])]

    def step(projected, recurrent, mask, *rest):
        states, rest = rest[: cell.states], rest[cell.states :]
        from_outside, rest = dict(zip(read, rest, strict=False)), rest[len(read) :]
        from_later, (W,) = rest[: cell.states], rest[cell.states :]
        gradients = [
            later + from_outside[k] if k in from_outside else later
            for k, later in enumerate(from_later)
        ]
        after = _advance(cell, projected, recurrent, mask, states)
        d_projected, d_recurrent, *d_states = pytensor.grad(
            sum((a * g).sum(acc_dtype=a.dtype) for a, g in zip(after, gradients, strict=True)),
            [projected, recurrent, *states],
            consider_constant=gradients,
            disconnected_inputs="ignore",
        )
        d_states[0] = d_states[0] + _times(d_recurrent, W.T)
        return [*d_states, d_projected, d_recurrent]

    *d_states, d_projected, d_recurrent = scan_states(
        step,
        [projected, recurrent, mask, *before, *(output_gradients[k] for k in read)],
        [pt.zeros_like(state) for state in initial_states],
        [weights],
        mask.shape[0],
        outputs=2,
        backwards=not backwards,
    )
    first = -1 if backwards else 0
    return [
        d_projected,
        DisconnectedType()(),
        *(gradient[first] for gradient in d_states),
        _rows(before[0]).T @ _rows(d_recurrent),
    ]


def _times(values: TensorVariable, weights: TensorVariable) -> TensorVariable:
    """The product of a vector or of rows with a matrix.

    A vector goes as a row: of a vector's product PyTensor makes that of the transposed matrix,
    which costs a copy in every step.
    """
    return (values[None] @ weights)[0] if values.ndim == 1 else values @ weights


def _is_connected(gradient) -> bool:
    return not isinstance(gradient.type, DisconnectedType)


def _rows(values: TensorVariable) -> TensorVariable:  # [..., n] -> [N, n]
    return values.reshape((-1, values.type.shape[-1]))
