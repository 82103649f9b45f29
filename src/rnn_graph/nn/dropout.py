"""Dropout whose masks are a hash, the same on every backend and device.

A random generator inside of a compiled graph has a state that no checkpoint can carry over to
another backend, and one outside would send the masks to the device in every step. Here a mask is
a hash of where its numbers stand and of a key: nothing has to be kept but the step's number, of
which the key is made.
"""

from dataclasses import dataclass

from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

import rnn_graph.backend.plain_modes  # noqa: F401 - for `pytensor.function`
from rnn_graph.backend.ops import DropoutMask
from rnn_graph.checks import require_shares
from rnn_graph.nn.layer import Layer, described


@dataclass(frozen=True, repr=False)
class Dropout(Layer):
    """Sets a share of the values to zero if it is called with a key, and none without.

    The other values are divided by 1 − share, so that the mean stays. It has no parameters.

    N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
    Journal of Machine Learning Research 15 (2014).

    Parameters
    ----------
    share
        Share of the values that become zero, from 0 to below 1.
    locked
        Whether all steps of a sequence leave out the same units: Y. Gal, Z. Ghahramani, "A
        theoretically grounded application of dropout in recurrent neural networks", NIPS (2016).

    Raises
    ------
    InputError
        If the share is below 0, or 1 or more.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> import pytensor.tensor as pt
    >>> from rnn_graph.nn import Dropout
    >>> x, key = pt.tensor3("x", dtype="float64"), pt.scalar("key", dtype="uint32")
    >>> y, _ = Dropout(0.5)({}, x, key=key)
    >>> drop = pytensor.function([x, key], y, mode="JAX")
    >>> np.unique(drop(np.ones((10, 4, 8)), np.uint32(1))).tolist()
    [0.0, 2.0]
    """

    share: float
    locked: bool = False

    key_count = 1

    def __post_init__(self) -> None:
        require_shares(share=self.share)

    __repr__ = described

    def __call__(self, parameters, x, *, mask=None, states=None, key=None):
        if key is None or not self.share:
            return x, []
        if self.locked:
            return x * dropout(pt.ones_like(x[0]), self.share, key), []
        return dropout(x, self.share, key), []


def dropout(values: TensorVariable, share: float, key: TensorVariable) -> TensorVariable:
    """Set a share of the values to zero, and scale up the rest so that the mean stays.

    N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
    Journal of Machine Learning Research 15 (2014).

    Parameters
    ----------
    values
        Of any shape.
    share
        Of values that become zero, 0 to below 1.
    key
        A uint32 scalar; each gives another mask.
    """
    return values * DropoutMask(share)(values, key)
