"""The command line in this process and in a process of its own, and one small trained model."""

import io
import os
import random
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest

WORDS = ("the", "a", "cat", "dog", "bird", "sees", "likes", "eats", "big", "red", "man", "runs")
READING = ("--pre-split", "--tokenizer", "whitespace")


@dataclass(frozen=True)
class Result:
    """How a run of the command line ended."""

    status: int
    out: str
    err: str


def call_main(*arguments) -> int:
    """Run the command line in this process; its exit status."""
    from rnn_graph.cli import main

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr(sys, "argv", ["rnn-graph", *map(str, arguments)])
        try:
            main()
        except SystemExit as end:
            return 0 if end.code is None else end.code
    return 0


@pytest.fixture
def cli(capfd, monkeypatch):
    """A function that runs the command line in this process and returns a `Result`."""

    def run(*arguments, stdin: bytes | None = None) -> Result:
        capfd.readouterr()
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(_Bytes(stdin))))
        status = call_main(*arguments)
        return Result(status, *capfd.readouterr())

    return run


class _Bytes(io.BytesIO, io.RawIOBase):
    """Bytes that a `BufferedReader` can read, as standard input's."""


@pytest.fixture
def start():
    """A function that starts the command line in a process of its own."""
    processes = []

    def run(*arguments, **options) -> subprocess.Popen:
        environment = os.environ | options.pop("env", {})
        command = [sys.executable, "-m", "rnn_graph", *map(str, arguments)]
        process = subprocess.Popen(command, env=environment, **options)
        processes.append(process)
        return process

    yield run
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture(autouse=True)
def _nothing_half_written(tmp_path):
    yield
    assert list(tmp_path.rglob("*.partial")) == []


@pytest.fixture(scope="session")
def sentences() -> list[str]:
    draw = random.Random(1)
    return [" ".join(draw.choices(WORDS, k=draw.randint(3, 9))) for _ in range(30)]


@pytest.fixture(scope="session")
def text(tmp_path_factory, sentences) -> Path:
    """A text file, a sentence a line."""
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text("".join(f"{sentence}\n" for sentence in sentences))
    return path


@pytest.fixture(scope="session")
def model(tmp_path_factory, text) -> Path:
    """A model file of 8 hidden units, after one epoch."""
    path = tmp_path_factory.mktemp("model") / "model.npz"
    options = ("--hidden-dim", 8, "--epochs", 1, "--backend", "jax", *READING)
    assert call_main("train", "word", "--data", text, "--out", path, *options) == 0
    return path
