"""The one policy of how close numbers have to be."""

import numpy as np
import pytest

from rnn_graph.backend.devices import BACKENDS, REMEDIES, installed_backends

# Relative to the largest element: sums of a few thousand terms, in any order; and central
# differences of functions in float64, with a step of 1e-5.
TOLERANCES = {"float64": 1e-10, "float32": 1e-4, "differences": 1e-7}


def assert_close(actual, expected, dtype: str = "float64") -> None:
    """Arrays of the same shape whose elements differ little, beside the largest of them."""
    actual, expected = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
    assert actual.shape == expected.shape
    scale = np.abs(expected).max() or 1.0
    assert np.abs(actual - expected).max() <= TOLERANCES[dtype] * scale


def each_backend():
    """A parametrization over all backends; those that are not installed skip and say so."""
    installed = installed_backends()
    return pytest.mark.parametrize(
        "backend",
        [
            pytest.param(
                name,
                marks=pytest.mark.skipif(
                    name not in installed, reason=f"{name} is not here; {REMEDIES[name]}"
                ),
            )
            for name in BACKENDS
        ],
    )
