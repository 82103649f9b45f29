import numpy as np
import pytensor
import pytest
from pytensor import tensor as pt

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.nn.dropout import dropout
from tolerances import each_backend

SHAPE = (50, 8, 16)


def masks(backend, share, keys):
    values, key = pt.tensor3("values", dtype="float32"), pt.scalar("key", dtype="uint32")
    dropped = dropout(values, share, key)
    gradient = pytensor.grad(dropped.sum(), values)
    compiled = compile_function([values, key], [dropped, gradient], choose_backend(backend))
    ones = np.ones(SHAPE, dtype="float32")
    found = []
    for number in keys:
        mask, gradient = map(np.asarray, compiled(ones, np.uint32(number)))
        np.testing.assert_array_equal(gradient, mask)
        found.append(mask)
    return found


def reference_hash(number):
    """C. Wellons' lowbias32, in Python's own numbers."""
    number ^= number >> 16
    number = number * 0x7FEB352D % 2**32
    number ^= number >> 15
    number = number * 0x846CA68B % 2**32
    return number ^ number >> 16


@each_backend()
def test_a_mask_is_the_hash_of_place_and_key(backend):
    (mask,) = masks(backend, 0.3, [4_000_000_000])
    spread = reference_hash(4_000_000_000) * 0x9E3779B9
    hashes = [reference_hash((place + spread) % 2**32) for place in range(mask.size)]
    kept = np.array(hashes).reshape(SHAPE) >= 0.3 * 2**32
    np.testing.assert_allclose(mask, kept / 0.7, rtol=1e-6)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_so_many_are_left_out_everywhere_and_independently(share):
    found = np.array(masks("jax", share, range(40))) == 0  # [40, 50, 8, 16]
    deviation = np.sqrt(share * (1 - share))
    count = found.size
    assert abs(found.mean() - share) < 5 * deviation / np.sqrt(count)
    for axis in range(4):
        others = tuple(k for k in range(4) if k != axis)
        means = found.mean(axis=others)
        spread = deviation / np.sqrt(count / found.shape[axis])
        assert np.abs(means - share).max() < 5 * spread
        first, second = (
            np.take(found, range(*ends), axis=axis).astype(float) - share
            for ends in ((0, found.shape[axis] - 1), (1, found.shape[axis]))
        )
        correlation = (first * second).mean() / deviation**2
        assert abs(correlation) < 5 / np.sqrt(first.size)
