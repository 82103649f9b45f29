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
    """The gradient of a table (n, d) of which a batch looked up T rows.

    Row `ids[t]` of the table has the gradient `gradients[t]`; where an id occurs again, their sum.
    `sgd` changes these rows alone; the other optimizers and the transformations take `dense`.

    Parameters
    ----------
    ids : (T,)
        Integers from 0 to n - 1.
    gradients : (T, d)

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> from rnn_graph.optim import Rows, sgd
    >>> table = pytensor.shared(np.zeros((4, 2)), name="table", shape=(4, 2))
    >>> rows = Rows(np.array([3, 1, 3]), np.ones((3, 2)))
    >>> updates = sgd()({table: rows}, np.array(0.5))
    >>> _ = pytensor.function([], [], updates=updates, mode="JAX")()
    >>> np.asarray(table.get_value())[:, 0].tolist()
    [0.0, -0.5, 0.0, -1.0]
    """

    ids: TensorVariable  # [T]
    gradients: TensorVariable  # [T, d]

    def dense(self, table: TensorVariable) -> TensorVariable:  # [n, d] -> [n, d]
        """The same gradient for all rows of the table.

        Parameters
        ----------
        table : (n, d)

        Returns
        -------
        TensorVariable
            (n, d).
        """
        return pt.zeros_like(table)[self.ids].inc(self.gradients)


Gradients = Mapping[SharedVariable, TensorVariable | Rows]
Updates = dict[SharedVariable, TensorVariable]
Transformation = Callable[[Gradients], Gradients]
Optimizer = Callable[[Gradients, TensorVariable], Updates]


def chain(*parts: Transformation | Optimizer) -> Optimizer:
    """An optimizer that gets its gradients through transformations, from left to right.

    Parameters
    ----------
    *parts
        Transformations, and an optimizer at the end.

    Returns
    -------
    Optimizer
        A function of gradients and learning rate, which returns updates.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> from rnn_graph.optim import chain, clip_by_global_norm, sgd
    >>> w = pytensor.shared(np.array([3.0, 4.0]), name="w", shape=(2,))
    >>> optimizer = chain(clip_by_global_norm(1), sgd())
    >>> updates = optimizer({w: w}, np.array(1.0))  # w is the gradient of |w|² / 2, of norm 5
    >>> _ = pytensor.function([], [], updates=updates, mode="JAX")()
    >>> np.asarray(w.get_value()).round(6).tolist()
    [2.4, 3.2]
    """
    *transformations, optimizer = parts

    def chained(gradients: Gradients, learning_rate: TensorVariable) -> Updates:
        for transform in transformations:
            gradients = transform(gradients)
        return optimizer(gradients, learning_rate)

    return chained


def sgd() -> Optimizer:
    """Stochastic gradient descent: `θ ← θ − η ∂L/∂θ`.

    Returns
    -------
    Optimizer
        A function of gradients (expressions or `Rows` by shared variable) and learning rate η,
        which returns the updates for `pytensor.function`.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> from rnn_graph.optim import sgd
    >>> w = pytensor.shared(np.array([3.0, 4.0]), name="w")
    >>> loss = (w**2).sum()
    >>> updates = sgd()({w: pytensor.grad(loss, w)}, np.array(0.25))
    >>> step = pytensor.function([], loss, updates=updates, mode="JAX")
    >>> [float(step()) for _ in range(3)]
    [25.0, 6.25, 1.5625]
    """

    def descend(gradients: Gradients, learning_rate: TensorVariable) -> Updates:
        return {
            parameter: parameter[gradient.ids].inc(-learning_rate * gradient.gradients)
            if isinstance(gradient, Rows)
            else parameter - learning_rate * gradient
            for parameter, gradient in gradients.items()
        }

    return descend


def momentum(*, decay: float = 0.9) -> Optimizer:
    """Gradient descent with momentum: `v ← μ v + g`, `θ ← θ − η v`.

    B. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR
    Computational Mathematics and Mathematical Physics 4 (1964).

    Parameters
    ----------
    decay
        μ, the share of v that stays in each step, from 0 to below 1.

    Returns
    -------
    Optimizer
        As `sgd` returns it; the parameters need a known static shape. The updates include those of
        v, which are new shared variables.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> from rnn_graph.optim import momentum
    >>> w = pytensor.shared(np.array([1.0]), name="w", shape=(1,))
    >>> updates = momentum(decay=0.5)({w: np.array([1.0])}, np.array(1.0))
    >>> step = pytensor.function([], w[0], updates=updates, mode="JAX")
    >>> [float(step()) for _ in range(4)]  # steps of 1, 1.5, 1.75
    [1.0, 0.0, -1.5, -3.25]
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

    Parameters
    ----------
    epsilon
        ε, which keeps the divisor above zero.

    Returns
    -------
    Optimizer
        As `sgd` returns it; the parameters need a known static shape. The updates include those of
        n, which are new shared variables.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> from rnn_graph.optim import adagrad
    >>> w = pytensor.shared(np.array([0.0]), name="w", shape=(1,))
    >>> updates = adagrad()({w: np.array([5.0])}, np.array(1.0))
    >>> step = pytensor.function([], w[0], updates=updates, mode="JAX")
    >>> [round(float(step()), 4) for _ in range(3)]  # steps of 1, 1 / √2
    [0.0, -1.0, -1.7071]
    """
    return _scaled_by_roots(lambda squares, gradient: squares + gradient**2, epsilon)


def rmsprop(*, decay: float = 0.99, epsilon: float = 1e-8) -> Optimizer:
    """Adagrad with a moving average: `n ← ρ n + (1 − ρ) g²`, `θ ← θ − η g / (√n + ε)`.

    T. Tieleman, G. Hinton, "Neural networks for machine learning", lecture 6.5 (2012).

    Parameters
    ----------
    decay
        ρ, the share of n that stays in each step, from 0 to below 1.
    epsilon
        ε, which keeps the divisor above zero.

    Returns
    -------
    Optimizer
        As `sgd` returns it; the parameters need a known static shape. The updates include those of
        n, which are new shared variables.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> from rnn_graph.optim import rmsprop
    >>> w = pytensor.shared(np.array([0.0]), name="w", shape=(1,))
    >>> updates = rmsprop(decay=0.75)({w: np.array([5.0])}, np.array(1.0))
    >>> step = pytensor.function([], w[0], updates=updates, mode="JAX")
    >>> [round(float(step()), 4) for _ in range(2)]  # a step of 1 / √0.25
    [0.0, -2.0]
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
    """Adam, with weight decay apart from the gradient (AdamW).

    `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`,
    `θ ← (1 − ηλ)θ − η m̂ / (√v̂ + ε)`, with `m̂ = m / (1 − β₁ᵗ)` and `v̂ = v / (1 − β₂ᵗ)`.

    D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR (2015); I. Loshchilov,
    F. Hutter, "Decoupled weight decay regularization", ICLR (2019).

    Parameters
    ----------
    beta1, beta2
        β₁ and β₂, the shares of m and v that stay in each step, from 0 to below 1.
    epsilon
        ε, which keeps the divisor above zero.
    weight_decay
        λ; 0 for none.

    Returns
    -------
    Optimizer
        As `sgd` returns it; the parameters need a known static shape. The updates include those of
        m, v and t, which are new shared variables.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> import pytensor.tensor as pt
    >>> from rnn_graph.optim import adam
    >>> w = pytensor.shared(np.array([0.0]), name="w", shape=(1,))
    >>> rate = pt.scalar("rate", dtype="float64")
    >>> updates = adam()({w: np.array([5.0])}, rate)
    >>> step = pytensor.function([rate], w[0], updates=updates, mode="JAX")
    >>> [round(float(step(0.1)), 4) for _ in range(3)]  # steps of η while the gradient is constant
    [0.0, -0.1, -0.2]
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
    """Scale all gradients alike so that their common norm is at most `largest`.

    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks",
    ICML (2013).

    Parameters
    ----------
    largest
        The largest norm of all gradients together, above 0.

    Returns
    -------
    Transformation
        A function from gradients to gradients, for `chain`.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> from rnn_graph.optim import clip_by_global_norm
    >>> w = pytensor.shared(np.array([3.0, 4.0]), name="w", shape=(2,))
    >>> clipped = clip_by_global_norm(1)({w: w})  # a gradient of norm 5
    >>> np.allclose(pytensor.function([], clipped[w], mode="JAX")(), [0.6, 0.8])
    True
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
    """Clip each number of the gradients to ±`largest`.

    Parameters
    ----------
    largest
        The largest magnitude, above 0.

    Returns
    -------
    Transformation
        A function from gradients to gradients, for `chain`.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> from rnn_graph.optim import clip_by_value
    >>> w = pytensor.shared(np.array([3.0, -0.5]), name="w", shape=(2,))
    >>> clipped = clip_by_value(1)({w: w})
    >>> np.asarray(pytensor.function([], clipped[w], mode="JAX")()).tolist()
    [1.0, -0.5]
    """

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
    """Moving averages of parameters: `θ̄ ← d θ̄ + (1 − d) θ`, with θ as it is after its update.

    B. Polyak, A. Juditsky, "Acceleration of stochastic approximation by averaging", SIAM Journal
    on Control and Optimization 30 (1992), with weights that fade exponentially.

    Parameters
    ----------
    updates
        What an optimizer returned.
    parameters
        Shared variables with an update and of known static shape.
    decay
        d, the share of the average that stays in each step.

    Returns
    -------
    dict
        The updates of the averages θ̄, which are new shared variables, zero at first.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> from rnn_graph.optim import moving_averages, sgd
    >>> w = pytensor.shared(np.array([0.0]), name="w", shape=(1,))
    >>> updates = sgd()({w: np.array([-8.0])}, np.array(1.0))
    >>> averages = moving_averages(updates, [w], np.array(0.5))
    >>> (average,) = averages
    >>> step = pytensor.function([], [], updates=updates | averages, mode="JAX")
    >>> _ = step(), step()  # w becomes 8, then 16
    >>> np.asarray(average.get_value()).tolist()
    [10.0]
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
    """The optimizer of a name, with the clipping that is asked for.

    Parameters
    ----------
    name
        "sgd", "momentum", "adagrad", "rmsprop" or "adam".
    clip_norm
        As for `clip_by_global_norm`; None for no clipping.
    clip_value
        As for `clip_by_value`, before `clip_norm`; None for no clipping.
    weight_decay
        As for `adam`, which alone has it.

    Returns
    -------
    Optimizer
        As `chain` returns it.

    Raises
    ------
    InputError
        If no optimizer has that name.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> from rnn_graph.optim import named_optimizer
    >>> w = pytensor.shared(np.array([3.0, 4.0]), name="w", shape=(2,))
    >>> updates = named_optimizer("sgd", clip_norm=1)({w: w}, np.array(1.0))
    >>> _ = pytensor.function([], [], updates=updates, mode="JAX")()
    >>> np.asarray(w.get_value()).round(6).tolist()
    [2.4, 3.2]
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
