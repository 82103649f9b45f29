"""Random search: seeded, and the same whether it is interrupted or not."""

import pytest
from rnn_graph.train.tagger_minibatches import MODERN_RECIPE

from rnn_graph.train.search import search_recipe


def score(recipe) -> float:
    """As if smaller models with a window of 5 were better."""
    return -recipe.model.hidden_dim - 10 * abs(recipe.model.window - 5)


def search(path, trials, seed=1):
    seen = []
    best = search_recipe(MODERN_RECIPE, trials, path, score, seed=seed, on_trial=seen.append)
    return best, seen


def test_the_best_of_the_trials_is_given(tmp_path):
    best, trials = search(tmp_path / "all.jsonl", 8)
    assert [trial.number for trial in trials] == list(range(1, 9))
    assert score(best) == max(trial.f1 for trial in trials)
    assert len({tuple(trial.settings.items()) for trial in trials}) == 8
    assert best.epochs == MODERN_RECIPE.epochs


def test_a_search_goes_on_where_it_stopped(tmp_path):
    together, trials = search(tmp_path / "all.jsonl", 6)
    _, first = search(tmp_path / "parts.jsonl", 2)
    resumed, rest = search(tmp_path / "parts.jsonl", 6)
    assert first + rest == trials
    assert resumed == together


def test_another_seed_tries_other_settings(tmp_path):
    _, one = search(tmp_path / "one.jsonl", 2, seed=1)
    _, other = search(tmp_path / "other.jsonl", 2, seed=10)
    assert [t.settings for t in one] != [t.settings for t in other]


def test_an_interrupted_trial_is_tried_again(tmp_path):
    def interrupt(recipe):
        raise KeyboardInterrupt

    path = tmp_path / "trials.jsonl"
    with pytest.raises(KeyboardInterrupt):
        search_recipe(MODERN_RECIPE, 1, path, interrupt, seed=1)
    _, trials = search(path, 1)
    assert [trial.number for trial in trials] == [1]
