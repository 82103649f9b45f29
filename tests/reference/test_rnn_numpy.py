import numpy as np
import pytest

from rnn_graph import RNNNumpy
from rnn_graph.errors import InputError
from tolerances import assert_close

X, Y = [0, 1, 2, 3], [1, 2, 3, 4]


def test_the_equations_written_out_for_two_words():
    model = RNNNumpy(5, 3, rng=0)
    o, s = model.forward_propagation([2, 4])
    first = np.tanh(model.U[:, 2])
    second = np.tanh(model.U[:, 4] + model.W @ first)
    assert_close(s, [first, second, np.zeros(3)])
    exponentials = np.exp(model.V @ second)
    assert_close(o[1], exponentials / exponentials.sum())


def test_draws_the_legacy_generators_numbers_in_the_order_u_v_w():
    legacy = np.random.RandomState(10)
    model = RNNNumpy(8, 5, rng=10)
    for value, incoming in ((model.U, 8), (model.V, 5), (model.W, 5)):
        bound = np.sqrt(1.0 / incoming)
        np.testing.assert_array_equal(value, legacy.uniform(-bound, bound, value.shape))


def test_the_first_loss_is_near_that_of_guessing():
    model = RNNNumpy(1000, 20, rng=10)
    ids = np.random.RandomState(0).randint(0, 1000, (20, 11))
    assert abs(model.calculate_loss(ids[:, :-1], ids[:, 1:]) - np.log(1000)) < 0.01


def test_passes_the_tutorials_gradient_check():
    check = RNNNumpy(100, 10, bptt_truncate=1000, rng=10).gradient_check(X, Y)
    assert check.passed
    assert max(check.relative_errors.values()) < 1e-4


def test_the_gradient_check_fails_on_a_wrong_gradient(monkeypatch):
    model = RNNNumpy(100, 10, rng=10)
    right = model._backward
    monkeypatch.setattr(model, "_backward", lambda *a, **k: [g * 1.1 for g in right(*a, **k)])
    assert not model.gradient_check(X, Y)


def test_the_gradient_check_leaves_the_parameters_as_they_were():
    model = RNNNumpy(100, 10, rng=10)
    before = model.get_parameters()
    model.gradient_check(X, Y)
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(model, name), value)


def test_truncation_after_k_states_per_loss_is_the_sum_of_untruncated_pieces():
    """With k = 0 each loss reaches its own step alone."""
    x, y = [1, 3, 3], [3, 3, 0]
    model = RNNNumpy(5, 4, bptt_truncate=0, rng=2)
    o, s = model.forward_propagation(x)
    deltas = o.copy()
    deltas[np.arange(3), y] -= 1
    local = (deltas @ model.V) * (1 - s[:3] ** 2)
    dLdU = np.zeros_like(model.U)
    for t in range(3):
        dLdU[:, x[t]] += local[t]
    for found, expected in zip(
        model.bptt(x, y), (dLdU, deltas.T @ s[:3], local.T @ s[[-1, 0, 1]]), strict=True
    ):
        assert_close(found, expected)


def test_a_step_goes_down_the_gradient_and_returns_the_loss_before_it():
    model = RNNNumpy(20, 6, rng=1)
    before = model.get_parameters()
    gradients = model.bptt(X, Y)
    loss = model.calculate_total_loss([X], [Y])
    assert model.sgd_step(X, Y, 0.1) == pytest.approx(loss, rel=1e-12)
    for name, gradient in zip("UVW", gradients, strict=True):
        assert_close(getattr(model, name), before[name] - 0.1 * gradient)


def test_one_step_at_a_time_gives_the_same_probabilities():
    model = RNNNumpy(20, 6, rng=1)
    o, s = model.forward_propagation(X)
    state = None
    for t, word in enumerate(X):
        logits, state = model.next_word_logits(word, state)
        assert_close(state, s[t])
        assert_close(np.exp(logits) / np.exp(logits).sum(), o[t])


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([], [], "at least one word id"),
        ([0, 20], [1, 1], "word id 20; the model knows the ids 0 to 19"),
        ([0, -1], [1, 1], "word id -1"),
        ([0, 1], [1], "2 words and y has 1"),
        ([0.5, 1], [1, 1], "whole numbers"),
        ([[0, 1]], [[1, 1]], "in one row"),
    ],
)
def test_refuses_what_are_no_word_ids(x, y, message):
    with pytest.raises(InputError, match=message):
        RNNNumpy(20, 6).sgd_step(x, y, 0.1)
