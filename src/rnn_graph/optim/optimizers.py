"""Optimizers as pure functions from gradients to update pairs."""

from collections.abc import Iterable, Mapping

import numpy as np
import pytensor
from pytensor import tensor as pt
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.tensor import TensorVariable


def sgd(
    gradients: Mapping[SharedVariable, TensorVariable], learning_rate: TensorVariable
) -> dict[SharedVariable, TensorVariable]:
    """Stochastic gradient descent: `θ ← θ − η ∂L/∂θ`."""
    return {
        parameter: parameter - learning_rate * gradient for parameter, gradient in gradients.items()
    }


def sgd_on_rows(
    table: SharedVariable,
    rows: TensorVariable,
    gradients: TensorVariable,
    learning_rate: TensorVariable,
) -> dict[SharedVariable, TensorVariable]:  # [n, d], [T], [T, d]
    """Stochastic gradient descent on the rows of a table that a batch looked up.

    Row `rows[t]` gets `−η gradients[t]`; a row that occurs several times gets the sum. All other
    rows have gradient zero and are not touched.
    """
    return {table: table[rows].inc(-learning_rate * gradients)}


def momentum(
    gradients: Mapping[SharedVariable, TensorVariable],
    learning_rate: TensorVariable,
    *,
    decay: float = 0.9,
) -> dict[SharedVariable, TensorVariable]:
    """Gradient descent with a heavy ball: `v ← μ v + g`, `θ ← θ − η v`; μ is `decay`.

    B. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR
    Computational Mathematics and Mathematical Physics 4 (1964).

    Returns
    -------
    dict
        Updates of the parameters, and of v, which are new shared variables.
    """
    updates: dict[SharedVariable, TensorVariable] = {}
    for parameter, gradient in gradients.items():
        velocity = _zeros_like(parameter, f"{parameter.name}_velocity")
        updates[velocity] = np.array(decay, dtype=velocity.dtype) * velocity + gradient
        updates[parameter] = parameter - learning_rate * updates[velocity]
    return updates


def adagrad(
    gradients: Mapping[SharedVariable, TensorVariable],
    learning_rate: TensorVariable,
    *,
    epsilon: float = 1e-10,
) -> dict[SharedVariable, TensorVariable]:
    """Steps that shrink where gradients were large: `n ← n + g²`, `θ ← θ − η g / (√n + ε)`.

    J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and
    stochastic optimization", Journal of Machine Learning Research 12 (2011).

    Returns
    -------
    dict
        Updates of the parameters, and of n, which are new shared variables.
    """
    return _scaled_by_roots(
        gradients, learning_rate, lambda squares, gradient: squares + gradient**2, epsilon
    )


def rmsprop(
    gradients: Mapping[SharedVariable, TensorVariable],
    learning_rate: TensorVariable,
    *,
    decay: float = 0.99,
    epsilon: float = 1e-8,
) -> dict[SharedVariable, TensorVariable]:
    """Adagrad that forgets: `n ← ρ n + (1 − ρ) g²`, `θ ← θ − η g / (√n + ε)`.

    T. Tieleman, G. Hinton, "Neural networks for machine learning", lecture 6.5 (2012).

    Returns
    -------
    dict
        Updates of the parameters, and of n, which are new shared variables.
    """

    def forgetful(squares, gradient):
        rho = np.array(decay, dtype=squares.dtype)
        return rho * squares + (1 - rho) * gradient**2

    return _scaled_by_roots(gradients, learning_rate, forgetful, epsilon)


def adam(
    gradients: Mapping[SharedVariable, TensorVariable],
    learning_rate: TensorVariable,
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    weight_decay: float = 0.0,
) -> dict[SharedVariable, TensorVariable]:
    """Adam, with weight decay beside the gradient (AdamW).

    `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`,
    `θ ← (1 − ηλ)θ − η m̂ / (√v̂ + ε)`, with `m̂ = m / (1 − β₁ᵗ)` and `v̂ = v / (1 − β₂ᵗ)`.

    D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR (2015); I. Loshchilov,
    F. Hutter, "Decoupled weight decay regularization", ICLR (2019).

    Returns
    -------
    dict
        Updates of the parameters, and of m, v and t, which are new shared variables.
    """
    dtype = learning_rate.dtype
    t = pytensor.shared(np.zeros((), dtype=dtype), name="adam_t", shape=())
    steps = t + np.ones((), dtype=dtype)
    updates: dict[SharedVariable, TensorVariable] = {t: steps}
    b1, b2, epsilon, decay = (
        np.array(value, dtype=dtype) for value in (beta1, beta2, epsilon, weight_decay)
    )
    rate = learning_rate / (1 - b1**steps)
    root = pt.sqrt(1 - b2**steps)
    for parameter, gradient in gradients.items():
        m, v = (_zeros_like(parameter, f"{parameter.name}_{letter}") for letter in "mv")
        updates[m] = b1 * m + (1 - b1) * gradient
        updates[v] = b2 * v + (1 - b2) * gradient**2
        step = rate * updates[m] / (pt.sqrt(updates[v]) / root + epsilon)
        updates[parameter] = (1 - learning_rate * decay) * parameter - step
    return updates


def clipped_by_global_norm(
    gradients: Mapping[SharedVariable, TensorVariable], largest: float
) -> dict[SharedVariable, TensorVariable]:
    """The gradients, all scaled alike so that their common norm is at most `largest`.

    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks",
    ICML (2013).
    """
    squares = [(g**2).sum(acc_dtype=g.dtype) for g in gradients.values()]
    norm = pt.sqrt(sum(squares[1:], squares[0]))
    limit = np.array(largest, dtype=norm.dtype)
    scale = limit / pt.maximum(norm, limit)
    return {parameter: gradient * scale for parameter, gradient in gradients.items()}


def clipped_by_value(gradients: Iterable[TensorVariable], largest: float) -> list[TensorVariable]:
    """The gradients, each number of them no further from zero than `largest`."""
    clipped = []
    for gradient in gradients:
        limit = np.array(largest, dtype=gradient.dtype)
        clipped.append(pt.clip(gradient, -limit, limit))
    return clipped


def moving_averages(
    updates: Mapping[SharedVariable, TensorVariable],
    parameters: Iterable[SharedVariable],
    decay: TensorVariable,
) -> dict[SharedVariable, TensorVariable]:
    """`θ̄ ← d θ̄ + (1 − d) θ` after the parameters' updates; θ̄ are new shared variables, zero.

    B. Polyak, A. Juditsky, "Acceleration of stochastic approximation by averaging", SIAM Journal
    on Control and Optimization 30 (1992), with weights that fade exponentially.
    """
    averages = {p: _zeros_like(p, f"{p.name}_average") for p in parameters}
    return {average: decay * average + (1 - decay) * updates[p] for p, average in averages.items()}


# By the names of the command line.
OPTIMIZERS = {
    "sgd": sgd,
    "momentum": momentum,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
}


def _scaled_by_roots(gradients, learning_rate, gathered, epsilon):
    """Steps divided by the roots of squares, which `gathered` gathers from the gradients."""
    updates: dict[SharedVariable, TensorVariable] = {}
    for parameter, gradient in gradients.items():
        squares = _zeros_like(parameter, f"{parameter.name}_squares")
        updates[squares] = gathered(squares, gradient)
        scale = pt.sqrt(updates[squares]) + np.array(epsilon, dtype=squares.dtype)
        updates[parameter] = parameter - learning_rate * gradient / scale
    return updates


def _zeros_like(parameter: SharedVariable, name: str) -> SharedVariable:
    shape = parameter.type.shape
    return pytensor.shared(np.zeros(shape, dtype=parameter.dtype), name=name, shape=shape)
