import numpy as np
import pytest

from language_models import (
    START,
    character_model,
    plain_log_probabilities,
    random_ids,
    random_sentences,
    word_model,
)
from rnn_graph.errors import InputError
from rnn_graph.predict import scoring as language_scoring
from rnn_graph.predict.scoring import score_tokens
from tolerances import assert_close


def losses_after(model, before, ids):
    rows = plain_log_probabilities(
        model.config, model.get_parameters(), np.concatenate([[before], ids[:-1]])
    )
    return -rows[np.arange(len(ids)), ids]


def test_a_short_text_is_scored_in_one_go():
    model, ids = character_model(), random_ids(250)
    score = score_tokens(model, ids)
    assert_close(score.loss, losses_after(model, model.start_id, ids).mean())
    assert score.tokens == 250
    assert score.bits == pytest.approx(score.loss / np.log(2))


def test_columns_begin_with_the_token_before_them(monkeypatch):
    monkeypatch.setattr(language_scoring, "SHORTEST_COLUMN", 30)
    model, ids = character_model(), random_ids(130)  # four columns of 33
    total = sum(
        losses_after(
            model, ids[begin - 1] if begin else model.start_id, ids[begin : begin + 33]
        ).sum()
        for begin in range(0, 130, 33)
    )
    score = score_tokens(model, ids)
    assert score.tokens == 130
    assert_close(score.nats, total)


@pytest.mark.parametrize("context", ["text", "sentence"])
def test_words_count_without_starts_and_unknown_ones_apart(context, monkeypatch):
    monkeypatch.setattr(language_scoring, "STEPS_A_CALL", 4)
    model, ids = word_model(context=context), random_sentences(30)
    whole = context == "text"
    parts = [ids] if whole else np.split(ids, np.flatnonzero(ids == START)[1:])
    losses = np.concatenate([[0.0, *losses_after(model, START, part[1:])] for part in parts])
    counted = ids != START
    unknown = ids == model.vocabulary.unknown_id
    score = score_tokens(model, ids).as_text_score()
    assert_close(score.loss, losses[counted].mean())
    assert score.words == counted.sum()
    assert score.unknown_share == pytest.approx(unknown.sum() / counted.sum())
    assert score.known_perplexity == pytest.approx(np.exp(losses[counted & ~unknown].mean()))


def test_nothing_to_predict_is_refused():
    with pytest.raises(InputError, match="no token to predict"):
        score_tokens(word_model(), np.array([START, START]))
