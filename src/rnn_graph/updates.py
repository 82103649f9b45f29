"""Optimizers as pure functions from gradients to update pairs."""

from collections.abc import Mapping

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
