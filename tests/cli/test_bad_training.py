"""Training with settings, devices and endings that should not be."""

import signal
import subprocess
import time

import pytest

from cli_checks import assert_refused, one_json
from rnn_graph.models.registry import load_model
from rnn_graph.reference.rnn_numpy import RNNNumpy
from small_runs import COMPUTING, PROGRAM, READING


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
    assert_refused(train(text, option), option.split("=")[0])


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
    result = train(text, "--hidden-dim", 1_000_000)
    assert_refused(result, "--hidden-dim 1,000,000", "GiB of memory; give smaller sizes")
    assert list(tmp_path.iterdir()) == []


def assert_diverged(result):
    assert result.status == 1
    assert result.out == ""
    assert "Traceback" not in result.err
    last = result.err.splitlines()[-1]
    assert last.startswith("rnn-graph: the loss became ")
    assert "smaller" in last
    return last


def test_divergence_before_there_is_a_model(train, text, write, tmp_path):
    out = write("out.npz", "an older file")
    last = assert_diverged(train(text, "--learning-rate", "1e300"))
    assert "best model" not in last
    assert out.read_text() == "an older file"
    assert list(tmp_path.iterdir()) == [out]


def test_divergence_in_a_later_epoch(train, cli, text, write, monkeypatch):
    """The best model until then is there, and says so."""
    step, calls = RNNNumpy.sgd_step, iter(range(1000))

    def diverging(*arguments):
        return step(*arguments) if next(calls) < 70 else float("nan")

    monkeypatch.setattr(RNNNumpy, "sgd_step", diverging)
    out = write("out.npz", "an older file")
    options = ("--learning-rate", 0.1, "--epochs", 50, "--evaluate-every", 1, *READING)
    last = assert_diverged(train(text, *options))
    assert f"{out} holds the best model" in last
    best = load_model(out, backend="numpy").history[-1]
    assert best["epoch"] == 2
    evaluated = one_json(cli("evaluate", out, "--data", text, *COMPUTING, "--json").out)
    assert evaluated["loss"] == pytest.approx(best["on_training"]["loss"])


@pytest.mark.parametrize(
    ("backend", "rate"), [("numpy", "1e308"), ("numpy", "1e150"), ("jax", "1e38")]
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
        for line in out.with_suffix(".run").joinpath("history.jsonl").read_text().splitlines():
            one_json(line)


def test_interrupt_while_reading(start, tmp_path, write):
    out = write("out.npz", "an older file")
    process = start(
        "train", "word", "--data", "-", "--out", out, "--recipe", "tutorial", *COMPUTING, *READING,
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
    assert [path.name for path in tmp_path.iterdir()] == ["out.npz"]
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
@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--dtype", "float32"), ("numpy backend computes in float64", "--dtype float32")),
        (("--device", "gpu"), ("numpy backend has no GPU", "--backend jax")),
    ],
)
def test_what_numpy_has_not(train, evaluate, cli, text, model, command, options, parts):
    commands = {
        "train": lambda: train(text, *options),
        "evaluate": lambda: evaluate(text, *options),
        "generate": lambda: cli("generate", model, *COMPUTING, *options),
    }
    assert_refused(commands[command](), *parts)


@pytest.mark.parametrize("command", [("gradcheck",), ("bench", "lm-step")])
def test_numpy_against_itself(cli, command):
    assert_refused(cli(*command, "--backend", "numpy"), "numpy")


def test_backend_that_is_not_installed(train, text, monkeypatch):
    from rnn_graph.backend import devices

    monkeypatch.setattr(devices, "_is_installed", lambda name: name == "c")
    result = train(text, "--backend", "jax")
    assert result.status == 2
    assert result.err.splitlines()[-1].startswith("rnn-graph: backend 'jax' is not available here")
    assert "pip install jax" in result.err


@pytest.mark.parametrize("command", ["train", "gradcheck"])
def test_too_little_memory_for_the_libraries(start, text, tmp_path, command):
    arguments = {
        "train": ("train", "word", "--data", text, "--out", tmp_path / "m.npz"),
        "gradcheck": ("gradcheck",),
    }[command]
    process = start(
        *arguments,
        stderr=subprocess.PIPE,
        program="import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
        + PROGRAM,
    )
    said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 2
    assert "1.0 GiB" in said
    assert said.count("\n") == 1
