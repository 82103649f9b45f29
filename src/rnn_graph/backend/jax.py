"""What PyTensor's graphs want changed before JAX compiles them, and operations as JAX has them."""

from collections.abc import Collection, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.lax import optimization_barrier
from pytensor.compile.mode import Mode
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Apply, Constant
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.link.jax.dispatch import jax_funcify
from pytensor.link.jax.dispatch.shape import JAXShapeTuple
from pytensor.link.jax.linker import JAXLinker
from pytensor.scan.op import Scan
from pytensor.tensor.basic import ARange
from pytensor.tensor.elemwise import CAReduce, DimShuffle
from pytensor.tensor.math import Dot
from pytensor.tensor.shape import Shape_i

from rnn_graph.backend.devices import Backend
from rnn_graph.backend.gpu import ONE_CUDA_GRAPH
from rnn_graph.backend.ops import DropoutMask, place_hashes
from rnn_graph.backend.overwriting import overwrite_states_in_order

# The first three turn indices and products of several axes into reshapes whose shapes JAX cannot
# see through; it has both without a reshape. Fusion is XLA's own business, and fused arithmetic of
# lengths counts in int8 when it is done at trace time.
UNWANTED_REWRITES = (
    "local_replace_AdvancedSubtensor",
    "local_AdvancedIncSubtensor_to_AdvancedIncSubtensor1",
    "local_batched_matmul_to_core_matmul_with_reshape",
    "fusion",
    "rnn_graph_for_jax",  # of plain_modes; here it comes last of all
)


# Small operations take less time than to hand them to another thread.
ONE_AFTER_THE_OTHER = {"xla_cpu_enable_concurrency_optimized_scheduler": False}


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


@jax_funcify.register(DropoutMask)
def jax_funcify_DropoutMask(op, **_):
    def dropout_mask(values, key):
        places = jnp.arange(values.size, dtype=jnp.uint32)
        kept = place_hashes(jnp, places, key.astype(jnp.uint32)) >= op.threshold
        mask = kept.astype(values.dtype) * jnp.asarray(op.scale, dtype=values.dtype)
        return mask.reshape(values.shape)

    return dropout_mask


@node_rewriter(None)
def compute_lengths_at_trace_time(fgraph, node):
    """Do the arithmetic of lengths while JAX traces the function, when all lengths are known.

    Compiled, as PyTensor's JAX backend has it, its results could be no shape of anything.
    """
    if isinstance(node.op, AtTraceTime | Shape_i | JAXShapeTuple):
        return None
    if not (isinstance(node.op, ARange) or all(_is_length(output) for output in node.outputs)):
        return None
    known = [_is_known_at_trace_time(variable) for variable in node.inputs]
    if not all(known) or all(isinstance(v, Constant) for v in node.inputs):
        return None
    return AtTraceTime(node.op)(*node.inputs, return_list=True)


def _is_length(variable) -> bool:
    """Whether it is a whole number; random generators, say, have no dtype."""
    dtype = getattr(variable.type, "dtype", "")
    return getattr(variable.type, "ndim", 0) == 0 and str(dtype).startswith(("int", "bool"))


def _is_known_at_trace_time(variable) -> bool:
    if isinstance(variable, Constant):
        return _is_length(variable)
    return variable.owner is not None and isinstance(variable.owner.op, AtTraceTime | Shape_i)


@node_rewriter([CAReduce])
def accumulate_in_own_type(fgraph, node):
    """Sums of float32 are of float32, also on the way.

    PyTensor adds them up in float64 and rounds the result; its JAX backend leaves out the rounding,
    and the type would no longer be what the graph says.
    """
    dtype = node.outputs[0].type.dtype
    if getattr(node.op, "acc_dtype", None) in (None, dtype) or not dtype.startswith("float"):
        return None
    return [node.op.clone(acc_dtype=dtype)(*node.inputs)]


as_jax_has_it = in2out(compute_lengths_at_trace_time, accumulate_in_own_type)


class Materialized(Op):
    """The same numbers, laid out in memory as the shape says, and no view of another layout."""

    __props__ = ()

    def make_node(self, matrix):
        return Apply(self, [matrix], [matrix.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.ascontiguousarray(inputs[0])


@jax_funcify.register(Materialized)
def jax_funcify_Materialized(op, **_):
    return optimization_barrier


@node_rewriter([Dot])
def turn_narrow_sides_over(fgraph, node):
    """Lay `Aᵀ` out in memory before `Aᵀ B` if it is the narrower of the two.

    A processor's matrix products run along rows. XLA would multiply by A as it lies, which takes
    a third more time for the gradient of output weights, `Sᵀ Δ`.
    """
    left, right = node.inputs
    if not (left.owner and isinstance(left.owner.op, DimShuffle)):
        return None
    if left.owner.op.new_order != (1, 0):
        return None
    rows, columns = left.type.shape[0], right.type.shape[-1]
    if rows is None or columns is None or rows >= columns:
        return None
    return [node.op(Materialized()(left), right)]


narrow_sides_turned_over = in2out(turn_narrow_sides_over)


def with_inner_graphs(mode: Mode, position: float, *, overwrite: bool) -> Mode:
    """`mode`, in which the graphs inside of scans are rewritten as well.

    PyTensor's JAX backend would rewrite them in a mode of its own, and later.

    Parameters
    ----------
    position
        Where in the order of rewrites.
    overwrite
        Whether scans' states then overwrite each other without copies.
    """
    # What is rewritten already; PyTensor goes over it once more.
    done = Mode(linker=mode.linker, optimizer=None)

    @node_rewriter([Scan])
    def rewrite_inner_graph(fgraph, node):
        if node.op.mode is done:
            return None
        is_frozen = hasattr(node.op, "clone_with_inner_graph")  # from PyTensor 3.3 on
        op = node.op if is_frozen else node.op.clone()
        inner = op.fgraph.unfreeze() if is_frozen else op.fgraph
        whole.optimizer.rewrite(inner)
        if overwrite:
            overwrite_states_in_order(op, inner)
        if is_frozen:
            op = op.clone_with_inner_graph(inner)
        op.mode = done
        return op(*node.inputs, return_list=True)

    whole = mode.register((in2out(rewrite_inner_graph), position))
    return whole


class PlacingJAXLinker(JAXLinker):
    """PyTensor's JAX linker that says where arrays go.

    Parameters
    ----------
    backend
    donated
        Shared variables whose buffers are given away to their updates.
    sharded
        As for `compile_function`.
    """

    def __init__(
        self,
        backend: Backend,
        donated: Collection[SharedVariable] = (),
        sharded: Mapping[SharedVariable, int] | None = None,
    ):
        super().__init__()
        self._backend, self._donated, self._sharded = backend, donated, sharded or {}

    def fgraph_convert(self, fgraph, **kwargs):
        self._options: dict[str, Any] = {
            "donate_argnums": tuple(
                i for i, variable in enumerate(fgraph.inputs) if variable in self._donated
            )
        }
        if self._backend.platform == "gpu":
            self._options["compiler_options"] = ONE_CUDA_GRAPH
        elif self._backend.bound_by_launches:
            self._options["compiler_options"] = ONE_AFTER_THE_OTHER
        if self._backend.mesh is not None:
            updated = getattr(fgraph, "update_mapping", None) or {}
            self._options["out_shardings"] = tuple(
                self._backend.sharding(self._sharded.get(fgraph.inputs[updated[k]]))
                if k in updated
                else self._backend.sharding(None)
                for k in range(len(fgraph.outputs))
            )
        return super().fgraph_convert(fgraph, **kwargs)

    def jit_compile(self, fn):
        precision = self._backend.matmul_precision

        def with_precision(*inputs):
            with jax.default_matmul_precision(precision):
                return fn(*inputs)

        return jax.jit(fn if precision is None else with_precision, **self._options)
