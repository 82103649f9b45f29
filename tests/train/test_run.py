"""Runs on disk: going on, refusing another run's folder, and what is left of one that ended.

By the word tutorial's recipe in NumPy, which compiles nothing; the commands are in tests/cli.
"""

import math

import numpy as np
import pytest

from rnn_graph import RNNNumpy, load_model, train_language_model
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.train.history import read_history
from training_checks import assert_same_bits

RNG = np.random.RandomState(0)
TEXT = [[f"w{k}" for k in RNG.randint(0, 9, 6)] for _ in range(20)]


@pytest.fixture
def train(tmp_path):
    def run(out="model.npz", data=TEXT, **settings):
        defaults = {
            "epochs": 2,
            "hidden_dim": 4,
            "schedule": "constant",
            "evaluate_every": 1,
            "held_out": 0.2,
            "learning_rate": 0.1,
            "progress": False,
        }
        if out is not None:
            defaults["checkpoint_minutes"] = 0
        return train_language_model(
            data,
            recipe="tutorial",
            backend="numpy",
            out=None if out is None else tmp_path / out,
            **defaults | settings,
        )

    return run


@pytest.fixture
def interrupted(train, monkeypatch):
    """A run of four epochs that a Ctrl-C, pressed twice, ended in the third."""
    steps, step = iter(range(40)), RNNNumpy.sgd_step

    def stepping(*arguments):
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr(RNNNumpy, "sgd_step", stepping)
    with pytest.raises(KeyboardInterrupt):
        train(epochs=4)
    monkeypatch.setattr(RNNNumpy, "sgd_step", step)


def without_times(records):
    times = ("seconds", "tokens_per_second")
    return [{k: v for k, v in record.items() if k not in times} for record in records]


def test_a_run_that_was_cut_off_goes_on_to_the_same_bits(train, interrupted, tmp_path):
    model, whole = train(epochs=4, resume=True), train("whole.npz", epochs=4)
    assert_same_bits(model.get_parameters(), whole.get_parameters())
    assert without_times(model.history) == without_times(whole.history)
    histories = (read_history(tmp_path / f"{n}.run" / "history.jsonl") for n in ("model", "whole"))
    assert without_times(next(histories)) == without_times(next(histories))
    assert_same_bits(
        load_model(tmp_path / "model.npz", backend="numpy").get_parameters(),
        whole.get_parameters(),
    )


def test_an_unfinished_run_is_not_silently_overwritten(train, interrupted, tmp_path):
    def contents():
        return {path: path.read_bytes() for path in (tmp_path / "model.run").iterdir()}

    before = contents()
    with pytest.raises(InputError, match="holds an unfinished run; go on with --resume, remove"):
        train(epochs=4)
    assert contents() == before


def test_a_finished_run_may_be_extended(train):
    train(epochs=2)
    longer = train(epochs=5, resume=True)
    assert_same_bits(longer.get_parameters(), train("whole.npz", epochs=5).get_parameters())
    assert [r["epoch"] for r in longer.history] == [1, 2, 3, 4, 5]


def test_a_finished_run_takes_another_rate_and_patience(train):
    first = train(epochs=2).history
    found = train(epochs=3, learning_rate=0.02, patience=5, resume=True)
    assert [r["learning_rate"] for r in found.history] == [0.1, 0.1, 0.02]
    assert without_times(found.history[:2]) == without_times(first)


def test_a_finished_run_is_replaced_by_a_new_one(train):
    train(epochs=3)
    again = train(epochs=1)
    assert len(again.history) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_dim": 5}, "holds another run: hidden_dim is 5 and was 4; give the same settings"),
        ({"bptt_truncate": 2}, "bptt_truncate is 2 and was 4"),
        ({"data": TEXT[::-1]}, "holds another run: the data are other ones; give the same"),
        ({"data": [*TEXT, ["new"]]}, "the data are other ones"),
        ({"seed": 3}, "seed is 3 and was 0"),
    ],
)
def test_another_model_or_text_is_refused_in_words(train, changes, message):
    train(epochs=1)
    with pytest.raises(InputError, match=message):
        train(epochs=2, resume=True, **changes)


def test_where_nothing_is_training_begins_anew_and_says_so(train, capsys):
    model = train(epochs=1, resume=True, progress=True)
    assert "holds no checkpoint: training begins anew" in capsys.readouterr().err.replace("\n", "")
    assert len(model.history) == 1


def test_the_model_file_says_how_it_was_trained(train, tmp_path):
    model = train(epochs=2, tensorboard=tmp_path / "events", plot=tmp_path / "losses.png")
    loaded = load_model(tmp_path / "model.npz", backend="numpy")
    assert len(model.history) == 2
    assert {"loss", "held_out", "epoch", "is_best"} <= model.history[0].keys()
    assert (tmp_path / "losses.png").read_bytes().startswith(b"\x89PNG")
    assert list((tmp_path / "events").iterdir())
    assert_same_bits(loaded.get_parameters(), model.get_parameters())


def test_a_divergence_leaves_the_best_model_and_says_where(train, tmp_path, monkeypatch):
    steps, step = iter(range(40)), RNNNumpy.sgd_step

    def stepping(*arguments):
        loss = step(*arguments)
        return math.nan if next(steps, None) is None else loss

    monkeypatch.setattr(RNNNumpy, "sgd_step", stepping)
    with pytest.raises(TrainingDiverged, match=r"model\.npz holds the best model\)"):
        train(epochs=4)
    monkeypatch.undo()
    best = train(None, epochs=2)
    assert_same_bits(
        load_model(tmp_path / "model.npz", backend="numpy").get_parameters(),
        best.get_parameters(),
    )


def test_of_a_run_that_could_not_begin_no_folder_is_left(train, tmp_path):
    with pytest.raises(InputError):
        train(data=[])
    assert list(tmp_path.iterdir()) == []


def test_what_belongs_to_a_run_wants_a_file(train, tmp_path):
    for options in ({"resume": True}, {"plot": tmp_path / "a.png"}, {"tensorboard": tmp_path}):
        with pytest.raises(InputError, match=r"belong to a run that is kept; give out too"):
            train(None, **options)
    with pytest.raises(InputError, match="checkpoint_minutes is -1"):
        train(checkpoint_minutes=-1)
