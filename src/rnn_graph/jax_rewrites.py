"""What PyTensor's graphs want changed before JAX compiles them."""

from dataclasses import replace

import numpy as np
from pytensor.graph.basic import Apply, Constant
from pytensor.graph.fg import FrozenFunctionGraph
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.link.jax.dispatch import jax_funcify
from pytensor.link.jax.dispatch.shape import JAXShapeTuple
from pytensor.scan.op import Scan
from pytensor.tensor.shape import Shape_i
from pytensor.tensor.subtensor import Subtensor, get_constant_idx

# These turn indices and products of several axes into reshapes whose shapes JAX cannot see
# through; it has both without a reshape.
UNWANTED_REWRITES = (
    "local_replace_AdvancedSubtensor",
    "local_AdvancedIncSubtensor_to_AdvancedIncSubtensor1",
    "local_batched_matmul_to_core_matmul_with_reshape",
)


@node_rewriter([Scan])
def carry_states_read_last(fgraph, node):
    """Hand on, and do not record, the states of a scan of which only the last is read.

    PyTensor's other backends shorten the record of such a state to its last entries; its JAX
    backend writes down all of them, which for a state as large as a model's parameters costs more
    than the step itself.
    """
    op, info = node.op, node.op.info
    last_readers = [
        _readers_of_last(fgraph, states) for states in op.outer_sitsot_outs(node.outputs)
    ]
    carried = [k for k, readers in enumerate(last_readers) if readers]
    if not carried:
        return None
    recorded = [k for k, readers in enumerate(last_readers) if not readers]

    def of(places, variables):
        return [variables[k] for k in places]

    inner_graph = _thawed(op.fgraph)
    inner, inner_outputs, outer = inner_graph.inputs, inner_graph.outputs, node.inputs
    buffers = op.outer_sitsot(outer)
    new_op = Scan(
        [
            *op.inner_seqs(inner),
            *op.inner_mitmot(inner),
            *op.inner_mitsot(inner),
            *of(recorded, op.inner_sitsot(inner)),
            *op.inner_untraced_sit_sot(inner),
            *of(carried, op.inner_sitsot(inner)),
            *op.inner_non_seqs(inner),
        ],
        [
            *op.inner_mitmot_outs(inner_outputs),
            *op.inner_mitsot_outs(inner_outputs),
            *of(recorded, op.inner_sitsot_outs(inner_outputs)),
            *op.inner_nitsot_outs(inner_outputs),
            *op.inner_untraced_sit_sot_outs(inner_outputs),
            *of(carried, op.inner_sitsot_outs(inner_outputs)),
        ],
        replace(
            info,
            sit_sot_in_slices=tuple(of(recorded, info.sit_sot_in_slices)),
            n_untraced_sit_sot=info.n_untraced_sit_sot + len(carried),
        ),
        mode=op.mode,
        name=op.name,
    )
    outputs = new_op(
        outer[0],
        *op.outer_seqs(outer),
        *op.outer_mitmot(outer),
        *op.outer_mitsot(outer),
        *of(recorded, buffers),
        *op.outer_untraced_sit_sot(outer),
        *(_first_state(buffer) for buffer in of(carried, buffers)),
        *op.outer_nitsot(outer),
        *op.outer_non_seqs(outer),
        return_list=True,
    )
    last_states = outputs[len(outputs) - len(carried) :]
    replacements = {
        reader: last_state
        for k, last_state in zip(carried, last_states, strict=True)
        for reader in last_readers[k]
    }
    old_outputs = [
        *op.outer_mitmot_outs(node.outputs),
        *op.outer_mitsot_outs(node.outputs),
        *of(recorded, op.outer_sitsot_outs(node.outputs)),
        *op.outer_nitsot_outs(node.outputs),
        *op.outer_untraced_sit_sot_outs(node.outputs),
    ]
    return replacements | dict(zip(old_outputs, outputs, strict=False))


@node_rewriter([Scan])
def give_sequences_whole(fgraph, node):
    """Give a scan its sequences as they are, not cut to the number of steps.

    PyTensor's JAX backend cuts them itself, by a number that it knows when it compiles; the cut in
    the graph is by an expression that it could not see through.
    """
    sequences = node.op.outer_seqs(node.inputs)
    whole = {s: s.owner.inputs[0] for s in sequences if _is_cut_at(s, node.inputs[0])}
    if not whole:
        return None
    inputs = [whole.get(variable, variable) for variable in node.inputs]
    return node.op(*inputs, return_list=True)


class AtTraceTime(Op):
    """An operation that JAX does not compile, because its inputs are known when it compiles."""

    __props__ = ("op",)

    def __init__(self, op: Op):
        self.op = op

    def make_node(self, *inputs):
        outputs = self.op.make_node(*inputs).outputs
        return Apply(self, list(inputs), [output.type() for output in outputs])

    def perform(self, node, inputs, outputs):
        inner = self.op.make_node(*node.inputs)
        self.op.prepare_node(inner, None, None, "py")
        self.op.perform(inner, inputs, outputs)


@jax_funcify.register(AtTraceTime)
def jax_funcify_AtTraceTime(op, node, **_):
    def evaluate(*inputs):
        outputs = [[None] for _ in node.outputs]
        op.perform(node, [np.asarray(value) for value in inputs], outputs)
        values = [value for (value,) in outputs]
        return values[0] if len(values) == 1 else values

    return evaluate


@node_rewriter(None)
def compute_lengths_at_trace_time(fgraph, node):
    """Do the arithmetic of lengths while JAX traces the function, when all lengths are known.

    Compiled, as PyTensor's JAX backend has it, its results could be no shape of anything.
    """
    if isinstance(node.op, AtTraceTime | Shape_i | JAXShapeTuple):
        return None
    if not all(_is_length(output) for output in node.outputs):
        return None
    known = [_is_known_at_trace_time(variable) for variable in node.inputs]
    if not all(known) or all(isinstance(v, Constant) for v in node.inputs):
        return None
    return AtTraceTime(node.op)(*node.inputs, return_list=True)


def _is_length(variable) -> bool:
    return getattr(variable.type, "ndim", 0) == 0 and str(variable.type.dtype).startswith(
        ("int", "bool")
    )


def _is_known_at_trace_time(variable) -> bool:
    if isinstance(variable, Constant):
        return _is_length(variable)
    return variable.owner is not None and isinstance(variable.owner.op, AtTraceTime | Shape_i)


lengths_at_trace_time = in2out(compute_lengths_at_trace_time)
prepare_scans = in2out(carry_states_read_last, give_sequences_whole)


def _first_state(buffer):
    """What scan wrote into the first place of the record that it made room for."""
    written = buffer.owner.inputs[1]
    return written[0]


def _thawed(graph):
    """A copy that may become part of another graph; PyTensor 3.3 freezes what is inside a scan."""
    return graph.unfreeze() if isinstance(graph, FrozenFunctionGraph) else graph.clone()


def _readers_of_last(fgraph, states):
    """The variables `states[1:][-1]`, if nothing else is read; else an empty list."""
    readers = []
    for after_first in _clients(fgraph, states):
        if not _is_index(after_first, [slice(1, None, None)]):
            return []
        for reader in _clients(fgraph, after_first):
            if not _is_index(reader, [-1]):
                return []
            readers.append(reader)
    return readers


def _clients(fgraph, variable):
    """What is computed from a variable; None stands for the graph's own outputs."""
    return [
        node.outputs[0] if hasattr(node, "outputs") and node.outputs else None
        for node, _ in fgraph.clients[variable]
    ]


def _is_cut_at(variable, length) -> bool:
    node = variable.owner
    if node is None or not isinstance(node.op, Subtensor) or len(node.inputs) != 2:
        return False
    (index,) = node.op.idx_list
    stop = node.inputs[1].owner
    return (
        isinstance(index, slice)
        and index.start is None
        and index.step is None
        and stop is not None
        and stop.inputs == [length]
    )


def _is_index(variable, index) -> bool:
    if variable is None or not isinstance(variable.owner.op, Subtensor):
        return False
    node = variable.owner
    return list(get_constant_idx(node.op.idx_list, node.inputs, allow_partial=True)) == index
