"""The tutorial's training run: both models take the course whose losses stand here."""

from functools import cache

import pytest

from rnn_graph import RNNNumpy, RNNTheano, train_with_sgd
from rnn_graph.data.padding import next_word_pairs
from rnn_graph.data.sentences import Corpus, read_sentences
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START
from rnn_graph.datasets import comment_corpus
from rnn_graph.errors import InputWarning

COMMENTS = "reddit/reddit-comments-2015-08.first835.csv"
MODELS = [
    pytest.param(lambda *sizes: RNNNumpy(*sizes, rng=10), id="numpy"),
    pytest.param(
        lambda *sizes: RNNTheano(*sizes, rng=10, backend="jax", dtype="float64"), id="jax"
    ),
]


@pytest.mark.parametrize("model", MODELS)
def test_course_on_embedded_sentences(model):
    drawn = comment_corpus(30, 1, rng=0).train
    corpus = Corpus([(SENTENCE_START, *words, SENTENCE_END) for words in drawn])
    X, y = next_word_pairs(corpus.encode(corpus.vocabulary(100)))
    losses = train_with_sgd(model(100, 20, 4), X, y, 0.02, nepoch=10, evaluate_loss_after=2)
    assert [seen for seen, _ in losses] == [0, 60, 120, 180, 240]
    assert [loss for _, loss in losses] == pytest.approx(
        [4.603803, 4.522415, 3.912653, 3.706309, 3.550109], abs=1e-6
    )


@cache
def comments(path):
    """The corpus of a file that was cut off."""
    with pytest.warns(InputWarning, match="cut off"):
        return Corpus(read_sentences(path))


@pytest.mark.parametrize("model", MODELS)
def test_course_on_the_tutorials_comments(real_data, model):
    corpus = comments(real_data(COMMENTS))
    X, y = next_word_pairs(corpus.encode(corpus.vocabulary(1000)))
    losses = train_with_sgd(model(1000, 20, 4), X[:20], y[:20], 0.02, 10, 2)
    assert [loss for _, loss in losses] == pytest.approx(
        [6.908909, 6.188918, 4.786234, 4.474090, 4.305853], abs=1.5e-6
    )


def test_the_first_loss_on_the_tutorials_comments(real_data):
    corpus = comments(real_data(COMMENTS))
    X, y = next_word_pairs(corpus.encode(corpus.vocabulary(8000)))
    loss = RNNTheano(8000, rng=10, backend="jax").calculate_loss(X[:1000], y[:1000])
    assert loss == pytest.approx(8.987359, abs=2e-6)
