"""One step of each recurrent cell, symbolic and without a loop."""

from pytensor import tensor as pt
from pytensor.tensor import TensorVariable


def elman_step(
    projected_input: TensorVariable, state: TensorVariable, recurrent_weights: TensorVariable
) -> TensorVariable:  # [..., H], [..., H], [H, H] -> [..., H]
    """`s_t = tanh(p_t + W s_{t−1})`, with `p_t` the input's projection.

    J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990).
    """
    return pt.tanh(projected_input + state @ recurrent_weights.T)
