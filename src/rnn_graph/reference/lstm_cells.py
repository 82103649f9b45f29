"""The character tutorial's LSTM cell, forwards and backwards; the batch is the last axis.

S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997), with the
forget gate of F. Gers et al. (2000).

Sizes as in `rnn_cells`. Parameters are a dictionary: for the gates f, i, o and the candidate c
`Wf`, `Wi`, `Wo`, `Wc (n_a, n_a + n_x)`, which multiply [a; x], and `bf`, `bi`, `bo`,
`bc (n_a, 1)`; `Wy (n_y, n_a)`, `by (n_y, 1)`.
"""

import numpy as np

from rnn_graph.reference.rnn_cells import add_to, softmax

GATES = "fioc"


def sigmoid(z):
    """1 / (1 + exp(−z)), as (1 + tanh(z / 2)) / 2, which cannot overflow."""
    return (1 + np.tanh(z / 2)) / 2


def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    """One step: `a, c, y` from `x, a_prev, c_prev`.

    `f, i, o = σ(W_{f,i,o} [a; x] + b_{f,i,o})`, `c̃ = tanh(Wc [a; x] + bc)`,
    `c = f ∘ c_prev + i ∘ c̃`, `a = o ∘ tanh(c)`, `y = softmax(Wy a + by)`.

    S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997), with the
    forget gate of F. Gers et al. (2000).

    Parameters
    ----------
    xt : (n_x, m)
        The input of m examples.
    a_prev, c_prev : (n_a, m)
        The state before the step.
    parameters : dict
        `Wf`, `Wi`, `Wo`, `Wc (n_a, n_a + n_x)`, which multiply [a; x], and `bf`, `bi`, `bo`,
        `bc (n_a, 1)`; `Wy (n_y, n_a)`, `by (n_y, 1)`.

    Returns
    -------
    a_next, c_next : (n_a, m)
    yt_pred : (n_y, m)
        Probabilities.
    cache : tuple
        (a_next, c_next, a_prev, c_prev, f, i, c̃, o, xt, parameters), for `lstm_cell_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.reference import lstm_cell_forward
    >>> parameters = {f"W{gate}": np.zeros((5, 8)) for gate in "fioc"}
    >>> parameters |= {f"b{gate}": np.zeros((5, 1)) for gate in "fioc"}
    >>> parameters |= {"Wy": np.zeros((2, 5)), "by": np.zeros((2, 1))}
    >>> ones = np.ones((5, 1))
    >>> a, c, y, cache = lstm_cell_forward(np.ones((3, 1)), ones, ones, parameters)
    >>> a.shape, float(c[0, 0]), y.ravel().tolist()  # all gates are 1/2
    ((5, 1), 0.5, [0.5, 0.5])
    """
    joined = np.concatenate([a_prev, xt])
    z = {gate: parameters[f"W{gate}"] @ joined + parameters[f"b{gate}"] for gate in GATES}
    ft, it, ot, cct = sigmoid(z["f"]), sigmoid(z["i"]), sigmoid(z["o"]), np.tanh(z["c"])
    c_next = ft * c_prev + it * cct
    a_next = ot * np.tanh(c_next)
    yt_pred = softmax(parameters["Wy"] @ a_next + parameters["by"])
    cache = (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)
    return a_next, c_next, yt_pred, cache


def lstm_forward(x, a0, parameters):
    """All steps of `lstm_cell_forward`, with cells c that begin at zero.

    Parameters
    ----------
    x : (n_x, m, T)
        The inputs.
    a0 : (n_a, m)
        The state before the first step.
    parameters : dict
        As for `lstm_cell_forward`.

    Returns
    -------
    a : (n_a, m, T)
    y : (n_y, m, T)
        Probabilities.
    c : (n_a, m, T)
    caches : tuple
        (the caches of all steps, x), for `lstm_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.reference import lstm_forward
    >>> parameters = {f"W{gate}": np.zeros((5, 8)) for gate in "fioc"}
    >>> parameters |= {f"b{gate}": np.zeros((5, 1)) for gate in "fioc"}
    >>> parameters |= {"Wy": np.zeros((2, 5)), "by": np.zeros((2, 1))}
    >>> a, y, c, caches = lstm_forward(np.ones((3, 4, 7)), np.zeros((5, 4)), parameters)
    >>> a.shape, y.shape, c.shape
    ((5, 4, 7), (2, 4, 7), (5, 4, 7))
    """
    a_next, c_next = a0, np.zeros_like(a0)
    states, outputs, cells, caches = [], [], [], []
    for t in range(x.shape[2]):
        a_next, c_next, yt_pred, cache = lstm_cell_forward(x[:, :, t], a_next, c_next, parameters)
        states.append(a_next)
        outputs.append(yt_pred)
        cells.append(c_next)
        caches.append(cache)
    a, y, c = (np.stack(values, axis=2) for values in (states, outputs, cells))
    return a, y, c, (caches, x)


def lstm_cell_backward(da_next, dc_next, cache):  # [n_a, m], [n_a, m] -> dict
    """The gradients of one step.

    Parameters
    ----------
    da_next, dc_next : (n_a, m)
        The gradients of a_next and of c_next, the latter from the next step alone.
    cache : tuple
        That of `lstm_cell_forward`.

    Returns
    -------
    dict
        `dxt (n_x, m)`, `da_prev`, `dc_prev (n_a, m)`, and `dWf`, `dbf`, … of f, i, o and c in the
        shapes of the parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.reference import lstm_cell_backward, lstm_cell_forward
    >>> parameters = {f"W{gate}": np.zeros((5, 8)) for gate in "fioc"}
    >>> parameters |= {f"b{gate}": np.zeros((5, 1)) for gate in "fioc"}
    >>> parameters |= {"Wy": np.zeros((2, 5)), "by": np.zeros((2, 1))}
    >>> ones = np.ones((5, 1))
    >>> *_, cache = lstm_cell_forward(np.ones((3, 1)), ones, ones, parameters)
    >>> gradients = lstm_cell_backward(ones, np.zeros((5, 1)), cache)
    >>> gradients["dxt"].shape, gradients["dWf"].shape, gradients["dbf"].shape
    ((3, 1), (5, 8), (5, 1))
    """
    _, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters = cache
    squashed = np.tanh(c_next)
    dc = dc_next + da_next * ot * (1 - squashed**2)
    dz = {
        "f": dc * c_prev * ft * (1 - ft),
        "i": dc * cct * it * (1 - it),
        "o": da_next * squashed * ot * (1 - ot),
        "c": dc * it * (1 - cct**2),
    }
    joined = np.concatenate([a_prev, xt])
    d_joined = sum(parameters[f"W{gate}"].T @ dz[gate] for gate in GATES)
    n_a = len(a_prev)
    gradients = {"dxt": d_joined[n_a:], "da_prev": d_joined[:n_a], "dc_prev": dc * ft}
    for gate in GATES:
        gradients[f"dW{gate}"] = dz[gate] @ joined.T
        gradients[f"db{gate}"] = dz[gate].sum(axis=1, keepdims=True)
    return gradients


def lstm_backward(da, caches):  # [n_a, m, T] -> dict
    """The gradients of all steps.

    Parameters
    ----------
    da : (n_a, m, T)
        The gradient of each state from the outputs alone; what comes from later steps is added.
    caches : tuple
        Those of `lstm_forward`.

    Returns
    -------
    dict
        `dx (n_x, m, T)`, `da0`, `dc0 (n_a, m)`, and `dWf`, `dbf`, … of f, i, o and c in the shapes
        of the parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.reference import lstm_backward, lstm_forward
    >>> parameters = {f"W{gate}": np.zeros((5, 8)) for gate in "fioc"}
    >>> parameters |= {f"b{gate}": np.zeros((5, 1)) for gate in "fioc"}
    >>> parameters |= {"Wy": np.zeros((2, 5)), "by": np.zeros((2, 1))}
    >>> a, _, _, caches = lstm_forward(np.ones((3, 4, 7)), np.zeros((5, 4)), parameters)
    >>> gradients = lstm_backward(np.ones_like(a), caches)
    >>> gradients["dx"].shape, gradients["da0"].shape, gradients["dWc"].shape
    ((3, 4, 7), (5, 4), (5, 8))
    """
    step_caches, x = caches
    zero = np.zeros(da.shape[:2])
    gradients = {"dx": np.zeros(x.shape), "da0": zero, "dc0": zero}
    for t in reversed(range(x.shape[2])):
        step = lstm_cell_backward(da[:, :, t] + gradients["da0"], gradients["dc0"], step_caches[t])
        gradients["dx"][:, :, t] = step.pop("dxt")
        gradients["da0"], gradients["dc0"] = step.pop("da_prev"), step.pop("dc_prev")
        add_to(gradients, step)
    return gradients
