import math

import numpy as np
import pytest
from rnn_graph.train.char_training import CharExamples, shuffled, train_char_model

from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.optim.schedules import SCHEDULES
from rnn_graph.tutorials.char_rnn import CharGRU, CharRNN
from tolerances import assert_close

LINES = ["ab", "abab", "ba", "b", "aabb"]
VOCABULARY = CharVocabulary.of_lines(LINES)
IDS = [VOCABULARY.encode(line) for line in LINES]


def new_model(kind=CharRNN, vocabulary=VOCABULARY, dtype="float64"):
    return kind(len(vocabulary), 6, vocabulary=vocabulary, rng=2, dtype=dtype, backend="jax")


def examples(carry_state=False):
    return CharExamples.of_lines(IDS, VOCABULARY["\n"], carry_state=carry_state)


def test_lines_as_examples():
    made = examples()
    assert [x.tolist() for x in made.inputs[:2]] == [[-1, 1, 2], [-1, 1, 2, 1, 2]]
    assert [y.tolist() for y in made.targets[:2]] == [[1, 2, 0], [1, 2, 1, 2, 0]]
    assert made.carried.tolist() == [False] * 5
    assert examples(carry_state=True).carried.tolist() == [True] * 5


def test_running_text_as_examples():
    made = CharExamples.of_text(np.arange(7, dtype=np.int32), 3)
    assert [x.tolist() for x in made.inputs] == [[-1, 0, 1], [2, 3, 4], [5]]
    assert [y.tolist() for y in made.targets] == [[0, 1, 2], [3, 4, 5], [6]]
    assert made.carried.tolist() == [False, True, True]


def test_lines_are_shuffled_as_the_tutorial_did():
    names = [f"{i}" for i in range(9)]
    expected = list(names)
    np.random.RandomState(0).shuffle(expected)
    assert shuffled(names, 0) == expected
    assert names == sorted(names)


def test_the_smoothed_loss_begins_with_guessing():
    losses = []
    for length in (7, 20):
        losses += train_char_model(new_model(), examples(), 1, typical_length=length)
    assert losses[1] - losses[0] == pytest.approx(0.999 * 13 * math.log(3))
    assert examples().mean_length == sum(len(line) + 1 for line in LINES) / len(LINES)


@pytest.mark.parametrize("carry_state", [True, False])
def test_each_step_is_an_optimization_of_one_example(carry_state):
    model, by_hand = new_model(), new_model()
    made, steps = examples(carry_state), []
    found = train_char_model(model, made, 73, learning_rate=0.05, on_step=steps.append)
    state, value, expected, losses = by_hand.zero_state, 7 * math.log(3), [], []
    for step in range(73):
        place = step % 5
        state = state if carry_state else by_hand.zero_state
        x = [None if i < 0 else i for i in made.inputs[place]]
        loss, _, state = by_hand.optimize(x, made.targets[place], state, 0.05)
        value = 0.999 * value + 0.001 * loss
        losses.append(loss)
        expected.append(value)
    assert_close(found, expected)
    assert_close([step.loss for step in steps], losses)
    assert [step.words for step in steps[:5]] == [3, 5, 3, 2, 5]
    for name, parameter in model.get_parameters().items():
        assert_close(parameter, by_hand.get_parameters()[name])


def test_running_text_begins_anew_with_a_zero_state():
    text = VOCABULARY.encode("abbab" * 3)
    made = CharExamples.of_text(text, 4)
    model, by_hand = new_model(), new_model()
    train_char_model(model, made, 6, learning_rate=0.05)
    state = by_hand.zero_state
    for step in range(6):
        place = step % 4
        state = by_hand.zero_state if place == 0 else state
        x = [None if i < 0 else i for i in made.inputs[place]]
        _, _, state = by_hand.optimize(x, made.targets[place], state, 0.05)
    for name, parameter in model.get_parameters().items():
        assert_close(parameter, by_hand.get_parameters()[name])


def test_a_schedule_lowers_the_rate():
    constant, linear = new_model(), new_model()
    for model, schedule in ((constant, "constant"), (linear, "linear")):
        before = model.get_parameters()["Wy"]
        train_char_model(model, examples(), 320, learning_rate=0.01, schedule=SCHEDULES[schedule])
        model.moved = np.abs(model.get_parameters()["Wy"] - before).sum()
    assert 0.3 < linear.moved / constant.moved < 0.9


def test_evaluations_come_between():
    seen = []
    losses = train_char_model(
        new_model(), examples(), 200, evaluate_every=64, on_evaluation=seen.append
    )
    assert seen == [losses[63], losses[127], losses[191]]


def test_stopping_leaves_what_was_learned():
    losses = train_char_model(new_model(), examples(), 1000, should_stop=lambda: True)
    assert len(losses) == 32


def test_divergence_ends_in_good_parameters():
    model = new_model(CharGRU, dtype="float32")
    with pytest.raises(TrainingDiverged, match=r"by step \d+ at learning rate 1e\+38; train again"):
        train_char_model(model, examples(), 500, learning_rate=1e38)
    assert all(np.isfinite(value).all() for value in model.get_parameters().values())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"iterations": 0}, "iterations is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; give a number above 0"),
        ({"learning_rate": math.nan}, "learning_rate is nan"),
        ({"evaluate_every": 0}, "evaluate_every is 0"),
        ({"examples": CharExamples([], [], np.zeros(0))}, "no text to train on"),
    ],
)
def test_refuses_settings_that_cannot_be(settings, message):
    with pytest.raises(InputError, match=message):
        train_char_model(
            **{"model": new_model(), "examples": examples(), "iterations": 5} | settings
        )


def test_pieces_of_no_length_are_refused():
    with pytest.raises(InputError, match="length is 0"):
        CharExamples.of_text(np.arange(7), 0)
