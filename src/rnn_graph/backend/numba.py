"""Operations of this package as Numba compiles them."""

import numpy as np
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from rnn_graph.backend.ops import GOLDEN_RATIO, LAST_SHIFT, SHIFTS_AND_FACTORS, DropoutMask

(SHIFT_1, FACTOR_1), (SHIFT_2, FACTOR_2) = SHIFTS_AND_FACTORS
LOW_HALF = np.uint64(0xFFFFFFFF)


@register_funcify_default_op_cache_key(DropoutMask)
def numba_funcify_DropoutMask(op, node, **_):
    threshold, scale = np.uint64(op.threshold), op.scale
    shift_1, shift_2, last_shift = (np.uint64(n) for n in (SHIFT_1, SHIFT_2, LAST_SHIFT))
    factor_1, factor_2, golden_ratio = (np.uint64(n) for n in (FACTOR_1, FACTOR_2, GOLDEN_RATIO))
    low_half = LOW_HALF

    # Numba widens products of uint32; here the upper half is cut off.
    @numba_njit
    def hashed(number):
        number = ((number ^ (number >> shift_1)) * factor_1) & low_half
        number = ((number ^ (number >> shift_2)) * factor_2) & low_half
        return number ^ (number >> last_shift)

    @numba_njit
    def dropout_mask(values, key):
        mask = np.zeros_like(values)
        flat = mask.reshape(-1)
        spread = hashed(np.uint64(key.item())) * golden_ratio
        for place in range(flat.size):
            if hashed((np.uint64(place) + spread) & low_half) >= threshold:
                flat[place] = scale
        return mask

    return dropout_mask
