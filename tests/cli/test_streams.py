"""What stands on stdout, and what happens when it goes nowhere."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import numpy as np
import pytest

from cli_checks import QUICK_BATCHES, assert_done, assert_refused, needs_full_device, one_json
from small_runs import COMPUTING, PROGRAM, READING, as_process


def commands_with_json(text, model, out):
    small = ("--vocabulary-size", "20", "--hidden-dim", "3", "--length", "5")
    quick = ("--rounds", "1", "--threads", "1", "--only", "NumPy reference")
    train = ("train", "word", "--recipe", "tutorial", "--data", text, "--out", out, *COMPUTING)
    return {
        "train": (*train, "--epochs", "1", "--held-out", "0.2"),
        "generate": ("generate", model, "-n", "2", "--min-length", "0", *COMPUTING),
        "evaluate": ("evaluate", model, "--data", text, *COMPUTING),
        "info": ("info", model),
        "data list": ("data", "list"),
        "data sample": ("data", "sample", "-n", "2"),
        "bench": ("bench", "lm-step", *small, *quick),
    }


COMMANDS = list(commands_with_json("", "", ""))


@pytest.mark.parametrize("command", COMMANDS)
def test_json(cli, text, model, tmp_path, command):
    arguments = commands_with_json(text, model, tmp_path / "out.npz")[command]
    result = cli(*arguments, "--json")
    assert_done(result)
    one_json(result.out)


def test_json_of_evaluate(evaluate, text):
    result = evaluate(text, *READING, "--json")
    score = one_json(result.out)
    assert {"loss", "perplexity", "bits", "tokens", "unknown_share"} <= set(score)
    assert score["tokens"] == len(text.read_text().split()) + 30
    assert score["perplexity"] == pytest.approx(np.exp(score["loss"]))


def test_json_without_a_known_word(evaluate, write):
    """A perplexity of no words is NaN, which JSON lacks."""
    result = evaluate(write("foreign.txt", "quagga"), *READING, "--json")
    assert_done(result)
    assert 0 < one_json(result.out)["unknown_share"] <= 1


def test_json_of_unknown_words(cli, model):
    options = ("--prompt", "quagga", "--min-length", 0, "--json", *COMPUTING)
    assert_done(cli("generate", model, *options), "quagga")


TAG_TYPES = ("arrive_date.date_relative", "depart_time.period_of_day", "fare")
# What has to stand whole on stdout, whatever the width.
NAMES = {
    "train": ("loss", "perplexity"),
    "info": ("bptt_truncate", "hidden_dim"),
    "bench": ("NumPy reference", "lm-step"),
    "help": ("--learning-rate", "--evaluate-every", "--word-dropout"),
    "list": ("tiny-shakespeare", "7,610,868"),
    "scores": TAG_TYPES,
}


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
@pytest.mark.parametrize("command", NAMES)
def test_no_line_is_wider_than_the_terminal(
    cli, text, model, write, tmp_path, monkeypatch, command, columns
):
    monkeypatch.setenv("COLUMNS", str(columns))
    commands = commands_with_json(text, model, tmp_path / "out.npz")
    predictions = write("tags.txt", "".join(f"a B-{kind} B-{kind}\n" for kind in TAG_TYPES))
    arguments = {
        "help": ("train", "tagger", "--help"),
        "list": commands["data list"],
        "scores": ("evaluate", "--predictions", predictions),
    }
    result = cli(*(arguments | commands)[command])
    assert_done(result)
    lines = [line for line in result.out.splitlines() if not line.startswith("model ")]  # a path
    assert max(map(len, lines)) <= columns
    for name in NAMES[command]:
        assert any(name in line for line in lines), name
    assert "…" not in result.out or command in ("help", "info")  # nothing is cut away
    if command == "train":
        assert any(
            line.startswith("epoch 1;") and "words/s" in line for line in result.err.splitlines()
        )


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("command", ["tag", "train"])
def test_no_line_is_wider_than_a_real_terminal(tagger, text, tmp_path, command, columns):
    query = "show me the flights from boston to denver and back to boston on monday please"
    arguments = {
        "tag": ("tag", tagger, query),
        "train": ("train", "word", "--data", text, "--out", tmp_path / "out.npz", *QUICK_BATCHES),
    }
    status, output = on_a_terminal(columns, *arguments[command])
    assert status == 0, output
    shown = [line.split("\r")[-1].rstrip() for line in output.replace("\r\n", "\n").split("\n")]
    assert max(map(len, shown)) <= columns
    words = output.replace("[", " ").split()
    assert {"tag": "boston", "train": "perplexity"}[command] in words


def on_a_terminal(columns, *arguments) -> tuple[int, str]:
    """Run the command line on a terminal so wide; its exit status, and what it shows."""
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with subprocess.Popen(
        as_process(PROGRAM, *arguments),
        stdin=subprocess.DEVNULL,
        stdout=end,
        stderr=end,
        env=environment | {"TERM": "xterm"},
    ) as process:
        os.close(end)
        shown = b""
        while True:
            try:
                part = os.read(terminal, 65536)
            except OSError:  # how Linux says that nobody writes any more
                break
            if not part:
                break
            shown += part
    os.close(terminal)
    return process.returncode, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


def test_sentences_of_a_pipe_are_lines_whatever_columns_says(cli, model, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    result = cli("generate", model, "--min-length", 30, "-n", 2, *COMPUTING)
    assert len(result.out.splitlines()) == 2


def test_an_error_on_a_narrow_terminal_is_a_line(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert_refused(cli("info", "absent" * 20))


@pytest.mark.parametrize(
    ("command", "unbuffered"), [("generate", ""), ("colors", ""), ("colors", "1")]
)
def test_closed_pipe(start, model, command, unbuffered):
    arguments = {
        "generate": ("generate", model, "-n", 20_000, "--min-length", 0, *COMPUTING),
        "colors": ("data", "colors"),
    }[command]
    process = start(
        *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    if command == "generate":
        process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(timeout=30) == 1
    assert b"Traceback" not in said
    assert b"Exception ignored" not in said
    assert b"Error" not in said


@needs_full_device
@pytest.mark.parametrize(
    ("command", "unbuffered"),
    [("generate", ""), ("list", ""), ("list", "1"), ("info", ""), ("version", "")],
)
def test_full_disk_behind_stdout(start, model, command, unbuffered):
    arguments = {
        "generate": ("generate", model, "-n", 2, "--min-length", 0, *COMPUTING),
        "list": ("data", "list"),
        "info": ("info", model, "--json"),
        "version": ("--version",),
    }[command]
    with open("/dev/full", "wb") as full:
        process = start(
            *arguments, stdout=full, stderr=subprocess.PIPE, env={"PYTHONUNBUFFERED": unbuffered}
        )
        said = process.communicate(timeout=30)[1].decode()
    assert "Traceback" not in said
    assert said.startswith("rnn-graph: ")
    assert said.count("\n") == 1
    assert process.returncode == 1


def test_stdout_that_cannot_say_it(start, write):
    data = write("emoji.txt", "the 🦜\n")
    process = start(
        "data", "vocabulary", "--data", data, *READING,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    _, said = process.communicate(timeout=30)
    assert b"Traceback" not in said
    assert said.count(b"\n") <= 1


def test_gradcheck_of_one_word(cli):
    """No gradient reaches the recurrence; that is no failure."""
    result = cli("gradcheck", "--length", 1, "--hidden-dim", 3, "--vocabulary-size", 8, "--json")
    assert_done(result)
    assert one_json(result.out)["passed"] is True


@needs_full_device
def test_training_outlives_a_full_disk_behind_stderr(start, text, tmp_path):
    out = tmp_path / "m.npz"
    arguments = ("train", "word", "--data", text, "--out", out, *READING, *QUICK_BATCHES)
    with open("/dev/full", "wb") as full:
        process = start(*arguments, stdout=subprocess.PIPE, stderr=full)
        said = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 0
    assert out.exists()
    assert "perplexity" in said
