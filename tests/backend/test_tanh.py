"""tanh as arithmetic is NumPy's, and computed by several cores."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pytensor import tensor as pt

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.backend.processors import usable_processors
from rnn_graph.backend.tanh import SMALLEST_ARRAY, rational_tanh

MAGNITUDES = np.concatenate([np.linspace(0, 12, 200_001), np.logspace(-37, 0, 10_001)])


@pytest.mark.parametrize("sign", [1, -1])
def test_it_is_numpys_tanh_in_double_precision(sign):
    x = (sign * MAGNITUDES).astype("float32")
    found = np.asarray(jax.jit(rational_tanh)(x))
    np.testing.assert_allclose(found, np.tanh(x.astype("float64")), rtol=4e-7, atol=0)
    assert np.abs(found).max() <= 1


def test_values_without_bounds():
    found = rational_tanh(jnp.array([np.inf, -np.inf, np.nan], dtype="float32"))
    np.testing.assert_allclose(found, [1, -1, np.nan], rtol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "size", "is_arithmetic"),
    [
        ("float32", SMALLEST_ARRAY, True),
        ("float32", SMALLEST_ARRAY - 1, False),
        ("float64", SMALLEST_ARRAY, False),
    ],
)
def test_large_arrays_of_float32_are_computed_so(dtype, size, is_arithmetic, programs):
    x = pt.vector("x", dtype=dtype)
    values = np.linspace(-9, 9, size, dtype=dtype)
    found = compile_function([x], pt.tanh(x), choose_backend("jax", "cpu", dtype))(values)
    np.testing.assert_allclose(found, np.tanh(values), rtol=4e-7)
    assert ("tanh(" not in programs[-1]) == is_arithmetic


@pytest.mark.skipif(usable_processors() < 2, reason="there is one core")
def test_xla_shares_the_elements_among_cores(programs):
    x = pt.matrix("x", dtype="float32")
    values = np.zeros((32, SMALLEST_ARRAY // 32), dtype="float32")
    compile_function([x], pt.tanh(x), choose_backend("jax", "cpu"))(values)
    assert '"outer_dimension_partitions":["' in programs[-1]
