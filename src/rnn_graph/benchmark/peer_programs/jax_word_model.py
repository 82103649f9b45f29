"""The word model as one would write it in JAX by hand, at its best."""

from functools import partial

import jax
import numpy as np
from jax import numpy as jnp


class JAXWordModel:
    """`lax.scan`, gradients by hand, touched rows of the input table, donated buffers.

    Parameters
    ----------
    parameters
        U (H, V), V (V, H), W (H, H), as RNNTheano.get_parameters() gives them.
    truncate
        How many states before its own each loss reaches; None for all.
    device
        A `jax.Device`.
    """

    def __init__(self, parameters: dict[str, np.ndarray], truncate: int | None, device=None):
        stored = {"U": parameters["U"].T, "V": parameters["V"].T, "W": parameters["W"]}
        self._parameters = tuple(
            jax.device_put(np.ascontiguousarray(stored[name], np.float32), device) for name in "UVW"
        )
        self._hidden_dim = len(parameters["W"])
        self._step = partial(_sgd_step, truncate=truncate)

    def prepared(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
        """A sentence as `sgd_step` takes it: its words and the next ones."""
        return x.astype(np.int32), y.astype(np.int32)

    def sgd_step(self, x: np.ndarray, y: np.ndarray, learning_rate: float) -> float:
        return float(self.begin_sgd_step(x, y, learning_rate))

    def begin_sgd_step(self, x: np.ndarray, y: np.ndarray, learning_rate: float) -> jax.Array:
        """The loss, which may still be computed when it is returned."""
        rate = np.float32(learning_rate)
        loss, self._parameters = self._step(self._parameters, x, y, rate)
        return loss

    def zero_states(self, sentences: int) -> list[np.ndarray]:
        """The states of so many sentences before their first words."""
        return [np.zeros((sentences, self._hidden_dim), np.float32)]

    def next_logits(self, words: np.ndarray, states) -> tuple[np.ndarray, list[jax.Array]]:
        """One step of the recurrence: unnormalized log-probabilities, and the new states."""
        logits, state = _next_words(self._parameters, words.astype(np.int32), *states)
        return np.asarray(logits), [state]

    def get_parameters(self) -> dict[str, np.ndarray]:
        U, V, W = map(np.array, self._parameters)
        return {"U": U.T, "V": V.T, "W": W}


@jax.jit
def _next_words(parameters, words, states):  # [B], [B, H] -> [B, V], [B, H]
    U, V, W = parameters
    state = jnp.tanh(U[words] + states @ W.T)
    return state @ V, state


@partial(jax.jit, static_argnames="truncate", donate_argnums=0)
def _sgd_step(parameters, x, y, rate, *, truncate):
    U, V, W = parameters

    def forward(state, row):
        state = jnp.tanh(row + W @ state)
        return state, state

    _, states = jax.lax.scan(forward, jnp.zeros(len(W), U.dtype), U[x])
    logits = states @ V
    steps = jnp.arange(len(y))
    normalizers = jax.nn.logsumexp(logits, axis=1)
    loss = (normalizers - logits[steps, y]).sum()
    d_logits = jnp.exp(logits - normalizers[:, None]).at[steps, y].add(-1)
    deltas = _deltas(d_logits @ V.T, 1 - states**2, W, truncate)
    before = jnp.concatenate([jnp.zeros_like(states[:1]), states[:-1]])
    return loss, (
        U.at[x].add(-rate * deltas),
        V - rate * (states.T @ d_logits),
        W - rate * (deltas.T @ before),
    )


def _deltas(d_states, slopes, W, truncate):  # [T, H], [T, H], [H, H] -> [T, H]
    """The loss's gradient by every pre-activation."""
    if truncate is None or truncate >= len(slopes) - 1:

        def backward(later, step):
            d_state, slope = step
            delta = (d_state + later @ W) * slope
            return delta, delta

        zero = jnp.zeros_like(slopes[0])
        return jax.lax.scan(backward, zero, (d_states, slopes), reverse=True)[1]
    delta = total = d_states * slopes
    for _ in range(truncate):
        delta = jnp.concatenate([delta[1:] @ W, jnp.zeros_like(delta[:1])]) * slopes
        total += delta
    return total
