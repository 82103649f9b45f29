"""The command line in this process and in a process of its own, and one small trained model."""

import contextlib
import io
import os
import subprocess
import sys
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from cli_checks import assert_done, npy
from small_runs import COMPUTING, PROGRAM, as_process, command, write_data


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

    def run(*arguments, program=PROGRAM, **options) -> subprocess.Popen:
        environment = os.environ | options.pop("env", {})
        process = subprocess.Popen(as_process(program, *arguments), env=environment, **options)
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
def data_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_data(folder)
    return folder


@pytest.fixture(scope="session")
def text(data_folder) -> Path:
    """A text file, a sentence a line."""
    return data_folder / "text.txt"


@pytest.fixture(scope="session")
def sentences(text) -> list[str]:
    return text.read_text().splitlines()


@pytest.fixture(scope="session")
def queries(data_folder) -> Path:
    """A folder with `train.conll` and `valid.conll`, of one bucket of lengths."""
    return data_folder


@pytest.fixture(scope="session")
def names(data_folder) -> Path:
    """A text file, a name a line, one of them spelt with a combining mark."""
    return data_folder / "names.txt"


@pytest.fixture(scope="session")
def running_text(data_folder) -> Path:
    """Text for minibatches of characters."""
    return data_folder / "running.txt"


@pytest.fixture(scope="session")
def trained(data_folder, tmp_path_factory):
    """A function that gives the model file of one of the `RUNS`.

    Beside it are its run's folder, and what `--json` printed.
    """
    made = {}

    def model_of(task, recipe):
        if (task, recipe) not in made:
            out = tmp_path_factory.mktemp(f"{task}-{recipe}") / "out.npz"
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                assert call_main(*command(data_folder, task, recipe, out), "--json") == 0
            out.with_suffix(".json").write_text(printed.getvalue())
            made[task, recipe] = out
        return made[task, recipe]

    return model_of


@pytest.fixture(scope="session")
def model(trained) -> Path:
    """A model of words, of 8 hidden units."""
    return trained("word", "tutorial")


@pytest.fixture(scope="session")
def names_model(trained) -> Path:
    """A model of lines, which it reads in lower case."""
    return trained("char", "tutorial")


@pytest.fixture(scope="session")
def tagger(trained) -> Path:
    return trained("tagger", "modern")


@pytest.fixture(scope="session")
def text_model(tmp_path_factory) -> Path:
    """The tutorial's model of running text, with characters of any width."""
    path = tmp_path_factory.mktemp("text") / "text.npz"
    text = path.with_suffix(".txt")
    text.write_text("the cat sees the dog.\nthe dog sees the cat. 北京 🦖\n" * 20)
    options = ("--unit", "text", "--piece-length", 10, "--cell", "gru", "--hidden-dim", 8)
    options += ("--iterations", 96, "--backend", "jax", "--recipe", "tutorial")
    assert call_main("train", "char", "--data", text, "--out", path, *options) == 0
    return path


@pytest.fixture
def train(cli, tmp_path):
    """A function that trains on a file, one epoch of the cheapest model unless told otherwise."""

    def run(data, *options, out=None, stdin=None):
        small = ("--recipe", "tutorial", "--hidden-dim", 4, "--epochs", 1, *COMPUTING)
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
