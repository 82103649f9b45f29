"""`rnn-graph bench`: what it writes, and what it refuses."""

import json

import pytest

from benchmark_results import full_results
from cli_checks import assert_done, assert_refused, one_json
from rnn_graph.cli.bench import WorkloadName

SMALL = ("--vocabulary-size", "20", "--hidden-dim", "3", "--length", "5")
QUICK = ("--rounds", "1", "--threads", "1", "--only", "NumPy reference")


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(full_results()))
    return path


def test_workload_names_are_those_of_the_suite():
    from rnn_graph.benchmark.suite import NAMES

    assert [str(name) for name in WorkloadName] == list(NAMES)


def test_several_workloads_saved_and_reported(cli, tmp_path):
    saved, page, text = (tmp_path / name for name in ("r.json", "r.html", "r.md"))
    result = cli("bench", "lm-step", "lm-step-full", *SMALL, *QUICK, "--save", saved)
    assert_done(result)
    assert "lm-step-full" in result.out
    assert [work["name"] for work in json.loads(saved.read_text())["workloads"]] == [
        "lm-step",
        "lm-step-full",
    ]
    assert_done(cli("bench", "report", saved, "--html", page, "--markdown", text))
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert "lm-step-full" in text.read_text()


def test_a_quick_run_is_of_all_workloads_that_are_timed(cli, tmp_path, monkeypatch):
    from rnn_graph.benchmark import suite

    asked = []

    def run(workload, selection, **options):
        asked.append((workload, selection, options["rounds"], options["quick"]))
        return full_results()["workloads"][0] | {"name": workload, "quick": options["quick"]}

    monkeypatch.setattr(suite, "run", run)
    saved = tmp_path / "r.json"
    assert cli("bench", "--quick", "--save", saved).status == 1  # one of ours is wrong in there
    assert [workload for workload, *_ in asked] == list(suite.WORKLOADS)
    assert {(rounds, quick) for _, _, rounds, quick in asked} == {(1, True)}
    assert {selection.backends for _, selection, *_ in asked} == {("jax",)}
    assert {work["quick"] for work in json.loads(saved.read_text())["workloads"]} == {True}
    asked.clear()
    cli("bench", "lm-step", "--quick", "--rounds", "3", "--backend", "c")
    assert [(name, chosen.backends, rounds) for name, chosen, rounds, _ in asked] == [
        ("lm-step", ("c",), 3)
    ]


def test_a_table_has_whole_names_in_eighty_columns(cli, monkeypatch):
    from rnn_graph.benchmark import suite

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(suite, "run", lambda name, *_, **__: full_results()["workloads"][0])
    lines = cli("bench", "lm-step").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("rnn_graph jax float32 (this project)  2.10 ms") for line in lines)
    assert lines.count("Not measured:") == 1


def test_a_report_of_two_runs(cli, saved, tmp_path):
    page = tmp_path / "report.html"
    assert_done(cli("bench", "report", saved, saved, "--html", page))
    assert page.read_text().count("<article") == 2 * 3


def test_a_comparison(cli, saved):
    result = cli("bench", "compare", saved, saved)
    assert_done(result)
    assert "same" in result.out
    found = one_json(cli("bench", "compare", saved, saved, "--json").out)
    assert {change["verdict"] for change in found["changes"]} <= {"same", "unclear", "not measured"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lm-step", "--batch-size", "3"), "lm-step has no --batch-size"),
        (("lm-step", "tagger-word", "--length", "3"), "tagger-word has no --length"),
        (("lm-step", "--save", "absent/r.json"), "absent"),
        (("lm-epoch", "--data", "absent.csv", *QUICK), "absent.csv"),
        (("lm-step", "--only", "Torch"), "no contender is called 'Torch'"),
        (("lm-step", "--threads", "10000"), "--threads is 10000"),
        (("report", "absent.json", "--html", "r.html"), "absent.json"),
        (("report", "absent.json"), "nothing to write"),
        (("compare", "absent.json", "absent.json"), "absent.json"),
        (("run",), "no workload is named"),
        (("learn-words", "--quick"), "learn-words has no --quick"),
        (("lm-step", "--quick", "--growth"), "--quick has no --growth"),
        (("tagger-word", "--growth"), "no sizes that grow"),
        (("learn-words", "--growth"), "no sizes that grow"),
        (("learn-words", "--rounds", "2"), "learn-words has no --rounds"),
        (("learn-tags", "--layers", "2"), "learn-tags has no --layers"),
        (("lm-step", "--seeds", "2"), "lm-step has no --seeds"),
        (("learn-chars", "--data", "absent.txt"), "absent.txt"),
        (("learn-words", "--only", "Torch"), "no contender is called 'Torch'"),
    ],
)
def test_what_is_refused(cli, arguments, said):
    assert_refused(cli("bench", *arguments), said)


@pytest.mark.parametrize(
    "arguments",
    [
        ("lm-stop",),
        ("--rounds", "0", "lm-step"),
        ("learn-words", "--cell", "rnn"),
        ("learn-words", "--seeds", "0"),
    ],
)
def test_usage(cli, arguments):
    result = cli("bench", *arguments)
    assert result.status == 2
    assert "Traceback" not in result.err


def test_what_is_learned_from_a_file_is_saved_and_reported(cli, tmp_path):
    text, saved, page = (tmp_path / name for name in ("text.txt", "r.json", "r.html"))
    text.write_text("the cat sat on the mat, and the dog lay by the door\n" * 40)
    sizes = ("--epochs", "1", "--seeds", "1", "--hidden-dim", "3", "--data", text)
    result = cli("bench", "learn-chars", *sizes, "--only", "rnn_graph jax float32", "--save", saved)
    assert_done(result)
    assert "best held-out loss is" in " ".join(result.out.split())
    (work,) = json.loads(saved.read_text())["workloads"]
    assert work["sizes"]["H"] == 3
    assert_done(cli("bench", "report", saved, "--html", page))
    assert page.read_text().count("<svg") == 3  # the chart, and two of curves


def test_a_report_does_not_overwrite_its_input(cli, saved):
    assert_refused(cli("bench", "report", saved, "--html", saved), str(saved))
    assert json.loads(saved.read_text()) == full_results()
