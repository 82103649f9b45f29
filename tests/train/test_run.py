"""Runs on disk: going on, refusing another run's folder, and what is left of one that ended.

By the word tutorial's recipe in NumPy, which compiles nothing; the commands are in tests/cli.
"""

import errno
import math
import os
import threading

import numpy as np
import pytest

from rnn_graph import RNNNumpy, load_model, train_language_model
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.models import registry
from rnn_graph.train import checkpoints
from rnn_graph.train import run as run_module
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


def fails_while(full, write, error=errno.ENOSPC):
    """`write`, which finds no space while `full` says so."""

    def writing(path, *arguments, **options):
        if full(path):
            try:
                raise OSError(error, os.strerror(error))
            except OSError as cause:
                raise InputError(f"cannot write {path}: {cause.strerror}") from cause
        return write(path, *arguments, **options)

    return writing


def test_a_full_disk_costs_one_warning_and_the_model_waits_for_space(
    train, tmp_path, monkeypatch, capsys
):
    waits = []
    monkeypatch.setattr(run_module.time, "sleep", waits.append)
    write = fails_while(lambda _: len(waits) < 3, checkpoints.write_model_file)
    monkeypatch.setattr(checkpoints, "write_model_file", write)
    write = fails_while(lambda _: len(waits) < 3, registry.write_model_file)
    monkeypatch.setattr(registry, "write_model_file", write)
    model = train(progress=True)
    said = " ".join(capsys.readouterr().err.split())
    for what in ("no checkpoint was written", "the model was not written", "waits for space"):
        assert said.count(what) == 1
    assert "No space left on device" in said
    assert len(waits) == 3
    kept = load_model(tmp_path / "model.npz", backend="numpy")
    assert_same_bits(kept.get_parameters(), model.get_parameters())


@pytest.mark.parametrize("error", [errno.EACCES, errno.ENOSPC])
def test_a_model_that_can_never_be_written_ends_the_run(train, monkeypatch, error):
    clock = iter(range(0, 10**7, 500))
    monkeypatch.setattr(run_module.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(run_module.time, "sleep", lambda _: None)
    write = fails_while(lambda _: True, registry.write_model_file, error)
    monkeypatch.setattr(registry, "write_model_file", write)
    with pytest.raises(InputError, match=os.strerror(error)):
        train()


def test_where_the_text_is_gone_the_model_of_that_moment_is_kept(train, tmp_path, monkeypatch):
    steps, step = iter(range(30)), RNNNumpy.sgd_step

    def stepping(*arguments):
        if next(steps, None) is None:
            raise InputError("tokens was changed while it was read")
        return step(*arguments)

    monkeypatch.setattr(RNNNumpy, "sgd_step", stepping)
    with pytest.raises(InputError, match=r"was changed.*; .*model\.npz holds the model of that"):
        train(epochs=4)
    assert load_model(tmp_path / "model.npz", backend="numpy").history


def test_tensorboard_on_a_full_disk_costs_one_warning(train, tmp_path, monkeypatch, capsys):
    history = pytest.importorskip("tensorboardX.event_file_writer", reason="no tensorboardX")

    def full(self, event):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = threading.active_count()
    train(out="a.npz", tensorboard=tmp_path / "events")
    assert threading.active_count() == before
    write = history.EventsWriter.write_event
    monkeypatch.setattr(
        history.EventsWriter,
        "write_event",
        lambda self, event: (full if event.HasField("summary") else write)(self, event),
    )
    train(out="b.npz", tensorboard=tmp_path / "events", progress=True)
    said = " ".join(capsys.readouterr().err.split())
    assert said.count("the history was not written: No space left on device") == 1


def test_a_link_is_followed_and_a_loop_of_links_refused(train, tmp_path):
    (tmp_path / "link.npz").symlink_to("target.npz")
    train(out="link.npz")
    assert (tmp_path / "link.npz").is_symlink()
    assert load_model(tmp_path / "target.npz", backend="numpy")
    (tmp_path / "one.npz").symlink_to("other.npz")
    (tmp_path / "other.npz").symlink_to("one.npz")
    with pytest.raises(InputError, match=r"one\.npz: it is a loop of links; give another name"):
        train(out="one.npz")


def test_a_lock_that_is_a_folder(train, tmp_path):
    (tmp_path / "model.run" / "lock").mkdir(parents=True)
    with pytest.raises(InputError, match=r"cannot write .*lock: Is a directory; remove it"):
        train()
