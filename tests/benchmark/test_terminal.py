"""What `rnn-graph bench` prints: whole names in 80 columns, and who is missing in one list."""

from pathlib import Path

import pytest

from benchmark_results import full_results, learned_workload, results
from rnn_graph.benchmark.report.results import label, measured_of, read_results
from rnn_graph.benchmark.report.tables import Table
from rnn_graph.benchmark.report.terminal import missing_lines, table_lines, workload_lines

COMMITTED = sorted(Path(__file__).parents[2].glob("benchmarks/results/*.json"))


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.name)
def test_eighty_columns_hold_the_whole_names(path):
    run = read_results(path)
    for workload in run["workloads"]:
        lines = workload_lines(workload, 80)
        assert max(map(len, lines)) <= 80
        for contender in measured_of(workload):
            name = label(contender, usual="float32")
            assert any(line.startswith(name) for line in lines), name
    assert all(len(line) <= 80 for line in missing_lines(run, 80))


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width):
    works = [*full_results()["workloads"], learned_workload()]
    for work in works:
        # A word can be wider than a terminal of 20 columns.
        assert all(len(line) <= width or width < 40 for line in workload_lines(work, width))


def test_the_answer_comes_first_and_ours_is_marked():
    lines = workload_lines(full_results()["workloads"][0], 80)
    assert lines[0] == "lm-step: A training step of the word model on one sentence"
    assert lines[1].startswith("A training step takes 2.10 ms")
    (ours,) = [line for line in lines if "(this project)" in line]
    assert ours.endswith("2.10 ms     1.52    3.11 s      123")


def test_rows_are_sorted_and_only_of_those_who_ran():
    text = "\n".join(workload_lines(full_results()["workloads"][0], 80))
    order = ["matrix products jax", "rnn_graph jax", "literal graph", "NumPy reference"]
    assert [text.index(name) for name in order] == sorted(text.index(name) for name in order)
    assert "PyTorch eager" not in text


def test_columns_that_do_not_fit_are_named():
    table = Table(("a", "b", "c"), [("x" * 10, "1", "2")], ["why"], optional_columns=2)
    assert table_lines(table, 16) == ["a           b  c", "xxxxxxxxxx  1  2", "", "why"]
    rows, notes = table_lines(table, 15)[:2], table_lines(table, 15)[3:]
    assert rows == ["a           b", "xxxxxxxxxx  1"]
    assert " ".join(" ".join(notes).split()) == "why in a wider terminal also: c"


def test_words_break_before_a_table_becomes_blocks():
    table = Table(("name", "seconds"), [("one two", "1.23 s")], [])
    assert table_lines(table, 16) == ["name     seconds", "one two   1.23 s"]
    assert table_lines(table, 13) == ["name  seconds", "one    1.23 s", "two"]
    assert table_lines(table, 12) == ["one two", "  seconds:", "    1.23 s"]


def test_who_is_missing_is_in_one_list():
    lines = " ".join(" ".join(missing_lines(full_results(), 80)).split())
    assert lines.startswith("Not measured: loss differs by 1.0e-01: rnn_graph jax, GPU (lm-step)")
    assert "torch is not installed" in lines
    assert "PyTorch eager (lm-step, lm-growth at V = 8,000, lm-growth at V = 16,000, peer," in lines
    assert missing_lines(results(learned_workload() | {"contenders": []}), 80) == []


def test_a_quick_run_says_so():
    work = full_results()["workloads"][0] | {"quick": True}
    assert "Quick run: short turns, few contenders, started side by side." in " ".join(
        workload_lines(work, 200)
    )
