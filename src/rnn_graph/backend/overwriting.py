"""The order in which new values overwrite old ones, in functions and in loops.

XLA copies an array before it overwrites it, unless the new value is computed from all that reads
the old one. A step's weights are also read by what has no part in their own update: the gradient of
the layer below. Here the update waits for it.
"""

from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph, Output
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import GraphRewriter
from pytensor.graph.traversal import ancestors
from pytensor.link.jax.dispatch import jax_funcify
from pytensor.scan.op import Scan
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.shape import Reshape
from pytensor.tensor.subtensor import AdvancedIncSubtensor, Subtensor

UPDATES = Elemwise | AdvancedIncSubtensor
VIEWS = DimShuffle | Reshape | Subtensor

# A copy of fewer numbers than these is cheaper than to wait.
SMALLEST_ARRAY = 1024


class After(Op):
    """The first input, once the others have been computed."""

    __props__ = ()

    def make_node(self, value, *others):
        return Apply(self, [value, *others], [value.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0]


@jax_funcify.register(After)
def jax_funcify_After(op, **_):
    def after(value, *others):
        # Nothing is below minus infinity; XLA, which forgets its own barriers, has to look.
        firsts = [other[(0,) * other.ndim] for other in others if other.size]
        never = jnp.array([first < -jnp.inf for first in firsts]).any()
        return jnp.where(never, jnp.zeros_like(value), value)

    return after


class OverwriteInOrder(GraphRewriter):
    """A function's shared variables are overwritten after all else has read them."""

    def apply(self, fgraph):
        updated = getattr(fgraph, "update_mapping", None) or {}  # the graphs of loops have none
        for output, place in updated.items():
            _compute_last(fgraph, fgraph.inputs[place], fgraph.outputs[output])


def overwrite_states_in_order(op: Scan, inner: FunctionGraph) -> None:
    """Let a loop's states be overwritten after all else has read them, in its inner graph."""
    before = [*op.inner_sitsot(inner.inputs), *op.inner_untraced_sit_sot(inner.inputs)]
    after = [*op.inner_sitsot_outs(inner.outputs), *op.inner_untraced_sit_sot_outs(inner.outputs)]
    for old, new in zip(before, after, strict=True):
        _compute_last(inner, old, new)


def _compute_last(fgraph: FunctionGraph, old: Variable, new: Variable) -> None:
    """Let `new` be computed after all that reads `old`."""
    if new.owner is None or not isinstance(new.owner.op, UPDATES):
        return
    shape = old.type.shape
    if None in shape or np.prod(shape) < SMALLEST_ARRAY:
        return
    needed = set(ancestors([new]))
    others = [
        reader.outputs[0]
        for reader in _readers(fgraph, old)
        if needed.isdisjoint(reader.outputs) and new not in ancestors(reader.outputs)
    ]
    if not others:
        return
    values = [value for value in new.owner.inputs if value is not old]
    waiting = max(values, key=lambda value: (value.type.dtype == old.type.dtype, value.type.ndim))
    place = new.owner.inputs.index(waiting)
    fgraph.change_node_input(new.owner, place, After()(waiting, *dict.fromkeys(others)))


def _readers(fgraph: FunctionGraph, variable: Variable) -> Iterator[Apply]:
    """What computes something from a variable, also through views of it.

    Without what works element by element: XLA fuses it into whatever needs its results.
    """
    for client, _ in fgraph.clients[variable]:
        if isinstance(client.op, VIEWS):
            yield from _readers(fgraph, client.outputs[0])
        elif not isinstance(client.op, Elemwise | Output) and _is_of_numbers(client.outputs[0]):
            yield client


def _is_of_numbers(variable: Variable) -> bool:
    """Whether it holds numbers that are computed, and no lengths."""
    return getattr(variable.type, "dtype", "").startswith("float")
