import pytest

from rnn_graph.benchmark import lm_step
from rnn_graph.benchmark.growth import measure_growth
from rnn_graph.benchmark.lm_step import StepSizes, measure_step
from rnn_graph.benchmark.timing import Contender, median_ratio

SIZES = StepSizes(word_dim=30, hidden_dim=6, length=7, bptt_truncate=4)


def test_reports_every_contender_with_its_phases():
    result = measure_step(SIZES, backends=["jax"], rounds=2)
    names = [row["name"] for row in result["contenders"]]
    assert names[:2] == ["numpy float64", "jax float32"]
    assert "jax float64" in names
    assert len(names) == len(set(names)) == 9
    by_name = {row["name"]: row for row in result["contenders"]}
    assert by_name["jax float32"]["compile_s"] > 0
    assert by_name["jax float32"]["first_call_s"] > 0
    assert all(row["steady_ms"] > 0 for row in result["contenders"])
    assert by_name["numpy float64"]["times_numpy"] == 1


def test_refuses_to_time_what_computes_something_else(monkeypatch):
    monkeypatch.setattr(lm_step.RNNTheano, "sgd_step", lambda *_: 12.0)
    with pytest.raises(ArithmeticError, match=r"jax float32 does not compute .* loss differs"):
        measure_step(SIZES, backends=["jax"], rounds=1)


def test_a_ratio_is_the_median_of_the_rounds_ratios():
    fast = Contender("fast", run=lambda: None, seconds=[1.0, 2.0, 4.0])
    slow = Contender("slow", run=lambda: None, seconds=[2.0, 6.0, 40.0])
    assert median_ratio(fast, slow) == 3.0


def test_growth_multiplies_one_size_at_a_time():
    result = measure_growth(SIZES, (1, 2), backends=["jax"], rounds=1)
    assert [(row["axis"], row["size"]) for row in result["rows"]] == [
        ("T", 7),
        ("T", 14),
        ("V", 30),
        ("V", 60),
        ("H", 6),
        ("H", 12),
    ]
