"""The tutorial's graph as it was, for comparison: softmax and truncation inside the scan."""

from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

import numpy as np
import pytensor
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import Backend
from rnn_graph.nn.scan import positions
from rnn_graph.optim.optimizers import sgd


def literal_probabilities(
    U: TensorVariable,
    V: TensorVariable,
    W: TensorVariable,
    x: TensorVariable,
    truncate_gradient: int | None = None,
) -> TensorVariable:  # [H, V], [V, H], [H, H], [T] -> [T, V]
    """The next word's probabilities after each word, with `truncate_gradient` handed to `scan`."""

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
    return probabilities


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
    the loss of an earlier word sends no gradient at all. See truncation.py for what
    backpropagation truncated after k states per loss is.
    """
    probabilities = literal_probabilities(U, V, W, x, truncate_gradient)
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


class LiteralRNN:
    """The tutorial's program: `literal_loss`, its gradients, and an update of every number.

    Parameters
    ----------
    parameters
        U, V, W.
    truncate_gradient
        As for `literal_loss`.
    backend, dtype
    """

    def __init__(
        self,
        parameters: dict[str, np.ndarray],
        truncate_gradient: int | None,
        backend: Backend,
        dtype: str,
    ):
        self._truncate_gradient, self._backend, self._dtype = truncate_gradient, backend, dtype
        self._shared = {}
        for name, value in parameters.items():
            variable = pytensor.shared(value.astype(dtype), name=name, shape=value.shape)
            backend.assign(variable, value.astype(dtype))
            self._shared[name] = variable
        self._sgd_step = cache(self._compile_sgd_step)

    def sgd_step(self, x: np.ndarray, y: np.ndarray, learning_rate: float) -> float:
        """One step of stochastic gradient descent; returns the sentence's loss before it."""
        step = self.compiled_sgd_step(len(x))
        return float(step(x, y, np.array(learning_rate, dtype=self._dtype)))

    def compiled_sgd_step(self, length: int) -> Callable[..., Any]:
        """What `sgd_step` calls for sentences of `length` words, compiled now if it is not yet."""
        # JAX differentiates a scan only if its length is known.
        return self._sgd_step(length if self._backend.compiles_per_shape else None)

    def forward_propagation(self, x: np.ndarray) -> np.ndarray:  # [T] -> [T, V]
        """The next word's probabilities after each word."""
        return np.asarray(self._forward_propagation(x))

    def get_parameters(self) -> dict[str, np.ndarray]:
        """Copies of U, V, W by name."""
        return {name: np.array(variable.get_value()) for name, variable in self._shared.items()}

    def _compile_sgd_step(self, length: int | None) -> Callable[..., Any]:
        x, y = (pt.tensor(name, shape=(length,), dtype="int32") for name in "xy")
        learning_rate = pt.scalar("learning_rate", dtype=self._dtype)
        loss = literal_loss(*self._shared.values(), x, y, self._truncate_gradient)
        gradients = pytensor.grad(loss, list(self._shared.values()))
        updates = sgd()(dict(zip(self._shared.values(), gradients, strict=True)), learning_rate)
        return compile_function([x, y, learning_rate], loss, self._backend, updates=updates)

    @cached_property
    def _forward_propagation(self) -> Callable[..., Any]:
        x = pt.ivector("x")
        probabilities = literal_probabilities(*self._shared.values(), x)
        return compile_function([x], probabilities, self._backend)
