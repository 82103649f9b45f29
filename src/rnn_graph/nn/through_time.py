"""A cell over sequences, with a gradient of its own that `pytensor.grad` then takes.

The gradient of a `scan` adds up the weights' gradient step by step, in T small products, and wants
static lengths under JAX. Here the backward pass yields the gradients of the pre-activations only;
the weights' gradient is then one product over all steps and sequences.

Truncation after k states means: the loss at step t sends its gradient to the inputs of steps
t, t − 1, …, t − k, and to the weights through these k + 1 steps alone. With `z_t = F(p_t, z_{t−1})`
the states and g_t the gradient of step t's own loss for z_t, `D_0 = g`, and for j = 0 … k

    (dp_j, D_{j+1}) = the product of D_j with the Jacobian of F, at every step at once,

D_{j+1} moved one step earlier, zero past the end. The gradient of p is the sum of all dp_j: k + 1
products parallel over time instead of T in turn. (`scan`'s own `truncate_gradient=k` is something
else: it ends the backward pass k steps before the end of the *sequence*.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytensor
from pytensor import tensor as pt
from pytensor.compile.builders import OpFromGraph
from pytensor.gradient import DisconnectedType
from pytensor.tensor import TensorVariable

from rnn_graph.nn.cells import Cell
from rnn_graph.nn.scan import repeat, scan_states, shifted

# Up to here the products stand in the graph one by one, which compilers fuse best; a loop over j
# keeps the graph small for a larger k.
LARGEST_WRITTEN_OUT_TRUNCATION = 16


def recurrent_layer(
    cell: Cell,
    projected: TensorVariable,
    initial_states: Sequence[TensorVariable],
    weights: TensorVariable,
    mask: TensorVariable | None = None,
    *,
    bias: TensorVariable | None = None,
    steps: TensorVariable | None = None,
    backwards: bool = False,
    truncate: int | None = None,
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
    bias
        Added to the product with `W_h`, [blocks · H]; None for none.
    steps
        T, read off the shape of an input of the compiled function, off which JAX reads it when it
        compiles; that of `mask`, or of `projected` without one, if None.
    backwards
        Begin with the last step; place t of the result belongs to step t all the same.
    truncate
        k: how many states before its own each step's loss reaches; None for all.

    Returns
    -------
    list of TensorVariable
        Each state after each step, [T, ..., H]; the first is the layer's output. The gradient that
        reaches place t from outside is taken for that of step t's own loss.
    """
    length = projected.type.shape[0]
    if truncate is not None and length is not None and truncate >= length - 1:
        truncate = None  # it cuts nothing, and the ordinary sweep is cheaper
    if steps is None:
        # A product: inside of another scan PyTensor would look for the shape of what this is the
        # length of, and warn at length that it does not know it.
        steps = 1 * (projected if mask is None else mask).shape[0]
    masks = [] if mask is None else [mask]
    of_states = [weights] if bias is None else [weights, bias]
    layer = _ThroughTime(cell, backwards, len(of_states), len(masks), truncate, length)
    arguments = [projected, *initial_states, *of_states, steps, *masks]
    return layer.as_operation(arguments)(*arguments, return_list=True)[: cell.states]


@dataclass(frozen=True)
class _ThroughTime:
    """The graphs of a cell over time, forwards and backwards, with one mask or none.

    `weights` are those of the states: `W_h` alone, or a bias too.

    A `length` that is known is no variable to the scans: of a single step there is then no loop.
    The gradient needs what the states were computed from, which the loop then stores beside them,
    unless the output alone tells the cell's slope. (Where a mask hands the state on it does not.)
    """

    cell: Cell
    backwards: bool
    weights: int
    masks: int
    truncate: int | None
    length: int | None

    @property
    def stores(self) -> bool:
        return bool(self.masks) or self.cell.slope(pt.vector()) is None

    def as_operation(self, arguments: Sequence[TensorVariable]) -> OpFromGraph:
        """The recurrence as an operation with a gradient of its own."""
        inputs = [argument.type() for argument in arguments]
        outputs = self._forward(*inputs)
        differentiable = 1 + self.cell.states + self.weights  # all but the steps and the mask
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
        rest = inputs[self.cell.states + 1 :]
        weights, (steps, *masks) = rest[: self.weights], rest[self.weights :]
        return projected, states, weights, self.length or steps, masks

    def _forward(self, *inputs):
        projected, initial_states, weights, steps, masks = self._split(inputs)

        def step(projected, *rest):
            masks, states, weights = self._parts(rest)
            combined = self.cell.enter(projected, states[0], *weights)
            after = self._advance(combined, masks, states)
            return [*after, combined] if self.stores else after

        return scan_states(
            step,
            [projected, *masks],
            initial_states,
            weights,
            steps,
            outputs=int(self.stores),
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

    def _back(self, source, masks, states, weights, gradients: dict[int, Any]):
        """The gradients of a step's arguments, `combined` and states, from those of its results.

        Of one step, or of all at once: only the shapes differ. `source` is `combined`, or the
        slope for it.
        """
        if not self.stores:
            d_combined, d_h = self.cell.leave(gradients[0] * source, None, states[0], *weights)
            return d_combined, [d_h]
        combined = source
        after = self._advance(combined, masks, states)
        d_combined, *d_states = pytensor.grad(
            sum((after[k] * g).sum(acc_dtype=g.dtype) for k, g in gradients.items()),
            [combined, *states],
            consider_constant=list(gradients.values()),
            disconnected_inputs="ignore",
        )
        d_combined, d_h = self.cell.leave(d_combined, combined, states[0], *weights)
        return d_combined, [d_states[0] + d_h, *d_states[1:]]

    def _pullback(self, inputs, outputs, output_gradients):
        _, initial_states, weights, steps, masks = self._split(inputs)
        states = outputs[: self.cell.states]
        source = outputs[-1] if self.stores else self.cell.slope(states[0])
        before = [
            shifted(s, first, backwards=self.backwards)
            for s, first in zip(states, initial_states, strict=True)
        ]
        # A state that nobody reads has no gradient from outside.
        read = {
            k: output_gradients[k]
            for k in range(self.cell.states)
            if not isinstance(output_gradients[k].type, DisconnectedType)
        }
        given = source, masks, before, weights
        if self.truncate is None:
            d_combined, d_first = self._swept(*given, read, initial_states, steps)
        else:
            d_combined, d_first = self._summed(*given, read, initial_states)
        d_projected, *d_weights = self.cell.gradients(d_combined, source, before[0])
        return [
            d_projected,
            *d_first,
            *d_weights[: self.weights],
            *(DisconnectedType()() for _ in range(1 + self.masks)),
        ]

    def _swept(self, source, masks, before, weights, read, initial_states, steps):
        """The ordinary reverse sweep, T steps in turn."""

        def step(source, *rest):
            masks, states, rest = self._parts(rest)
            from_outside, rest = dict(zip(read, rest, strict=False)), rest[len(read) :]
            from_later, weights = rest[: self.cell.states], rest[self.cell.states :]
            gradients = {
                k: later + from_outside[k] if k in from_outside else later
                for k, later in enumerate(from_later)
            }
            d_combined, d_states = self._back(source, masks, states, weights, gradients)
            return [*d_states, d_combined]

        *d_states, d_combined = scan_states(
            step,
            [source, *masks, *before, *read.values()],
            [pt.zeros_like(state) for state in initial_states],
            weights,
            steps,
            outputs=1,
            backwards=not self.backwards,
        )
        return d_combined, [self._first(gradient) for gradient in d_states]

    def _summed(self, source, masks, before, weights, read, initial_states):
        """The sums over j of the module's docstring, k + 1 products over all steps."""
        nothing = [pt.zeros_like(state) for state in initial_states]

        def one_state_further(source, masks, before, weights, gradients, nothing):
            d_combined, d_before = self._back(source, masks, before, weights, gradients)
            # In place t the gradients of the states before t, which are those after t - 1.
            further = [
                shifted(d, zero, backwards=not self.backwards)
                for d, zero in zip(d_before, nothing, strict=True)
            ]
            return further, [d_combined, *(self._first(d) for d in d_before)]

        fixed = [source, *masks, *before, *weights, *nothing]
        if self.truncate <= LARGEST_WRITTEN_OUT_TRUNCATION:
            gradients, sums = read, None
            for _ in range(self.truncate + 1):
                further, found = one_state_further(
                    source, masks, before, weights, gradients, nothing
                )
                gradients = dict(enumerate(further))
                sums = found if sums is None else _added(sums, found)
            return sums[0], sums[1:]

        width = self.cell.states

        def accumulate(*arguments):
            gradients, sums = arguments[:width], arguments[width : 2 * width + 1]
            source, *rest = arguments[2 * width + 1 :]
            masks, before, rest = self._parts(rest)
            weights, nothing = rest[: self.weights], rest[self.weights :]
            further, found = one_state_further(
                source, masks, before, weights, dict(enumerate(gradients)), nothing
            )
            return [*further, *_added(sums, found)]

        own = [read.get(k, pt.zeros_like(before[k])) for k in range(width)]
        start = [*own, pt.zeros_like(source), *nothing]
        _, *sums = repeat(accumulate, start, fixed, self.truncate + 1)[width - 1 :]
        return sums[0], sums[1:]

    def _first(self, values):
        """What stands in the place of the first step."""
        return values[-1 if self.backwards else 0]


def _added(sums: Sequence[TensorVariable], values: Sequence[TensorVariable]):
    return [total + value for total, value in zip(sums, values, strict=True)]
