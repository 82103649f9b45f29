"""The tutorial's graph as it was, for comparison: softmax and truncation inside the scan."""

import numpy as np
import pytensor
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.compiling import Backend, compile_function
from rnn_graph.recurrence import positions


def literal_loss(
    U: TensorVariable,
    V: TensorVariable,
    W: TensorVariable,
    x: TensorVariable,
    y: TensorVariable,
    truncate_gradient: int | None,
) -> TensorVariable:  # [H, V], [V, H], [H, H], [T], [T] -> []
    """A sentence's summed cross-entropy, with `truncate_gradient` handed to `scan`.

    `scan(truncate_gradient=k)` runs its backward sweep over the last k steps of the *sequence*:
    the loss of an earlier word sends no gradient into the recurrence at all. See truncation.py
    for what backpropagation truncated after k states per loss is.
    """

    def step(word, state, U, V, W):
        state = pt.tanh(U[:, word] + W @ state)
        probabilities = pt.special.softmax(V @ state)
        return [probabilities, state]

    probabilities, _ = pytensor.scan(
        step,
        sequences=[x],
        outputs_info=[None, pt.zeros_like(W[0])],
        non_sequences=[U, V, W],
        truncate_gradient=-1 if truncate_gradient is None else truncate_gradient,
        strict=True,
        return_updates=False,
    )
    return -pt.log(probabilities[positions(x.shape[0]), y]).sum(acc_dtype=U.dtype)


def literal_gradients(
    parameters: dict[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    truncate_gradient: int | None,
    backend: Backend,
) -> list[np.ndarray]:
    """`[dLdU, dLdV, dLdW]` of `literal_loss`, by `pytensor.grad`."""
    # JAX differentiates a scan only if all shapes are known.
    symbols = [
        pt.tensor(name, shape=value.shape, dtype=value.dtype) for name, value in parameters.items()
    ]
    ids = [pt.tensor(name, shape=x.shape, dtype="int32") for name in ("x", "y")]
    loss = literal_loss(*symbols, *ids, truncate_gradient)
    gradients = pytensor.grad(loss, symbols)
    compiled = compile_function([*symbols, *ids], gradients, backend)
    return [np.asarray(g) for g in compiled(*parameters.values(), x, y)]
