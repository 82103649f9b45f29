import copy

import pytest

from benchmark_results import (
    NOT_INSTALLED,
    environment,
    full_results,
    measured,
    not_measured,
    ratio,
    results,
    workload,
)
from rnn_graph.benchmark.report.absences import absences, counted
from rnn_graph.benchmark.report.machine import machines, processor_line
from rnn_graph.benchmark.report.tables import (
    contender_table,
    growth_table,
    short_growth_table,
    short_table,
    sizes_line,
)


@pytest.fixture
def works():
    return full_results()["workloads"]


def by_header(table):
    """By the first cell of a row, its cells by their headers."""
    return {row[0]: dict(zip(table.headers, row, strict=True)) for row in table.rows}


def test_everyone_who_ran_has_a_row_the_fastest_first(works):
    table = contender_table(works[0])
    assert [row[0] for row in table.rows] == [
        *("matrix products jax, float32", "rnn_graph jax float32"),
        *("literal graph jax float32", "NumPy reference, float64"),
    ]
    assert by_header(table)["rnn_graph jax float32"] == {
        "contender": "rnn_graph jax float32",
        "time per step": "2.10 ms",
        "all rounds": "2.00 ms – 2.20 ms",
        "× floor": "1.52 (1.48–1.60)",
        "× ours": "1.00",
        "× reference": "49.1 (47.0–51.2)",
        "set-up": "2.10 s",
        "compile": "1.00 s",
        "first call": "12.0 ms",
        "peak MB": "123",
    }


def test_the_short_table_has_medians_and_what_may_be_left_out(works):
    table = short_table(works[0])
    assert table.headers == (
        *("contender", "time", "× floor"),
        *("start-up", "peak MB", "× reference"),
    )
    assert table.optional_columns == 3
    rows = by_header(table)
    assert rows["rnn_graph jax float32 (this project)"]["× floor"] == "1.52"
    assert rows["literal graph jax float32"]["× reference"] == "8.30?"
    assert table.notes[-1].startswith("?: ")
    alone = [measured("a", "floor", [0.1], start_up=(None, None, None))]
    assert short_table(workload(alone)).headers == ("contender", "time")


def test_pytorch_as_written_is_compared_with_everyone_on_its_device():
    contenders = [
        measured("rnn_graph jax float32", "ours", [0.001] * 3),
        measured("PyTorch eager", "peer", [0.002] * 3),
        measured("PyTorch eager, GPU", "peer", [0.0005] * 3, device="gpu"),
        measured("NumPy reference", "reference", [0.008] * 3, dtype="float64"),
    ]
    work = workload(contenders, sizes={"k": "full"})
    rows = by_header(contender_table(work))
    assert {name: row["× PyTorch"] for name, row in rows.items()} == {
        "rnn_graph jax float32": "2.00",
        "PyTorch eager, float32": "1.00",
        "PyTorch eager, GPU, float32": "1.00",
        "NumPy reference, float64": "0.25",
    }
    contenders[1]["seconds"].append(1.0)  # from a file that someone changed
    assert by_header(contender_table(work))["rnn_graph jax float32"]["× PyTorch"] == "–"


def test_a_ratio_that_supports_no_claim_is_marked_and_explained(works):
    table = contender_table(works[0])
    row = by_header(table)["literal graph jax float32"]
    assert row["× reference"] == "8.30? (3.20–11.0)"
    assert row["× ours"] == "5.70? (4.50–15.0)"
    assert sum(note.startswith("?: ") for note in table.notes) == 1

    for contender in works[0]["contenders"]:
        for name in ("times_reference", "over_ours", "over_floor"):
            if contender[name]:
                contender[name]["is_supported"] = True
    for contender in works[0]["contenders"]:
        contender["seconds"] = [contender["steady_s"]] * 3 if contender["seconds"] else None
    table = contender_table(works[0])
    assert not any("?" in cell for row in table.rows for cell in row)
    assert not any(note.startswith("?: ") for note in table.notes)


def test_who_was_not_measured_is_listed_by_the_reason(works):
    groups = absences([results(*works)])
    assert [(group.status, group.reason) for group in groups] == [
        ("wrong", "loss differs by 1.0e-01"),
        ("failed", "it failed: RuntimeError: <i>no</i> compiler | none"),
        ("missing", NOT_INSTALLED),
    ]
    assert groups[-1].contenders == {
        "PyTorch eager": [
            *("lm-step", "lm-growth at V = 8,000", "lm-growth at V = 16,000"),
            *("peer", "peer at H = 100"),
        ]
    }
    assert counted(groups) == "7 (1 computing something else, 1 failed)"


def test_absences_name_the_processor_where_there_are_several():
    absent = workload([not_measured("PyTorch eager", "missing", NOT_INSTALLED)])
    here, there = (results(absent, processor=name) for name in ("Here", "There"))
    assert [group.processor for group in absences([here, there])] == ["Here", "There"]
    assert [group.processor for group in absences([here, here])] == [None]
    assert counted(absences([here, here])) == "1"
    assert absences([results()]) == []


def test_when_start_up_has_paid_is_said_only_where_the_ratio_is_supported(works):
    # 0.13 + 0.1 n ≥ 3.112 + 0.0021 n from n = 30.5 on
    said = "rnn_graph jax float32 has caught up with NumPy reference, float64 after 31 steps"
    assert any(said in note for note in contender_table(works[0]).notes)
    works[0]["contenders"][1]["times_reference"]["is_supported"] = False
    assert not any("caught up" in note for note in contender_table(works[0]).notes)


def test_growth_has_a_column_for_each_factor(works):
    table = growth_table(works[1])
    assert table.headers == ("size", "contender", "× 1", "× 2", "× 4")
    assert table.rows == [
        *(
            ("T = 45–180", name, *cells)
            for name, *cells in (
                ("rnn_graph jax float32", "2.10 ms (1.00)", "3.90 ms (1.86)", "8.10 ms (3.86)"),
                ("matrix products jax", "1.40 ms (1.00)", "2.70 ms (1.93)", "5.30 ms (3.79)"),
            )
        ),
        *[
            ("V = 8,000–16,000", "rnn_graph jax float32", "2.10 ms (1.00)", "3.80 ms (1.81)", "–"),
        ],
    ]
    assert len(table.notes) == 1


def test_growth_for_a_terminal_has_a_time_and_how_many_times_as_long(works):
    table = short_growth_table(works[1])
    assert table.headers == ("size", "contender", "time", "× 2", "× 4")
    assert table.rows == [
        ("T = 45", "rnn_graph jax float32", "2.10 ms", "1.86", "3.86"),
        ("T = 45", "matrix products jax", "1.40 ms", "1.93", "3.79"),
        ("V = 8,000", "rnn_graph jax float32", "2.10 ms", "1.81", "–"),
    ]
    assert short_growth_table(works[0]).rows == []


def test_the_machine_is_described_with_its_runs():
    step = workload([])
    first, again = results(step), results(step, date="2026-11-22", commit=None)
    (found,) = machines([first, again])
    assert found["Processor"] == "Intel(R) Xeon(R) Processor (x86_64)"
    assert found["Cores"] == "2; threads of each contender: 2"
    assert found["GPU"] == "none"
    assert found["Memory"] == "24.0 GB"
    assert found["Versions"] == "rnn_graph 0.1, python 3.11.7, jax 0.10.2"
    assert found["Runs"] == (
        "2026-11-21T16:30:00+00:00, commit 7d1a8c8 with changes: lm-step;"
        " 2026-11-22, commit unknown: lm-step"
    )
    assert [machine["GPU"] for machine in machines([first, results(gpu="H200")])] == [
        "none",
        "H200",
    ]
    assert processor_line(environment(threads=1)) == "Intel(R) Xeon(R) Processor, 1 thread"


@pytest.mark.parametrize(
    ("changes", "blas", "forced"),
    [
        ({}, "not recorded", "not recorded"),
        (
            {"blas": {"library": "openblas 0.3", "kernel": "Zen"}, "kernel_variables": {}},
            "openblas 0.3, kernel Zen",
            "none: ",
        ),
        (
            {
                "blas": {"library": "openblas 0.3", "kernel": None},
                "kernel_variables": {"OPENBLAS_CORETYPE": "Haswell"},
            },
            "openblas 0.3; kernel not known",
            "OPENBLAS_CORETYPE=Haswell",
        ),
        ({"blas": None, "kernel_variables": {}}, "NumPy does not name its library", "none: "),
    ],
)
def test_the_machine_has_its_blas_and_what_forces_a_kernel(changes, blas, forced):
    (found,) = machines([results(**changes)])
    assert found["BLAS of NumPy"].startswith(blas)
    assert found["Kernels forced by the environment"].startswith(forced)


def test_sizes_are_one_line(works):
    assert sizes_line(works[0]) == "V = 8000, H = 100, T = 45, k = none, rounds: 3"


def test_tables_leave_the_results_alone(works):
    before = copy.deepcopy(works)
    for work in works:
        contender_table(work)
        short_table(work)
        growth_table(work)
        short_growth_table(work)
    assert works == before


def test_one_unit_is_not_called_units():
    slow = measured("slow", "reference", [3.0], dtype="float64", times_reference=ratio(1.0))
    fast = measured("fast", "ours", [1.0], start_up=(1.0, 0, 0), times_reference=ratio(3.0))
    work = workload([slow, fast], reference="slow", ours="fast", unit="word")
    assert any(note.endswith("after 1 word") for note in contender_table(work).notes)
