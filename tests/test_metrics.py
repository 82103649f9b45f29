import math

import numpy as np
import pytest

from rnn_graph.errors import InputError
from rnn_graph.metrics import perplexity, score_text


def test_perplexity_of_guessing_among_v_words_is_v():
    assert perplexity(math.log(8000)) == pytest.approx(8000)
    assert perplexity(0) == 1
    assert perplexity(1e6) == math.inf


def test_scores_with_and_without_unknown_words():
    losses = {2: 1.0, 3: 2.0, 9: 6.0}
    score = score_text(
        lambda x, y: np.array([losses[word] for word in y]),
        X=[np.array([0, 2]), np.array([0, 3])],
        Y=[np.array([2, 3]), np.array([9, 2])],
        unknown_id=9,
    )
    assert score.loss == pytest.approx(10 / 4)
    assert score.perplexity == pytest.approx(math.exp(10 / 4))
    assert (score.words, score.unknown_share) == (4, 0.25)
    assert score.known_perplexity == pytest.approx(math.exp(4 / 3))


def test_a_text_of_unknown_words_alone_has_no_other_perplexity():
    score = score_text(lambda x, y: np.ones(1), [np.array([0])], [np.array([9])], 9)
    assert math.isnan(score.known_perplexity)
    assert score.unknown_share == 1


def test_refuses_to_score_nothing():
    with pytest.raises(InputError, match="no sentence"):
        score_text(lambda x, y: np.ones(1), [], [], 9)
