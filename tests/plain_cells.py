"""The recurrent cells in plain NumPy, a loop over steps, to hold the symbolic ones against."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def elman(p, u, h):
    return [np.tanh(p + u)]


def gru(p, u, h):
    (p_r, p_z, p_n), (u_r, u_z, u_n) = np.split(p, 3, axis=-1), np.split(u, 3, axis=-1)
    r, z = sigmoid(p_r + u_r), sigmoid(p_z + u_z)
    return [(1 - z) * np.tanh(p_n + r * u_n) + z * h]


def lstm(p, u, h, c):
    i, f, o, g = np.split(p + u, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return [sigmoid(o) * np.tanh(c), c]


def tutorial_gru(p, W, h):
    """With the reset gate before the product, hence with the weights in place of the product."""

    def gate(z):
        return np.minimum(1, np.maximum(0, 0.2 * z + 0.5))

    (p_r, p_z, p_n), (W_r, W_z, W_n) = np.split(p, 3, axis=-1), np.split(W, 3, axis=-1)
    r, z = gate(p_r + h @ W_r), gate(p_z + h @ W_z)
    return [(1 - z) * np.tanh(p_n + (r * h) @ W_n) + z * h]


PLAIN_CELLS = {"elman": elman, "gru": gru, "lstm": lstm, "gru-tutorial": tutorial_gru}


def plain_layer(cell, projected, mask, initial_states, weights, *, backwards=False):
    """Each state after each step; where the mask is 0 the states stay as they are."""
    states = list(initial_states)
    traces = [np.zeros((len(projected), *state.shape)) for state in states]
    steps = range(len(projected))
    for t in reversed(steps) if backwards else steps:
        of_states = weights if cell == "gru-tutorial" else states[0] @ weights
        after = PLAIN_CELLS[cell](projected[t], of_states, *states)
        counts = np.asarray(mask[t])[..., None] == 1
        states = [np.where(counts, new, old) for new, old in zip(after, states, strict=True)]
        for trace, state in zip(traces, states, strict=True):
            trace[t] = state
    return traces
