"""What was learned, in tables, documents and pictures; and its part of a results file."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from benchmark_results import full_results, learned_workload, results, written
from rnn_graph.benchmark.report.comparison import compare, comparison_table
from rnn_graph.benchmark.report.html_report import render_html
from rnn_graph.benchmark.report.learning_curves import draw_over_epochs, draw_over_seconds
from rnn_graph.benchmark.report.markdown import render_markdown
from rnn_graph.benchmark.report.result_tables import curve_table, learned_tables, result_table
from rnn_graph.benchmark.report.results import read_results
from rnn_graph.benchmark.report.tables import contender_table, sizes_line
from rnn_graph.errors import InputError


def rows(table):
    return {row[0]: dict(zip(table.headers[1:], row[1:], strict=True)) for row in table.rows}


def test_best_scores_and_times_to_the_same_score():
    table = result_table(learned_workload())
    assert rows(table) == {
        "rnn_graph jax float32": {
            "best perplexity": "45.00 (40.00–50.00)",
            "time to the same score": "4.00 s",
            "without compilation": "1.50 s",  # of 4 - 2 and 4 - 3
            "× ours": "1.00",
        },
        "PyTorch eager, float32": {
            "best perplexity": "70.00 (60.00–80.00)",
            "time to the same score": "4.75 s",
            "without compilation": "4.75 s",
            "× ours": "1.19? (1.12–1.25)",
        },
    }
    notes = " ".join(table.notes)
    assert "rnn_graph jax float32: 50.00, 40.00; PyTorch eager, float32: 60.00, 80.00" in notes
    assert "with that seed (60.00, 80.00)" in notes
    assert "?: the seeds differ too much" in notes


def test_of_more_is_better_the_largest_is_the_best():
    learning = {"measure": "F1, %", "higher_is_better": True, "same_scores": [60.0, 80.0]}
    found = rows(result_table(learned_workload(learning=learning)))
    assert found["rnn_graph jax float32"]["best F1, %"] == "85.00 (80.00–90.00)"


def test_the_score_after_each_epoch():
    table = curve_table(learned_workload())
    assert table.rows == [
        ("1", "85.00 (80.00–90.00)", "3.50", "85.00 (70.00–100.0)", "2.25"),
        ("2", "45.00 (40.00–50.00)", "4.75", "70.00 (60.00–80.00)", "4.75"),
    ]


def test_of_many_epochs_some_are_shown_and_the_last():
    work = learned_workload()
    for contender in work["contenders"][:2]:
        for run in contender["runs"]:
            run["points"] = [{"epoch": k, "seconds": k, "score": 1 / k} for k in range(1, 31)]
    shown = [int(row[0]) for row in curve_table(work).rows]
    assert shown[-1] == 30
    assert len(shown) <= 12
    assert len({after - before for before, after in pairwise(shown)}) == 1


def test_where_nobody_has_learned_there_is_no_table_but_the_reasons():
    work = learned_workload()
    work["contenders"] = work["contenders"][2:]
    work |= {"ours": None, "learning": work["learning"] | {"same_scores": []}}
    assert learned_tables(work) == []
    assert "torch is not installed" in render_html([results(work)])


def test_what_the_peer_lacks_is_noted():
    notes = contender_table(learned_workload()).notes
    assert "PyTorch eager, float32: without settings of this project's recipe: averaging 0.9" in (
        notes
    )
    assert sizes_line(learned_workload()) == "cell = lstm, H = 4, epochs = 2, seeds: 2"


def test_pictures_have_a_line_and_a_band_for_each_contender():
    figures = draw_over_epochs(learned_workload()), draw_over_seconds(learned_workload())
    places = [[1, 2], [1, 2]], [[3.5, 4.75], [2.25, 4.75]]
    for figure, expected in zip(figures, places, strict=True):
        (axes,) = figure.axes
        assert [list(line.get_xdata()) for line in axes.lines] == expected
        assert [list(line.get_ydata()) for line in axes.lines] == [[85, 45], [85, 70]]
        for line in ("color", "linestyle", "marker"):
            assert len({getattr(found, f"get_{line}")() for found in axes.lines}) == 2
        bands = [band.get_paths()[0].get_extents() for band in axes.collections]
        assert [(band.y0, band.y1) for band in bands] == [(40, 90), (60, 100)]
        assert axes.get_ylabel() == "held-out perplexity"
    assert [figure.axes[0].get_xlabel() for figure in figures] == [
        "epochs",
        "seconds since start, compilation included",
    ]


def test_only_losses_have_a_log_scale_and_only_where_they_lie_far_apart():
    near, far = learned_workload(), learned_workload()
    points(far)[0]["score"] = 150.0
    assert [draw_over_epochs(work).axes[0].get_yscale() for work in (near, far)] == [
        "linear",
        "log",
    ]
    far["learning"] |= {"higher_is_better": True, "measure": "F1, %"}
    axes = draw_over_seconds(far).axes[0]
    assert (axes.get_yscale(), axes.get_ylabel()) == ("linear", "held-out F1, %")


def test_the_page_and_the_document_have_what_was_learned():
    document = [results(learned_workload())]
    page, markdown = render_html(document), render_markdown(document)
    pictures = [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, re.S)]
    assert len(pictures) == 3  # the chart, and two of curves
    text = " ".join(pictures[2].itertext())
    assert "seconds since start, compilation included" in text
    assert "PyTorch eager, float32" in text
    for found in (page, markdown):
        assert "45.00 (40.00–50.00)" in found
        assert "time to the same score" in found


def test_files_with_and_without_are_read(tmp_path):
    for number, document in enumerate((results(learned_workload()), full_results())):
        assert read_results(written(tmp_path / f"{number}.json", document)) == document


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda w: w["learning"].pop("measure"), r"workloads\[0\].learning has no 'measure'"),
        (lambda w: first(w).pop("runs"), r"contenders\[0\] has no 'runs'"),
        (lambda w: first(w)["runs"].pop(), r"runs has 1 seeds; expected 2"),
        (lambda w: points(w).pop(), r"runs\[0\].points has epochs \[1\]|runs\[1\].points has"),
        (lambda w: points(w).clear(), r"runs\[0\].points has epochs \[\]; expected 1"),
        (lambda w: points(w)[0].update(score=None), r"points\[0\].score is None"),
        (lambda w: points(w)[0].update(seconds=-1), "seconds is -1; expected a number above 0"),
    ],
)
def test_what_is_wrong_with_a_curve_is_named(tmp_path, change, complaint):
    work = learned_workload()
    change(work)
    with pytest.raises(InputError, match=complaint):
        read_results(written(tmp_path / "results.json", results(work)))


def first(work):
    return work["contenders"][0]


def points(work):
    return first(work)["runs"][0]["points"]


def with_scores(scores, **changes):
    """A run of ours and the peer, ours with these best scores."""
    work = learned_workload()
    work["learning"] |= changes
    for run, score in zip(first(work)["runs"], scores, strict=True):
        for point in run["points"]:
            point["score"] = score
    return results(work)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [([50, 40], [39, 30], "better"), ([50, 40], [41, 30], "same"), ([50, 40], [60, 51], "worse")],
)
def test_two_runs_are_compared_by_their_best_scores(before, after, verdict):
    changes = {c.contender: c for c in compare(with_scores(before), with_scores(after))}
    ours = changes["rnn_graph jax float32"]
    assert (ours.verdict, ours.against, ours.relative) == (verdict, "perplexity", None)
    assert ours.reason.startswith("best perplexity 45.00 (40.00–50.00) → ")
    assert changes["PyTorch eager, float32"].verdict == "same"
    assert changes["PyTorch eager, float32, GPU"].verdict == "not measured"
    turned = {"higher_is_better": True}
    pair = with_scores(before, **turned), with_scores(after, **turned)
    assert "the verdict is about the best scores" in " ".join(
        comparison_table(compare(*pair)).notes
    )
    opposite = {"better": "worse", "same": "same", "worse": "better"}[verdict]
    assert compare(*pair)[0].verdict == opposite
