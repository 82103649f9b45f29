"""What `rnn-graph gradcheck` measures."""

from typing import Any

import numpy as np

from rnn_graph.backend.devices import choose_backend
from rnn_graph.errors import InputError
from rnn_graph.randomness import as_random_generator
from rnn_graph.reference.rnn_numpy import RNNNumpy
from rnn_graph.tutorials.gradient_check import gradient_check_theano
from rnn_graph.tutorials.rnn_theano import RNNTheano
from rnn_graph.tutorials.scan_graph import literal_gradients

TUTORIAL_X, TUTORIAL_Y = [0, 1, 2, 3], [1, 2, 3, 4]
LARGEST_ERROR = 1e-10


def check_gradients(
    word_dim: int,
    hidden_dim: int,
    length: int,
    bptt_truncate: int,
    *,
    backend: str,
    device: str,
    seed: int,
) -> dict[str, Any]:
    """Relative errors of gradients by parameter, and whether those that should be small are."""
    if backend == "numpy":
        raise InputError("numpy is what the others are checked against; give another --backend")
    chosen = choose_backend(backend, device, "float64")
    compiled = {"backend": chosen.name, "device": device, "dtype": "float64"}

    untruncated = RNNTheano(word_dim, hidden_dim, None, rng=seed, **compiled)
    reference_check = RNNNumpy(word_dim, hidden_dim, None, rng=seed).gradient_check(
        TUTORIAL_X, TUTORIAL_Y
    )
    compiled_check = gradient_check_theano(untruncated, TUTORIAL_X, TUTORIAL_Y)

    generator = as_random_generator(seed)
    x, y = np.floor(generator.random((2, length)) * word_dim).astype(np.int32)
    reference = RNNNumpy(word_dim, hidden_dim, bptt_truncate, rng=seed)
    expected = reference.bptt(x, y)
    truncated = RNNTheano(word_dim, hidden_dim, bptt_truncate, rng=seed, **compiled)
    exact = _errors(expected, truncated.bptt(x, y))
    by_scan = literal_gradients(reference.get_parameters(), x, y, bptt_truncate, chosen)
    return {
        "backend": chosen.name,
        "finite_differences": {
            "numpy": reference_check.relative_errors,
            "compiled": compiled_check.relative_errors,
        },
        "truncated": {"compiled": exact, "scan": _errors(expected, by_scan)},
        "passed": bool(reference_check and compiled_check and max(exact.values()) <= LARGEST_ERROR),
    }


def _errors(expected: list[np.ndarray], found: list[np.ndarray]) -> dict[str, float]:
    """The largest difference of an element, relative to the largest element."""
    return {
        name: float(np.abs(e - f).max() / np.abs(e).max())
        for name, e, f in zip("UVW", expected, found, strict=True)
    }
