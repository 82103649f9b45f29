"""Operations of this package's own, as NumPy and the C backend run them."""

import numpy as np
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

# The finalizer that C. Wellons calls lowbias32, "Prospecting for hash functions" (2018); its
# constants are in the public domain.
SHIFTS_AND_FACTORS = ((16, 0x7FEB352D), (15, 0x846CA68B))


LAST_SHIFT = 16


GOLDEN_RATIO = 0x9E3779B9  # of 2³²: its multiples are far apart


class DropoutMask(Op):
    """0 for a share of the places, 1 / (1 - share) for the others; shaped and typed as `values`.

    PyTensor's own arithmetic of uint32 does not wrap around on every backend; this operation is
    written for each (in `backend.jax` and `backend.numba`; C runs `perform`).
    """

    __props__ = ("share",)

    def __init__(self, share: float):
        self.share = share

    @property
    def threshold(self) -> np.uint32:
        """Hashes below it mean zero."""
        return np.uint32(round(self.share * 2**32))

    @property
    def scale(self) -> float:
        return 1 / (1 - self.share)

    def make_node(self, values, key):
        return Apply(self, [values, key], [values.type()])

    def perform(self, node, inputs, outputs):
        values, key = inputs
        places = np.arange(values.size, dtype=np.uint32)
        kept = place_hashes(np, places, np.asarray(key, dtype=np.uint32)) >= self.threshold
        mask = kept * np.array(self.scale, dtype=values.dtype)
        outputs[0][0] = mask.reshape(values.shape)

    def connection_pattern(self, node):
        return [[False], [False]]

    def pullback(self, inputs, outputs, output_gradients):
        return [DisconnectedType()() for _ in inputs]


def place_hashes(xp, places, key):
    """A hash of each place, with a key that is hashed as well; all uint32.

    Parameters
    ----------
    xp
        `numpy` or `jax.numpy`.
    places, key
        Arrays, the key of no axis.
    """
    # One-element arrays wrap around in silence; NumPy's scalars warn.
    spread = _hashed(xp, xp.atleast_1d(key)) * xp.uint32(GOLDEN_RATIO)
    return _hashed(xp, places + spread)


def _hashed(xp, numbers):
    for shift, factor in SHIFTS_AND_FACTORS:
        numbers = (numbers ^ (numbers >> xp.uint32(shift))) * xp.uint32(factor)
    return numbers ^ (numbers >> xp.uint32(LAST_SHIFT))
