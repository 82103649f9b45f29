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
    """Leaves out a share of the values if it is called with a key, and none without.

    Parameters
    ----------
    share
        Of values that become zero.
    locked
        Whether all steps of a sequence leave out the same units: Y. Gal, Z. Ghahramani, "A
        theoretically grounded application of dropout in recurrent neural networks", NIPS (2016).

    Raises
    ------
    InputError
        If the share is below 0, or 1 or more.
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
