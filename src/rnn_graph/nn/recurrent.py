"""Layers that bring gradients of their own, which `pytensor.grad` then takes.

The gradient of a `scan` adds up the weights' gradient step by step, in T small products, and wants
static lengths under JAX. Here the reverse sweep yields the gradients of the pre-activations only;
the weights' gradient is then one product over all steps and sentences.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pytensor
from pytensor import tensor as pt
from pytensor.compile.builders import OpFromGraph
from pytensor.gradient import DisconnectedType
from pytensor.tensor import TensorVariable

from rnn_graph.nn.basic import rows_of
from rnn_graph.nn.cells import Cell
from rnn_graph.nn.scan import scan_states, shifted


def recurrent_layer(
    cell: Cell,
    projected: TensorVariable,
    initial_states: Sequence[TensorVariable],
    weights: TensorVariable,
    mask: TensorVariable | None = None,
    *,
    steps: TensorVariable | None = None,
    backwards: bool = False,
) -> list[TensorVariable]:  # [T, ..., blocks · H], [..., H] …, [H, blocks · H], [T, ...]
    """Run a cell over sequences.

    Parameters
    ----------
    cell
        From `rnn_graph.nn.cells`.
    projected
        `x W_x + b` of all steps; its last axis has a known length.
    initial_states
        One for each of the cell's states.
    weights
        `W_h`, of known shape.
    mask
        1 where a step counts, 0 where the states are handed on as they are; None if all count.
    steps
        T, read off the shape of an input of the compiled function, off which JAX reads it when it
        compiles; `mask.shape[0]` if None.
    backwards
        Begin with the last step; place t of the result belongs to step t all the same.

    Returns
    -------
    list of TensorVariable
        Each state after each step, [T, ..., H]; the first is the layer's output.
    """
    steps = mask.shape[0] if steps is None else steps
    masks = [] if mask is None else [mask]
    layer = _Layer(cell, backwards, len(masks)).as_operation(
        [projected, *initial_states, weights, steps, *masks]
    )
    return layer(projected, *initial_states, weights, steps, *masks)[: cell.states]


@dataclass(frozen=True)
class _Layer:
    """The graphs of a layer, forwards in time and backwards, with one mask or none."""

    cell: Cell
    backwards: bool
    masks: int

    def as_operation(self, arguments: Sequence[TensorVariable]) -> OpFromGraph:
        """The layer as an operation with a gradient of its own."""
        inputs = [argument.type() for argument in arguments]
        # Its outputs are the states, and what they were computed from, which the gradient needs.
        outputs = self._forward(*inputs)
        differentiable = self.cell.states + 2  # all but the steps and the mask
        return OpFromGraph(
            inputs,
            outputs,
            inline=True,
            pullback=self._pullback,
            connection_pattern=[
                [place < differentiable] * len(outputs) for place in range(len(inputs))
            ],
            name=type(self.cell).__name__,
        )

    def _split(self, inputs):
        """Projected inputs, states, weights, steps and masks."""
        projected, *states = inputs[: self.cell.states + 1]
        weights, steps, *masks = inputs[self.cell.states + 1 :]
        return projected, states, weights, steps, masks

    def _forward(self, *inputs):
        projected, initial_states, weights, steps, masks = self._split(inputs)

        def step(projected, *rest):
            masks, states, (W,) = self._parts(rest)
            combined = self.cell.combine(projected, _times(states[0], W))
            return [*self._advance(combined, masks, states), combined]

        return scan_states(
            step,
            [projected, *masks],
            initial_states,
            [weights],
            steps,
            outputs=1,
            backwards=self.backwards,
        )

    def _parts(self, rest):
        """Masks, states and what follows them, of the arguments of a step."""
        first, last = self.masks, self.masks + self.cell.states
        return rest[:first], rest[first:last], rest[last:]

    def _advance(self, combined, masks, states):
        after = self.cell.advance(combined, *states)
        for mask in masks:
            mask = pt.expand_dims(mask, -1)
            after = [mask * new + (1 - mask) * old for new, old in zip(after, states, strict=True)]
        return after

    def _pullback(self, inputs, outputs, output_gradients):
        _, initial_states, weights, steps, masks = self._split(inputs)
        *states, combined = outputs
        before = [
            shifted(s, first, backwards=self.backwards)
            for s, first in zip(states, initial_states, strict=True)
        ]
        # A state that nobody reads has no gradient from outside.
        read = [k for k in range(self.cell.states) if _is_connected(output_gradients[k])]

        def step(combined, *rest):
            masks, states, rest = self._parts(rest)
            from_outside, rest = dict(zip(read, rest, strict=False)), rest[len(read) :]
            from_later, (W,) = rest[: self.cell.states], rest[self.cell.states :]
            gradients = [
                later + from_outside[k] if k in from_outside else later
                for k, later in enumerate(from_later)
            ]
            after = self._advance(combined, masks, states)
            d_combined, *d_states = pytensor.grad(
                sum((a * g).sum(acc_dtype=a.dtype) for a, g in zip(after, gradients, strict=True)),
                [combined, *states],
                consider_constant=gradients,
                disconnected_inputs="ignore",
            )
            _, d_recurrent = self.cell.separate(d_combined)
            d_states[0] = d_states[0] + _times(d_recurrent, W.T)
            return [*d_states, d_combined]

        *d_states, d_combined = scan_states(
            step,
            [combined, *masks, *before, *(output_gradients[k] for k in read)],
            [pt.zeros_like(state) for state in initial_states],
            [weights],
            steps,
            outputs=1,
            backwards=not self.backwards,
        )
        d_projected, d_recurrent = self.cell.separate(d_combined)
        first = -1 if self.backwards else 0
        return [
            d_projected,
            *(gradient[first] for gradient in d_states),
            rows_of(before[0]).T @ rows_of(d_recurrent),
            *(DisconnectedType()() for _ in range(1 + self.masks)),
        ]


def _times(values: TensorVariable, weights: TensorVariable) -> TensorVariable:
    """The product of a vector or of rows with a matrix.

    A vector goes as a row: of a vector's product PyTensor makes that of the transposed matrix,
    which costs a copy in every step.
    """
    return (values[None] @ weights)[0] if values.ndim == 1 else values @ weights


def _is_connected(gradient) -> bool:
    return not isinstance(gradient.type, DisconnectedType)
