"""The documentation: every command and example is run, small, and what comes out is looked at.

Commands and examples run in this process and in one folder, with few epochs, units and sentences.
A command that several pages show is run once.
"""

import functools
import hashlib
import importlib.util
import io
import json
import math
import re
import shlex
import shutil
import sys
import threading
import warnings
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import numpy as np
import pytest
import typer

from benchmark_results import full_results
from rnn_graph import datasets
from rnn_graph.benchmark import suite
from rnn_graph.cli import main
from rnn_graph.cli.application import app
from rnn_graph.datasets import originals, sample_sentences
from rnn_graph.errors import InputWarning
from rnn_graph.models.registry import load_model
from rnn_graph.train import recipes

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
CARDS = ROOT / "data/README.md"  # its commands take minutes, and are not run
TEXTS = [
    *PAGES,
    *sorted(ROOT.glob("docs/learn/*.md")),
    CARDS,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "benchmarks/README.md",
]
COMMENTS = 60
PNG = b"\x89PNG"
# Options and settings of the documentation that are made small: the most of each.
MOST = {
    "epochs": 1,
    "iterations": 64,
    "hidden-dim": 8,
    "embedding-dim": 8,
    "layers": 1,
    "rounds": 1,
    "max-length": 40,
    "n": 16,
}
SMALL_STEP = " --vocabulary-size 20 --hidden-dim 3 --length 5 --rounds 1 --threads 1"


def code_blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def command_lines(page: Path) -> list[str]:
    """The commands of a page, each with the comment that may follow it."""
    lines = "\n".join(code_blocks(page, "sh")).replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line.startswith("rnn-graph ")]


def commands(page: Path) -> list[str]:
    return [line.partition(" # ")[0] for line in command_lines(page)]


def help_examples() -> dict[str, str]:
    """The example of each command, by the command's name."""
    return {
        name: (command.epilog or "").rpartition("Example: ")[2]
        for name, command in command_tree().items()
    }


@functools.cache
def command_tree() -> dict[str, click.Command]:
    """The commands of the command line, by what is typed for them."""
    found, waiting = {}, {"": typer.main.get_command(app)}
    while waiting:
        prefix, group = waiting.popitem()
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                waiting[f"{prefix}{name} "] = command
            else:
                found[f"{prefix}{name}"] = command
    return found


def shrunk(text: str) -> str:
    """A command or an example with small numbers."""
    for name, most in MOST.items():
        # A run that is taken up goes on for another epoch.
        most = 2 * most if "--resume" in text and name == "epochs" else most

        def smaller(found, most=most):
            return f"{found[1]}{min(most, int(found[2].replace('_', '')))}"

        option = f"-{name} " if len(name) == 1 else f"--{name} "
        keyword = name.replace("-", "_")
        text = re.sub(rf"((?<!\S){option}|\b{keyword}=)(\d[\d_]*)", smaller, text)
    text = re.sub(r"(model\.train\(names, |range\()([\d_]{3,})", r"\g<1>20", text)
    text = re.sub(r"flight_corpus\(600, 100, 100,", "flight_corpus(12, 4, 4,", text)
    return text + SMALL_STEP if text == "rnn-graph bench lm-step" else text


@dataclass
class Workplace:
    """A folder with the files that the documentation names, and the results of its commands."""

    folder: Path
    results: dict[str, str] = field(default_factory=dict)

    def run(self, command: str) -> str:
        """Run a command line, small, as the shell would, unless it ran before; its output."""
        if command not in self.results:
            self.results[command] = output_of(shrunk(command))
            look_at(command, self.results[command], self.folder)
        return self.results[command]


def output_of(command: str) -> str:
    """What a command prints on standard output; a failure of the test if it does not succeed."""
    output = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(), redirect_stdout(output):
        patch.setattr(sys, "argv", shlex.split(command, comments=True))
        try:
            main()
        except SystemExit as end:
            if end.code:
                pytest.fail(f"exit status {end.code}: {command}")
    return output.getvalue()


def look_at(command: str, output: str, folder: Path) -> None:
    """Check what came of a command, by its kind."""
    words = shlex.split(command)
    names = [name for name in CHECKS if command.startswith(f"rnn-graph {name}")]
    name = max(names, key=len)
    CHECKS[name](words, output, folder)
    for option in ("--plot", "--out"):
        if option in words and words[words.index(option) + 1].endswith(".png"):
            path = folder / words[words.index(option) + 1]
            assert path.read_bytes().startswith(PNG), path


def look_at_training(words, output, folder):
    path = words[words.index("--out") + 1]
    figures = dict(re.findall(r"^(model|loss|perplexity) (\S+)", output, re.MULTILINE))
    assert figures["model"] == path
    assert float(figures["perplexity"]) == pytest.approx(math.exp(float(figures["loss"])), 1e-3)
    assert ("held" in output) == ("--held-out" in words or "tagger" in words)
    model = load_model(folder / path, backend="jax")
    assert len(model.history) == (2 if "--resume" in words else 1) + is_judged_before(words)
    assert (folder / path).with_suffix(".run").joinpath("history.jsonl").exists()


def is_judged_before(words) -> bool:
    """Whether the model is evaluated before its training, as the word tutorial does."""
    return words[2] == "word" and "tutorial" in words


def look_at_generated(words, output, folder):
    prompt = words[words.index("--prompt") + 1] if "--prompt" in words else ""
    if "shakespeare" in words[2]:  # running text
        assert output.startswith(prompt)
        assert len(output) == (MOST["max-length"] if "--max-length" in words else 1000) + 1
        return
    lines = output.splitlines()
    assert len(lines) == (int(words[words.index("-n") + 1]) if "-n" in words else 10)
    assert all(line.lower().startswith(prompt) for line in lines)
    if "--unique" in words:
        known = set((folder / "colors.txt").read_text().splitlines())
        assert len({*lines} - known) == len(lines)


def look_at_score(words, output, folder):
    if "perplexity" in output:
        loss, perplexity = re.match(r"loss (\S+) nats, .*\nperplexity (\S+)\n", output).groups()
        assert float(perplexity) == pytest.approx(math.exp(float(loss)), 1e-4)
    else:
        assert re.search(r"^all( +\d+\.\d\d){3}( +\d+){2}$", output, re.MULTILINE)


def look_at_tags(words, output, folder):
    tagged = [line.split(" ")[0] for line in output.splitlines() if line]
    assert tagged == words[-1].split()


def look_at_sampled(words, output, folder):
    count = min(int(words[words.index("-n") + 1]), MOST["n"]) if "-n" in words else 10
    text = (folder / words[words.index("--out") + 1]).read_text() if "--out" in words else output
    assert len(text.rstrip("\n").split("\n\n" if "queries" in words else "\n")) == count


def look_at_gradients(words, output, folder):
    assert "passed" in output
    documented = code_blocks(ROOT / "docs/truncation.md", "text")[-1]
    # Of the compiled truncated gradients the figures are rounding.
    rounding = re.compile(r"[\d.]+e-1[5-9]|passed .*")
    assert rounding.sub("", output) == rounding.sub("", documented)


def look_for(pattern: str):
    return lambda words, output, folder: (
        re.search(pattern, output, re.MULTILINE) or pytest.fail(f"no {pattern!r} in {output!r}")
    )


def look_at_states(words, output, folder):
    lines = output.splitlines()
    is_printed = "--unit" in words and "--out" not in words
    assert bool(lines) == is_printed
    assert all(re.fullmatch(r"[^\t]+\t-?\d\.\d{4}", line) for line in lines)


def look_at_graph(words, output, folder):
    text = (folder / words[words.index("--out") + 1]).read_text()
    assert text.startswith("<!DOCTYPE html>" if "<html" in text else "<svg ")
    assert text.count("<svg ") == text.count("</svg>") > 0


def look_at_report(words, output, folder):
    for option in ("--html", "--markdown"):
        if option in words:
            assert "lm-step" in (folder / words[words.index(option) + 1]).read_text()


def look_at_fetched(words, output, folder):
    assert Path(output.strip()).read_bytes() == (folder / "comments.csv").read_bytes()


def look_at_names(words, output, folder):
    text = (folder / words[words.index("--out") + 1]).read_text() if "--out" in words else output
    assert text.splitlines() == datasets.color_names()


def look_at_words(words, output, folder):
    assert "SENTENCE_START" in (folder / "vocabulary.txt").read_text().splitlines()


CHECKS = {
    "train word": look_at_training,
    "train char": look_at_training,
    "train tagger": look_at_training,
    "generate ": look_at_generated,
    "evaluate ": look_at_score,
    "tag ": look_at_tags,
    "export ": look_for("^written "),
    "info ": look_for(r"^(trained on|vocabulary) "),
    "data sample": look_at_sampled,
    "data queries": look_at_sampled,
    "data colors": look_at_names,
    "data list": look_for("^reddit-comments: "),
    "data fetch": look_at_fetched,
    "data vocabulary": look_at_words,
    "plot history": look_for("^$"),
    "plot states": look_at_states,
    "plot graph": look_at_graph,
    "plot saliency": look_for("^$"),
    "plot gradients": look_for("^$"),
    "gradcheck": look_at_gradients,
    "bench ": look_for("rnn_graph jax float32"),
    "bench report": look_at_report,
    "bench compare": look_for("lm-step"),
}


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def small_recipe(recipe):
    most = {name.replace("-", "_"): value for name, value in MOST.items()}
    settings = {
        name: min(value, most[name]) if name in most and value is not None else value
        for name, value in recipe.settings.items()
    }
    return replace(recipe, settings=settings)


def measured_before(workload, *_, **__):
    """Results that stand for those of a benchmark; tests/benchmark has benchmarks that are run."""
    found = full_results()["workloads"][0]
    measured = [c for c in found["contenders"] if c["status"] == "measured"]
    return found | {"name": workload, "contenders": measured}


def contenders_on_jax(run):
    """One contender beside the reference, lest a benchmark take minutes."""

    def run_fewer(workload, selection, **settings):
        if settings["settings"].get("length") != 5:
            return measured_before(workload)
        return run(workload, replace(selection, patterns=("rnn_graph jax float32",)), **settings)

    return run_fewer


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """The folder, with the originals' server replaced by one of our own, and small recipes."""
    folder = tmp_path_factory.mktemp("workplace")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=folder))
    threading.Thread(target=server.serve_forever).start()
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        patch.chdir(folder)
        patch.setenv("RNN_GRAPH_CACHE", str(folder / "cache"))
        patch.setattr(recipes, "RECIPES", tuple(map(small_recipe, recipes.RECIPES)))
        # Of lengths for which one compilation is enough.
        names = [name for name in datasets.color_names() if 6 <= len(name) <= 9][::3]
        patch.setattr(datasets, "color_names", lambda: list(names))
        patch.setattr(suite, "run", contenders_on_jax(suite.run))
        patch.setattr(suite, "sweep", measured_before)
        write_files(folder)
        content = (folder / "comments.csv").read_bytes()
        served = {
            "url": f"http://127.0.0.1:{server.server_port}/comments.csv",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
        }
        found = {name: replace(text, **served) for name, text in originals.ORIGINALS.items()}
        patch.setattr(originals, "ORIGINALS", found)
        yield Workplace(folder)


def write_files(folder: Path) -> None:
    """The files that a reader of the documentation has."""
    sentences = [" ".join(s.words) for s in sample_sentences(COMMENTS, rng=1)]
    comments = "body\n" + "".join(f'"{text}"\n' for text in sentences)
    (folder / "comments.csv").write_text(comments, encoding="utf-8")
    text = "".join(f"{sentence}\n" for sentence in ["ROMEO:", *sentences])
    (folder / "shakespeare.txt").write_text(text, encoding="utf-8")
    (folder / "data").symlink_to(ROOT / "data")
    for name in ("results.json", "before.json", "after.json"):
        (folder / name).write_text(json.dumps(full_results()), encoding="utf-8")
    (folder / "predictions.txt").write_text("boston B-city B-city\ntoday B-date O\n")


@pytest.fixture
def with_models(workplace):
    """The workplace with the models that several pages use, made as those pages make them."""
    made = ["train.conll", "valid.conll", "sentences.txt", "sampled.npz", "words.npz"]
    made += ["colors.txt", "colors.npz", "tagger.npz", "vocabulary.txt"]
    shown = [command for page in PAGES for command in commands(page)]
    for name in made:
        if not (workplace.folder / name).exists():
            workplace.run(next(c for c in shown if f"--out {name}" in c))
    if not (workplace.folder / "model.npz").exists():
        rename_models(workplace.folder)
    return workplace


def rename_models(folder: Path) -> None:
    """The models under the names that `--help` has for them, and one without words."""
    for name, other in (("words.npz", "model.npz"), ("colors.npz", "names.npz")):
        shutil.copy(folder / name, folder / other)
    shutil.copy(folder / "colors.txt", folder / "names.txt")
    shutil.copytree(folder / "words.run", folder / "model.run")
    words = len((folder / "vocabulary.txt").read_text().splitlines())
    shapes = {"U": (5, words), "V": (words, 5), "W": (5, 5)}
    rng = np.random.RandomState(0)
    bare = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    np.savez(folder / "trained-model-theano.npz", **bare)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_runs(page, with_models):
    for command in commands(page):
        with_models.run(command)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_python_example_of_a_page_runs(page, with_models):
    namespace = {}
    for example in code_blocks(page, "python"):
        if "pymc" in example and not importlib.util.find_spec("pymc"):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InputWarning)  # of so little text, some is unknown
            exec(compile(shrunk(example), str(page), "exec"), namespace)


@pytest.mark.parametrize("command", help_examples())
def test_every_command_has_help_with_an_example_of_itself(command):
    assert help_examples()[command].startswith(f"rnn-graph {command}")


@pytest.mark.parametrize("command", sorted({*help_examples()} - {"demo", "gradcheck"}))
def test_the_example_of_a_command_runs(command, with_models):
    with_models.run(help_examples()[command])


def test_links_lead_somewhere():
    for text in TEXTS:
        prose = re.sub(r"^```.*?^```", "", text.read_text(), flags=re.DOTALL | re.MULTILINE)
        for target in re.findall(r"\]\(([^):]+)\)", prose):
            path, _, anchor = target.partition("#")
            page = text.parent / path if path else text
            assert page.exists(), f"{text.name} links to {target}"
            assert not anchor or anchor in anchors(page), f"{text.name} links to {target}"


def anchors(page: Path) -> set[str]:
    """What the headlines of a page are linked by."""
    headlines = re.findall(r"^#+ (.*)", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", headline.lower()).replace(" ", "-") for headline in headlines}


@pytest.mark.parametrize("page", [*PAGES, CARDS], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_name_and_option_of_a_page_exists(page):
    inline = re.findall(r"`([^`\n]+)`", page.read_text())
    for name in re.findall(r"\brnn_graph(?:\.\w+)+", " ".join(inline)):
        assert exists(name), name
    known = {o for c in command_tree().values() for p in c.params for o in p.opts}
    known |= {o for c in command_tree().values() for p in c.params for o in p.secondary_opts}
    written = " ".join([*inline, *code_blocks(page, "sh"), *code_blocks(page, "console")])
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*(?!_)\b", written))
    assert used <= known | {"--help"}


def exists(name: str) -> bool:
    """Whether there is such a module, or such a thing in one."""
    module, _, rest = name.rpartition(".")
    if importlib.util.find_spec(module) is None:
        return exists(module) and hasattr(importlib.import_module(module), rest)
    return hasattr(importlib.import_module(module), rest) or bool(importlib.util.find_spec(name))


def test_the_quick_start_is_two_commands():
    text = (ROOT / "README.md").read_text()
    quick_start = text.split("## Quick start")[1].split("\n## ")[0]
    assert re.findall(r"^make .*", quick_start, re.MULTILINE) == ["make demo", "make test"]
