import copy

import pytest

from benchmark_results import (
    MARKUP,
    NOT_INSTALLED,
    environment,
    full_results,
    measured,
    not_measured,
    ratio,
    workload,
)
from rnn_graph.benchmark.report.tables import (
    contender_table,
    environment_line,
    growth_table,
    sizes_line,
)


@pytest.fixture
def works():
    return full_results()["workloads"]


def by_header(table):
    """By the first cell of a row, its cells by their headers."""
    return {row[0]: dict(zip(table.headers, row, strict=True)) for row in table.rows}


def test_every_contender_has_a_row_in_the_order_of_the_run(works):
    table = contender_table(works[0])
    assert [row[0].partition(",")[0] for row in table.rows] == [
        *("NumPy reference", "rnn_graph jax float32", "literal graph jax float32"),
        *("PyTorch eager", MARKUP, "rnn_graph jax", "matrix products jax"),
    ]
    assert by_header(table)["rnn_graph jax float32"] == {
        "contender": "rnn_graph jax float32",
        "set-up": "2.10 s",
        "compile": "1.00 s",
        "first call": "12.0 ms",
        "steady per step": "2.10 ms",
        "peak MB": "123",
        "× reference": "49.1 (47.0–51.2)",
        "× ours": "1.00",
        "× floor": "1.52 (1.48–1.60)",
    }


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
    table = contender_table(works[0])
    assert not any("?" in cell for row in table.rows for cell in row)
    assert not any(note.startswith("?: ") for note in table.notes)


def test_who_was_not_measured_has_no_figure_and_a_reason(works):
    table = contender_table(works[0])
    rows = by_header(table)
    for name, status, reason in (
        ("PyTorch eager, float32", "missing", NOT_INSTALLED),
        (f"{MARKUP}, float32", "failed", "it failed: RuntimeError: <i>no</i> compiler | none"),
        ("rnn_graph jax, float32, GPU", "wrong", "loss differs by 1.0e-01"),
    ):
        cells = [cell for header, cell in rows[name].items() if header != "contender"]
        assert [cell for cell in cells if cell != "–"] == [status]
        assert f"{name}: not measured: {reason}" in table.notes


def test_contenders_that_are_missing_for_one_reason_share_a_note():
    absent = [not_measured(name, "missing", NOT_INSTALLED) for name in ("one", "other")]
    table = contender_table(workload(absent))
    assert table.notes == [f"one, float32; other, float32: not measured: {NOT_INSTALLED}"]
    assert table.headers == ("contender", "steady per step")  # nobody has other figures


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
        *(
            ("V = 8,000–16,000", name, *cells)
            for name, *cells in (
                ("rnn_graph jax float32", "2.10 ms (1.00)", "3.80 ms (1.81)", "–"),
                ("PyTorch eager", "missing", "missing", "–"),
            )
        ),
    ]
    assert table.notes[1:] == [
        f"PyTorch eager: not measured: {NOT_INSTALLED} (at V = 8,000, V = 16,000)"
    ]


def test_the_environment_is_one_line():
    line = environment_line(environment())
    assert line == (
        "Intel(R) Xeon(R) Processor (x86_64, Linux); cores: 2; threads: 2; 24.0 GB; GPU: none;"
        " 2026-11-21T16:30:00+00:00; commit 7d1a8c8 with changes;"
        " rnn_graph 0.1, python 3.11.7, jax 0.10.2"
    )
    other = environment_line(environment(gpu="NVIDIA H200", commit=None, memory_gb=None))
    assert "GPU: NVIDIA H200;" in other
    assert "commit unknown" in other
    assert " GB" not in other


def test_sizes_are_one_line(works):
    assert sizes_line(works[0]) == "V = 8000, H = 100, T = 45, k = none, rounds: 3"


def test_tables_leave_the_results_alone(works):
    before = copy.deepcopy(works)
    for work in works:
        contender_table(work)
        growth_table(work)
    assert works == before


def test_one_unit_is_not_called_units():
    slow = measured("slow", "reference", [3.0], dtype="float64", times_reference=ratio(1.0))
    fast = measured("fast", "ours", [1.0], start_up=(1.0, 0, 0), times_reference=ratio(3.0))
    work = workload([slow, fast], reference="slow", ours="fast", unit="word")
    assert any(note.endswith("after 1 word") for note in contender_table(work).notes)
