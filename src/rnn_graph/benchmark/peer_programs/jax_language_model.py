"""The minibatch language model as one would write it in JAX by hand, at its best."""

from collections.abc import Mapping
from functools import partial

import jax
import numpy as np
from jax import numpy as jnp
from jax.nn import sigmoid

CLIP_NORM = 1.0


class JAXLanguageModel:
    """`lax.scan` over projected inputs, autodiff, gradients clipped by their norm, SGD.

    A vocabulary smaller than a minibatch is projected whole, and looked up afterwards.

    Parameters
    ----------
    cell
        "elman" or "lstm", whose blocks are i, f, o, g.
    parameters
        As `LanguageModel.get_parameters` has them.
    batch_size
    device
        A `jax.Device`.
    """

    def __init__(
        self, cell: str, parameters: Mapping[str, np.ndarray], batch_size: int, device=None
    ):
        self._parameters = jax.device_put(
            {name: np.array(value, np.float32) for name, value in parameters.items()}, device
        )
        zero = np.zeros((batch_size, len(parameters["layer0_Wh"])), np.float32)
        self._states = jax.device_put((zero,) if cell == "elman" else (zero, zero.copy()), device)
        self._step = partial(_sgd_step, cell=cell)

    def step(self, x: jax.Array, y: jax.Array, learning_rate: float) -> jax.Array:
        """A step on a minibatch [T, B] that goes on where the last one ended; its mean loss."""
        rate = np.float32(learning_rate)
        loss, self._parameters, self._states = self._step(
            self._parameters, self._states, x, y, rate
        )
        return loss

    def get_parameters(self) -> dict[str, np.ndarray]:
        return {name: np.array(value) for name, value in self._parameters.items()}


def _elman(z, h):
    h = jnp.tanh(z)
    return (h,)


def _lstm(z, h, c):
    i, f, o, g = jnp.split(z, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
    return sigmoid(o) * jnp.tanh(c), c


CELLS = {"elman": _elman, "lstm": _lstm}


def _loss(parameters, states, x, y, *, cell):  # [T, B], [T, B]
    p = parameters
    if len(p["embeddings"]) < x.size:
        projected = (p["embeddings"] @ p["layer0_Wx"] + p["layer0_b"])[x]
    else:
        projected = p["embeddings"][x] @ p["layer0_Wx"] + p["layer0_b"]

    def step(states, z):
        states = CELLS[cell](z + states[0] @ p["layer0_Wh"], *states)
        return states, states[0]

    states, hidden = jax.lax.scan(step, states, projected)
    logits = hidden.reshape(-1, hidden.shape[-1]) @ p["W"] + p["b"]
    targets = jnp.take_along_axis(logits, y.reshape(-1, 1), axis=1)[:, 0]
    return (jax.nn.logsumexp(logits, axis=1) - targets).mean(), states


@partial(jax.jit, static_argnames="cell", donate_argnums=(0, 1))
def _sgd_step(parameters, states, x, y, rate, *, cell):
    losses = jax.value_and_grad(partial(_loss, cell=cell), has_aux=True)
    (loss, states), gradients = losses(parameters, states, x, y)
    norm = jnp.sqrt(sum((gradient**2).sum() for gradient in gradients.values()))
    rate = rate * jnp.minimum(CLIP_NORM / norm, 1)
    parameters = {name: value - rate * gradients[name] for name, value in parameters.items()}
    return loss, parameters, states
