"""Every command that README.md, docs/ and `--help` show is run."""

import hashlib
import json
import re
import shlex
import sys
import threading
import warnings
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from rnn_graph.cli.benchmarking import selected

from benchmark_results import full_results
from rnn_graph.benchmark import suite
from rnn_graph.cli import benchmarking, main
from rnn_graph.cli.application import app
from rnn_graph.datasets import originals, sample_sentences

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md")])
COMMENTS = 300


def code_blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def commands(page: Path) -> list[str]:
    lines = "\n".join(code_blocks(page, "sh")).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("rnn-graph ")]


def help_examples() -> dict[str, str]:
    """The example of each command, by the command's name."""
    groups = {
        "": app,
        **{f"{group.name} ": group.typer_instance for group in app.registered_groups},
    }
    return {
        f"{prefix}{command.name or command.callback.__name__}": command.epilog
        for prefix, group in {"": app, **groups}.items()
        for command in group.registered_commands
    }


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with the files that the examples name."""
    folder = tmp_path_factory.mktemp("workplace")
    sentences = [" ".join(s.words) for s in sample_sentences(COMMENTS, rng=1)]
    (folder / "comments.csv").write_text(
        "body\n" + "".join(f'"{text}"\n' for text in sentences), encoding="utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run("rnn-graph train word --data comments.csv --out model.npz --epochs 1 --hidden-dim 8")
        run("rnn-graph data vocabulary --data comments.csv --out vocabulary.txt")
        run("rnn-graph data queries -n 120 --out train.conll")
        run("rnn-graph data queries -n 30 --seed 1 --out valid.conll")
        run(
            "rnn-graph train tagger --data train.conll --valid valid.conll --out tagger.npz"
            " --epochs 1 --hidden-dim 8"
        )
        run("rnn-graph data colors --out names.txt")
        run("rnn-graph train char --data names.txt --out names.npz --iterations 64 --hidden-dim 8")
        text = "".join(f"{sentence}\n" for sentence in ["ROMEO:", *sentences[:150]])
        (folder / "shakespeare.txt").write_text(text, encoding="utf-8")
        run(
            "rnn-graph train char --data shakespeare.txt --out model-of-text.npz --batch-size 8"
            " --epochs 1 --hidden-dim 8"
        )
    (folder / "model-of-text.run").rename(folder / "model.run")
    (folder / "data").symlink_to(ROOT / "data")
    for name in ("results.json", "before.json", "after.json"):
        (folder / name).write_text(json.dumps(full_results()), encoding="utf-8")
    (folder / "predictions.txt").write_text("boston B-city B-city\ntoday B-date O\n")
    size = len((folder / "vocabulary.txt").read_text().splitlines())
    rng = np.random.RandomState(0)
    shapes = {"U": (5, size), "V": (size, 5), "W": (5, 5)}
    np.savez(
        folder / "trained-model-theano.npz",
        **{name: rng.standard_normal(shape) for name, shape in shapes.items()},
    )
    return folder


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def fewer_contenders(computing, only):
    """As for `--only`, lest a page's benchmark take minutes."""
    return replace(selected(computing, only), patterns=("rnn_graph jax float32",))


@pytest.fixture
def in_the_workplace(workplace, tmp_path, monkeypatch):
    """Work there, with the originals' server replaced by one of our own."""
    monkeypatch.chdir(workplace)
    monkeypatch.setattr(benchmarking, "selected", fewer_contenders)
    monkeypatch.setattr(suite, "GROWTH_FACTORS", (1,))
    monkeypatch.setenv("RNN_GRAPH_CACHE", str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=workplace))
    threading.Thread(target=server.serve_forever).start()
    content = (workplace / "comments.csv").read_bytes()
    monkeypatch.setattr(
        originals,
        "ORIGINALS",
        {
            name: replace(
                original,
                url=f"http://127.0.0.1:{server.server_port}/comments.csv",
                sha256=hashlib.sha256(content).hexdigest(),
                size=len(content),
            )
            for name, original in originals.ORIGINALS.items()
        },
    )
    yield
    server.shutdown()
    server.server_close()


@contextmanager
def suppress_success():
    try:
        yield
    except SystemExit as end:
        if end.code:
            pytest.fail(f"exit status {end.code}")


def run(command: str) -> None:
    """Run a command line as the shell would; fail unless its exit status is 0."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr(sys, "argv", shlex.split(command, comments=True))
        with suppress_success():
            main()


@pytest.mark.usefixtures("in_the_workplace")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_runs(page):
    for command in commands(page):
        run(command)


@pytest.mark.usefixtures("in_the_workplace")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_example_of_a_page_runs(page):
    namespace = {}
    for example in code_blocks(page, "python"):
        exec(compile(example, str(page), "exec"), namespace)


@pytest.mark.parametrize("command", help_examples())
def test_every_command_has_help_with_an_example_of_itself(command):
    assert (help_examples()[command] or "").startswith(f"Example: rnn-graph {command}")


@pytest.mark.usefixtures("in_the_workplace")
@pytest.mark.parametrize("command", sorted(set(help_examples()) - {"demo"}))
def test_the_example_of_a_command_runs(command):
    run(help_examples()[command].removeprefix("Example: "))


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_quick_start_is_two_commands():
    text = (ROOT / "README.md").read_text()
    quick_start = text.split("## Quick start")[1].split("\n## ")[0]
    assert re.findall(r"^make .*", quick_start, re.MULTILINE) == ["make demo", "make test"]
