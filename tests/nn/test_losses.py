import numpy as np
import pytensor
import pytest
from pytensor import tensor as pt
from scipy.special import log_softmax

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.nn.losses import softmax_cross_entropy
from tolerances import assert_close


@pytest.fixture(scope="module")
def compiled():
    logits, targets, mask = pt.dmatrix("logits"), pt.ivector("targets"), pt.dvector("mask")
    outputs = softmax_cross_entropy(logits, targets, mask)
    backend = choose_backend("jax", dtype="float64")
    return compile_function([logits, targets, mask], outputs, backend)


def test_losses_and_gradient_are_those_of_an_independent_log_softmax(compiled):
    rng = np.random.RandomState(0)
    logits, targets = rng.standard_normal((5, 7)), rng.randint(0, 7, 5).astype(np.int32)
    losses, gradient = compiled(logits, targets, np.ones(5))
    log_p = log_softmax(logits, axis=1)
    assert_close(losses, -log_p[np.arange(5), targets])
    assert_close(gradient, np.exp(log_p) - np.eye(7)[targets])


def test_the_gradient_is_pytensors_own():
    logits, targets, mask = pt.dmatrix("logits"), pt.ivector("targets"), pt.dvector("mask")
    losses, gradient = softmax_cross_entropy(logits, targets, mask)
    inputs = [logits, targets, mask]
    backend = choose_backend("jax", dtype="float64")
    compiled = compile_function(inputs, [gradient, pytensor.grad(losses.sum(), logits)], backend)
    rng = np.random.RandomState(1)
    ours, theirs = compiled(
        rng.standard_normal((4, 6)), rng.randint(0, 6, 4).astype(np.int32), np.array([1, 1, 0, 1.0])
    )
    assert_close(ours, theirs)


def test_masked_rows_count_nothing(compiled):
    rng = np.random.RandomState(2)
    logits, targets = rng.standard_normal((3, 4)), np.array([1, 2, 3], dtype=np.int32)
    losses, gradient = compiled(logits, targets, np.array([1.0, 0.0, 1.0]))
    assert losses[1] == 0
    assert not np.asarray(gradient[1]).any()


def test_huge_logits_do_not_overflow(compiled):
    logits = np.array([[1e4, 0.0, -1e4]])
    for target, loss in ((0, 0.0), (1, 1e4), (2, 2e4)):
        losses, gradient = compiled(logits, np.array([target], dtype=np.int32), np.ones(1))
        assert losses[0] == pytest.approx(loss)
        assert np.isfinite(np.asarray(gradient)).all()
