"""The minibatch language model in plain NumPy, written to be read: one layer, softmax, SGD."""

from collections.abc import Mapping

import numpy as np

Arrays = dict[str, np.ndarray]


class MinibatchModelNumpy:
    """`h_t = cell(E[x_t] Wx + b, h_{t−1} Wh)`, `o_t = softmax(h_t W + b)`; as `LanguageModel`.

    Parameters
    ----------
    cell
        "elman" or "lstm".
    parameters
        As `LanguageModel.get_parameters` has them: `embeddings (V, d)`, `layer0_Wx (d, n)`,
        `layer0_Wh (H, n)`, `layer0_b (n)`, `W (H, V)`, `b (V)`; n is H, for an LSTM 4 H: the
        blocks of its gates i, f, o and its candidate g.

    Attributes
    ----------
    parameters : dict
        Float64 copies, which `sgd_step` changes.
    states : tuple of (B, H) or None
        The states that the next minibatch begins with, h, and an LSTM's c; None for zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.reference import MinibatchModelNumpy
    >>> rng = np.random.default_rng(0)
    >>> shapes = {"embeddings": (5, 3), "layer0_Wx": (3, 4), "layer0_Wh": (4, 4)}
    >>> shapes |= {"layer0_b": (4,), "W": (4, 5), "b": (5,)}
    >>> parameters = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    >>> model = MinibatchModelNumpy("elman", parameters)
    >>> x = np.array([[0, 1], [1, 2], [2, 3]])  # [T, B]
    >>> y = np.array([[1, 2], [2, 3], [3, 4]])
    >>> losses = [model.sgd_step(x, y, learning_rate=0.5) for _ in range(20)]
    >>> losses[-1] < losses[0], [state.shape for state in model.states]
    (True, [(2, 4)])
    """

    def __init__(self, cell: str, parameters: Mapping[str, np.ndarray]):
        self.parameters = {name: np.array(value, float) for name, value in parameters.items()}
        self._cell = {"elman": _Elman, "lstm": _LSTM}[cell]
        self.states: tuple[np.ndarray, ...] | None = None

    def sgd_step(
        self, x: np.ndarray, y: np.ndarray, learning_rate: float, clip_norm: float = 1.0
    ) -> float:  # [T, B], [T, B]
        """One step of gradient descent on a minibatch, which begins with `states`.

        Parameters
        ----------
        x, y : (T, B)
            Ids of the inputs and targets, a text a column.
        learning_rate
            Factor on the clipped gradients.
        clip_norm
            The largest norm of all gradients together.

        Returns
        -------
        float
            The mean −ln p of a token in nats, before the step.
        """
        loss, gradients = self.loss_and_gradients(x, y)
        norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients.values()))
        for name, gradient in gradients.items():
            self.parameters[name] -= learning_rate * min(clip_norm / norm, 1) * gradient
        return loss

    def loss_and_gradients(self, x: np.ndarray, y: np.ndarray) -> tuple[float, Arrays]:
        """The loss of a minibatch, and its gradients by BPTT through the minibatch.

        It begins with `states`, and replaces them by those after the last step.

        Parameters
        ----------
        x, y : (T, B)
            As for `sgd_step`.

        Returns
        -------
        loss : float
            The mean −ln p of a token in nats.
        gradients : dict
            In the shapes of the parameters, by name.
        """
        p, (T, B) = self.parameters, x.shape
        H = len(p["layer0_Wh"])
        states = self.states or (np.zeros((B, H)),) * self._cell.states
        inputs = p["embeddings"][x]
        projected = inputs @ p["layer0_Wx"] + p["layer0_b"]
        before, caches = np.zeros((T, B, H)), []
        hidden = np.zeros((T, B, H))
        for t in range(T):
            before[t] = states[0]
            states, cache = self._cell.forward(projected[t] + states[0] @ p["layer0_Wh"], *states)
            hidden[t] = states[0]
            caches.append(cache)
        self.states = states

        logits = hidden @ p["W"] + p["b"]
        logits -= logits.max(axis=-1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        steps, rows = np.ogrid[:T, :B]
        loss = -log_p[steps, rows, y].mean()
        d_logits = np.exp(log_p)
        d_logits[steps, rows, y] -= 1
        d_logits /= T * B

        d_projected = np.zeros_like(projected)
        d_hidden = d_logits @ p["W"].T
        d_states = tuple(np.zeros_like(state) for state in states)
        for t in reversed(range(T)):
            d_states = (d_states[0] + d_hidden[t], *d_states[1:])
            d_projected[t], d_rest = self._cell.backward(d_states, caches[t])
            d_states = (d_projected[t] @ p["layer0_Wh"].T, *d_rest)

        d_inputs = d_projected @ p["layer0_Wx"].T
        d_embeddings = np.zeros_like(p["embeddings"])
        np.add.at(d_embeddings, x, d_inputs)
        return float(loss), {
            "embeddings": d_embeddings,
            "layer0_Wx": np.tensordot(inputs, d_projected, ((0, 1), (0, 1))),
            "layer0_Wh": np.tensordot(before, d_projected, ((0, 1), (0, 1))),
            "layer0_b": d_projected.sum(axis=(0, 1)),
            "W": np.tensordot(hidden, d_logits, ((0, 1), (0, 1))),
            "b": d_logits.sum(axis=(0, 1)),
        }


class _Elman:
    states = 1

    @staticmethod
    def forward(z, h):
        h = np.tanh(z)
        return (h,), h

    @staticmethod
    def backward(d_states, h):
        return d_states[0] * (1 - h**2), ()


class _LSTM:
    states = 2

    @staticmethod
    def forward(z, h, c_before):
        z_i, z_f, z_o, z_g = np.split(z, 4, axis=-1)
        i, f, o, g = _sigmoid(z_i), _sigmoid(z_f), _sigmoid(z_o), np.tanh(z_g)
        c = f * c_before + i * g
        return (o * np.tanh(c), c), (i, f, o, g, c_before, np.tanh(c))

    @staticmethod
    def backward(d_states, cache):
        i, f, o, g, c_before, tanh_c = cache
        d_h, d_c = d_states
        d_c = d_c + d_h * o * (1 - tanh_c**2)
        d_z = [
            d_c * g * i * (1 - i),
            d_c * c_before * f * (1 - f),
            d_h * tanh_c * o * (1 - o),
            d_c * i * (1 - g**2),
        ]
        return np.concatenate(d_z, axis=-1), (d_c * f,)


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))
