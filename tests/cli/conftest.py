"""The command line in this process and in a process of its own, and one small trained model."""

import io
import itertools
import os
import random
import subprocess
import sys
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from cli_checks import (
    BATCHES,
    COMPUTING,
    LONG_RUN,
    NAMES,
    READING,
    RUNNING_TEXT,
    SMALL_CHAR_MODEL,
    assert_done,
    npy,
)
from rnn_graph.datasets import sample_flight_queries

WORDS = ("the", "a", "cat", "dog", "bird", "sees", "likes", "eats", "big", "red", "man", "runs")


# A shell's background job ignores SIGINT, and hands that on to all that it starts.
LISTENING_TO_INTERRUPTS = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from rnn_graph.cli import main
main()
"""


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
        command = [sys.executable, "-c", LISTENING_TO_INTERRUPTS, *map(str, arguments)]
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


@pytest.fixture(scope="session")
def queries(tmp_path_factory) -> Path:
    """A folder with `train.conll` and `valid.conll`, of one bucket of lengths."""
    folder = tmp_path_factory.mktemp("queries")
    drawn = [query for query in sample_flight_queries(3000, rng=0) if len(query.words) <= 5]
    for name, queries in (("train", drawn[:60]), ("valid", drawn[60:80])):
        lines = [[*map(" ".join, zip(*query, strict=True)), ""] for query in queries]
        (folder / f"{name}.conll").write_text("\n".join(itertools.chain(*lines)))
    return folder


@pytest.fixture(scope="session")
def tagger(queries) -> Path:
    """A tagger's model file, after one epoch."""
    path = queries / "tagger.npz"
    data = ("--data", queries / "train.conll", "--valid", queries / "valid.conll")
    small = ("--epochs", 8, "--hidden-dim", 16, "--learning-rate", 0.02, "--dropout", 0)
    assert call_main("train", "tagger", *data, "--out", path, *small, "--averaging", 0) == 0
    return path


@pytest.fixture(scope="session")
def names(tmp_path_factory):
    """A text file, a name a line, one of them spelt with a combining mark."""
    path = tmp_path_factory.mktemp("names") / "names.txt"
    path.write_text("".join(f"{name}\n" for name in NAMES).replace("É", "E\u0301"))
    return path


@pytest.fixture(scope="session")
def names_model(names):
    path = names.parent / "names.npz"
    assert (
        call_main("train", "char", "--data", names, "--out", path, *SMALL_CHAR_MODEL, "--lowercase")
        == 0
    )
    return path


@pytest.fixture(scope="session")
def text_model(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "text.npz"
    text = path.with_suffix(".txt")
    text.write_text("the cat sees the dog.\nthe dog sees the cat. 北京 🦖\n" * 20)
    options = ("--unit", "text", "--piece-length", 10, "--cell", "gru")
    assert (
        call_main("train", "char", "--data", text, "--out", path, *SMALL_CHAR_MODEL, *options) == 0
    )
    return path


@pytest.fixture(scope="session")
def running_text(tmp_path_factory) -> Path:
    """Text for minibatches of characters."""
    path = tmp_path_factory.mktemp("running") / "text.txt"
    path.write_text(RUNNING_TEXT)
    return path


@pytest.fixture(scope="session")
def finished_run(running_text, tmp_path_factory) -> Path:
    """The model of a long run in minibatches that was not cut off, with its folder beside it."""
    out = tmp_path_factory.mktemp("finished") / "out.npz"
    command = ("train", "char", "--data", running_text, "--out", out, *BATCHES)
    options = ("--checkpoint-minutes", 0.001, "--keep-checkpoints", 4)
    assert call_main(*command, *LONG_RUN, *options) == 0
    return out


@pytest.fixture
def train(cli, tmp_path):
    """A function that trains on a file, one epoch of a small model unless told otherwise."""

    def run(data, *options, out=None, stdin=None):
        small = ("--hidden-dim", 4, "--epochs", 1, *COMPUTING)
        out = out or tmp_path / "out.npz"
        return cli("train", "word", "--data", data, "--out", out, *small, *options, stdin=stdin)

    return run


@pytest.fixture
def evaluate(cli, model):
    def run(data, *options, stdin=None):
        return cli("evaluate", model, "--data", data, *COMPUTING, *options, stdin=stdin)

    return run


@pytest.fixture
def words_of(cli):
    """A function that gives the vocabulary of a text, and what was said meanwhile."""

    def run(data, *options, stdin=None):
        result = cli("data", "vocabulary", "--data", data, *options, stdin=stdin)
        assert_done(result)
        return result.out.split(), result.err

    return run


@pytest.fixture
def write(tmp_path):
    def file(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return file


@pytest.fixture
def parts(model) -> dict[str, np.ndarray]:
    with np.load(model) as arrays:
        return dict(arrays)


@pytest.fixture
def changed(tmp_path, parts):
    """A function that writes the model with some members changed; None leaves one away."""

    def write(changes, compression=zipfile.ZIP_STORED):
        path = tmp_path / "changed.npz"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, part in (parts | changes).items():
                if part is not None:
                    archive.writestr(f"{name}.npy", part if isinstance(part, bytes) else npy(part))
        return path

    return write


@pytest.fixture
def use(cli, text):
    """A function that hands a model file to every command that reads one."""

    def run(path):
        return [
            cli("info", path),
            cli("info", path, "--json"),
            cli("generate", path, "-n", 1, "--min-length", 0, "--seed", 1, *COMPUTING),
            cli("evaluate", path, "--data", text, *COMPUTING),
        ]

    return run
