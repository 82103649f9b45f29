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


PLAIN_CELLS = {"elman": elman, "gru": gru, "lstm": lstm}


def plain_layer(cell, projected, mask, initial_states, weights, *, backwards=False):
    """Each state after each step; where the mask is 0 the states stay as they are."""
    states = list(initial_states)
    traces = [np.zeros((len(projected), *state.shape)) for state in states]
    steps = range(len(projected))
    for t in reversed(steps) if backwards else steps:
        after = PLAIN_CELLS[cell](projected[t], states[0] @ weights, *states)
        counts = np.asarray(mask[t])[..., None] == 1
        states = [np.where(counts, new, old) for new, old in zip(after, states, strict=True)]
        for trace, state in zip(traces, states, strict=True):
            trace[t] = state
    return traces
