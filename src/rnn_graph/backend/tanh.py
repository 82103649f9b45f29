"""tanh as arithmetic, which XLA computes on all cores of a CPU.

XLA shares the elements of an array among cores if computing them takes more operations than it
reads and writes bytes; a tanh counts as none. One core would compute the gates of an LSTM, and the
others wait.
"""

import jax.numpy as jnp
import numpy as np
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.link.jax.dispatch import jax_funcify
from pytensor.scalar.basic import Tanh
from pytensor.tensor.elemwise import Elemwise

# Of fewer elements sharing them takes longer than computing them.
SMALLEST_ARRAY = 16_384

# tanh(x) = x P(x²) / Q(x²), where |x| is at most LARGEST: coefficients of the powers of x², fitted
# to the smallest largest relative error. What is beyond counts as LARGEST, whose tanh is 1 - 3e-7.
LARGEST = 7.9
P = (
    0.999999998,
    0.131281239,
    3.15363899e-3,
    1.1689429e-5,
    -2.25250827e-8,
    6.48262267e-11,
    -1.19238591e-13,
)
Q = (1.0, 0.464614556, 0.024691852, 2.6193188e-4)


class ArithmeticTanh(Op):
    """tanh of float32."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.tanh(inputs[0])


@jax_funcify.register(ArithmeticTanh)
def jax_funcify_ArithmeticTanh(op, **_):
    return lambda x: jnp.tanh(x) if x.size < SMALLEST_ARRAY else rational_tanh(x)


def rational_tanh(x):
    """Tanh of a float32 array of JAX: its relative error is below 4e-7, and it stays within ±1."""
    x = jnp.clip(x, -LARGEST, LARGEST)
    square = x * x
    return x * _polynomial(P, square) / _polynomial(Q, square)


def _polynomial(coefficients, x):
    value = jnp.float32(coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = value * x + jnp.float32(coefficient)
    return value


@node_rewriter([Elemwise])
def use_arithmetic_tanh(fgraph, node):
    """The arithmetic of tanh in its place, in float32."""
    if not isinstance(node.op.scalar_op, Tanh) or node.outputs[0].type.dtype != "float32":
        return None
    return [ArithmeticTanh()(*node.inputs)]


tanh_as_arithmetic = in2out(use_arithmetic_tanh)
