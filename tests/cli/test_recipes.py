"""`train` by every recipe: its options, its help, its result, and the model that it writes."""

import json
import re
import subprocess
import sys

import pytest
from typer.main import get_command

from cli_checks import assert_done, assert_refused, one_json
from rnn_graph.cli.application import app
from rnn_graph.train.recipes import RECIPES, recipes_of
from small_runs import RUNS

OPTIONS_OF_ALL = (
    {"--data", "--out", "--recipe", "--valid", "--held-out", "--epochs", "--learning-rate"}
    | {"--patience", "--resume", "--init-from", "--checkpoint-minutes", "--tensorboard", "--plot"}
    | {"--seed", "--backend", "--device", "--dtype", "--json"}
)
FIGURES = {
    "word": {"loss", "perplexity", "bits", "tokens", "unknown_share"},
    "char": {"loss", "perplexity", "bits", "tokens", "unknown_share"},
    "tagger": {"precision", "recall", "f1", "accuracy", "phrases", "found", "correct"},
}


def commands(group=None, path=()):
    """Each command and group by the words that call it."""
    group = group or get_command(app)
    yield path, group
    for name, inner in getattr(group, "commands", {}).items():
        yield from commands(inner, (*path, name))


COMMANDS = {" ".join(path): found for path, found in commands()}


@pytest.mark.parametrize("path", COMMANDS)
def test_help_has_lines_of_80_columns_and_every_option(cli, monkeypatch, path):
    monkeypatch.setenv("COLUMNS", "200")
    result = cli(*path.split(), "--help")
    assert_done(result)
    assert [line for line in result.out.splitlines() if len(line) > 80] == []
    assert "…" not in result.out.replace("WORKLOAD…", "").replace("BOS … EOS", "")
    for parameter in COMMANDS[path].params:
        if parameter.param_type_name == "option" and not parameter.hidden:
            for option in (*parameter.opts, *parameter.secondary_opts):
                assert option in result.out


@pytest.mark.parametrize("task", FIGURES)
def test_every_train_has_the_options_of_all(task):
    found = {name for option in COMMANDS[f"train {task}"].params for name in option.opts}
    assert found >= OPTIONS_OF_ALL


@pytest.mark.parametrize("task", FIGURES)
def test_help_shows_each_recipes_settings_as_values_and_has_an_option_for_each(cli, task):
    said = cli("train", task, "--help").out
    options = {
        name for option in COMMANDS[f"train {task}"].params
        for name in (*option.opts, *option.secondary_opts)
    }  # fmt: skip
    table = said[said.index("Defaults of --recipe") :].splitlines()
    assert table[0].split()[3:] == list(recipes_of(task))
    rows = {line.split()[0]: line.split()[1:] for line in table[1:] if line.startswith("  --")}
    for place, recipe in enumerate(recipes_of(task).values()):
        for name, value in recipe.settings.items():
            option = f"--{name.replace('_', '-')}"
            shown = rows[option][place]
            if isinstance(value, bool):
                assert shown == ("yes" if value else "no")
            elif isinstance(value, float | int):
                assert float(shown) == pytest.approx(value, rel=1e-5)
            else:
                assert shown == ("none" if value is None else value)
            if option != "--words-a-step":  # 9 in the publication; for Recipe objects only
                assert option in options


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from rnn_graph.cli import main; sys.argv[1:] = ['train', 'word', '--help']\n"
        "try: main()\n"
        "except SystemExit: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--recipe" in done.stdout
    assert not {"numpy", "pytensor", "jax", "nltk", "matplotlib"} & set(done.stderr.split())


@pytest.mark.parametrize(("task", "recipe"), RUNS)
def test_a_model_scores_as_it_did_when_it_was_trained(trained, data_folder, cli, task, recipe):
    """The result of `train --json` is that of the run; `evaluate` finds its figures again."""
    model = trained(task, recipe)
    report = one_json(model.with_suffix(".json").read_text())
    assert report["model"] == str(model)
    assert report["interrupted"] is False
    assert report["signature"]["recipe"] == recipe
    assert report["history"][-1]["loss"] == report["loss"]
    assert (report["held_out"] is None) == ((task, recipe) == ("char", "tutorial"))
    if report["held_out"] is not None:
        assert report["held_out"].keys() >= FIGURES[task]
        assert report["best_epoch"] in [record["epoch"] for record in report["history"]]
    info = cli("info", model)
    assert_done(info)
    assert info.out.count("\nepoch  ") == len(report["history"])
    if task == "tagger":
        data = ("--data", data_folder / "valid.conll")
        scored = one_json(cli("evaluate", model, *data, "--json").out)
        assert {name: scored[name] for name in FIGURES[task]} == {
            name: report["held_out"][name] for name in FIGURES[task]
        }


def test_the_recipes_of_the_contract():
    names = {task: list(recipes_of(task)) for task in FIGURES}
    assert names["word"] == ["modern", "penn", "tutorial"]
    assert names["char"] == ["modern", "tutorial"]
    assert names["tagger"] == ["modern", "word", "sentence"]
    assert all(recipe.source for recipe in RECIPES)


def test_words_from_text_to_sentences(cli, text, tmp_path):
    out = tmp_path / "out.npz"
    result = cli(
        *("train", "word", "--data", text, "--valid", text, "--out", out, "--backend", "jax"),
        *("--pre-split", "--tokenizer", "whitespace", "--epochs", 2, "--sampling", "sentences"),
        *("--cell", "gru", "--layers", 2, "--tie-weights", "--embedding-dim", 8),
        *("--hidden-dim", 8, "--batch-size", 4, "--optimizer", "rmsprop"),
    )
    assert_done(result, "epoch 2;", "held out")
    assert result.out.splitlines()[0] == f"model {out}"
    lines = cli("generate", out, "-n", 3, "--min-length", 1, "--seed", 1).out.splitlines()
    assert len(lines) == 3
    scored = one_json(cli("evaluate", out, "--data", text, "--json").out)
    said = re.search(r"held-out loss (\S+)\nheld-out perplexity (\S+)", result.out)
    assert scored["loss"] == pytest.approx(float(said[1]), abs=1e-5)
    assert scored["perplexity"] == pytest.approx(float(said[2]), abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("word", "--recipe", "tutorial", "--cell", "gru"), ("no --cell", "--recipe modern")),
        (
            ("char", "--recipe", "modern", "--carry-state"),
            ("--carry-state", "--recipe tutorial"),
        ),
        (("tagger", "--recipe", "word", "--dropout", 0.1), ("no --dropout", "--recipe modern")),
        (("word", "--recipe", "tutorial", "--iterations", 3, "--epochs", 2), ("leave out one",)),
        (("tagger", "--recipe", "modern", "--patience", 0), ()),
    ],
)
def test_settings_of_other_recipes_are_refused(cli, text, tmp_path, arguments, parts):
    task, *options = arguments
    result = cli("train", task, "--data", text, "--out", tmp_path / "out.npz", *options)
    if parts:
        assert_refused(result, *parts)
    assert result.status == 2
    assert list(tmp_path.iterdir()) == []


def test_a_recipe_that_nobody_has(cli, text, tmp_path):
    result = cli("train", "word", "--data", text, "--out", tmp_path / "o.npz", "--recipe", "word")
    assert result.status == 2
    assert "modern" in result.err
    assert "tutorial" in result.err


def test_json_of_info_names_the_run(cli, trained):
    held = json.loads(cli("info", trained("word", "modern"), "--json").out)
    assert held["configuration"]["training"]["signature"]["recipe"] == "modern"
