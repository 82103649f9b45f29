import numpy as np
import pytest

from rnn_graph.data.batches import pad_batch
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.errors import InputError
from rnn_graph.reference.rnnslu_numpy import RNNSLUNumpy
from rnn_graph.tutorials import rnnslu
from rnn_graph.tutorials.rnnslu import RNNSLU
from rnn_graph.tutorials.windows import contextwin, last_word_steps, minibatch
from tolerances import assert_close, each_backend

NH, NC, NE, DE, CS = 4, 5, 9, 3, 3
LENGTHS = (1, 2, 6, 13)


def a_pair(backend="jax", dtype="float64"):
    """A model and the reference with the same parameters, none of them zero."""
    model = RNNSLU(NH, NC, NE, DE, CS, rng=3, backend=backend, dtype=dtype)
    reference = RNNSLUNumpy(NH, NC, NE, DE, CS, rng=3)
    rng = np.random.RandomState(8)
    for name in ("bh", "b", "h0"):
        reference.parameters[name] = rng.standard_normal(reference.parameters[name].shape)
    model.set_parameters(reference.parameters)
    return model, reference


def sentence(length, seed=0):
    """Word ids and labels; in 13 words of 9, some occur twice."""
    rng = np.random.RandomState(seed + length)
    return rng.randint(0, NE, length), rng.randint(0, NC, length)


def assert_same_parameters(model, reference, dtype="float64"):
    for name, value in model.get_parameters().items():
        assert_close(value, reference.parameters[name], dtype)


def test_losses_and_gradients_are_the_references():
    model, reference = a_pair()
    for length in LENGTHS:
        words, labels = sentence(length)
        windows = contextwin(words, CS)
        for y in (labels, labels[-1], int(labels[-1])):
            loss, gradients = model.loss_and_gradients(windows, y)
            expected_loss, expected = reference.loss_and_gradients(windows, y)
            assert_close(loss, expected_loss)
            assert gradients.keys() == expected.keys()
            for name, value in expected.items():
                assert_close(gradients[name], value)


def test_training_steps_and_predictions_are_the_references():
    model, reference = a_pair()
    for length in LENGTHS:
        words, labels = sentence(length)
        windows = contextwin(words, CS)
        assert_close(model.predict_proba(windows), reference.predict_proba(windows))
        np.testing.assert_array_equal(model.classify(windows), reference.classify(windows))
        for y in (labels, labels[-1]):
            found = model.sentence_train(windows, y, 0.3)
            assert_close(found, reference.sentence_train(windows, y, 0.3))
        assert_same_parameters(model, reference)
    model.normalize()
    reference.normalize()
    assert_same_parameters(model, reference)


def test_float32_trains_as_float64_does():
    model, reference = a_pair(dtype="float32")
    for length in LENGTHS:
        words, labels = sentence(length)
        windows = contextwin(words, CS)
        found = model.sentence_train(windows, labels, 0.1)
        assert_close(found, reference.sentence_train(windows, labels, 0.1), "float32")
    assert_same_parameters(model, reference, "float32")
    assert all(value.dtype == np.float32 for value in model.get_parameters().values())


def test_normalizing_what_took_part_is_normalizing_all():
    model, reference = a_pair()
    model.normalize()
    reference.normalize()
    for length in (2, 6):
        words, labels = sentence(length)
        windows = contextwin(words, CS)
        model.sentence_train(windows, labels, 0.3, normalize=True)
        reference.sentence_train(windows, labels, 0.3)
        reference.normalize()
        assert_same_parameters(model, reference)


def word_by_word(reference, words, labels, bs, *, normalize):
    """The losses of the last-word recipe, one step after the other."""
    losses = []
    for windows, label in zip(minibatch(contextwin(words, CS), bs), labels, strict=True):
        losses.append(reference.sentence_train(windows, label, 0.3))
        if normalize:
            reference.normalize()
    return losses


@pytest.mark.parametrize("normalize", [True, False])
def test_many_steps_in_one_call_are_those_one_by_one(monkeypatch, normalize):
    monkeypatch.setattr(rnnslu, "STEPS_A_CALL", 8)  # one call is not full, two are
    model, reference = a_pair()
    model.normalize()
    reference.normalize()
    for length in (3, 16):
        words, labels = sentence(length)
        steps = last_word_steps(words, labels, CS, 4)
        before = steps.copy()
        losses = model.train_on_steps(steps, 0.3, normalize=normalize)
        np.testing.assert_array_equal(steps, before)
        assert_close(losses, word_by_word(reference, words, labels, 4, normalize=normalize))
        assert_same_parameters(model, reference)


@each_backend()
def test_every_backend_trains_as_the_reference_does(backend):
    """One pass over the compiled functions of the last-word recipe, which take long to compile."""
    model, reference = a_pair(backend)
    model.normalize()
    reference.normalize()
    words, labels = sentence(6)
    losses = model.train_on_steps(last_word_steps(words, labels, CS, 4), 0.3)
    assert_close(losses, word_by_word(reference, words, labels, 4, normalize=True))
    assert_same_parameters(model, reference)


def tag_vocabulary():
    words = tuple(f"word{chr(97 + k)}" for k in range(NE - 1))
    labels = tuple(f"B-{k}" for k in range(NC))
    return TagVocabulary.of([TaggedSentence(words, (*labels, *["B-0"] * (NE - 1 - NC)))])


def test_a_padded_batch_is_labelled_as_its_sentences_are():
    model, reference = a_pair()
    sentences = [sentence(length)[0] for length in (6, 1, 4)]
    labels = model.predict_labels(*pad_batch(model, sentences, size=4))
    for column, words in enumerate(sentences):
        expected = reference.classify(contextwin(words, CS))
        np.testing.assert_array_equal(labels[: len(words), column], expected)


def test_the_same_seed_trains_to_the_same_bits():
    def trained():
        model = RNNSLU(NH, NC, NE, DE, CS, rng=5, backend="jax")
        for length in (2, 6):
            words, labels = sentence(length)
            model.sentence_train(contextwin(words, CS), labels, 0.1)
        return model.get_parameters()

    first, second = trained(), trained()
    for name, value in first.items():
        np.testing.assert_array_equal(second[name], value)


def test_parameters_are_drawn_as_the_references_and_are_copies():
    model = RNNSLU(NH, NC, NE, DE, CS, rng=11, backend="jax", dtype="float64")
    values = model.get_parameters()
    for name, value in RNNSLUNumpy(NH, NC, NE, DE, CS, rng=11).parameters.items():
        np.testing.assert_array_equal(values[name], value)
    values["Wx"][:] = 7
    assert (model.get_parameters()["Wx"] != 7).all()


GOOD = contextwin([1, 2, 3], CS)


@pytest.mark.parametrize(
    ("idxs", "y", "message"),
    [
        (contextwin([1, 2, 3], 5), [0, 0, 0], r"shape \(3, 5\); give one window of 3 words"),
        ([1, 2, 3], [0, 0, 0], r"shape \(3,\)"),
        (np.zeros((0, CS), dtype=int), [], r"shape \(0, 3\)"),
        (contextwin([1, NE], CS), [0, 0], "idxs holds -1 to 9; word ids are whole numbers"),
        (contextwin([1, -2], CS), [0, 0], "idxs holds -2 to 1"),
        (GOOD.astype(float), [0, 0, 0], "whole numbers"),
        (GOOD, [0, NC, 0], "y holds 0 to 5; the model knows the labels 0 to 4"),
        (GOOD, [0, -1, 0], "y holds -1 to 0"),
        (GOOD, -1, "y holds -1 to -1"),
        (GOOD, [0, 0], r"y has shape \(2,\); give a list of 3 labels, or a number for the last"),
        (GOOD, [0], r"y has shape \(1,\); give a list of 3 labels"),
        (GOOD, [], r"y has shape \(0,\)"),
        (GOOD, [[0, 0, 0]], r"y has shape \(1, 3\)"),
    ],
)
def test_refuses_what_are_no_windows_or_labels(idxs, y, message):
    model = RNNSLU(NH, NC, NE, DE, CS, backend="jax")
    for method in (model.loss_and_gradients, lambda *pair: model.sentence_train(*pair, 0.1)):
        with pytest.raises(InputError, match=message):
            method(idxs, y)


STEPS = last_word_steps([1, 2, 3], [0, 1, 0], CS, 2)


def changed(steps, column, value):
    steps = steps.copy()
    steps[-1, column] = value
    return steps


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (STEPS[:0], r"steps has shape \(0, 6\); give at least one row"),
        (STEPS[0], r"shape \(6,\)"),
        (STEPS[:, : CS + 1], r"shape \(3, 4\)"),
        (STEPS.astype(float), "steps holds word ids from -1.0 to 3.0; they are whole"),
        (changed(STEPS, 0, NE), "word ids from -1 to 9; they are whole numbers from -1 to 8"),
        (changed(STEPS, 0, -2), "word ids from -2 to 3"),
        (changed(STEPS, -2, 0), "numbers of windows from 0 to 2; they are whole numbers from 1"),
        (changed(STEPS, -2, 3), "numbers of windows from 1 to 3"),
        (changed(STEPS, -1, NC), "labels from 0 to 5; they are whole numbers from 0 to 4"),
        (changed(STEPS, -1, -1), "labels from -1 to 1"),
    ],
)
def test_refuses_what_are_no_steps(steps, message):
    with pytest.raises(InputError, match=message):
        RNNSLU(NH, NC, NE, DE, CS, backend="jax").train_on_steps(steps, 0.1)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"nh": 0}, "nh is 0"),
        ({"nc": 0}, "nc is 0"),
        ({"ne": 0}, "ne is 0"),
        ({"de": 0}, "de is 0"),
        ({"cs": 4}, "window is 4 words; give an odd number"),
        ({"cs": 0}, "window is 0 words"),
        ({"ne": NE + 1, "vocabulary": tag_vocabulary()}, "vocabulary has 9 words and 5 labels"),
        ({"backend": "theano"}, "unknown backend 'theano'"),
    ],
)
def test_refuses_sizes_that_cannot_be(sizes, message):
    with pytest.raises(InputError, match=message):
        RNNSLU(**{"nh": NH, "nc": NC, "ne": NE, "de": DE, "cs": CS, **sizes})
