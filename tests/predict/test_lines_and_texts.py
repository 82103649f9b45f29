"""Lines and texts from models whose predictions are written by hand."""

import numpy as np
import pytest

from rnn_graph import (
    CharVocabulary,
    LanguageModel,
    load_model,
    save_model,
    train_language_model,
)
from rnn_graph.errors import InputError, InputWarning
from rnn_graph.predict.generation import generate, generate_lines, generate_texts
from rnn_graph.tutorials.char_rnn import CharRNN

LINES = CharVocabulary.of_lines(["abc"])  # newline, a, b, c
END, A, B, C = range(4)
ALMOST_NEVER = -60.0


class Chain:
    """A model that goes from character to character with given probabilities."""

    def __init__(self, transitions, vocabulary=LINES):
        self.vocabulary = vocabulary
        # The last row is that before the first character. Lines that ended go on, too.
        self._logits = np.full((len(vocabulary) + 1, len(vocabulary)), ALMOST_NEVER)
        for before, after in transitions.items():
            for character, p in after.items():
                self._logits[-1 if before is None else before, character] = np.log(p)

    def zero_states(self, texts):
        return [np.zeros(texts)]

    def next_logits(self, ids, states):
        return self._logits[ids], states


BRANCHING = {None: {A: 0.5, B: 0.5}, A: {END: 0.25, B: 0.75}, B: {END: 1.0}}


def test_lines_come_with_their_probabilities():
    lines = list(generate_lines(Chain(BRANCHING), 20_000, rng=1))
    shares = {line: lines.count(line) / 20_000 for line in set(lines)}
    assert set(shares) == {"a", "ab", "b"}
    for line, p in {"a": 0.125, "ab": 0.375, "b": 0.5}.items():
        assert abs(shares[line] - p) < 0.015


def test_the_first_lines_do_not_depend_on_how_many_are_drawn():
    model = Chain(BRANCHING)
    many = list(generate_lines(model, 100, rng=3))
    assert list(generate_lines(model, 5, rng=3)) == many[:5]
    assert list(generate_lines(model, 100, rng=4)) != many


def test_temperature_zero_takes_the_likeliest():
    model = Chain({None: {A: 0.4, B: 0.6}, A: {END: 1}, B: {C: 0.9, END: 0.1}, C: {END: 1}})
    assert list(generate_lines(model, 3, temperature=0, rng=1)) == ["bc"] * 3


def test_a_prompt_stands_first_and_is_heard():
    model = Chain({None: {B: 1}, A: {C: 1}, B: {END: 1}, C: {END: 1}})
    assert set(generate_lines(model, 10, prompt="a", rng=1)) == {"ac"}


def test_long_lines_are_cut_and_short_ones_drawn_again():
    model = Chain({None: {A: 1}, A: {A: 0.5, END: 0.5}})
    lengths = [len(line) for line in generate_lines(model, 300, min_length=2, max_length=4, rng=1)]
    assert set(lengths) == {2, 3, 4}


def test_unique_lines_are_new_and_come_once():
    anything = {A: 0.3, B: 0.3, C: 0.3, END: 0.1}
    model = Chain({None: anything, A: anything, B: anything, C: anything})
    lines = list(generate_lines(model, 500, unique=True, rng=1))
    assert len(set(lines)) == 500
    assert "abc" not in lines
    assert "abc" in list(generate_lines(model, 5000, rng=1))


@pytest.mark.parametrize("temperature", [0, 1])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"unique": True}, "were not new; ask for fewer lines, raise the maximum length, or"),
        ({"min_length": 4}, "were too short; lower the minimum length, or raise"),
    ],
)
def test_where_no_line_can_be_used_it_says_why(temperature, settings, message):
    model = Chain({None: {A: 1}, A: {B: 1}, B: {C: 1}, C: {END: 1}})
    with pytest.raises(InputError, match=message):
        list(generate_lines(model, 1, temperature=temperature, rng=1, **settings))


def test_one_line_cannot_come_twice():
    with pytest.raises(InputError, match="temperature 0 gives one line only; ask for 1 instead of"):
        list(generate_lines(Chain(BRANCHING), 2, unique=True, temperature=0))


def test_a_model_that_remembers_no_lines_cannot_leave_them_out():
    model = Chain(BRANCHING, CharVocabulary(LINES.symbols))
    with pytest.raises(InputError, match="does not say which lines it has seen"):
        list(generate_lines(model, 1, unique=True))


TEXT = CharVocabulary.of_text(["abc"])


def test_running_text_has_its_length():
    model = Chain({None: {0: 1}, 0: {1: 1}, 1: {2: 1}, 2: {0: 1}}, TEXT)
    assert list(generate_texts(model, 2, max_length=7, rng=1)) == ["abcabca"] * 2
    assert list(generate_texts(model, 1, prompt="bc", max_length=5, rng=1)) == ["bcabc"]


def test_the_first_texts_do_not_depend_on_how_many_are_drawn():
    anything = {0: 0.3, 1: 0.3, 2: 0.4}
    model = Chain({None: anything, 0: anything, 1: anything, 2: anything}, TEXT)
    many = list(generate_texts(model, 3, max_length=20, rng=1))
    assert list(generate_texts(model, 1, max_length=20, rng=1)) == many[:1]
    assert len(set(many)) == 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -1}, "temperature is -1"),
        ({"top_k": 0}, "top_k is 0"),
        ({"top_p": 2}, "top_p is 2"),
        ({"max_length": 0, "min_length": 0}, "max_length is 0"),
        ({"min_length": 5, "max_length": 4}, "min_length 5 and max_length 4"),
        ({"prompt": "abc", "max_length": 3}, r"the prompt has 3 characters; raise max_length \(3"),
        ({"prompt": "ad"}, r"never saw 'd' \(U\+0064\)"),
        ({"prompt": "a\nb"}, "goes over a line's end"),
        ({"prompt": "a\ud800"}, "lone surrogate"),
    ],
)
def test_refuses_settings_that_cannot_be(settings, message):
    with pytest.raises(InputError, match=message):
        list(generate_lines(Chain(BRANCHING), 1, rng=1, **settings))


def test_refuses_the_other_kind_of_model():
    with pytest.raises(InputError, match="the model is one of texts; it draws no lines"):
        list(generate_lines(Chain({}, TEXT), 1))
    with pytest.raises(InputError, match="the model is one of lines; it draws no texts"):
        list(generate_texts(Chain({}), 1))
    with pytest.raises(InputError, match="has no characters"):
        list(generate_texts(CharRNN(3, 4), 1))


def test_generate_draws_what_the_vocabulary_is_of():
    lines = Chain(BRANCHING)
    assert generate(lines, 5, rng=3) == list(generate_lines(lines, 5, rng=3))
    assert generate(lines, 1, prompt="a", unique=True, rng=3)[0].startswith("a")
    text = Chain({None: {0: 1}, 0: {1: 1}, 1: {2: 1}, 2: {0: 1}}, TEXT)
    assert generate(text, 2, max_length=5) == ["abcab"] * 2
    assert [len(t) for t in generate(text, 1)] == [1000]
    with pytest.raises(InputError, match="leave out min_length"):
        generate(text, 1, min_length=3)


def test_a_language_model_of_lines_draws_lines_and_is_saved_with_them(tmp_path):
    vocabulary = CharVocabulary.of_lines(["abc", "cab"], lowercase=True)
    model = LanguageModel(vocabulary, hidden_dim=4, rng=0, dtype="float64")
    assert model.start_id == vocabulary["\n"]
    lines = generate(model, 3, unique=True, max_length=6, rng=1)
    assert len(set(lines)) == 3
    assert all(line and "\n" not in line for line in lines)
    save_model(tmp_path / "m.npz", model)
    loaded = load_model(tmp_path / "m.npz")
    assert loaded.vocabulary == vocabulary
    assert loaded.vocabulary.has_seen("ABC")
    assert generate(loaded, 3, unique=True, max_length=6, rng=1) == lines


@pytest.mark.parametrize("unit", ["line", "text"])
def test_characters_of_a_prompt_that_are_not_known_are_left_out_or_refused(unit):
    model = train_language_model(
        ["abcabcabc"] * 20, unit=unit, epochs=1, hidden_dim=4, progress=False, backend="jax"
    )
    with pytest.warns(InputWarning, match=r"does not know 'd' \(U\+0064\) of the prompt; left out"):
        (text,) = model.generate(1, prompt="adb", max_length=8, rng=0)
    assert text.startswith("ab")
    with pytest.raises(InputError, match=r"'d' .* leave them out, or leave out --unknown error"):
        model.generate(1, prompt="adb", unknown="error")
