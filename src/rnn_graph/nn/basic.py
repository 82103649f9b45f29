"""Layers without recurrence."""

from pytensor import tensor as pt
from pytensor.compile.builders import OpFromGraph
from pytensor.tensor import TensorVariable


def affine(
    inputs: TensorVariable, weights: TensorVariable, bias: TensorVariable
) -> TensorVariable:  # [..., n], [n, m], [m] -> [..., m]
    """`x W + b`; the last axis of `inputs` has a known length.

    PyTensor's own gradient of the bias would be a sum accumulated in float64, of which JAX then
    hands on float64 whatever the bias is.
    """

    def pullback(inputs, _, gradients):
        (x, W, b), (g,) = inputs, gradients
        rows = rows_of(g)
        return [g @ W.T, rows_of(x).T @ rows, rows.sum(axis=0, acc_dtype=b.dtype)]

    x, W, b = (variable.type() for variable in (inputs, weights, bias))
    operation = OpFromGraph([x, W, b], [x @ W + b], inline=True, pullback=pullback, name="affine")
    return operation(inputs, weights, bias)


def rows_of(values: TensorVariable) -> TensorVariable:  # [..., n] -> [N, n]
    return values.reshape((-1, values.type.shape[-1]))


def windows(rows: TensorVariable, width: int) -> TensorVariable:
    """Overlapping windows of `width` rows, each window's side by side.

    [T + width - 1, ..., de] -> [T, ..., width * de].
    """
    last = width - 1
    return pt.concatenate([rows[j : j - last or None] for j in range(width)], axis=-1)
