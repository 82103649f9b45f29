"""What changed between two benchmark runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rnn_graph.benchmark.report.result_tables import Spread, best_scores, format_spread
from rnn_graph.benchmark.report.results import (
    DOUBTFUL,
    NO_FIGURE,
    format_number,
    format_seconds,
    is_measured,
    label,
    why_not_measured,
)
from rnn_graph.benchmark.report.tables import Table

ENVIRONMENT = ("machine", "processor", "cores", "threads", "gpu")
PROJECT = "rnn_graph"
ABSENT = "it is not in that run"


@dataclass(frozen=True)
class Change:
    """A contender in two runs.

    Attributes
    ----------
    workload, contender
    before_s, after_s
        Steady seconds; None where it was not measured.
    ratio
        before_s over after_s: how many times as fast it is now, by the clock.
    against
        What its time is compared with within each run: "reference", "floor" or "ours". Of what is
        learned, what is compared: the measure of its scores.
    relative
        How many times as fast it is now, measured against that.
    verdict
        "faster", "slower", "same", "unclear", "only before", "only after", "not measured" or
        "other work"; of what is learned "better" or "worse" in place of the first two.
    reason
        Why there is no verdict on its speed; of what is learned, its best scores.
    """

    workload: str
    contender: str
    before_s: float | None
    after_s: float | None
    ratio: float | None
    against: str | None
    relative: float | None
    verdict: str
    reason: str | None = None


class _Speed(NamedTuple):
    """How many times as fast as something in the same run."""

    median: float
    low: float
    high: float
    is_supported: bool


def compare(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Every contender of either run, with its verdict.

    Seconds by the clock differ from run to run and from machine to machine. A verdict is therefore
    about ratios within each run: the contender against the reference, or where that is not to be
    had against the floor, or against ours. Only if the rounds' intervals of that ratio in the
    two runs do not overlap is the contender "faster" or "slower"; else it is the "same", as
    far as can be seen. If either ratio supports no claim, or there is none, it is "unclear". The
    reference itself is judged against the floor alone. Growth is not compared.

    Of what is learned the best scores are compared: "better" or "worse" if no seed of the one run
    comes between seeds of the other.
    """
    earlier, later = (
        {workload["name"]: workload for workload in run["workloads"]} for run in (before, after)
    )
    changes = []
    for name in earlier | later:
        works = earlier.get(name), later.get(name)
        contenders = [{label(c): c for c in work["contenders"]} if work else {} for work in works]
        changes += [
            _change(name, contender, works, tuple(found.get(contender) for found in contenders))
            for contender in contenders[0] | contenders[1]
        ]
    return changes


def environment_notes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """A line on what the runs' environments differ in; none if they are alike."""
    earlier, later = before["environment"], after["environment"]
    pairs = {name: (earlier[name], later[name]) for name in ENVIRONMENT}
    versions = earlier["versions"], later["versions"]
    libraries = [name for name in versions[0] | versions[1] if name != PROJECT]
    pairs |= {name: tuple(found.get(name) for found in versions) for name in libraries}
    kernels = tuple((run.get("blas") or {}).get("kernel") for run in (earlier, later))
    if all(kernels):  # older files do not tell
        pairs["BLAS kernel"] = kernels
    differences = [
        f"{name} {_or_none(old)} → {_or_none(new)}"
        for name, (old, new) in pairs.items()
        if old != new
    ]
    if not differences:
        return []
    return [f"the runs differ in more than the code: {', '.join(differences)}"]


def comparison_table(changes: Sequence[Change], *, notes: Sequence[str] = ()) -> Table:
    """A row for each change; `notes` go before those that explain the columns."""
    rows = [
        (
            change.workload,
            change.contender,
            change.verdict,
            _times(change.relative),
            change.against or NO_FIGURE,
            format_seconds(change.before_s),
            format_seconds(change.after_s),
            _times(change.ratio),
        )
        for change in changes
    ]
    explanations = [
        "× relative: how many times as fast as before, measured within each run against what the"
        " next column names; the verdict is about this ratio",
        "× clock: how many times as fast as before by the clock, which other machines and other"
        " loads change as well",
    ]
    if any(change.against and change.relative is None for change in changes):
        explanations.append("of what is learned the verdict is about the best scores of all seeds")
    reasons = [
        f"{change.workload}, {change.contender}: {change.reason}"
        for change in changes
        if change.reason
    ]
    headers = (
        *("workload", "contender", "verdict"),
        *("× relative", "against", "before", "after", "× clock"),
    )
    return Table(headers, rows, [*notes, *explanations, *reasons], text_columns=3)


def _change(workload: str, contender: str, works: tuple, entries: tuple) -> Change:
    seconds = [entry["steady_s"] if entry and is_measured(entry) else None for entry in entries]
    missing = [
        f"{run}: {why_not_measured(entry) if entry else ABSENT}"
        for run, entry, steady in zip(("before", "after"), entries, seconds, strict=True)
        if steady is None
    ]
    if missing:
        verdicts = {(True, False): "only before", (False, True): "only after"}
        verdict = verdicts.get(tuple(s is not None for s in seconds), "not measured")
        reason = "; ".join(missing)
        return Change(workload, contender, *seconds, None, None, None, verdict, reason)
    old, new = works
    if (old["sizes"], old["unit"]) != (new["sizes"], new["unit"]):
        reason = "its sizes or its unit are not the same in both runs"
        return Change(workload, contender, *seconds, None, None, None, "other work", reason)
    ratio = seconds[0] / seconds[1]
    if old.get("learning") and new.get("learning"):
        measure = new["learning"]["measure"]
        verdict, reason = _judge_scores(works, entries)
        return Change(workload, contender, *seconds, ratio, measure, None, verdict, reason)
    against = _yardstick(works, entries)
    if against is None:
        reason = "there is nothing in both runs to measure it against"
        return Change(workload, contender, *seconds, ratio, None, None, "unclear", reason)
    slow, fast = (_speed(entry, against) for entry in entries)
    verdict, reason = _judge(slow, fast)
    relative = fast.median / slow.median
    return Change(workload, contender, *seconds, ratio, against, relative, verdict, reason)


def _yardstick(works: tuple, entries: tuple) -> str | None:
    """What the contender can be measured against in both runs."""
    kind = entries[0]["kind"]
    usable = {
        "reference": "times_reference" if kind != "reference" else None,
        "floor": "over_floor" if kind != "floor" else None,
        "ours": "over_ours" if kind not in ("reference", "ours") else None,
    }
    for against, ratio in usable.items():
        if not ratio or not all(entry[ratio] for entry in entries):
            continue
        if against == "floor" or works[0][against] == works[1][against]:
            return against
    return None


def _speed(entry: dict[str, Any], against: str) -> _Speed:
    """A ratio of times turned round, so that more is faster, whatever it is against."""
    if against == "reference":
        ratio = entry["times_reference"]
        return _Speed(ratio["median"], ratio["low"], ratio["high"], ratio["is_supported"])
    ratio = entry[f"over_{against}"]
    return _Speed(1 / ratio["median"], 1 / ratio["high"], 1 / ratio["low"], ratio["is_supported"])


def _judge(before: _Speed, after: _Speed) -> tuple[str, str | None]:
    """The verdict, and why there is none."""
    if not before.is_supported or not after.is_supported:
        return "unclear", DOUBTFUL
    if after.low > before.high:
        return "faster", None
    if after.high < before.low:
        return "slower", None
    return "same", None


def _judge_scores(works: tuple, entries: tuple) -> tuple[str, str]:
    """The verdict on the best scores, and what they are."""
    before, after = (best_scores(*pair) for pair in zip(works, entries, strict=True))
    spreads = [format_spread(Spread.of(scores)) for scores in (before, after)]
    said = f"best {works[1]['learning']['measure']} {' → '.join(spreads)}"
    is_more, is_less = min(after) > max(before), max(after) < min(before)
    if not is_more and not is_less:
        return "same", said
    return "better" if is_more == works[1]["learning"]["higher_is_better"] else "worse", said


def _times(ratio: float | None) -> str:
    return NO_FIGURE if ratio is None else format_number(ratio)


def _or_none(value: Any) -> Any:
    return "none" if value is None else value
