"""The chart of a workload: sorted, linear from zero, cut where a bar would squeeze the others."""

import re
from xml.etree import ElementTree

import pytest

from benchmark_results import MARKUP, full_results, learned_workload, measured, workload
from rnn_graph.benchmark.report.bars import LONGEST, Bar, BarChart, chart_of
from rnn_graph.benchmark.report.markdown import text_bars
from rnn_graph.benchmark.report.svg_bars import svg_bars


def chart(**seconds):
    """Of contenders by kind; `ours` is this project."""
    contenders = [measured(kind, kind, [time] * 3) for kind, time in seconds.items()]
    return chart_of(workload(contenders))


def drawn(found):
    return ElementTree.fromstring(svg_bars(found, "what it shows"))


def parts(svg, tag):
    return [element for element in svg.iter() if element.tag.endswith(f"}}{tag}")]


def widths(svg):
    return [float(bar.get("width").rstrip("%")) for bar in parts(svg, "rect")]


def test_bars_are_sorted_and_in_proportion():
    found = chart(reference=0.004, ours=0.002, peer=0.003)
    assert [bar.kind for bar in found.bars] == ["ours", "peer", "reference"]
    assert found.end == 0.004
    assert widths(drawn(found)) == [50, 75, 100]


def test_ours_is_marked_by_color_and_word():
    svg = drawn(chart(reference=0.004, ours=0.002))
    assert [bar.get("class") for bar in parts(svg, "rect")] == ["bar ours", "bar"]
    names = [text.text for text in parts(svg, "text") if "name" in text.get("class")]
    assert names == ["ours (this project)", "reference"]


def test_bars_that_would_squeeze_the_others_are_cut():
    found = chart(ours=0.001, peer=0.003, reference=(LONGEST + 0.1) * 0.001)
    assert found.end == 0.003
    assert [found.is_broken(bar) for bar in found.bars] == [False, False, True]
    svg = drawn(found)
    assert widths(svg)[-1] == 100 > widths(svg)[1]
    assert widths(svg)[0] == pytest.approx(widths(svg)[1] / 3, abs=0.01)
    assert len([line for line in parts(svg, "line") if line.get("class") == "break"]) == 2
    assert "6.10 ms" in [text.text for text in parts(svg, "text")]
    just = chart(ours=0.001, peer=0.003, reference=LONGEST * 0.001)
    assert not just.has_broken_bars


def test_where_this_project_is_the_slowest_nothing_is_cut():
    assert not chart(ours=0.1, peer=0.001).has_broken_bars


def test_a_slower_floor_is_no_floor():
    products = {"bound": "products"}
    contenders = [
        measured("ours", "ours", [0.004] * 3),
        measured("floor: products, slow", "floor", [0.003] * 3, **products),
        measured("floor: products, fast", "floor", [0.002] * 3, **products),
        measured("floor: memory", "floor", [0.001] * 3, bound="memory"),
    ]
    names = [bar.name for bar in chart_of(workload(contenders)).bars]
    assert names == ["floor: memory", "floor: products, fast", "ours"]


@pytest.mark.parametrize(
    ("end", "ticks", "unit"),
    [
        (0.0055, ["0", "2", "4"], "ms"),
        (0.0000013, ["0", "0.5", "1"], "µs"),
        (10.0, ["0", "2", "4", "6", "8", "10"], "s"),
        (1e-12, ["0", "0.0002", "0.0004", "0.0006", "0.0008", "0.001"], "ns"),
        (12345.0, ["0", "2,500", "5,000", "7,500", "10,000"], "s"),
    ],
)
def test_the_axis_begins_at_zero_and_has_round_numbers(end, ticks, unit):
    found = BarChart([Bar("a", "ours", end, end, end)], end, "time")
    assert [found.on_axis(tick) for tick in found.ticks] == ticks
    assert found.unit == unit


def test_rounds_are_lines_through_the_bars():
    contenders = [measured("ours", "ours", [0.001, 0.002, 0.004])]
    found = chart_of(workload(contenders))
    assert (found.end, found.ranges) == (0.004, "rounds")
    (line,) = [line for line in parts(drawn(found), "line") if line.get("class") == "rounds"]
    assert (line.get("x1"), line.get("x2")) == ("25.000%", "100.000%")
    assert chart(ours=0.002).ranges == ""


def test_what_was_learned_has_the_time_to_the_same_score():
    found = chart_of(learned_workload())
    assert [(bar.kind, bar.seconds) for bar in found.bars] == [("ours", 4.0), ("peer", 4.75)]
    assert found.ranges == "seeds"


def test_sizes_that_grow_have_the_times_of_this_project():
    found = chart_of(full_results()["workloads"][1])
    assert [bar.name for bar in found.bars] == [
        *("T = 45", "T = 90", "T = 180"),
        *("V = 8,000", "V = 16,000"),
    ]
    assert not found.is_marked


def test_without_anyone_there_is_no_chart():
    assert chart_of(full_results()["workloads"][2]) is None
    assert chart_of(workload([])) is None


def test_names_are_text_and_long_ones_go_on_in_the_next_line():
    contenders = [
        measured(MARKUP, "peer", [0.1] * 3),
        measured("PyTorch eager, gradients by hand, one thread", "peer", [0.2] * 3),
    ]
    found = chart_of(workload(contenders, unit="<b>"))
    texts = [text.text for text in parts(drawn(found), "text")]
    assert "<script" in " ".join(texts)
    assert "thread" in texts
    assert re.search("<script", svg_bars(found, "<i>")) is None


def test_bars_in_characters():
    found = chart(ours=0.001, peer=0.004, reference=0.1)
    assert text_bars(found).splitlines() == [
        f"ours       1.00 ms  {'█' * 7}▌ this project",
        f"peer       4.00 ms  {'█' * 30}",
        f"reference   100 ms  {'█' * 30}//█",
    ]
    fence = BarChart([Bar("```\na", "peer", 1.0, 1.0, 1.0)], 1.0, "time")
    assert text_bars(fence) == f"''' a  1.00 s  {'█' * 30}"
