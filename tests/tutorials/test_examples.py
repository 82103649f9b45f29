"""The examples of the tutorials, and `CharModel.train` on them."""

import math

import numpy as np
import pytest

from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.tutorials.char_rnn import CharGRU, CharRNN
from rnn_graph.tutorials.examples import (
    NameExamples,
    SentenceExamples,
    SlotExamples,
    name_examples,
    sentence_examples,
    shuffled,
)
from rnn_graph.tutorials.windows import shuffle
from tolerances import assert_close
from training_checks import DATA, Watching, small_model, small_recipe, small_trainer

LINES = ["ab", "abab", "ba", "b", "aabb"]
VOCABULARY = CharVocabulary.of_lines(LINES)
IDS = [VOCABULARY.encode(line) for line in LINES]


def new_model(kind=CharRNN, vocabulary=VOCABULARY, dtype="float64"):
    return kind(len(vocabulary), 6, vocabulary=vocabulary, rng=2, dtype=dtype, backend="jax")


def items_of(examples):
    (segment,) = examples.segments(0)
    assert segment.first_step == 0
    return list(segment.items)


def test_lines_as_examples():
    made = NameExamples.of_lines(IDS, VOCABULARY["\n"], carry_state=False)
    inputs, targets, carried = zip(*items_of(made), strict=True)
    assert [x.tolist() for x in inputs[:2]] == [[-1, 1, 2], [-1, 1, 2, 1, 2]]
    assert [y.tolist() for y in targets[:2]] == [[1, 2, 0], [1, 2, 1, 2, 0]]
    assert list(carried) == [False] * 5
    assert made.tokens_per_epoch == sum(len(line) + 1 for line in LINES)
    carrying = NameExamples.of_lines(IDS, 0, carry_state=True)
    assert all(carried for _, _, carried in items_of(carrying))


def test_running_text_as_examples():
    made = NameExamples.of_text(np.arange(7, dtype=np.int32), 3)
    inputs, targets, carried = zip(*items_of(made), strict=True)
    assert [x.tolist() for x in inputs] == [[-1, 0, 1], [2, 3, 4], [5]]
    assert [y.tolist() for y in targets] == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(carried) == [False, True, True]
    assert (made.steps_per_epoch, made.tokens_per_epoch) == (3, 7)


def test_lines_are_shuffled_as_the_tutorial_did():
    names = [f"{i}" for i in range(9)]
    expected = list(names)
    np.random.RandomState(0).shuffle(expected)
    assert shuffled(names, 0) == expected
    assert names == sorted(names)


def test_the_lines_of_a_text_are_those_between_its_newlines():
    recipe = small_recipe(("char", "tutorial"), seed=5)
    text = VOCABULARY.encode("\n" + "\n".join(LINES) + "\n")
    made = name_examples(new_model(), text, recipe)
    expected = shuffled(IDS, 5)
    assert [y[:-1].tolist() for _, y, _ in items_of(made)] == [ids.tolist() for ids in expected]


def test_the_sentences_of_a_text_go_from_marker_to_marker():
    vocabulary, ids = DATA["word", "tutorial"]
    recipe = small_recipe(("word", "tutorial"))
    made = sentence_examples(small_model(("word", "tutorial"), recipe), ids, recipe)
    pairs = items_of(made)
    assert np.concatenate([[*x, y[-1]] for x, y in pairs]).tolist() == ids.tolist()
    assert all(x[0] == vocabulary["SENTENCE_START"] for x, _ in pairs)
    assert made.tokens_per_epoch == len(ids) - len(pairs)


SLOTS = [([2, 0], [1, 0]), ([1, 3], [1, 0]), ([3], [0])]


def slot_examples(words_a_step):
    words, labels = zip(*SLOTS, strict=True)
    return SlotExamples(words, labels, window=3, words_a_step=words_a_step, seed=345)


def test_sentences_are_shuffled_from_the_last_epochs_order():
    made, order = slot_examples(None), [0, 1, 2]
    assert (made.steps_per_epoch, made.tokens_per_epoch) == (3, 5)
    for epoch in range(3):
        shuffle([order], 345)
        (segment,) = made.segments(epoch)
        assert segment.items == [SLOTS[i] for i in order]


def test_the_word_recipe_makes_a_step_of_each_word():
    made = slot_examples(2)
    assert made.steps_per_epoch == 5
    (segment,) = made.segments(1)
    # A row: a stretch of 4 words, how many windows of 3 count, the label.
    assert sorted(row[4] for row in segment.items) == [1, 1, 1, 2, 2]
    assert sorted(row[5] for row in segment.items) == [0, 0, 0, 1, 1]


class Recorder:
    """Stands for `RNNSLU`: writes down what it was trained on."""

    def __init__(self):
        self.calls = []

    def begin_sentence_train(self, windows, labels, rate, *, normalize):
        self.calls.append(("sentence", windows.tolist(), labels, normalize))
        return 1.0

    def train_on_steps(self, steps, rate, *, normalize=True):
        self.calls.append(("steps", len(steps), normalize))
        return np.ones(len(steps))

    def normalize(self):
        self.calls.append(("normalize",))

    def get_parameters(self):
        return {"none": np.zeros(1)}

    def set_parameters(self, values):
        pass


@pytest.mark.parametrize("words_a_step", [None, 2])
def test_all_words_are_normalized_once_and_then_those_of_each_step(monkeypatch, words_a_step):
    made = slot_examples(words_a_step)
    watching, model = Watching(), Recorder()
    monkeypatch.setattr("rnn_graph.tutorials.examples.slot_examples", lambda *_: made)
    pair = ("tagger", "word" if words_a_step else "sentence")
    small_trainer(pair, watching, model=model, schedule="constant", epochs=2).run()
    if words_a_step:
        assert model.calls == [
            ("steps", 1, False),
            ("normalize",),
            ("steps", 4, True),
            ("steps", 5, True),
        ]
        assert watching.losses == [(1, 1.0)] * 10
        return
    later = ("sentence", True)
    kinds = [(call[0], *call[3:]) for call in model.calls]
    assert kinds == [("sentence", False), ("normalize",), *[later] * 5]
    windows = {tuple(labels): found for _, found, labels, _ in model.calls[2:]}
    assert windows[0,] == [[-1, 3, -1]]
    # The loss of a sentence is the mean over its labels.
    assert sorted(watching.losses[:3]) == [(1, 1.0), (2, 2.0), (2, 2.0)]


# `CharModel.train`


def carried_by_hand(model, steps, carry_state):
    """The smoothed losses of training on LINES in the order of seed 0, step by step."""
    state, value, smoothed = model.zero_state, 7 * math.log(3), []
    lines = shuffled(IDS, 0)
    for step in range(steps):
        ids = lines[step % 5].tolist()
        state = state if carry_state else model.zero_state
        loss, _, state = model.optimize([None, *ids], [*ids, 0], state, 0.05)
        value = 0.999 * value + 0.001 * loss
        smoothed.append(value)
    return smoothed


@pytest.mark.parametrize("carry_state", [True, False])
def test_each_step_is_an_optimization_of_one_example(carry_state):
    model, by_hand = new_model(), new_model()
    found = model.train(LINES, 73, learning_rate=0.05, carry_state=carry_state)
    assert_close(found, carried_by_hand(by_hand, 73, carry_state))
    for name, parameter in model.get_parameters().items():
        assert_close(parameter, by_hand.get_parameters()[name])


def test_running_text_begins_anew_with_a_zero_state():
    vocabulary = CharVocabulary(VOCABULARY.symbols, "text")
    text = vocabulary.encode("abbab" * 3)
    model, by_hand = (new_model(vocabulary=vocabulary) for _ in range(2))
    pair, settings = ("char", "tutorial"), {"iterations": 6, "piece_length": 4}
    small_trainer(pair, model=model, data=text, learning_rate=0.05, **settings).run()
    state, inputs = by_hand.zero_state, [None, *text.tolist()]
    for step in range(6):
        place = 4 * (step % 4)
        state = by_hand.zero_state if place == 0 else state
        y = text[place : place + 4].tolist()
        _, _, state = by_hand.optimize(inputs[place : place + len(y)], y, state, 0.05)
    for name, parameter in model.get_parameters().items():
        assert_close(parameter, by_hand.get_parameters()[name])


def test_divergence_ends_in_good_parameters():
    model = new_model(CharGRU, dtype="float32")
    with pytest.raises(TrainingDiverged, match=r"by step \d+ at learning rate 1e\+38; train again"):
        model.train(LINES, 500, learning_rate=1e38)
    assert all(np.isfinite(value).all() for value in model.get_parameters().values())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"iterations": 0}, "iterations is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; give a number above 0"),
        ({"learning_rate": math.nan}, "learning_rate is nan"),
        ({"names": []}, "no text to train on"),
    ],
)
def test_refuses_settings_that_cannot_be(settings, message):
    with pytest.raises(InputError, match=message):
        new_model().train(**{"names": LINES, "iterations": 5} | settings)


def test_refuses_examples_that_cannot_be():
    with pytest.raises(InputError, match="length is 0"):
        NameExamples.of_text(np.arange(7), 0)
    with pytest.raises(InputError, match="no sentence to train on"):
        SentenceExamples([], [])
    with pytest.raises(InputError, match="2 sentences and 1 rows of targets"):
        SentenceExamples([[0], [1]], [[1]])
