import pytest

from benchmark_programs import CONTENDERS, REFERENCE, SumTask
from rnn_graph.benchmark.measuring import Entry, measure
from rnn_graph.benchmark.timing import Ratio


@pytest.fixture(scope="module")
def entries():
    task = SumTask()
    found = [Entry(contender, task) for contender in (REFERENCE, *CONTENDERS.values())]
    measure(found, rounds=2, threads=1)
    return {entry.contender.name: entry for entry in found}


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("wrong losses", "wrong", "differs by 1.0e-02"),
        ("no numbers", "wrong", "differs by inf"),
        ("wrong parameters", "wrong", "w differs by"),
        ("breaks", "failed", "RuntimeError: no luck"),
        ("tires", "failed", "ArithmeticError: tired"),
        ("not here", "missing", "it is elsewhere"),
        ("not installed", "missing", "no_such_library is not installed"),
        ("dies", "failed", "its process ended with status 7"),
    ],
)
def test_who_is_not_measured_is_listed_with_the_reason(entries, name, status, reason):
    row = entries[name].row()
    assert row["status"] == status
    assert reason in row["reason"]
    assert "\n" not in row["reason"]
    assert row["seconds"] is row["steady_s"] is row["peak_mb"] is None


@pytest.mark.parametrize("name", ["reference", "right"])
def test_who_computes_the_same_is_measured(entries, name):
    row = entries[name].row()
    assert (row["status"], row["reason"]) == ("measured", None)
    assert len(row["seconds"]) == 2
    assert min(row["seconds"]) <= row["steady_s"] <= max(row["seconds"])
    assert row["set_up_s"] >= 0
    assert row["first_call_s"] >= 0
    assert row["compile_s"] is None  # it compiles nothing


def test_a_ratio_is_the_median_of_the_rounds_ratios():
    ratio = Ratio.of([2.0, 6.0, 40.0], [1.0, 2.0, 4.0])
    assert (ratio.median, ratio.low, ratio.high) == (3.0, 2.0, 10.0)


@pytest.mark.parametrize(
    ("seconds", "is_supported"),
    [([2, 2], False), ([2, 2, 2], True), ([2, 2.9, 2], True), ([2, 3.1, 2], False)],
)
def test_a_wide_spread_or_few_rounds_support_no_claim(seconds, is_supported):
    assert Ratio.of(seconds, [1] * len(seconds)).is_supported == is_supported
