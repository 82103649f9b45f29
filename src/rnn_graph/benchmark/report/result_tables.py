"""What was learned, as tables and as the figures that pictures are drawn of."""

import math
import statistics
from typing import Any, NamedTuple

from rnn_graph.benchmark.report.results import (
    DOUBT,
    NO_FIGURE,
    format_number,
    format_ratio,
    format_seconds,
    is_measured,
    label,
)
from rnn_graph.benchmark.report.tables import Table

MOST_ROWS = 12
DIGITS = 4
SECONDS = "seconds since training began: compilation counts, evaluations do not"


class Spread(NamedTuple):
    """A figure of all seeds."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(statistics.fmean(values), min(values), max(values))


class Epoch(NamedTuple):
    """Where a contender stands after an epoch, over all seeds."""

    epoch: int
    seconds: Spread
    score: Spread


def learners(workload: dict[str, Any]) -> list[dict[str, Any]]:
    """The contenders that have learned."""
    return [contender for contender in workload["contenders"] if is_measured(contender)]


def best_scores(workload: dict[str, Any], contender: dict[str, Any]) -> list[float]:
    """The best held-out score of each seed."""
    best = max if workload["learning"]["higher_is_better"] else min
    return [best(point["score"] for point in run["points"]) for run in contender["runs"]]


def curve(contender: dict[str, Any]) -> list[Epoch]:
    """The contender's seeds, epoch by epoch."""
    return [
        Epoch(
            points[0]["epoch"],
            Spread.of([point["seconds"] for point in points]),
            Spread.of([point["score"] for point in points]),
        )
        for points in zip(*(run["points"] for run in contender["runs"]), strict=True)
    ]


def learned_tables(workload: dict[str, Any]) -> list[Table]:
    """Who has learned how much, and how it went; none if nobody has."""
    return [result_table(workload), curve_table(workload)] if learners(workload) else []


def result_table(workload: dict[str, Any]) -> Table:
    """A row for each learner: its best score, and when it had the score that all reach."""
    learning = workload["learning"]
    headers = (
        "contender",
        f"best {learning['measure']}",
        "time to the same score",
        "× ours",
        "without compilation",
    )
    rows = []
    for contender in sorted(learners(workload), key=time_to_same_score):
        runs = contender["runs"]
        alone = [run["same_score_s"] - run["start_up_s"] for run in runs]
        rows.append(
            (
                label(contender),
                format_spread(Spread.of(best_scores(workload, contender))),
                format_seconds(time_to_same_score(contender)),
                format_ratio(contender["same_score_over_ours"]),
                format_seconds(max(statistics.median(alone), 0.0)),
            )
        )
    return Table(headers, rows, _notes(workload), optional_columns=1)


def time_to_same_score(contender: dict[str, Any]) -> float:
    """Seconds, the median over the seeds."""
    return statistics.median(run["same_score_s"] for run in contender["runs"])


def _notes(workload: dict[str, Any]) -> list[str]:
    learning = workload["learning"]
    bests = (f"{label(c)}: {_listed(best_scores(workload, c))}" for c in learners(workload))
    notes = [
        f"best {learning['measure']}: on held-out data, mean over the seeds and range;"
        f" {'; '.join(bests)}",
        "time to the same score: until it is as good as the best of whoever learned least with that"
        f" seed ({_listed(learning['same_scores'])}); median over the seeds; {SECONDS}",
        "without compilation: the same, less what goes before the second step and what is compiled"
        " for other lengths in the first epoch",
    ]
    if workload["ours"]:
        notes.append(f"× ours: its time to the same score over that of {workload['ours']}")
    ratios = [c["same_score_over_ours"] for c in learners(workload)]
    if any(ratio and not ratio["is_supported"] for ratio in ratios):
        notes.append(f"{DOUBT}: the seeds differ too much, or are too few, to support a claim")
    return notes


def curve_table(workload: dict[str, Any]) -> Table:
    """A row for each epoch, or of many for some: each contender's score and seconds."""
    measured = learners(workload)
    curves = [curve(contender) for contender in measured]
    headers = ["epoch"]
    for contender in measured:
        name = label(contender)
        headers += [f"{name}: {workload['learning']['measure']}", f"{name}: seconds"]
    rows = []
    for number in _some(max(map(len, curves))):
        cells = [f"{number + 1}"]
        for points in curves:
            point = points[number] if number < len(points) else None
            cells += (
                [format_spread(point.score), format_number(point.seconds.mean)]
                if point
                else [NO_FIGURE] * 2
            )
        rows.append(tuple(cells))
    notes = ["after each epoch: mean over the seeds and range"]
    return Table(tuple(headers), rows, [*notes, SECONDS])


def _some(epochs: int) -> list[int]:
    """Places of epochs to show, the last one among them."""
    step = max(1, math.ceil(epochs / MOST_ROWS))
    return list(range(epochs))[::-1][::step][::-1]


def format_spread(spread: Spread) -> str:
    """The mean, and in parentheses the least and the largest."""
    mean, low, high = (format_number(value, DIGITS) for value in spread)
    return mean if low == high else f"{mean} ({low}–{high})"


def _listed(scores: list[float]) -> str:
    return ", ".join(format_number(score, DIGITS) for score in scores)
