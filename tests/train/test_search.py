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


def other_files(tmp_path):
    path = tmp_path / "good.jsonl"
    searched(path, 2)
    header, first, second = path.read_bytes().splitlines(keepends=True)
    wrong = {
        "notes": b"my notes\n",
        "another program's journal": b'{"op_code": 0, "worker_id": "x", "study_name": "s"}\n',
        "a list": b"[]\n",
        "another version": b'{"format": "rnn-graph search 2"}\n',
        "bytes": b"\xff\xfe\0\0",
        "deep": b"[" * 100_000 + b"\n",
        "a score of NaN": header + first.replace(b'"score": -', b'"score": NaN, "x": -'),
        "a score of text": header + first.replace(b'"score": ', b'"score": "a", "x": '),
        "no settings": header + b'{"score": 1}\n' + second,
        "another cell": header + first.replace(b'"cell": "', b'"cell": "x'),
        "a huge size": header + first.replace(b'"window": ', b'"window": ' + b"9" * 400),
    }
    return wrong, header, first, second


def test_another_file_is_refused_and_stays_as_it_was(tmp_path):
    wrong, *_ = other_files(tmp_path)
    for name, content in wrong.items():
        path = tmp_path / "notes.txt"
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"no journal of a search|no trial of a search"):
            searched(path, 3)
        assert path.read_bytes() == content, name


def test_a_line_that_was_cut_off_is_tried_again(tmp_path):
    _, header, first, second = other_files(tmp_path)
    path = tmp_path / "cut.jsonl"
    path.write_bytes(header + first + second[: len(second) // 2])
    assert [number for number, _, _ in searched(path, 2)[1]] == [2]
    assert path.read_bytes() == header + first + second
