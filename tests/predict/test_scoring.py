"""One score for every language model, against plain NumPy loops and the tutorials' references."""

import json
import math

import numpy as np
import pytest

from language_models import (
    START,
    WORDS,
    character_model,
    plain_log_probabilities,
    random_ids,
    random_sentences,
    word_model,
)
from rnn_graph import CharVocabulary, RNNNumpy
from rnn_graph.errors import InputError
from rnn_graph.predict import scoring
from rnn_graph.predict.scoring import Score, score_text
from rnn_graph.tutorials.char_rnn import CharGRU
from tolerances import assert_close

LINES = CharVocabulary.of_lines(["ab"])  # newline, a, b


def losses_after(model, before, ids):
    """−ln p of each of `ids` in one stream from the zero state."""
    rows = plain_log_probabilities(
        model.config, model.get_parameters(), np.concatenate([[before], ids[:-1]])
    )
    return -rows[np.arange(len(ids)), ids]


@pytest.mark.parametrize("length", [3, 130])
def test_a_text_is_one_stream_read_in_pieces(length, monkeypatch):
    monkeypatch.setattr(scoring, "LONGEST_PIECE", 40)
    model, ids = character_model(), random_ids(length)
    score = score_text(model, ids)
    assert score.tokens == length
    assert_close(score.nats, losses_after(model, model.start_id, ids).sum())


@pytest.mark.parametrize("context", ["text", "sentence"])
def test_words_count_without_starts_and_unknown_ones_apart(context, monkeypatch):
    monkeypatch.setattr(scoring, "STEPS_A_CALL", (4, 6))
    model, ids = word_model(context=context), random_sentences(30)
    parts = [ids] if context == "text" else np.split(ids, np.flatnonzero(ids == START)[1:])
    losses = np.concatenate([[0.0, *losses_after(model, START, part[1:])] for part in parts])
    counted, unknown = ids != START, ids == model.vocabulary.unknown_id
    score = score_text(model, ids)
    assert (score.tokens, score.unknown_tokens) == (counted.sum(), unknown.sum())
    assert_close(score.nats, losses[counted].sum())
    assert_close(score.unknown_nats, losses[unknown].sum())
    assert_close(score.known_perplexity, np.exp(losses[counted & ~unknown].mean()))


def test_a_text_without_its_first_start_marker_is_read_after_one():
    model, ids = word_model(), random_sentences(3)
    assert score_text(model, ids) == score_text(model, ids[1:])


def test_the_tutorials_word_models_score_sentence_by_sentence():
    model, ids = RNNNumpy(6, 5, rng=1, vocabulary=WORDS), random_sentences(20)
    sentences = np.split(ids, np.flatnonzero(ids == START)[1:])
    score = score_text(model, ids)
    X, y = [s[:-1] for s in sentences], [s[1:] for s in sentences]
    assert score.loss == pytest.approx(model.calculate_loss(X, y), rel=1e-12)
    assert score.tokens == len(ids) - 20
    assert score.unknown_share == pytest.approx((ids == WORDS.unknown_id).sum() / score.tokens)


def total_of(model, ids):
    """−Σ ln p by `loss_and_gradients`, which is held against the reference."""
    return model.loss_and_gradients([None, *ids[:-1]], ids, model.zero_state)[0]


def test_lines_are_scored_one_by_one_from_the_zero_state(monkeypatch):
    monkeypatch.setattr(scoring, "STEPS_A_CALL", (3, 5))
    model = CharGRU(3, 4, vocabulary=LINES, rng=0, dtype="float64", backend="jax")
    lines = [[1], [1, 2, 2], [2, 1, 1, 2, 1, 2, 2, 1], []]
    ids = np.concatenate([[0], *([*line, 0] for line in lines)]).astype(np.int32)
    score = score_text(model, ids)
    assert score.tokens == sum(len(line) + 1 for line in lines)
    assert_close(score.nats, sum(total_of(model, [*line, 0]) for line in lines))


@pytest.mark.parametrize("length", [1, 103])
def test_running_text_of_the_tutorials_is_scored_as_one(length, monkeypatch):
    monkeypatch.setattr(scoring, "LONGEST_PIECE", 25)
    vocabulary = CharVocabulary.of_text(["ab\n"])
    model = CharGRU(3, 4, vocabulary=vocabulary, rng=0, dtype="float64", backend="jax")
    ids = random_ids(length, 3)
    score = score_text(model, ids)
    assert score.tokens == length
    assert_close(score.nats, total_of(model, ids.tolist()))


def test_characters_that_are_not_known_are_left_out_and_counted():
    model = character_model()
    ids = np.array([3, -1, 4, -1, -1, 5], dtype=np.int32)
    rows = plain_log_probabilities(model.config, model.get_parameters(), [0, 3, 0, 4, 0, 0])
    score = score_text(model, ids)
    assert (score.tokens, score.left_out, score.unknown_share) == (3, 3, 0.5)
    assert_close(score.nats, -rows[[0, 2, 5], [3, 4, 5]].sum())


def test_figures_of_a_score():
    score = Score(nats=10.0, tokens=4, unknown_nats=6.0, unknown_tokens=1, has_words=True)
    assert (score.loss, score.unknown_share) == (2.5, 0.25)
    assert score.perplexity == pytest.approx(math.exp(2.5))
    assert score.bits == pytest.approx(2.5 / math.log(2))
    assert score.known_perplexity == pytest.approx(math.exp(4 / 3))
    names = {"loss", "perplexity", "bits", "tokens", "unknown_share"}
    assert set(score.as_dict()) == names | {"known_perplexity"}
    assert set(Score(nats=1.0, tokens=1).as_dict()) == names


def test_a_text_of_unknown_words_alone_has_no_other_perplexity():
    score = Score(nats=1.0, tokens=1, unknown_nats=1.0, unknown_tokens=1, has_words=True)
    assert math.isnan(score.known_perplexity)
    assert json.loads(json.dumps(score.as_dict(), allow_nan=False))["known_perplexity"] is None


def test_nothing_to_predict_is_refused():
    with pytest.raises(InputError, match="no token to predict"):
        score_text(word_model(), np.array([START, START]))
    with pytest.raises(InputError, match="no vocabulary"):
        score_text(RNNNumpy(6, 4), np.array([0, 1]))
