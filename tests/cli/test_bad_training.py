"""Training with settings, devices and endings that should not be."""

import signal
import subprocess
import time

import pytest

from cli_checks import (
    COMPUTING,
    READING,
    VOCABULARY_SIZE,
    assert_done,
    assert_option_refused,
    assert_refused,
    one_json,
)
from rnn_graph.models.registry import load_model


@pytest.mark.parametrize("share", [0.001, 0.9])
def test_held_out_that_leaves_nothing(train, text, share):
    assert_refused(train(text, "--held-out", share, "--limit", 2), "--held-out")


@pytest.mark.parametrize("share", ["1", "-0.5", "nan"])
def test_held_out_out_of_range(train, text, share):
    result = train(text, "--held-out", share)
    assert result.status == 2
    assert "Traceback" not in result.err
    assert "held" in result.err


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "-inf"])
def test_learning_rate_out_of_range(train, text, tmp_path, rate):
    assert_refused(train(text, "--learning-rate", rate), "learning", rate)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "option",
    [
        "--hidden-dim=0",
        "--epochs=0",
        "--limit=0",
        "--evaluate-every=0",
        "--epochs=x",
        "--backend=x",
    ],
)
def test_option_out_of_range(train, text, option):
    assert_option_refused(train(text, option), option.split("=")[0])


@pytest.mark.parametrize("seed", [-1, 2**32, 10**30])
@pytest.mark.parametrize("command", ["train", "generate", "sample", "gradcheck", "bench"])
def test_seed_out_of_range(cli, train, text, model, command, seed):
    commands = {
        "train": lambda: train(text, "--seed", seed),
        "generate": lambda: cli("generate", model, *COMPUTING, "--seed", seed),
        "sample": lambda: cli("data", "sample", "--seed", seed),
        "gradcheck": lambda: cli("gradcheck", "--seed", seed),
        "bench": lambda: cli("bench", "lm-step", "--seed", seed),
    }
    result = commands[command]()
    assert result.status == 2
    assert result.out == ""
    assert "Traceback" not in result.err
    assert "seed" in result.err


def test_model_too_large_for_the_memory(train, text, tmp_path):
    assert_refused(train(text, "--hidden-dim", 1_000_000), "memory", status=1)
    assert list(tmp_path.iterdir()) == []


def test_divergence_in_the_first_epoch(train, text, write):
    out = write("out.npz", "an older file")
    result = train(text, "--learning-rate", "1e300")
    assert result.out == ""
    assert result.status == 1
    last = result.err.splitlines()[-1]
    assert last.startswith("rnn-graph: the loss became ")
    assert "smaller" in last
    assert "nothing was written" in last
    assert "Traceback" not in result.err
    assert out.read_text() == "an older file"


def test_divergence_in_a_later_epoch(train, cli, write, tmp_path):
    data = write("one.txt", "the cat sees the dog\n")
    out = write("out.npz", "an older file")
    result = train(data, "--learning-rate", "1e200", "--epochs", 50, "--evaluate-every", 50)
    assert result.status == 1
    assert "last good model" in result.err.splitlines()[-1]
    assert "Traceback" not in result.err
    assert load_model(out, backend="numpy").vocabulary is not None
    assert_done(cli("info", out))


@pytest.mark.parametrize(
    ("backend", "rate"), [("numpy", "1e308"), ("jax", "1e38"), ("jax", "3e38")]
)
def test_divergence_in_the_last_epoch(train, write, backend, rate):
    """The parameters are finite, the loss is not, and no step comes that would notice."""
    data = write("one.txt", "the cat sees the dog and the bird\n")
    out = write("out.npz", "an older file")
    result = train(data, "--learning-rate", rate, "--backend", backend, "--json")
    assert "Traceback" not in result.err
    if result.status:
        assert result.status == 1
        assert "smaller" in result.err.splitlines()[-1]
        assert out.read_text() == "an older file"
    else:
        assert one_json(result.out)["loss"] is not None


def test_interrupt_while_training(start, text, tmp_path):
    out = tmp_path / "out.npz"
    process = start(
        "train", "word", "--data", text, "--out", out, "--epochs", 1_000_000, "--hidden-dim", 4,
        "--evaluate-every", 1_000_000, *COMPUTING, *READING,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    said = []
    while not any("after 0 sentences" in line for line in said):
        line = process.stderr.readline()
        assert line, "".join(said)
        said.append(line)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    output, rest = process.communicate(timeout=30)
    assert process.returncode == 0, rest
    assert "interrupted after" in rest
    assert str(out) in rest
    assert "Traceback" not in rest
    assert "loss" in output
    assert load_model(out, backend="numpy").word_dim == VOCABULARY_SIZE
    assert [path.name for path in tmp_path.iterdir()] == ["out.npz"]


def test_interrupt_while_reading(start, tmp_path, write):
    out = write("out.npz", "an older file")
    process = start(
        "train", "word", "--data", "-", "--out", out, *COMPUTING, *READING,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    # More than a pipe holds: once it is written, the command has begun to read.
    process.stdin.write(b"the cat sees the dog\n" * 20_000)
    process.stdin.flush()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)
    assert process.stderr.read() == b"rnn-graph: interrupted\n"
    assert process.stdout.read() == b""
    assert process.returncode == 1
    assert out.read_text() == "an older file"


# Backends and devices


def no_gpu() -> bool:
    import jax

    return all(device.platform == "cpu" for device in jax.devices())


@pytest.mark.parametrize("backend", ["auto", "jax", "numba", "c", "numpy"])
def test_no_gpu(train, text, backend):
    if backend in ("auto", "jax") and not no_gpu():
        pytest.skip("there is a GPU")
    result = train(text, "--device", "gpu", "--backend", backend)
    assert "Traceback" not in result.err
    assert result.status == 2
    last = result.err.splitlines()[-1]
    assert last.startswith("rnn-graph: ")
    assert "GPU" in last
    assert "--device cpu" in last or "--backend jax" in last


@pytest.mark.parametrize("command", ["train", "generate", "evaluate"])
def test_numpy_in_float32(train, evaluate, cli, text, model, command):
    commands = {
        "train": lambda: train(text, "--dtype", "float32"),
        "evaluate": lambda: evaluate(text, "--dtype", "float32"),
        "generate": lambda: cli("generate", model, *COMPUTING, "--dtype", "float32"),
    }
    result = commands[command]()
    assert result.status == 2
    assert result.err.splitlines()[-1].startswith(
        "rnn-graph: the numpy backend computes in float64"
    )


@pytest.mark.parametrize("command", [("gradcheck",), ("bench", "lm-step")])
def test_numpy_against_itself(cli, command):
    assert_refused(cli(*command, "--backend", "numpy"), "numpy")


def test_backend_that_is_not_installed(train, text, monkeypatch):
    from rnn_graph.backend import compile as compiling

    monkeypatch.setattr(compiling, "_is_installed", lambda name: name == "c")
    result = train(text, "--backend", "jax")
    assert result.status == 2
    assert result.err.splitlines()[-1].startswith("rnn-graph: backend 'jax' is not available here")
    assert "pip install jax" in result.err
