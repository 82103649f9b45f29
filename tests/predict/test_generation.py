import numpy as np
import pytest

from rnn_graph import RNNNumpy, RNNTheano, Vocabulary, generate_sentence
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, UNKNOWN_TOKEN
from rnn_graph.errors import InputError
from rnn_graph.predict.sampling import sample_from_logits

WORDS = [SENTENCE_START, SENTENCE_END, "a", "b", "c", UNKNOWN_TOKEN]
VOCABULARY = Vocabulary(WORDS)


class Scripted:
    """A language model with the same next-word probabilities after every word."""

    def __init__(self, **probabilities):
        self.vocabulary = VOCABULARY
        self.word_dim = len(WORDS)
        with np.errstate(divide="ignore"):
            self.logits = np.log([probabilities.get(word, 0.0) for word in WORDS])
        self.calls = []

    def next_word_logits(self, word, state=None):
        self.calls.append((WORDS[word], state))
        return self.logits, (state or 0) + 1


def test_begins_with_the_start_marker_and_carries_the_state():
    model = Scripted(a=1.0)
    assert generate_sentence(model, max_length=7) == ["a"] * 7
    assert model.calls[:3] == [(SENTENCE_START, None), ("a", 1), ("a", 2)]
    assert len(model.calls) == 7  # one call a word: linear time


def test_a_prompt_is_heard_once_and_stands_in_the_sentence():
    model = Scripted(b=0.9, SENTENCE_END=0.1)
    words = generate_sentence(model, prompt=["a", "stranger"], min_length=0, rng=0)
    assert words[:2] == ["a", "stranger"]
    assert [word for word, _ in model.calls[:3]] == [SENTENCE_START, "a", UNKNOWN_TOKEN]


def test_never_says_the_unknown_token_or_the_start_marker():
    model = Scripted(a=0.01, UNKNOWN_TOKEN=0.59, SENTENCE_START=0.4)
    assert generate_sentence(model, rng=0) == ["a"] * 100


def test_short_sentences_are_drawn_again_and_long_ones_cut():
    model = Scripted(a=0.5, SENTENCE_END=0.5)
    lengths = [len(generate_sentence(model, min_length=3, max_length=5, rng=i)) for i in range(40)]
    assert set(lengths) == {3, 4, 5}


def test_says_so_where_no_sentence_gets_long_enough():
    with pytest.raises(InputError, match="no sentence of 7 words in 1000 draws"):
        generate_sentence(Scripted(SENTENCE_END=1.0), rng=0)
    with pytest.raises(InputError, match="in 1 draws"):
        generate_sentence(Scripted(SENTENCE_END=0.6, a=0.4), temperature=0)


def test_draws_follow_the_probabilities():
    rng = np.random.RandomState(0)
    logits = np.log([0.5, 0.2, 0.2, 0.1])
    counts = np.bincount([sample_from_logits(logits, rng) for _ in range(20_000)], minlength=4)
    assert abs(counts / 20_000 - [0.5, 0.2, 0.2, 0.1]).max() < 0.015


def test_temperature_sharpens_top_k_and_top_p_cut():
    rng = np.random.RandomState(0)
    logits = np.log([0.5, 0.25, 0.15, 0.1])

    def share(**settings):
        draws = [sample_from_logits(logits, rng, **settings) for _ in range(5000)]
        return np.bincount(draws, minlength=4) / 5000

    squares = np.array([0.5, 0.25, 0.15, 0.1]) ** 2
    assert abs(share(temperature=0.5) - squares / squares.sum()).max() < 0.03
    assert abs(share(top_k=2) - [2 / 3, 1 / 3, 0, 0]).max() < 0.03
    assert abs(share(top_p=0.7) - [2 / 3, 1 / 3, 0, 0]).max() < 0.03
    assert (share(top_p=0.01) == [1, 0, 0, 0]).all()
    assert (share(temperature=0) == [1, 0, 0, 0]).all()
    assert share(forbidden=[0])[0] == 0


def test_float32_logits_of_any_size_can_be_drawn_from():
    """Their softmax in float32 can sum to more than one, on which the old sampling crashed."""
    rng = np.random.RandomState(0)
    logits = rng.standard_normal(8000).astype(np.float32) * 300
    assert sample_from_logits(logits, rng) == logits.argmax()


def test_the_same_seed_gives_the_same_sentence_from_both_models():
    sentences = {
        tuple(generate_sentence(model, rng=5, min_length=1))
        for model in (
            RNNNumpy(6, 4, rng=2, vocabulary=VOCABULARY),
            RNNTheano(6, 4, rng=2, vocabulary=VOCABULARY, backend="jax", dtype="float64"),
        )
    }
    assert len(sentences) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -1}, "temperature is -1"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"top_k": 0}, "top_k is 0"),
        ({"top_p": 0}, "top_p is 0"),
        ({"top_p": 1.5}, "top_p is 1.5"),
        ({"min_length": 9, "max_length": 5}, "min_length 9 and max_length 5"),
        ({"min_length": 0, "max_length": 1, "prompt": ["a"]}, "prompt has 1 words"),
        ({"vocabulary": Vocabulary(["a", UNKNOWN_TOKEN])}, "2 words and the model 6"),
    ],
)
def test_refuses_settings_that_cannot_be(settings, message):
    with pytest.raises(InputError, match=message):
        generate_sentence(Scripted(a=1.0), **settings)


def test_refuses_a_model_without_words():
    with pytest.raises(InputError, match="no vocabulary"):
        generate_sentence(RNNNumpy(6, 4))


class DrawnBefore:
    """Gives out uniform numbers that were drawn before."""

    def __init__(self, numbers):
        self.numbers = list(numbers)

    def random(self, size=()):
        count = int(np.prod(size))
        drawn, self.numbers = self.numbers[:count], self.numbers[count:]
        return np.array(drawn).reshape(size)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"temperature": 0},
        {"temperature": 0.3},
        {"top_k": 3},
        {"top_k": 50},
        {"top_p": 0.7},
        {"top_p": 1.0},
        {"forbidden": [1]},
        {"top_k": 4, "top_p": 0.5, "temperature": 2.0},
    ],
    ids=str,
)
def test_rows_of_logits_are_drawn_from_one_by_one(settings):
    rng = np.random.RandomState(4)
    logits, numbers = 2 * rng.standard_normal((5, 20, 8)), rng.random_sample(100)
    found = sample_from_logits(logits, DrawnBefore(numbers), **settings)
    one_by_one = DrawnBefore(numbers)
    rows = logits.reshape(-1, 8)
    expected = [sample_from_logits(row, one_by_one, **settings) for row in rows]
    assert found.shape == (5, 20)
    assert found.ravel().tolist() == expected
