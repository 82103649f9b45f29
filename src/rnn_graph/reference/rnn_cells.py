"""The character tutorial's recurrent cell, forwards and backwards; the batch is the last axis.

Sizes: n_x inputs, n_a hidden units, n_y outputs, m examples, T steps. Parameters are a dictionary:
`Wax (n_a, n_x)`, `Waa (n_a, n_a)`, `Wya (n_y, n_a)`, `ba (n_a, 1)`, `by (n_y, 1)`.
"""

import numpy as np

Parameters = dict[str, np.ndarray]


def softmax(z):  # [n, m] -> [n, m]
    """exp(z) / Σ exp(z) of each column."""
    e = np.exp(z - z.max(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)


def rnn_cell_forward(xt, a_prev, parameters):  # [n_x, m], [n_a, m] -> [n_a, m], [n_y, m]
    """One step: `a = tanh(Waa a_prev + Wax x + ba)`, `y = softmax(Wya a + by)`.

    J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990).

    Parameters
    ----------
    xt : (n_x, m)
        The input of m examples.
    a_prev : (n_a, m)
        The state before the step.
    parameters : dict
        `Wax (n_a, n_x)`, `Waa (n_a, n_a)`, `Wya (n_y, n_a)`, `ba (n_a, 1)`, `by (n_y, 1)`.

    Returns
    -------
    a_next : (n_a, m)
    yt_pred : (n_y, m)
        Probabilities.
    cache : tuple
        (a_next, a_prev, xt, parameters), for `rnn_cell_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.reference import rnn_cell_forward
    >>> shapes = {"Wax": (5, 3), "Waa": (5, 5), "Wya": (2, 5), "ba": (5, 1), "by": (2, 1)}
    >>> parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    >>> a, y, cache = rnn_cell_forward(np.ones((3, 1)), np.zeros((5, 1)), parameters)
    >>> a.shape, y.ravel().tolist()
    ((5, 1), [0.5, 0.5])
    """
    p = parameters
    a_next = np.tanh(p["Waa"] @ a_prev + p["Wax"] @ xt + p["ba"])
    yt_pred = softmax(p["Wya"] @ a_next + p["by"])
    return a_next, yt_pred, (a_next, a_prev, xt, parameters)


def rnn_forward(x, a0, parameters):  # [n_x, m, T], [n_a, m] -> [n_a, m, T], [n_y, m, T]
    """All steps of `rnn_cell_forward`.

    Parameters
    ----------
    x : (n_x, m, T)
        The inputs.
    a0 : (n_a, m)
        The state before the first step.
    parameters : dict
        As for `rnn_cell_forward`.

    Returns
    -------
    a : (n_a, m, T)
    y_pred : (n_y, m, T)
        Probabilities.
    caches : tuple
        (the caches of all steps, x), for `rnn_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.reference import rnn_forward
    >>> shapes = {"Wax": (5, 3), "Waa": (5, 5), "Wya": (2, 5), "ba": (5, 1), "by": (2, 1)}
    >>> parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    >>> a, y, caches = rnn_forward(np.ones((3, 4, 7)), np.zeros((5, 4)), parameters)
    >>> a.shape, y.shape
    ((5, 4, 7), (2, 4, 7))
    """
    a_next, states, outputs, caches = a0, [], [], []
    for t in range(x.shape[2]):
        a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)
        states.append(a_next)
        outputs.append(yt_pred)
        caches.append(cache)
    return np.stack(states, axis=2), np.stack(outputs, axis=2), (caches, x)


def rnn_cell_backward(da_next, cache):  # [n_a, m] -> dict
    """The gradients of one step.

    Parameters
    ----------
    da_next : (n_a, m)
        The gradient of a_next, from the outputs and from the next step.
    cache : tuple
        That of `rnn_cell_forward`.

    Returns
    -------
    dict
        `dxt (n_x, m)`, `da_prev (n_a, m)`, and `dWax`, `dWaa`, `dba` in the shapes of the
        parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.reference import rnn_cell_backward, rnn_cell_forward
    >>> shapes = {"Wax": (5, 3), "Waa": (5, 5), "Wya": (2, 5), "ba": (5, 1), "by": (2, 1)}
    >>> parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    >>> a, y, cache = rnn_cell_forward(np.ones((3, 1)), np.zeros((5, 1)), parameters)
    >>> gradients = rnn_cell_backward(np.ones((5, 1)), cache)
    >>> gradients["dWax"].tolist() == np.ones((5, 3)).tolist()  # tanh'(0) = 1
    True
    """
    a_next, a_prev, xt, p = cache
    dz = (1 - a_next**2) * da_next
    return {
        "dxt": p["Wax"].T @ dz,
        "da_prev": p["Waa"].T @ dz,
        "dWax": dz @ xt.T,
        "dWaa": dz @ a_prev.T,
        "dba": dz.sum(axis=1, keepdims=True),
    }


def rnn_backward(da, caches):  # [n_a, m, T] -> dict
    """The gradients of all steps.

    Parameters
    ----------
    da : (n_a, m, T)
        The gradient of each state from the outputs alone; what comes from later steps is added.
    caches : tuple
        Those of `rnn_forward`.

    Returns
    -------
    dict
        `dx (n_x, m, T)`, `da0 (n_a, m)`, and `dWax`, `dWaa`, `dba` in the shapes of the parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.reference import rnn_backward, rnn_forward
    >>> shapes = {"Wax": (5, 3), "Waa": (5, 5), "Wya": (2, 5), "ba": (5, 1), "by": (2, 1)}
    >>> parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    >>> a, y, caches = rnn_forward(np.ones((3, 4, 7)), np.zeros((5, 4)), parameters)
    >>> gradients = rnn_backward(np.ones_like(a), caches)
    >>> gradients["dx"].shape, gradients["da0"].shape, gradients["dba"].shape
    ((3, 4, 7), (5, 4), (5, 1))
    """
    step_caches, x = caches
    gradients = {"dx": np.zeros(x.shape), "da0": np.zeros(da.shape[:2])}
    for t in reversed(range(x.shape[2])):
        step = rnn_cell_backward(da[:, :, t] + gradients["da0"], step_caches[t])
        gradients["dx"][:, :, t] = step.pop("dxt")
        gradients["da0"] = step.pop("da_prev")
        add_to(gradients, step)
    return gradients


def add_to(sums: Parameters, terms: Parameters) -> None:
    """Add the gradients of a step to those of the steps before it, in place."""
    for name, value in terms.items():
        sums[name] = sums[name] + value if name in sums else value
