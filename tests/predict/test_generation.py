import numpy as np
import pytest

from rnn_graph import RNNNumpy, RNNTheano, Vocabulary, generate_sentence
from rnn_graph.data.splitting import Splitting
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, UNKNOWN_TOKEN
from rnn_graph.errors import InputError, InputWarning
from rnn_graph.predict.generation import generate

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


class Whitespaced(Scripted):
    vocabulary = Vocabulary(WORDS, Splitting(tokenizer="whitespace", lowercase=False))

    def __init__(self, **probabilities):
        super().__init__(**probabilities)
        self.vocabulary = Whitespaced.vocabulary


def test_generate_draws_sentences_and_splits_prompts_as_the_model_was_trained():
    model = Whitespaced(a=0.5, SENTENCE_END=0.5)
    sentences = generate(model, 5, min_length=2, max_length=4, rng=1)
    assert sentences == generate(model, 7, min_length=2, max_length=4, rng=1)[:5]
    assert {len(sentence.split()) for sentence in sentences} <= {2, 3, 4}
    with pytest.warns(InputWarning, match="does not know a's, A; it takes them as unknown"):
        (sentence,) = generate(model, 1, prompt="a's A <unk>", max_length=5, min_length=0, rng=1)
    assert sentence.split()[:3] == ["a's", "A", UNKNOWN_TOKEN]
    model.calls.clear()
    generate(model, 3, prompt="b c", max_length=5, min_length=0, rng=1)
    assert [word for word, _ in model.calls].count("b") == 1  # the prompt is heard once


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n": 0}, "n is 0"),
        ({"unique": True}, "only lines can be unique"),
        ({"temperature": -1}, "temperature is -1"),
        ({"prompt": "a b", "max_length": 2, "min_length": 0}, "the prompt has 2 words"),
    ],
)
def test_generate_refuses_settings_that_cannot_be(settings, message):
    with pytest.raises(InputError, match=message):
        generate(Scripted(a=1.0), **settings)
