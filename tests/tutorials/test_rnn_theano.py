import jax
import numpy as np
import pytest

from rnn_graph import RNNNumpy, RNNTheano, gradient_check_theano
from rnn_graph.backend.devices import choose_backend
from rnn_graph.data.padding import bucket_length
from rnn_graph.errors import InputError
from rnn_graph.tutorials import rnn_theano
from rnn_graph.tutorials.scan_graph import literal_gradients
from tolerances import assert_close, each_backend

V, H = 20, 6


@pytest.fixture
def compilations():
    """A list that grows with every compilation that JAX does."""
    durations: list[float] = []

    def listen(event: str, duration: float, **_) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            durations.append(duration)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield durations
    jax.monitoring.clear_event_listeners()


LENGTHS = (1, 2, 5, 12, 45)


def pair(length: int, seed: int = 0):
    """Ids and targets; above a few words, repeated words are certain."""
    return np.random.RandomState(seed + length).randint(0, V, (2, length))


@each_backend()
@pytest.mark.parametrize("truncate", [0, 1, 4, 9, None])
def test_gradients_are_the_references(backend, truncate):
    reference = RNNNumpy(V, H, truncate, rng=3)
    model = RNNTheano(V, H, truncate, rng=3, backend=backend, dtype="float64")
    for length in LENGTHS:
        x, y = pair(length)
        for found, expected in zip(model.bptt(x, y), reference.bptt(x, y), strict=True):
            assert_close(found, expected)


@pytest.mark.parametrize("truncate", [20, 1000])
def test_a_long_truncation_is_exact_too(truncate):
    """Beyond the products that are written out one by one, a loop takes over."""
    reference = RNNNumpy(V, H, truncate, rng=3)
    model = RNNTheano(V, H, truncate, rng=3, backend="jax", dtype="float64")
    for length in (2, 45):
        x, y = pair(length)
        for found, expected in zip(model.bptt(x, y), reference.bptt(x, y), strict=True):
            assert_close(found, expected)


def test_untruncated_gradients_are_those_of_pytensors_own_differentiation():
    model = RNNTheano(V, H, None, rng=3, backend="jax", dtype="float64")
    x, y = pair(12)
    by_pytensor = literal_gradients(
        model.get_parameters(), x.astype("int32"), y.astype("int32"), None, model.backend
    )
    for found, expected in zip(model.bptt(x, y), by_pytensor, strict=True):
        assert_close(found, expected)


def test_scans_own_truncation_is_another_gradient():
    """The finding that exact truncation answers; it fails the day scan truncates as BPTT does."""
    reference = RNNNumpy(V, H, 4, rng=3)
    x, y = pair(12)
    by_scan = literal_gradients(
        reference.get_parameters(),
        x.astype("int32"),
        y.astype("int32"),
        4,
        choose_backend("jax", dtype="float64"),
    )
    for found, expected in zip(by_scan, reference.bptt(x, y), strict=True):
        assert np.abs(found - expected).max() > 0.1 * np.abs(expected).max()


@each_backend()
def test_training_forward_and_scoring_follow_the_reference(backend):
    """One pass over all compiled functions of a backend, which take long to compile."""
    reference = RNNNumpy(V, H, 4, rng=3)
    model = RNNTheano(V, H, 4, rng=3, backend=backend, dtype="float64")
    for length in (1, 7, 30):
        x, y = pair(length)
        assert_close(model.sgd_step(x, y, 0.1), reference.sgd_step(x, y, 0.1))
    for name, value in reference.get_parameters().items():
        assert_close(getattr(model, name).get_value(), value)
    x, y = pair(13)
    assert_close(model.forward_propagation(x), reference.forward_propagation(x)[0])
    np.testing.assert_array_equal(model.predict(x), reference.predict(x))
    assert_close(model.word_losses(x, y), reference.word_losses(x, y))
    assert_close(model.ce_error(x, y), reference.calculate_total_loss([x], [y]))
    assert_close(model.calculate_loss([x, y], [y, x]), reference.calculate_loss([x, y], [y, x]))
    state = expected_state = None
    for word in x:
        logits, state = model.next_word_logits(word, state)
        expected, expected_state = reference.next_word_logits(word, expected_state)
        assert_close(logits, expected)
        assert_close(state, expected_state)


@each_backend()
def test_sentences_side_by_side_have_the_losses_of_each(backend, monkeypatch):
    """Whatever their order, and with few of the long ones at a time."""
    monkeypatch.setattr(rnn_theano, "LOGITS_A_CALL", 45 * V)
    model = RNNTheano(V, H, rng=3, backend=backend, dtype="float64")
    X, Y = zip(*map(pair, (3, 30, 1, 13, 8)), strict=True)
    expected = RNNNumpy(V, H, rng=3).losses_of_sentences(X, Y)
    for found, losses in zip(model.losses_of_sentences(X, Y), expected, strict=True):
        assert_close(found, losses)
    assert model.losses_of_sentences([], []) == []


def test_float32_trains_as_float64_does():
    x, y = pair(30)
    fine = RNNNumpy(V, H, 4, rng=3)
    coarse = RNNTheano(V, H, 4, rng=3, backend="jax")
    for _ in range(20):
        assert_close(coarse.sgd_step(x, y, 0.01), fine.sgd_step(x, y, 0.01), "float32")
    for name, value in fine.get_parameters().items():
        assert coarse.get_parameters()[name].dtype == np.float32
        assert_close(coarse.get_parameters()[name], value, "float32")


def test_any_length_works_and_only_a_new_bucket_compiles(compilations):
    model = RNNTheano(V, H, 4, rng=3, backend="jax", dtype="float64")
    reference = RNNNumpy(V, H, 4, rng=3)
    seen_buckets = set()
    for length in [1, 2, 5, 6, 10, 3, 11, 12, 60, 62, 74, 75, 300, 290, 9, 61, 45, 41]:
        x, y = pair(length)
        compilations.clear()
        assert_close(model.sgd_step(x, y, 0.01), reference.sgd_step(x, y, 0.01))
        assert bool(compilations) == (bucket_length(length) not in seen_buckets)
        seen_buckets.add(bucket_length(length))


def test_parameters_are_values_in_the_equations_shapes():
    model = RNNTheano(V, H, rng=3, backend="jax")
    assert model.U.get_value().shape == (H, V)
    assert model.V.get_value().shape == (V, H)
    assert model.W.get_value().shape == (H, H)
    model.U.set_value(np.ones((H, V)))
    model.U.get_value()[:] = 7  # a copy
    assert (model.U.get_value() == 1).all()
    with pytest.raises(InputError, match=r"U has shape \(6, 20\)"):
        model.U.set_value(np.ones((V, H)))


def test_old_values_survive_the_steps_that_overwrite_their_buffers():
    model = RNNTheano(V, H, rng=3, backend="jax")
    x, y = pair(12)
    before = model.get_parameters()
    copies = {name: value.copy() for name, value in before.items()}
    for _ in range(3):
        model.sgd_step(x, y, 0.1)
    for name, value in before.items():
        np.testing.assert_array_equal(value, copies[name])
        assert (model.get_parameters()[name] != value).any()


def test_passes_the_tutorials_gradient_check():
    model = RNNTheano(100, 10, 1000, rng=10, backend="jax", dtype="float64")
    check = gradient_check_theano(model, [0, 1, 2, 3], [1, 2, 3, 4])
    assert check.passed
    assert max(check.relative_errors.values()) < 1e-4


def test_the_gradient_check_refuses_what_it_cannot_check():
    x, y = pair(12)
    with pytest.raises(InputError, match="bptt_truncate=4 cuts the gradient of 12 words"):
        gradient_check_theano(RNNTheano(V, H, 4, dtype="float64"), x, y)
    with pytest.raises(InputError, match="float64"):
        gradient_check_theano(RNNTheano(V, H, None), x, y)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"word_dim": 0}, "word_dim is 0"),
        ({"hidden_dim": 0}, "hidden_dim is 0"),
        ({"bptt_truncate": -1}, "bptt_truncate is -1"),
        ({"backend": "theano"}, "unknown backend 'theano'"),
        ({"device": "tpu"}, "unknown device 'tpu'"),
        ({"dtype": "float16"}, "unknown dtype 'float16'"),
        ({"backend": "numba", "device": "gpu"}, "has no GPU"),
    ],
)
def test_refuses_settings_that_cannot_be(arguments, message):
    with pytest.raises(InputError, match=message):
        RNNTheano(**{"word_dim": V, **arguments})


@pytest.mark.parametrize(("x", "y"), [([], []), ([V], [0]), ([0], [-1]), ([0, 1], [0])])
def test_refuses_what_are_no_word_ids(x, y):
    with pytest.raises(InputError):
        RNNTheano(V, H).sgd_step(x, y, 0.1)
