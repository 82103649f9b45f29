"""The Elman slot tagger in plain NumPy, written to be read."""

import numpy as np

from rnn_graph.nn.initializers import draw_slot_tagger_parameters
from rnn_graph.randomness import RandomSource
from rnn_graph.reference.rnn_numpy import softmax


def sigmoid(z):  # [...] -> [...]
    return 1 / (1 + np.exp(-z))


class RNNSLUNumpy:
    """`h_t = σ(x_t Wx + h_{t−1} Wh + bh)`, `s_t = softmax(h_t W + b)`; the model of `RNNSLU`.

    Parameters
    ----------
    nh, nc, ne, de, cs, rng
        As for `RNNSLU`.

    Attributes
    ----------
    parameters : dict
        `embeddings (ne + 1, de)`, `Wx (de · cs, nh)`, `Wh (nh, nh)`, `W (nh, nc)`, `bh (nh)`,
        `b (nc)`, `h0 (nh)`; float64.
    """

    def __init__(self, nh: int, nc: int, ne: int, de: int, cs: int, *, rng: RandomSource = None):
        self.parameters = draw_slot_tagger_parameters(nh, nc, ne, de, cs, rng)

    def forward(self, idxs):  # [T, cs] -> [T, nc], [T + 1, nh], [T, de * cs]
        """Label probabilities, states, and inputs of a sentence.

        Returns
        -------
        s : (T, nc)
            The probabilities of each word's labels.
        h : (T + 1, nh)
            Row t: the state after word t. The last row is `h0`.
        x : (T, de · cs)
            The windows' embeddings, side by side.
        """
        p = self.parameters
        T = len(idxs)
        x = p["embeddings"][idxs].reshape(T, -1)
        h = np.zeros((T + 1, len(p["h0"])))
        h[-1] = p["h0"]
        s = np.zeros((T, len(p["b"])))
        for t in range(T):
            h[t] = sigmoid(x[t] @ p["Wx"] + h[t - 1] @ p["Wh"] + p["bh"])
            s[t] = softmax(h[t] @ p["W"] + p["b"])
        return s, h, x

    def predict_proba(self, idxs):  # [T, cs] -> [T, nc]
        s, _, _ = self.forward(idxs)
        return s

    def classify(self, idxs):  # [T, cs] -> [T]
        return self.predict_proba(idxs).argmax(axis=1)

    def loss_and_gradients(self, idxs, y):  # [T, cs], [T] or []
        """The loss in nats, and its gradient for each parameter, by backpropagation through time.

        The loss is the mean of −ln p over T labels, or −ln p of the last word's, if `y` is one.
        """
        p = self.parameters
        s, h, x = self.forward(idxs)
        T = len(idxs)
        if np.ndim(y) == 0:
            rows, shares = np.array([T - 1]), np.array([1.0])
        else:
            rows, shares = np.arange(T), np.full(T, 1 / T)
        labels = np.atleast_1d(y)
        loss = -(shares * np.log(s[rows, labels])).sum()

        d_logits = np.zeros_like(s)
        d_logits[rows] = shares[:, None] * s[rows]
        d_logits[rows, labels] -= shares
        gradients = {name: np.zeros_like(value) for name, value in p.items()}
        d_state = np.zeros_like(p["h0"])
        for t in reversed(range(T)):
            gradients["W"] += np.outer(h[t], d_logits[t])
            gradients["b"] += d_logits[t]
            delta = (d_state + p["W"] @ d_logits[t]) * h[t] * (1 - h[t])
            gradients["Wx"] += np.outer(x[t], delta)
            gradients["Wh"] += np.outer(h[t - 1], delta)
            gradients["bh"] += delta
            d_window = (p["Wx"] @ delta).reshape(len(idxs[t]), -1)
            np.add.at(gradients["embeddings"], idxs[t], d_window)
            d_state = p["Wh"] @ delta
        gradients["h0"] = d_state
        return loss, gradients

    def sentence_train(self, idxs, y, learning_rate):
        """One step of gradient descent; returns the loss before it."""
        loss, gradients = self.loss_and_gradients(idxs, y)
        for name, gradient in gradients.items():
            self.parameters[name] -= learning_rate * gradient
        return loss

    def normalize(self):
        """Scale every row of the embeddings to unit length."""
        rows = self.parameters["embeddings"]
        rows /= np.sqrt((rows**2).sum(axis=1, keepdims=True))
