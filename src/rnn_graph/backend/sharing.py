"""What graphs want changed before several devices share their minibatches.

Devices share the axis of sequences, B. Where steps and sequences are made one axis, T · B, a device
no longer has a piece of it: XLA then sends all of the array to all devices. So products and
sums keep both axes.
"""

import jax.numpy as jnp
from jax.lax import dot_general
from pytensor import tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.link.jax.dispatch import jax_funcify
from pytensor.tensor.elemwise import DimShuffle
from pytensor.tensor.math import Dot, Sum
from pytensor.tensor.shape import Reshape


class SumOfProducts(Op):
    """The sum over steps and sequences of outer products: [T, B, n], [T, B, m] -> [n, m]."""

    __props__ = ()

    def make_node(self, left, right):
        shape = (left.type.shape[-1], right.type.shape[-1])
        return Apply(self, [left, right], [pt.tensor(dtype=left.dtype, shape=shape)])

    def perform(self, node, inputs, outputs):
        raise NotImplementedError("for JAX alone")


class ProductOfSteps(Op):
    """The product of each step and sequence with a matrix: [T, B, n], [n, m] -> [T, B, m]."""

    __props__ = ()

    def make_node(self, values, weights):
        shape = (*values.type.shape[:-1], weights.type.shape[-1])
        return Apply(self, [values, weights], [pt.tensor(dtype=values.dtype, shape=shape)])

    def perform(self, node, inputs, outputs):
        raise NotImplementedError("for JAX alone")


@jax_funcify.register(SumOfProducts)
def jax_funcify_SumOfProducts(op, **_):
    return lambda left, right: dot_general(left, right, (((0, 1), (0, 1)), ((), ())))


@jax_funcify.register(ProductOfSteps)
def jax_funcify_ProductOfSteps(op, **_):
    return jnp.matmul


@node_rewriter([Dot])
def keep_axes_apart(fgraph, node):
    """Products of [T · B, n] become those of [T, B, n]."""
    left, right = node.inputs
    if left.owner and isinstance(left.owner.op, DimShuffle) and left.owner.op.new_order == (1, 0):
        whole = [_before_flattening(left.owner.inputs[0]), _before_flattening(right)]
        if None in whole:
            return None
        return [SumOfProducts()(*whole)]
    values = _before_flattening(left)
    if values is None:
        return None
    product = ProductOfSteps()(values, right)
    return [product.reshape((-1, right.type.shape[-1]))]


@node_rewriter([Sum])
def keep_axes_of_sums_apart(fgraph, node):
    """Sums of [T · B, n] over its rows become those of [T, B, n]."""
    (rows,) = node.inputs
    values = _before_flattening(rows)
    if node.op.axis != (0,) or values is None:
        return None
    return [node.op.clone(axis=(0, 1))(values)]


def _before_flattening(rows):
    """[T, B, n] of what was made [T · B, n] of it; None of anything else."""
    if rows.owner is None or not isinstance(rows.owner.op, Reshape):
        return None
    values = rows.owner.inputs[0]
    has_rows = values.type.ndim == 3 and rows.type.ndim == 2
    if not has_rows or None in (values.type.shape[-1], rows.type.shape[-1]):
        return None
    return values if values.type.shape[-1] == rows.type.shape[-1] else None


axes_kept_apart = in2out(keep_axes_apart, keep_axes_of_sums_apart)
