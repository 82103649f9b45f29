"""Runs: killed, interrupted, resumed, extended; their folders, checkpoints and histories."""

import errno
import os
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest

from cli_checks import assert_done, assert_refused, one_json
from rnn_graph import load_model
from rnn_graph.train.history import read_history
from small_runs import (
    COMPUTING,
    KILLED_PROGRAM,
    READING,
    RUNS,
    checkpoints,
    command,
    differences,
    newest_step,
)

RECIPE = ("--recipe", "tutorial", *COMPUTING, *READING)


@pytest.mark.parametrize(("task", "recipe"), RUNS)
def test_a_run_that_is_killed_comes_to_the_same_bits(
    trained, data_folder, start, cli, tmp_path, task, recipe
):
    """SIGKILL while a checkpoint is written, halfway; kill_and_resume.py kills at random."""
    whole, out = trained(task, recipe), tmp_path / "out.npz"
    arguments = (*command(data_folder, task, recipe, out), "--checkpoint-minutes", 0)
    middle = newest_step(whole) // 2
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    killed = start(middle + 1, *arguments, program=KILLED_PROGRAM, **quiet)
    assert killed.wait() == -signal.SIGKILL
    assert 0 < newest_step(out) <= middle
    assert_done(cli(*arguments, "--resume"), "going on after")
    assert differences(out, whole) == []
    steps = [
        [entry["step"] for entry in read_history(path.with_suffix(".run") / "history.jsonl")]
        for path in (out, whole)
    ]
    assert steps[0] == steps[1]


def test_other_seeds_are_other_runs(train, text, tmp_path):
    models = []
    for seed in (3, 3, 4):
        assert_done(train(text, *READING, "--seed", seed))
        models.append(load_model(tmp_path / "out.npz", backend="numpy").get_parameters())
    for name, value in models[0].items():
        np.testing.assert_array_equal(models[1][name], value)
    assert (models[2]["W"] != models[0]["W"]).any()


# Resuming


@pytest.fixture
def run(cli, data_folder, tmp_path):
    """A function that trains the tutorial's word model, with options that replace the usual."""

    def train(*options):
        return cli(*command(data_folder, "word", "tutorial", tmp_path / "out.npz"), *options)

    return train


@pytest.fixture
def finished(trained, tmp_path):
    """The model of a finished run, in a folder of one's own."""
    shutil.copytree(trained("word", "tutorial").parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / "out.npz"


@pytest.fixture
def unfinished(finished, run):
    """The same run, of which the last checkpoint is one from before its end."""
    assert_done(run("--checkpoint-minutes", 0, "--keep-checkpoints", 3))
    checkpoints(finished)[-1].unlink()
    return finished


def test_so_many_checkpoints_are_kept(unfinished):
    assert [path.name for path in checkpoints(unfinished)] == [
        "step-000000094.npz",
        "step-000000095.npz",
    ]


def test_an_unfinished_run_is_not_begun_again_by_mistake(unfinished, run):
    before = unfinished.read_bytes()
    assert_refused(run(), "unfinished", "--resume", "another --out")
    assert unfinished.read_bytes() == before
    assert newest_step(unfinished) == 95


def test_a_finished_run_may_be_begun_again(finished, run):
    assert_done(run("--epochs", 1))
    assert newest_step(finished) == 24


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        (("--hidden-dim", 9), ["--hidden-dim is 9 and was 8"]),
        (("--seed", 7), ["seed is 7 and was 0"]),
        (("--bptt-truncate", 2), ["--bptt-truncate is 2 and was 4"]),
        (("--held-out", 0.3), ["the data are other ones"]),
        (("--recipe", "modern", "--backend", "jax"), ["recipe is 'modern' and was 'tutorial'"]),
    ],
)
def test_what_makes_another_run_is_named(finished, run, changes, parts):
    before = finished.read_bytes()
    assert_refused(run(*changes, "--resume"), "another run", *parts, "another --out")
    assert finished.read_bytes() == before
    assert newest_step(finished) == 96


def test_another_text_is_named(finished, run, write):
    other = write("other.txt", "the cat sees the dog\n" * 30)
    assert_refused(run("--data", other, "--resume"), "the data are other ones")


def test_a_finished_run_goes_on_with_more_epochs(finished, run, cli, data_folder, tmp_path):
    """It comes to what one run of so many epochs comes to, for its rate does not depend on them."""
    result = run("--epochs", 6, "--resume", "--json")
    assert_done(result, "going on after 96 of 144 steps")
    assert one_json(result.out)["epochs"] == 6
    whole = tmp_path / "whole.npz"
    assert_done(cli(*command(data_folder, "word", "tutorial", whole), "--epochs", 6))
    assert differences(finished, whole) == []


@pytest.mark.parametrize(
    "changes",
    [
        ("--learning-rate", 0.5),
        ("--patience", 9),
        ("--schedule", "linear"),
        ("--checkpoint-minutes", 1, "--keep-checkpoints", 1),
    ],
)
def test_how_training_goes_on_may_change(finished, run, changes):
    assert_done(run("--epochs", 5, *changes, "--resume"), "going on after 96 of 120 steps")
    assert load_model(finished, backend="numpy").history[-1]["epoch"] == 5


def test_a_finished_run_that_is_resumed_as_it_is_stays_as_it_is(finished, run, trained):
    assert_done(run("--resume"), "going on after 96 of 96 steps")
    assert differences(finished, trained("word", "tutorial")) == []


def test_less_than_was_done_ends_at_once(finished, run):
    result = run("--epochs", 2, "--resume", "--json")
    assert_done(result)
    assert one_json(result.out)["epochs"] == 4


def test_where_nothing_is_there_yet_training_begins(run, trained, tmp_path):
    assert_done(run("--resume"), "holds no checkpoint", "begins anew")
    assert differences(tmp_path / "out.npz", trained("word", "tutorial")) == []


def test_a_checkpoint_that_is_cut_off_is_passed_over(unfinished, run, trained):
    newest = checkpoints(unfinished)[-1]
    os.truncate(newest, 1000)
    result = run("--resume")
    assert_done(result, newest.name, "taking the checkpoint before it", "going on after 94")
    assert differences(unfinished, trained("word", "tutorial")) == []


@pytest.fixture
def begin_with(finished, cli, write, tmp_path):
    """A function that trains a new model, which begins with the finished run's."""
    data = write("other.txt", "the cat sees a zebra\n" * 3)

    def train(*options):
        arguments = ("--data", data, "--out", tmp_path / "new.npz", "--init-from", finished)
        return cli("train", "word", *RECIPE, *arguments, *options)

    return train


def test_a_model_to_begin_with(finished, begin_with, tmp_path):
    """Its parameters and its vocabulary, whatever the data."""
    assert_done(begin_with("--epochs", 1, "--learning-rate", 1e-12))
    first, new = (load_model(path, backend="numpy") for path in (finished, tmp_path / "new.npz"))
    assert new.vocabulary.tokens == first.vocabulary.tokens
    for name, value in first.get_parameters().items():
        np.testing.assert_allclose(new.get_parameters()[name], value, atol=1e-9)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--hidden-dim", 9), ["--hidden-dim is that of the model", "leave out one"]),
        (
            ("--recipe", "modern", "--backend", "jax"),
            ["'modern' trains", "another --recipe"],
        ),
        (("--init-from", "absent.npz"), ["absent.npz", "check the path"]),
    ],
)
def test_models_that_training_cannot_begin_with(begin_with, tmp_path, options, parts):
    assert_refused(begin_with(*options), *parts)
    assert not list(tmp_path.glob("new*"))


# Interrupted


def test_ctrl_c_keeps_the_best_model_and_a_checkpoint(start, cli, text, sentences, tmp_path):
    out = tmp_path / "out.npz"
    arguments = ("train", "word", "--data", text, "--out", out, *RECIPE, "--held-out", 0.2)
    arguments += ("--evaluate-every", 1, "--learning-rate", 0.5, "--json")
    process = start(
        *(*arguments, "--epochs", 1_000_000, "--checkpoint-minutes", 0),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_for_progress(process, out, 400)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    last = errors.decode().splitlines()[-1]
    assert last.startswith("interrupted after")
    assert str(out) in last
    assert "--resume goes on" in last
    report = one_json(output)
    assert report["interrupted"] is True
    best = min(r["held_out"]["loss"] for r in report["history"])
    assert report["held_out"]["loss"] == best
    held_out = tmp_path / "held_out.txt"
    held_out.write_text("".join(f"{sentence}\n" for sentence in sentences[-6:]))
    scored = one_json(cli("evaluate", out, "--data", held_out, *COMPUTING, "--json").out)
    assert scored["loss"] == pytest.approx(best)
    done = newest_step(out)
    resumed = cli(*arguments, "--epochs", done // 24 + 1, "--resume")
    assert_done(resumed, f"going on after {done:,} of")
    assert one_json(resumed.out)["interrupted"] is False


def wait_for_progress(process, out, steps):
    while newest_step(out) <= steps:
        assert process.poll() is None, "it ended before it was expected to"
        time.sleep(0.01)


def test_a_folder_that_another_run_uses_is_refused(train, start, text, tmp_path):
    out = tmp_path / "out.npz"
    process = start(
        *("train", "word", "--data", text, "--out", out, *RECIPE, "--epochs", 1_000_000),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not (tmp_path / "out.run" / "history.jsonl").exists():
        time.sleep(0.05)
        assert process.poll() is None
    assert_refused(train(text), "another process uses")


# Folders, full disks, histories


@pytest.mark.parametrize("name", ["lm-0.1", "model.npz", "model.run"])
def test_each_output_has_a_folder_of_its_own(train, text, tmp_path, name):
    assert_done(train(text, out=tmp_path / name))
    folder = tmp_path / f"{name.removesuffix('.npz')}.run"
    assert {path.name for path in folder.iterdir()} >= {"history.jsonl", "step-000000030.npz"}


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def full_for(monkeypatch, *, checkpoint: bool):
    """Let there be no room for checkpoints, or for models."""
    from rnn_graph.files import model_file

    write = model_file.np.savez

    def savez(stream, **arrays):
        if (b"is_final" in arrays["configuration"].tobytes()) == checkpoint:
            full()
        write(stream, **arrays)

    monkeypatch.setattr(np, "savez", savez)


def test_a_full_disk_does_not_end_training(train, text, monkeypatch, tmp_path):
    full_for(monkeypatch, checkpoint=True)
    result = train(text)
    assert_done(result, "no checkpoint was written", "No space left on device", "training goes on")
    assert (tmp_path / "out.npz").exists()


def test_a_model_that_cannot_be_written_leaves_the_checkpoints(train, text, monkeypatch, tmp_path):
    out = tmp_path / "out.npz"
    with monkeypatch.context() as patch:
        patch.setattr("rnn_graph.train.run.LONGEST_WAIT_FOR_SPACE", 0)
        full_for(patch, checkpoint=False)
        result = train(text)
    assert result.status == 2
    assert result.err.splitlines()[-1].startswith("rnn-graph: cannot write")
    assert newest_step(out) == 30
    assert not out.exists()
    assert_done(train(text, "--resume"), "going on after")
    assert out.exists()


def test_a_history_that_cannot_be_written_does_not_end_training(train, text, monkeypatch):
    monkeypatch.setattr("rnn_graph.train.history.HistoryFile.add", full)
    result = train(text, "--epochs", 2)
    assert_done(result, "the history was not written: No space left", "training goes on")
    assert result.err.count("history was not written") == 1


@pytest.mark.parametrize(("task", "recipe"), [("word", "modern"), ("tagger", "modern")])
def test_histories_become_one_picture(trained, cli, tmp_path, task, recipe):
    history = trained(task, recipe).with_suffix(".run") / "history.jsonl"
    assert read_history(history)[-1]["held_out"] is not None
    picture = tmp_path / "losses.png"
    assert_done(cli("plot", "history", history, history, "--out", picture), "picture in")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_run_draws_its_own_history(train, text, tmp_path):
    picture = tmp_path / "loss.png"
    assert_done(train(text, "--held-out", 0.2, "--plot", picture), "loss curve in")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_events_for_tensorboard(train, text, tmp_path):
    pytest.importorskip("tensorboardX")
    assert_done(train(text, "--held-out", 0.2, "--tensorboard", tmp_path / "events"))
    assert list((tmp_path / "events").glob("events*"))
