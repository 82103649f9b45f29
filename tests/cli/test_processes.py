"""Training in minibatches: what it refuses, and runs that devices and processes share."""

import os
import re
import signal
import socket
import subprocess
import time

import numpy as np
import pytest

from cli_checks import QUICK_BATCHES, assert_refused
from rnn_graph.train.history import read_history
from small_runs import PROGRAM, READING, as_process, command, newest_step


@pytest.fixture
def train_char(cli, running_text, tmp_path):
    """Train on the running text, or on `data`, to `out.npz`."""

    def run(*options, data=running_text):
        out = tmp_path / "out.npz"
        return cli("train", "char", "--data", data, "--out", out, *QUICK_BATCHES, *options)

    return run


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--devices", 4000), ["4000 devices", "JAX has"]),
        (("--devices", 1, "--backend", "numba"), ["numba", "one device"]),
        (("--valid", "missing.txt"), ["missing.txt"]),
        (("--held-out", 0.1, "--valid", "text.txt"), ["leave one out"]),
        (("--coordinator", "here:1"), ["--num-processes"]),
        (("--coordinator", "here", "--num-processes", 2, "--process-id", 0), ["HOST:PORT"]),
        (("--coordinator", "h:1", "--num-processes", 2, "--process-id", 2), ["--process-id"]),
        (("--num-processes", 2, "--process-id", 0), ["--coordinator"]),
        (("--coordinator", "h:٣", "--num-processes", 2, "--process-id", 0), ["HOST:PORT"]),
        (("--coordinator", "h:1" + "0" * 5000, "--num-processes", 2, "--process-id", 0), ["HOST"]),
        (("--coordinator", "192.0.2.1:1", "--num-processes", 2, "--process-id", 0), ["a secret"]),
        (("--coordinator", "localhost:1", "--num-processes", 2, "--process-id", 1), ["a secret"]),
        (("--run-secret-file", "s"), ["is for several processes"]),
        (("--distributed", "auto", "--num-processes", 2), ["leave out --coordinator"]),
        (("--iterations", 5), ["--epochs and --iterations", "leave out one"]),
        (("--piece-length", 5), ["no --piece-length", "--recipe tutorial"]),
        (("--recipe", "tutorial", "--dropout", 0.1), ["no --batch-size", "--recipe modern"]),
        (("--backend", "numpy"), ["numpy"]),
        (("--patience", 2), ["held-out"]),
        (("--schedule", "plateau"), ["held-out"]),
        (("--dropout", 1), ["dropout"]),
        (("--dropout", "nan"), ["dropout"]),
        (("--sampling", "sentences"), ["no sentences"]),
        (("--output", "adaptive"), ["is for words"]),
        (("--learning-rate", 0), ["--learning-rate"]),
        (("--learning-rate", "inf"), ["--learning-rate"]),
        (("--clip-norm", -1), ["--clip-norm"]),
        (("--clip-norm", "nan"), ["--clip-norm"]),
        (("--warmup", "nan"), ["warmup"]),
        (("--accumulate", 10_000), ["accumulate is 10,000"]),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(train_char, options, parts, tmp_path):
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


def test_more_devices_than_the_tutorial_has_minibatches_for(train, text):
    assert_refused(train(text, "--devices", 2, "--backend", "jax"), "no minibatches to share")


def test_validation_text_of_another_language(cli, text, train_char, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("привет")
    said = ("does not know 'п' (U+043F)", "nothing that the vocabulary knows")
    result = train_char("--valid", other)
    assert result.status == 2
    assert all(part in result.err for part in said)
    arguments = ("train", "word", "--data", text, "--out", tmp_path / "words.npz", *READING)
    assert_refused(cli(*arguments, *QUICK_BATCHES, "--valid", other), said[1])


@pytest.mark.parametrize("content", ["", "a"])
def test_a_text_without_a_character_to_predict_is_refused(train_char, write, content):
    path = write("short.txt", content)
    assert_refused(train_char(data=path), "short.txt", f"{len(content)} characters")


# Several devices and processes


@pytest.fixture
def alone(trained):
    """The losses of the run that one process on one device did."""
    return losses_of(trained("char", "modern"))


def losses_of(out):
    entries = read_history(out.with_suffix(".run") / "history.jsonl")
    return [entry["loss"] for entry in entries], entries[-1]["held_out"]


def assert_same_losses(out, expected):
    (found, held_out), (losses, right) = losses_of(out), expected
    assert len(losses) > 30
    np.testing.assert_allclose(found, losses, atol=1e-5)
    assert held_out["loss"] == pytest.approx(right["loss"], abs=1e-5)


def test_two_devices_come_to_the_losses_of_one(alone, start, data_folder, tmp_path):
    out = tmp_path / "two.npz"
    process = start(
        *command(data_folder, "char", "modern", out), "--devices", 2,
        env={"XLA_FLAGS": "--xla_force_host_platform_device_count=2"},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert_same_losses(out, alone)


@pytest.fixture
def start_two(start, data_folder, tmp_path):
    """Two processes that share a run, in one folder; `options` are those of each."""

    def run(*options):
        with socket.create_server(("127.0.0.1", 0)) as server:
            coordinator = f"127.0.0.1:{server.getsockname()[1]}"
        together = ("--coordinator", coordinator, "--num-processes", 2)
        together += ("--run-secret-file", data_folder / "secret")
        (data_folder / "secret").write_text("known to both processes\n")
        arguments = command(data_folder, "char", "modern", tmp_path / "two.npz")
        return [
            start(
                *(*arguments, *together, "--process-id", place, *own),
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )
            for place, own in enumerate(options)
        ]  # fmt: skip

    return run


@pytest.mark.parametrize("victim", [0, 1])
def test_when_one_is_killed_the_other_says_so_and_they_go_on(alone, start_two, tmp_path, victim):
    """To the losses of a run that one process did."""
    out = tmp_path / "two.npz"
    processes = start_two(*[("--checkpoint-minutes", 0)] * 2)
    while not newest_step(out):
        assert processes[0].poll() is None
        time.sleep(0.01)
    processes[victim].send_signal(signal.SIGKILL)
    _, errors = processes[1 - victim].communicate()
    assert processes[1 - victim].returncode == 1
    last = errors.decode().splitlines()[-1]
    assert last.startswith("rnn-graph: another process of this run was lost")
    assert "--resume" in last
    assert newest_step(out) < 132
    if victim == 1:
        for process in start_two(*[("--resume",)] * 2):
            _, errors = process.communicate()
            assert process.returncode == 0, errors
        assert_same_losses(out, alone)


def test_processes_that_differ_say_in_what(start_two, tmp_path):
    processes = start_two(("--learning-rate", 0.1), ("--learning-rate", 0.2))
    first, second = (process.communicate()[1].decode() for process in processes)
    assert [process.returncode for process in processes] == [2, 2]
    assert "learning_rate is 0.2 and was 0.1" in second.splitlines()[-1]
    assert "see there" in first.splitlines()[-1]
    assert not (tmp_path / "two.npz").exists()


def test_processes_that_a_launcher_started(alone, start, data_folder, tmp_path):
    out = tmp_path / "two.npz"
    one_node = {"SLURM_JOB_ID": str(os.getpid()), "SLURM_STEP_NODELIST": "localhost"}
    processes = [
        start(
            *command(data_folder, "char", "modern", out), "--distributed", "auto",
            env=one_node | {"SLURM_NTASKS": "2", "SLURM_PROCID": place, "SLURM_LOCALID": place},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for place in ("0", "1")
    ]  # fmt: skip
    printed = []
    for process in processes:
        output, errors = process.communicate()
        assert process.returncode == 0, errors
        printed.append(output)
    assert_same_losses(out, alone)
    assert [b"model" in output for output in printed] == [True, False]


def test_without_a_launcher(train_char):
    assert_refused(train_char("--distributed", "auto"), "finds no launcher that JAX knows")


def test_a_process_with_too_little_memory_says_so(data_folder, tmp_path):
    arguments = command(data_folder, "char", "modern", tmp_path / "out.npz")
    script = ["bash", "-c", 'ulimit -v 1000000; exec "$@"', "bash"]
    result = subprocess.run(
        [*script, *as_process(PROGRAM, *arguments)], capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 2
    assert re.fullmatch(
        r"rnn-graph: this process may have 1.0 GiB of addresses.* take 2 GiB; raise its limit.*\n",
        result.stderr,
    )
