"""Exact truncation against a loop over losses in plain NumPy: S11, for every cell."""

import numpy as np
import pytensor
import pytest
from pytensor import tensor as pt

from plain_cells import PLAIN_CELLS, sigmoid
from rnn_graph.nn import Recurrent
from tolerances import assert_close, each_backend

T, B, N, H = 5, 3, 2, 3
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 1, 0, 1, 1]], dtype=float).T
# PyTensor checks at run time that lengths agree which no type says; JAX says that it does not.
pytestmark = pytest.mark.filterwarnings("ignore:Skipping Assert")
PLAIN_MODES = {"jax": "JAX", "numba": "NUMBA", "c": "CVM"}


def elman_back(p, u, states, g):
    d = g[0] * (1 - np.tanh(p + u) ** 2)
    return d, d, [np.zeros_like(g[0])]


def gru_back(p, u, states, g):
    (p_r, p_z, p_n), (u_r, u_z, u_n) = np.split(p, 3, axis=-1), np.split(u, 3, axis=-1)
    r, z = sigmoid(p_r + u_r), sigmoid(p_z + u_z)
    n = np.tanh(p_n + r * u_n)
    d_n = g[0] * (1 - z) * (1 - n**2)
    d_z = g[0] * (states[0] - n) * z * (1 - z)
    d_r = d_n * u_n * r * (1 - r)
    return (
        np.concatenate([d_r, d_z, d_n], axis=-1),
        np.concatenate([d_r, d_z, d_n * r], axis=-1),
        [g[0] * z],
    )


def lstm_back(p, u, states, g):
    i, f, o, a = np.split(p + u, 4, axis=-1)
    i, f, o, a = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(a)
    c = f * states[1] + i * a
    d_c = g[1] + g[0] * o * (1 - np.tanh(c) ** 2)
    gates = [
        d_c * a * i * (1 - i),
        d_c * states[1] * f * (1 - f),
        g[0] * np.tanh(c) * o * (1 - o),
        d_c * i * (1 - a**2),
    ]
    d = np.concatenate(gates, axis=-1)
    return d, d, [np.zeros_like(d_c), d_c * f]


ONE_PRODUCT = {"elman": elman_back, "gru": gru_back, "lstm": lstm_back}


def back(cell, p, states, W, g):
    """The gradients of p, W and the states before a step from those of the states after it."""
    if cell == "gru-tutorial":
        return tutorial_gru_back(p, states[0], W, g[0])
    d_p, d_u, d_states = ONE_PRODUCT[cell](p, states[0] @ W, states, g)
    return d_p, states[0].T @ d_u, [d_states[0] + d_u @ W.T, *d_states[1:]]


def tutorial_gru_back(p, h, W, g):
    (p_r, p_z, p_n), (W_r, W_z, W_n) = np.split(p, 3, axis=-1), np.split(W, 3, axis=-1)
    a_r, a_z = p_r + h @ W_r, p_z + h @ W_z
    r, z = (np.clip(0.2 * a + 0.5, 0, 1) for a in (a_r, a_z))
    slope_r, slope_z = (0.2 * (np.abs(a) < 2.5) for a in (a_r, a_z))
    n = np.tanh(p_n + (r * h) @ W_n)
    d_n = g * (1 - z) * (1 - n**2)
    d_z = g * (h - n) * slope_z
    d_reset = d_n @ W_n.T
    d_r = d_reset * h * slope_r
    d_h = g * z + d_reset * r + d_r @ W_r.T + d_z @ W_z.T
    d_W = np.hstack([h.T @ d_r, h.T @ d_z, (r * h).T @ d_n])
    return np.concatenate([d_r, d_z, d_n], axis=-1), d_W, [d_h]


def plain_gradients(cell, truncate, backwards, values, mask, own_gradients):
    """Of x, Wx, Wh, b and the first states: each loss for itself, through k + 1 steps."""
    x, Wx, Wh, b, *first = values
    p, order = x @ Wx + b, list(range(T))[:: -1 if backwards else 1]
    states, before = first, {}
    for t in order:
        before[t] = states
        of_states = Wh if cell == "gru-tutorial" else states[0] @ Wh
        after = PLAIN_CELLS[cell](p[t], of_states, *states)
        m = mask[t][:, None]
        states = [m * new + (1 - m) * old for new, old in zip(after, states, strict=True)]
    dp, dWh, d_first = np.zeros_like(p), np.zeros_like(Wh), [np.zeros_like(s) for s in first]
    for last in range(T):
        g = [of_state[order[last]] for of_state in own_gradients]
        reached = order[max(0, last - truncate) : last + 1]
        for t in reversed(reached):
            m = mask[t][:, None]
            d_p, d_W, d_states = back(cell, p[t], before[t], Wh, [m * one for one in g])
            dp[t] += d_p
            dWh += d_W
            g = [d + (1 - m) * one for d, one in zip(d_states, g, strict=True)]
        if reached[0] == order[0]:
            d_first = [total + one for total, one in zip(d_first, g, strict=True)]
    rows = dp.reshape(-1, dp.shape[-1])
    return [dp @ Wx.T, x.reshape(-1, N).T @ rows, dWh, rows.sum(axis=0), *d_first]


def check(cases, mode):
    """Compile one function of all cases, on variables of unknown static shapes."""
    rng = np.random.RandomState(5)
    x, mask, inputs, values = pt.dtensor3("x"), pt.dmatrix("mask"), [], []
    outputs, expected = [], []
    x_value, weighed = rng.standard_normal((T, B, N)), rng.standard_normal((T, B, H))
    for cell, truncate, backwards, masked in cases:
        layer = Recurrent(cell, H, N, truncate=truncate, backwards=backwards)
        own = [rng.standard_normal(v.shape) for v in layer.init(rng=1).values()]
        first = [rng.standard_normal((B, H)) for _ in range(layer.state_count)]
        weights = {
            name: pt.tensor(dtype="float64", shape=(None,) * v.ndim)
            for name, v in zip(("Wx", "Wh", "b"), own, strict=True)
        }
        states = [pt.dmatrix() for _ in first]
        y, last = layer(weights, x, states=states, mask=mask if masked else None)
        loss = (y * weighed).sum() + sum((k + 1) * s.sum() for k, s in enumerate(last))
        variables = [*weights.values(), *states]
        outputs += pytensor.grad(loss, [x, *variables])
        inputs += variables
        values += [*own, *first]
        gradients = [weighed.copy(), *(np.zeros((T, B, H)) for _ in first[1:])]
        for k, gradient in enumerate(gradients):
            gradient[0 if backwards else -1] += k + 1
        expected += plain_gradients(
            cell,
            truncate,
            backwards,
            [x_value, *own, *first],
            MASK if masked else np.ones((T, B)),
            gradients,
        )
    compiled = pytensor.function([x, mask, *inputs], outputs, mode=mode)
    found = compiled(x_value, MASK, *values)
    for one, other in zip(found, expected, strict=True):
        assert_close(one, other)


@pytest.mark.parametrize("cell", PLAIN_CELLS)
def test_gradients_are_those_of_a_loop_over_losses(cell):
    masked = [(cell, k, backwards, True) for k in (0, 1, 3, T) for backwards in (False, True)]
    check([*masked, (cell, 1, False, False), (cell, 3, True, False)], "JAX")


@each_backend()
def test_every_backend_follows_the_loop(backend):
    check([("elman", 3, True, True), ("lstm", 1, False, True)], PLAIN_MODES[backend])


def test_a_long_truncation_takes_a_loop(monkeypatch):
    monkeypatch.setattr("rnn_graph.nn.through_time.LARGEST_WRITTEN_OUT_TRUNCATION", 0)
    check([("elman", 2, False, False), *((c, 2, c == "gru", True) for c in PLAIN_CELLS)], "JAX")
