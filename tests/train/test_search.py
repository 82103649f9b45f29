"""Random search: seeded, and the same whether it is interrupted or not."""

from types import SimpleNamespace

import pytest

from rnn_graph.errors import InputError
from rnn_graph.train import search as search_module
from rnn_graph.train.fit import Computing
from rnn_graph.train.recipes import find_recipe
from rnn_graph.train.search import search, searched_settings


def score(settings) -> float:
    """As if smaller models with a window of 5 were better."""
    return -settings["hidden_dim"] - 10 * abs(settings["window"] - 5)


def searched(path, trials, seed=1, evaluate=score):
    seen = []
    best = search(trials, path, evaluate, seed=seed, tell=lambda *trial: seen.append(trial))
    return best, seen


def test_the_best_of_the_trials_is_given(tmp_path):
    best, trials = searched(tmp_path / "all.jsonl", 8)
    assert [number for number, _, _ in trials] == list(range(1, 9))
    assert score(best) == max(found for _, _, found in trials)
    assert len({tuple(settings.items()) for _, settings, _ in trials}) == 8
    assert best["embedding_dropout"] == best["dropout"]
    assert find_recipe("tagger", "modern").changed(**best)


def test_a_search_goes_on_where_it_stopped(tmp_path):
    together, trials = searched(tmp_path / "all.jsonl", 6)
    _, first = searched(tmp_path / "parts.jsonl", 2)
    resumed, rest = searched(tmp_path / "parts.jsonl", 6)
    assert first + rest == trials
    assert resumed == together


def test_another_seed_tries_other_settings(tmp_path):
    _, one = searched(tmp_path / "one.jsonl", 2, seed=1)
    _, other = searched(tmp_path / "other.jsonl", 2, seed=10)
    assert [settings for _, settings, _ in one] != [settings for _, settings, _ in other]


def test_an_interrupted_trial_is_tried_again(tmp_path):
    def interrupt(settings):
        raise KeyboardInterrupt

    path = tmp_path / "trials.jsonl"
    with pytest.raises(KeyboardInterrupt):
        searched(path, 1, evaluate=interrupt)
    _, trials = searched(path, 1)
    assert [number for number, _, _ in trials] == [1]


def test_each_trial_is_a_training_and_what_was_given_is_not_searched(tmp_path, monkeypatch):
    tried = []

    def fit(data, recipe, settings, **options):
        tried.append((settings, options["held_out"]))
        return None, SimpleNamespace(held_out={"f1": 0.0, "accuracy": 70.0, "phrases": 0})

    monkeypatch.setattr(search_module, "fit_tagger", fit)
    said = []
    found = searched_settings(
        [],
        find_recipe("tagger", "modern"),
        {"epochs": 2, "seed": 4},
        trials=2,
        path=tmp_path / "trials.jsonl",
        computing=Computing(),
        say=said.append,
        held_out=0.2,
    )
    assert all(s["epochs"] == 2 and s["seed"] == 4 and held == 0.2 for s, held in tried)
    assert found.items() <= tried[0][0].items()  # the first of equals
    assert said[0].startswith("trial 1 of 2: validation score 70.00 with cell ")


def test_published_recipes_are_not_searched(tmp_path):
    with pytest.raises(InputError, match="a published recipe has its own; give --recipe modern"):
        searched_settings(
            [],
            find_recipe("tagger", "word"),
            {},
            trials=1,
            path=tmp_path / "t",
            computing=Computing(),
            say=print,
        )
