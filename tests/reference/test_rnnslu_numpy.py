import numpy as np
import pytest

from rnn_graph.errors import InputError
from rnn_graph.finite_differences import central_differences
from rnn_graph.reference.rnnslu_numpy import RNNSLUNumpy
from rnn_graph.tutorials.windows import contextwin
from tolerances import assert_close

NH, NC, NE, DE, CS = 3, 4, 6, 2, 3
# Word 2 occurs twice; the last loss still depends much on h0.
SENTENCE = contextwin([2, 5, 2], CS)
LABELS = np.array([1, 0, 3])


def a_model(seed=3):
    """A model none of whose parameters is zero."""
    model = RNNSLUNumpy(NH, NC, NE, DE, CS)
    rng = np.random.RandomState(seed)
    for name, value in model.parameters.items():
        model.parameters[name] = rng.standard_normal(value.shape)
    return model


@pytest.mark.parametrize("y", [LABELS, LABELS[-1]], ids=["sentence", "last word"])
def test_gradients_are_finite_differences(y):
    model = a_model()
    _, gradients = model.loss_and_gradients(SENTENCE, y)
    assert list(gradients) == list(model.parameters)
    for name, value in model.parameters.items():

        def loss(shifted, name=name):
            other = a_model()
            other.parameters[name] = shifted
            return other.loss_and_gradients(SENTENCE, y)[0]

        expected = central_differences(loss, value, 1e-5)
        assert expected.any()
        assert_close(gradients[name], expected, "differences")


def test_the_equations_written_out_for_two_words():
    model = a_model()
    p = model.parameters

    def state(words, before):
        x = np.concatenate([p["embeddings"][word] for word in words])
        return 1 / (1 + np.exp(-(x @ p["Wx"] + before @ p["Wh"] + p["bh"])))

    first = state([NE, 4, 1], p["h0"])  # the last row of the embeddings stands for padding
    second = state([4, 1, NE], first)
    s, h, _ = model.forward(contextwin([4, 1], CS))
    assert_close(h, [first, second, p["h0"]])
    exponentials = np.exp(second @ p["W"] + p["b"])
    assert_close(s[1], exponentials / exponentials.sum())
    assert model.classify(contextwin([4, 1], CS))[1] == exponentials.argmax()


def test_losses_are_those_of_the_probabilities():
    model = a_model()
    p = model.predict_proba(SENTENCE)[np.arange(3), LABELS]
    assert_close(model.loss_and_gradients(SENTENCE, LABELS)[0], -np.log(p).mean())
    assert_close(model.loss_and_gradients(SENTENCE, LABELS[-1])[0], -np.log(p[-1]))


def test_a_step_goes_down_the_gradient_and_returns_the_loss_before_it():
    model = a_model()
    before = {name: value.copy() for name, value in model.parameters.items()}
    loss, gradients = model.loss_and_gradients(SENTENCE, LABELS)
    assert model.sentence_train(SENTENCE, LABELS, 0.1) == loss
    for name, gradient in gradients.items():
        assert_close(model.parameters[name], before[name] - 0.1 * gradient)


def test_normalizing_keeps_the_direction_of_each_word():
    model = a_model()
    before = model.parameters["embeddings"].copy()
    model.normalize()
    after = model.parameters["embeddings"]
    assert_close(np.hypot(*after.T), np.ones(NE + 1))
    assert_close(after * np.hypot(*before.T)[:, None], before)


def test_draws_the_legacy_generators_numbers_in_the_published_order():
    model, legacy = RNNSLUNumpy(NH, NC, NE, DE, CS, rng=10), np.random.RandomState(10)
    for name, shape in {
        "embeddings": (NE + 1, DE),
        "Wx": (DE * CS, NH),
        "Wh": (NH, NH),
        "W": (NH, NC),
    }.items():
        np.testing.assert_array_equal(
            model.parameters[name], 0.2 * legacy.uniform(-1.0, 1.0, shape)
        )
    for name in ("bh", "b", "h0"):
        assert not model.parameters[name].any()


@pytest.mark.parametrize("sizes", [(0, 1, 1, 1, 1), (1, 1, 1, 0, 1), (1, 1, 1, 1, 2)])
def test_refuses_sizes_that_cannot_be(sizes):
    with pytest.raises(InputError):
        RNNSLUNumpy(*sizes)
