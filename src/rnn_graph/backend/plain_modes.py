"""What `pytensor.function(..., mode="JAX")` and "NUMBA" need for graphs made of `rnn_graph.nn`.

Imported for its effect: PyTensor's own JAX mode then does the arithmetic of lengths while JAX
traces the function, without which a scan over a sequence of unknown static length cannot be
compiled; it adds up float32 in float32, without which one with a gradient cannot be; and both modes
know this package's operations. `compile_function` has modes of its own.
JAX and Numba are imported when a function is compiled for them.
"""

from importlib import import_module

from pytensor.compile.mode import optdb
from pytensor.graph.rewriting.basic import GraphRewriter, in2out, node_rewriter

from rnn_graph.backend.ops import DropoutMask

# Before the fusion of elementwise operations (49), which would count lengths in int8.
BEFORE_FUSION = 48.5


class GraphsForPlainJAX(GraphRewriter):
    """`rnn_graph.backend.jax.as_jax_has_it`, imported when it is needed."""

    def apply(self, fgraph):
        from rnn_graph.backend.jax import as_jax_has_it  # imports JAX

        return as_jax_has_it.apply(fgraph)


def _registering(backend: str) -> GraphRewriter:
    @node_rewriter([DropoutMask])
    def register_operations(fgraph, node):
        import_module(f"rnn_graph.backend.{backend}")

    return in2out(register_operations, name=f"rnn_graph_operations_in_{backend}")


optdb.register("rnn_graph_for_jax", GraphsForPlainJAX(), "jax", position=BEFORE_FUSION)
for _backend in ("jax", "numba"):
    optdb.register(
        f"rnn_graph_operations_in_{_backend}",
        _registering(_backend),
        _backend,
        position=BEFORE_FUSION,
    )
