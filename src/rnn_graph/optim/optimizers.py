"""Optimizers: from the gradients of parameters to the parameters' updates; they compose.

A transformation takes gradients and returns gradients. An optimizer takes gradients and a learning
rate and returns updates. `chain` puts transformations before an optimizer:

    optimizer = chain(clip_by_global_norm(1), adam())
    updates = optimizer(gradients, learning_rate)

Gradients are mappings from shared variables to expressions. That of a table of which a batch looked
up some rows may be `Rows`; `sgd` then touches those rows alone.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pytensor
from pytensor import tensor as pt
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.tensor import TensorVariable

from rnn_graph.errors import InputError


class Rows(NamedTuple):
    """The gradient of a table, [n, d]: row `ids[t]` has `gradients[t]`, a repeated one the sum."""

    ids: TensorVariable  # [T]
    gradients: TensorVariable  # [T, d]

    def dense(self, table: TensorVariable) -> TensorVariable:  # [n, d] -> [n, d]
        """The same gradient with all rows of the table."""
        return pt.zeros_like(table)[self.ids].inc(self.gradients)


Gradients = Mapping[SharedVariable, TensorVariable | Rows]
Updates = dict[SharedVariable, TensorVariable]
Transformation = Callable[[Gradients], Gradients]
Optimizer = Callable[[Gradients, TensorVariable], Updates]


def chain(*parts: Transformation | Optimizer) -> Optimizer:
    """An optimizer that gets the gradients through transformations, from left to right.

    Parameters
    ----------
    parts
        Transformations, and an optimizer at the end.
    """
    *transformations, optimizer = parts

    def chained(gradients: Gradients, learning_rate: TensorVariable) -> Updates:
        for transform in transformations:
            gradients = transform(gradients)
        return optimizer(gradients, learning_rate)

    return chained


def sgd() -> Optimizer:
    """Stochastic gradient descent: `θ ← θ − η ∂L/∂θ`."""

    def descend(gradients: Gradients, learning_rate: TensorVariable) -> Updates:
        return {
            parameter: parameter[gradient.ids].inc(-learning_rate * gradient.gradients)
            if isinstance(gradient, Rows)
            else parameter - learning_rate * gradient
            for parameter, gradient in gradients.items()
        }

    return descend


def momentum(*, decay: float = 0.9) -> Optimizer:
    """Gradient descent with a heavy ball: `v ← μ v + g`, `θ ← θ − η v`; μ is `decay`.

    B. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR
    Computational Mathematics and Mathematical Physics 4 (1964).

    Its updates are those of the parameters, and of v, which are new shared variables.
    """

    def descend(gradients: Gradients, learning_rate: TensorVariable) -> Updates:
        updates: Updates = {}
        for parameter, gradient in _dense(gradients).items():
            velocity = _zeros_like(parameter, f"{parameter.name}_velocity")
            updates[velocity] = np.array(decay, dtype=velocity.dtype) * velocity + gradient
            updates[parameter] = parameter - learning_rate * updates[velocity]
        return updates

    return descend


def adagrad(*, epsilon: float = 1e-10) -> Optimizer:
    """Steps that shrink where gradients were large: `n ← n + g²`, `θ ← θ − η g / (√n + ε)`.

    J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and
    stochastic optimization", Journal of Machine Learning Research 12 (2011).

    Its updates are those of the parameters, and of n, which are new shared variables.
    """
    return _scaled_by_roots(lambda squares, gradient: squares + gradient**2, epsilon)


def rmsprop(*, decay: float = 0.99, epsilon: float = 1e-8) -> Optimizer:
    """Adagrad that forgets: `n ← ρ n + (1 − ρ) g²`, `θ ← θ − η g / (√n + ε)`; ρ is `decay`.

    T. Tieleman, G. Hinton, "Neural networks for machine learning", lecture 6.5 (2012).

    Its updates are those of the parameters, and of n, which are new shared variables.
    """

    def forgetful(squares, gradient):
        rho = np.array(decay, dtype=squares.dtype)
        return rho * squares + (1 - rho) * gradient**2

    return _scaled_by_roots(forgetful, epsilon)


def adam(
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    weight_decay: float = 0.0,
) -> Optimizer:
    """Adam, with weight decay beside the gradient (AdamW).

    `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`,
    `θ ← (1 − ηλ)θ − η m̂ / (√v̂ + ε)`, with `m̂ = m / (1 − β₁ᵗ)` and `v̂ = v / (1 − β₂ᵗ)`.

    D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR (2015); I. Loshchilov,
    F. Hutter, "Decoupled weight decay regularization", ICLR (2019).

    Its updates are those of the parameters, and of m, v and t, which are new shared variables.
    """

    def descend(gradients: Gradients, learning_rate: TensorVariable) -> Updates:
        dtype = learning_rate.dtype
        t = pytensor.shared(np.zeros((), dtype=dtype), name="adam_t", shape=())
        steps = t + np.ones((), dtype=dtype)
        updates: Updates = {t: steps}
        b1, b2, small, decay = (
            np.array(value, dtype=dtype) for value in (beta1, beta2, epsilon, weight_decay)
        )
        rate = learning_rate / (1 - b1**steps)
        root = pt.sqrt(1 - b2**steps)
        for parameter, gradient in _dense(gradients).items():
            m, v = (_zeros_like(parameter, f"{parameter.name}_{letter}") for letter in "mv")
            updates[m] = b1 * m + (1 - b1) * gradient
            updates[v] = b2 * v + (1 - b2) * gradient**2
            step = rate * updates[m] / (pt.sqrt(updates[v]) / root + small)
            updates[parameter] = (1 - learning_rate * decay) * parameter - step
        return updates

    return descend


def clip_by_global_norm(largest: float) -> Transformation:
    """All gradients scaled alike so that their common norm is at most `largest`.

    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks",
    ICML (2013).
    """

    def clip(gradients: Gradients) -> Gradients:
        gradients = _dense(gradients)
        squares = [(g**2).sum(acc_dtype=g.dtype) for g in gradients.values()]
        norm = pt.sqrt(sum(squares[1:], squares[0]))
        limit = np.array(largest, dtype=norm.dtype)
        scale = limit / pt.maximum(norm, limit)
        return {parameter: gradient * scale for parameter, gradient in gradients.items()}

    return clip


def clip_by_value(largest: float) -> Transformation:
    """Each number of the gradients no further from zero than `largest`."""

    def clip(gradients: Gradients) -> Gradients:
        return {p: clipped(gradient, largest) for p, gradient in _dense(gradients).items()}

    return clip


def clipped(gradient: TensorVariable, largest: float) -> TensorVariable:
    """A gradient with each number no further from zero than `largest`."""
    limit = np.array(largest, dtype=gradient.dtype)
    return pt.clip(gradient, -limit, limit)


def moving_averages(
    updates: Updates, parameters: Iterable[SharedVariable], decay: TensorVariable
) -> Updates:
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


def named_optimizer(
    name: str,
    *,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    weight_decay: float = 0.0,
) -> Optimizer:
    """The optimizer of a name, behind the clipping that is asked for.

    Raises
    ------
    InputError
        If no optimizer has that name.
    """
    if name not in OPTIMIZERS:
        raise InputError(f"unknown optimizer {name!r}; give one of {', '.join(OPTIMIZERS)}")
    parts: list[Transformation | Optimizer] = []
    if clip_value is not None:
        parts.append(clip_by_value(clip_value))
    if clip_norm is not None:
        parts.append(clip_by_global_norm(clip_norm))
    options = {"weight_decay": weight_decay} if weight_decay else {}
    return chain(*parts, OPTIMIZERS[name](**options))


def _dense(gradients: Gradients) -> dict[SharedVariable, TensorVariable]:
    return {
        parameter: gradient.dense(parameter) if isinstance(gradient, Rows) else gradient
        for parameter, gradient in gradients.items()
    }


def _scaled_by_roots(gathered, epsilon: float) -> Optimizer:
    """Steps divided by the roots of squares, which `gathered` gathers from the gradients."""

    def descend(gradients: Gradients, learning_rate: TensorVariable) -> Updates:
        updates: Updates = {}
        for parameter, gradient in _dense(gradients).items():
            squares = _zeros_like(parameter, f"{parameter.name}_squares")
            updates[squares] = gathered(squares, gradient)
            scale = pt.sqrt(updates[squares]) + np.array(epsilon, dtype=squares.dtype)
            updates[parameter] = parameter - learning_rate * gradient / scale
        return updates

    return descend


def _zeros_like(parameter: SharedVariable, name: str) -> SharedVariable:
    shape = parameter.type.shape
    return pytensor.shared(np.zeros(shape, dtype=parameter.dtype), name=name, shape=shape)
