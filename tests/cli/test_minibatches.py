"""`train word` and `train char` with --batch-size, and what is made of their models."""

import errno
import os
import random
import shutil
import signal
import socket
import subprocess
import time

import numpy as np
import pytest

from cli_checks import (
    BATCHES,
    LONG_RUN,
    READING,
    RUNNING_TEXT,
    assert_done,
    assert_refused,
    one_json,
)
from rnn_graph import load_model
from rnn_graph.train.history import read_history


@pytest.fixture
def train_char(cli, running_text, tmp_path):
    """Train on the running text, or on `data`, to `out.npz`."""

    def run(*options, data=running_text):
        out = tmp_path / "out.npz"
        return cli("train", "char", "--data", data, "--out", out, *BATCHES, *options)

    return run


def parameters_of(path):
    return load_model(path).get_parameters()


def assert_same_parameters(path, other):
    found, expected = parameters_of(path), parameters_of(other)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)


def test_characters_from_text_to_text(train_char, cli, tmp_path, running_text):
    picture = tmp_path / "loss.png"
    result = train_char("--epochs", 3, "--held-out", 0.1, "--plot", picture, "--json")
    assert_done(result, "different ones", "epoch 3:", "bits", "tokens/s")
    report = one_json(result.out)
    assert report["held_out_loss"] < 2.8
    assert report["signature"]["cell"] == "lstm"
    assert picture.read_bytes().startswith(b"\x89PNG")
    model = tmp_path / "out.npz"
    assert "held-out loss" in cli("info", model).out
    generated = cli("generate", model, "--prompt", "the ", "--max-length", 30, "--seed", 1)
    assert generated.out.startswith("the ")
    scored = one_json(cli("evaluate", model, "--data", running_text, "--json").out)
    assert scored["tokens"] == len(RUNNING_TEXT)
    assert scored["loss"] < 2.8


@pytest.mark.parametrize("sampling", ["random", "sequential", "sentences"])
def test_words_from_text_to_sentences(cli, text, tmp_path, sampling):
    out = tmp_path / "out.npz"
    result = cli(
        *("train", "word", "--data", text, "--out", out, *BATCHES, *READING),
        *("--cell", "gru", "--layers", 2, "--tie-weights", "--embedding-dim", 8),
        *("--epochs", 2, "--sampling", sampling, "--valid", text, "--optimizer", "rmsprop"),
        *("--vocabulary-size", 15),
    )
    assert_done(result, "epoch 2:", "held out")
    assert "held-out perplexity" in result.out
    lines = cli("generate", out, "-n", 3, "--min-length", 1, "--seed", 1).out.splitlines()
    assert len(lines) == 3
    scored = one_json(cli("evaluate", out, "--data", text, *READING, "--json").out)
    held_out = float(result.out.split("held-out loss ")[1].split()[0])
    assert scored["loss"] == pytest.approx(held_out, abs=1e-5)


def test_the_same_command_gives_the_same_model(train_char, tmp_path):
    assert_done(train_char("--epochs", 2, "--seed", 3))
    first = parameters_of(tmp_path / "out.npz")
    assert_done(train_char("--epochs", 2, "--seed", 3))
    again = parameters_of(tmp_path / "out.npz")
    assert_done(train_char("--epochs", 2, "--seed", 4))
    other = parameters_of(tmp_path / "out.npz")
    for name, value in first.items():
        np.testing.assert_array_equal(again[name], value)
    assert (other["W"] != first["W"]).any()


def test_histories_become_one_picture(train_char, cli, tmp_path):
    assert_done(train_char("--epochs", 2, "--held-out", 0.1))
    history = tmp_path / "out.run" / "history.jsonl"
    assert read_history(history)[-1]["held_out"] is not None
    picture = tmp_path / "losses.png"
    assert_done(cli("plot", "history", history, history, "--out", picture), "picture in")
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def finished(finished_run, tmp_path):
    """The same run in a folder of one's own."""
    shutil.copytree(finished_run.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / finished_run.name


def test_a_run_that_is_cut_off_anywhere_comes_to_the_same_parameters(
    finished, start, running_text, tmp_path
):
    """Five times at random moments; SIGKILL is among the ways."""
    out, draw = tmp_path / "cut.npz", random.Random(5)
    command = ("train", "char", "--data", running_text, "--out", out, *BATCHES, *LONG_RUN)
    command = (*command, "--checkpoint-minutes", 0.001)
    steps, resume = 0, ()
    for way in (signal.SIGKILL, signal.SIGINT, signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        process = start(*command, *resume, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_progress(process, tmp_path / "cut.run", steps)
        time.sleep(draw.uniform(0, 0.05))
        process.send_signal(way)
        process.wait()
        steps, resume = newest_step(tmp_path / "cut.run"), ("--resume",)
    process = start(*command, "--resume", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert b"going on after" in errors
    assert_same_parameters(out, finished)
    steps_of = [e["step"] for e in read_history(tmp_path / "cut.run" / "history.jsonl")]
    whole = read_history(finished.with_suffix(".run") / "history.jsonl")
    assert steps_of == [entry["step"] for entry in whole]


def newest_step(folder):
    steps = [int(path.stem.removeprefix("step-")) for path in folder.glob("step-*.npz")]
    return max(steps, default=0)


def wait_for_progress(process, folder, steps):
    while process.poll() is None and newest_step(folder) <= steps:
        time.sleep(0.01)


def test_so_many_checkpoints_are_kept(finished):
    assert len(list(finished.with_suffix(".run").glob("step-*.npz"))) == 4


@pytest.fixture
def interrupted(train_char, tmp_path, finished):
    """The same run, with its last checkpoints gone."""
    for path in sorted((tmp_path / "out.run").glob("step-*.npz"))[-1:]:
        path.unlink()
    return train_char


def test_an_unfinished_run_is_not_begun_again_by_mistake(interrupted):
    assert_refused(interrupted(*LONG_RUN), "unfinished", "--resume")


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        (("--learning-rate", 0.5), ["learning_rate is 0.5 and was 0.002"]),
        (("--cell", "gru"), ["cell is 'gru' and was 'lstm'"]),
        (("--seed", 7), ["seed is 7 and was 0"]),
    ],
)
def test_what_differs_from_the_checkpoint_is_named(interrupted, changes, parts):
    result = interrupted(*LONG_RUN, *changes, "--resume")
    assert_refused(result, "another run", *parts)


def test_another_corpus_is_named(interrupted, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text(RUNNING_TEXT.replace("dog", "god"))
    assert_refused(interrupted(*LONG_RUN, "--resume", data=other), "corpus is")


def test_a_checkpoint_that_is_cut_off_is_passed_over(interrupted, tmp_path, finished):
    newest = max((tmp_path / "out.run").glob("step-*.npz"))
    before = parameters_of(finished)
    os.truncate(newest, 1000)
    result = interrupted(*LONG_RUN, "--resume")
    assert_done(result, newest.name, "taking the checkpoint before it", "going on after")
    for name, value in before.items():
        np.testing.assert_array_equal(parameters_of(finished)[name], value)


def test_another_run_in_the_folder_is_replaced_and_said(interrupted):
    result = interrupted("--epochs", 1)
    assert_done(result, "checkpoints of another run", "are replaced")


def test_a_full_disk_does_not_end_training(train_char, monkeypatch, tmp_path):
    written = np.savez

    def savez(stream, **arrays):
        if "adam_t" in arrays:  # a checkpoint, and not the model
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written(stream, **arrays)

    monkeypatch.setattr(np, "savez", savez)
    result = train_char("--epochs", 1)
    assert_done(result, "no checkpoint was written", "No space left on device", "training goes on")
    assert (tmp_path / "out.npz").exists()


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--devices", 4000), ["4000 devices", "JAX has"]),
        (("--devices", 1, "--backend", "numba"), ["numba", "one device"]),
        (("--resume",), ["to resume"]),
        (("--valid", "missing.txt"), ["missing.txt"]),
        (("--held-out", 0.1, "--valid", "text.txt"), ["leave one out"]),
        (("--coordinator", "here:1"), ["--num-processes"]),
        (("--coordinator", "here", "--num-processes", 2, "--process-id", 0), ["HOST:PORT"]),
        (("--coordinator", "h:1", "--num-processes", 2, "--process-id", 2), ["--process-id"]),
        (("--num-processes", 2, "--process-id", 0), ["--coordinator"]),
        (("--iterations", 5), ["--iterations"]),
        (("--piece-length", 5), ["--piece-length"]),
        (("--unit", "line"), ["--unit line"]),
        (("--backend", "numpy"), ["numpy"]),
        (("--patience", 2), ["held-out"]),
        (("--schedule", "plateau"), ["held-out"]),
        (("--dropout", 1), ["dropout"]),
        (("--sampling", "sentences"), ["no sentences"]),
        (("--output", "adaptive"), ["is for words"]),
        (("--learning-rate", 0), ["learning_rate"]),
        (("--clip-norm", -1), ["clip_norm"]),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(train_char, options, parts, tmp_path):
    assert_refused(train_char(*options), *parts)
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("char", ("--dropout", 0.1)),
        ("char", ("--epochs", 3)),
        ("char", ("--resume",)),
        ("word", ("--valid", "text.txt")),
        ("word", ("--cell", "lstm")),
    ],
)
def test_without_minibatches_their_options_are_refused(
    cli, running_text, tmp_path, command, option
):
    out = tmp_path / "out.npz"
    assert_refused(
        cli("train", command, "--data", running_text, "--out", out, *option), "--batch-size"
    )


@pytest.mark.parametrize("option", [("--limit", 5), ("--bptt-truncate", 4)])
def test_what_is_for_single_sentences_is_refused_with_minibatches(cli, text, tmp_path, option):
    out = tmp_path / "out.npz"
    result = cli("train", "word", "--data", text, "--out", out, *BATCHES, *option)
    assert_refused(result, option[0], "single sentences")


def test_validation_text_of_another_language_is_refused(cli, text, train_char, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("привет мир\n")
    assert_done(train_char("--valid", other), "does not know 'п' (U+043F)")
    out = tmp_path / "words.npz"
    result = cli(
        "train",
        "word",
        "--data",
        text,
        "--out",
        out,
        *BATCHES,
        *READING,
        "--valid",
        other,
    )
    assert_refused(result, "nothing that the vocabulary knows")


def test_a_model_of_minibatches_has_its_vocabulary_itself(train_char, cli, tmp_path, running_text):
    assert_done(train_char("--epochs", 1))
    model = tmp_path / "out.npz"
    for command in (("generate", model), ("evaluate", model, "--data", running_text)):
        assert_refused(cli(*command, "--vocabulary", running_text), "leave out --vocabulary")


# Several devices and processes


def losses_in(folder):
    entries = read_history(folder / "history.jsonl")
    return [entry["loss"] for entry in entries], entries[-1]["held_out"]


def test_two_devices_come_to_the_losses_of_one(finished, start, running_text, tmp_path):
    out = tmp_path / "two.npz"
    process = start(
        *(
            "train",
            "char",
            "--data",
            running_text,
            "--out",
            out,
            *BATCHES,
            *LONG_RUN,
            "--devices",
            2,
        ),
        env={"XLA_FLAGS": "--xla_force_host_platform_device_count=2"},
        stderr=subprocess.PIPE,
    )
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    (found, held_out), (expected, right) = map(
        losses_in, (tmp_path / "two.run", tmp_path / "out.run")
    )
    assert len(found) > 50
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert held_out == pytest.approx(right, abs=1e-5)


@pytest.fixture
def start_two(start, running_text, tmp_path):
    """Two processes that share a run, in one folder."""

    def run(*options):
        with socket.create_server(("127.0.0.1", 0)) as server:
            coordinator = f"127.0.0.1:{server.getsockname()[1]}"
        return [
            start(
                *("train", "char", "--data", running_text, "--out", tmp_path / "two.npz"),
                *(
                    *BATCHES,
                    *LONG_RUN,
                    "--coordinator",
                    coordinator,
                    "--num-processes",
                    2,
                ),
                *("--process-id", place, *options),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            for place in range(2)
        ]

    return run


def test_two_processes_come_to_the_losses_of_one(finished, start_two, tmp_path):
    for process in start_two():
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    (found, held_out), (expected, right) = map(
        losses_in, (tmp_path / "two.run", tmp_path / "out.run")
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert held_out == pytest.approx(right, abs=1e-5)


@pytest.mark.parametrize("victim", [0, 1])
def test_when_one_is_killed_the_other_says_so_and_one_alone_goes_on(
    finished, start_two, start, running_text, tmp_path, victim
):
    processes = start_two("--checkpoint-minutes", 0.001)
    wait_for_progress(processes[0], tmp_path / "two.run", 0)
    processes[victim].kill()
    _, errors = processes[1 - victim].communicate()
    assert processes[1 - victim].returncode == 1
    last = errors.decode().splitlines()[-1]
    assert last.startswith("rnn-graph: another process of this run was lost")
    assert "--resume" in last
    command = ("train", "char", "--data", running_text, "--out", tmp_path / "two.npz")
    process = start(*command, *BATCHES, *LONG_RUN, "--resume", stderr=subprocess.PIPE)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    found, expected = (losses_in(tmp_path / name)[0] for name in ("two.run", "out.run"))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_report_on_stdout_alone(train_char):
    result = train_char("--epochs", 1)
    assert result.out.splitlines()[0].startswith("model ")
    assert "epoch 1" not in result.out


def test_a_model_that_cannot_be_written_at_the_end_leaves_the_checkpoints(
    train_char, monkeypatch, tmp_path
):
    written = np.savez

    def savez(stream, **arrays):
        if "adam_t" not in arrays:  # the model, and not a checkpoint
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written(stream, **arrays)

    monkeypatch.setattr(np, "savez", savez)
    result = train_char("--epochs", 1)
    assert result.status == 2
    assert result.err.splitlines()[-1].startswith("rnn-graph: cannot write")
    assert newest_step(tmp_path / "out.run") > 0
    monkeypatch.setattr(np, "savez", written)
    assert_done(train_char("--epochs", 1, "--resume"), "going on after")
    assert (tmp_path / "out.npz").exists()


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--clip-norm", "nan"), ["clip_norm"]),
        (("--dropout", "nan"), ["dropout"]),
        (("--warmup", "nan"), ["warmup"]),
        (("--learning-rate", "inf"), ["learning_rate"]),
        (("--accumulate", 10_000), ["accumulate is 10,000"]),
    ],
)
def test_odd_numbers_are_refused(train_char, options, parts, tmp_path):
    assert_refused(train_char(*options), *parts)
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("option", ["--held-out", "--weight-decay", "--checkpoint-minutes"])
def test_what_is_no_number_is_refused_by_the_option_library_or_by_this_one(
    train_char, option, tmp_path
):
    result = train_char(option, "nan")
    assert result.status == 2
    assert "Traceback" not in result.err
    assert option.removeprefix("--") in result.err.replace("_", "-")
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("command", ["word", "char"])
def test_a_plateau_wants_minibatches(cli, running_text, tmp_path, command):
    out = tmp_path / "out.npz"
    options = ("--data", running_text, "--out", out, "--schedule", "plateau")
    assert_refused(cli("train", command, *options), "plateau", "--batch-size")


def test_runs_of_other_outputs_have_other_folders(cli, running_text, tmp_path):
    for name in ("lm-0.1", "lm-0.2", "model.run"):
        command = ("train", "char", "--data", running_text, *BATCHES, "--epochs", 1)
        assert_done(cli(*command, "--out", tmp_path / name))
    folders = sorted(path.name for path in tmp_path.glob("*.run") if path.is_dir())
    assert folders == ["lm-0.1.run", "lm-0.2.run", "model.run.run"]


@pytest.mark.parametrize("content", ["", "a"])
def test_a_text_without_a_character_to_predict_is_refused(train_char, tmp_path, content):
    path = tmp_path / "short.txt"
    path.write_text(content)
    assert_refused(train_char(data=path), "short.txt", f"{len(content)} characters")


def test_a_folder_that_another_run_uses_is_refused(train_char, start, running_text, tmp_path):
    command = (
        "train",
        "char",
        "--data",
        running_text,
        "--out",
        tmp_path / "out.npz",
        *BATCHES,
    )
    process = start(
        *command, "--epochs", 10_000, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not (tmp_path / "out.run" / "history.jsonl").exists():
        time.sleep(0.05)
        assert process.poll() is None
    assert_refused(train_char("--epochs", 2), "another process uses")


def test_a_history_that_cannot_be_written_does_not_end_training(train_char, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("rnn_graph.train.history.HistoryFile.add", full)
    result = train_char("--epochs", 2)
    assert_done(result, "the history was not written: No space left", "training goes on")
    assert result.err.count("history was not written") == 1


def test_a_minibatch_without_a_token_to_predict_is_no_matter(cli, text, tmp_path):
    result = cli(
        *(
            "train",
            "word",
            "--data",
            text,
            "--out",
            tmp_path / "out.npz",
            *READING,
            *BATCHES,
        ),
        *("--batch-size", 1, "--sequence-length", 1, "--epochs", 1, "--vocabulary-size", 15),
    )
    assert_done(result, "epoch 1:")


def test_processes_that_differ_say_in_what(start, running_text, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        coordinator = f"127.0.0.1:{server.getsockname()[1]}"
    processes = [
        start(
            *(
                "train",
                "char",
                "--data",
                running_text,
                "--out",
                tmp_path / "two.npz",
                *BATCHES,
            ),
            *("--coordinator", coordinator, "--num-processes", 2, "--process-id", place),
            *("--learning-rate", 0.1 * (place + 1)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for place in range(2)
    ]
    first, second = (process.communicate()[1].decode() for process in processes)
    assert [process.returncode for process in processes] == [2, 2]
    assert "learning_rate is 0.2 and was 0.1" in second.splitlines()[-1]
    assert "see there" in first.splitlines()[-1]
    assert not (tmp_path / "two.npz").exists()


def test_the_best_model_is_written_after_an_interrupt_as_well(start, running_text, tmp_path):
    out = tmp_path / "out.npz"
    process = start(
        *(
            "train",
            "char",
            "--data",
            running_text,
            "--out",
            out,
            *BATCHES,
            "--held-out",
            0.1,
        ),
        *("--epochs", 10_000, "--checkpoint-minutes", 0.001),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    wait_for_progress(process, tmp_path / "out.run", 200)
    out.unlink()
    process.send_signal(signal.SIGINT)
    report, _ = process.communicate()
    assert process.returncode == 0
    from rnn_graph.predict.scoring import score_text

    model = load_model(out)
    held_out = model.vocabulary.encode(RUNNING_TEXT)[-round(0.1 * len(RUNNING_TEXT)) :]
    least = float(report.decode().split("held-out loss ")[1].split()[0])
    assert score_text(model, held_out).loss == pytest.approx(least, abs=1e-4)
