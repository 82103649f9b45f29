"""Dropout whose masks are a hash, the same on every backend and device.

A random generator inside of a compiled graph has a state that no checkpoint can carry over to
another backend, and one outside would send the masks to the device in every step. Here a mask is
a hash of where its numbers stand and of a key: nothing has to be kept but the step's number, of
which the key is made.
"""

from pytensor.tensor import TensorVariable

from rnn_graph.backend.ops import DropoutMask


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
