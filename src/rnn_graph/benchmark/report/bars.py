"""The chart of a workload: who ran, as bars on a linear axis that begins at zero."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rnn_graph.benchmark.report.result_tables import time_to_same_score
from rnn_graph.benchmark.report.results import USUAL, label, measured_of
from rnn_graph.benchmark.report.yardsticks import floors_of

# A bar longer than so many times that of this project is broken, lest it squeeze all others.
LONGEST = 6.0
TICKS = 5  # at most, beside zero
STEPS = (1, 2, 2.5, 5, 10)
UNITS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}


class Bar(NamedTuple):
    """A time, and its range over rounds or seeds."""

    name: str
    kind: str
    seconds: float
    low: float
    high: float


@dataclass(frozen=True)
class BarChart:
    """Bars and their axis.

    Attributes
    ----------
    bars
        From the shortest to the longest.
    end
        Seconds at the end of the axis. Bars beyond it are broken.
    what
        What a bar is the time of.
    ranges
        What the lines through the bars span: "rounds" or "seeds"; empty if there are none.
    """

    bars: Sequence[Bar]
    end: float
    what: str
    ranges: str = ""

    def is_broken(self, bar: Bar) -> bool:
        """Whether the bar is longer than the axis."""
        return bar.seconds > self.end

    @property
    def has_broken_bars(self) -> bool:
        return any(map(self.is_broken, self.bars))

    @property
    def is_marked(self) -> bool:
        """Whether the bars of this project have to be told from others."""
        return any(bar.kind != "ours" for bar in self.bars)

    @property
    def unit(self) -> str:
        """Of the axis: "s", "ms", "µs" or "ns"."""
        return next((name for name, size in UNITS.items() if self.end >= size), "ns")

    @property
    def ticks(self) -> list[float]:
        """Round numbers of seconds on the axis, zero among them."""
        power = 10.0 ** math.floor(math.log10(self.end / TICKS))
        step = next(power * s for s in STEPS if self.end / (power * s) <= TICKS + 1e-9)
        return [step * k for k in range(math.floor(self.end / step + 1e-9) + 1)]

    def on_axis(self, seconds: float) -> str:
        """A tick's number, in the unit of the axis."""
        return f"{seconds / UNITS[self.unit]:,.6g}"


def chart_of(workload: dict[str, Any]) -> BarChart | None:
    """The workload's chart; None if nobody ran."""
    if workload.get("learning"):
        return _learned(workload)
    if workload["growth"] and not workload["contenders"]:
        return _grown(workload)
    return _timed(workload)


def _timed(workload: dict[str, Any]) -> BarChart | None:
    """Everyone's time, and the lowest floors; a slower floor is no limit."""
    shown = measured_of(workload, "reference", "ours", "literal", "peer")
    if not shown:
        return None
    bars = [
        Bar(label(c, usual=USUAL), c["kind"], c["steady_s"], min(c["seconds"]), max(c["seconds"]))
        for c in [*shown, *floors_of(workload)]
    ]
    fastest = min((b.seconds for b in bars if b.kind == "ours"), default=shown[0]["steady_s"])
    return _sorted_chart(bars, f"time per {workload['unit']}", LONGEST * fastest, "rounds")


def _learned(workload: dict[str, Any]) -> BarChart | None:
    """The time to the score that all reach, the median over the seeds."""
    bars = []
    for contender in measured_of(workload):
        times = [run["same_score_s"] for run in contender["runs"]]
        spread = time_to_same_score(contender), min(times), max(times)
        bars.append(Bar(label(contender, usual=USUAL), contender["kind"], *spread))
    what = "time to the score that all reach"
    return _sorted_chart(bars, what, math.inf, "seeds") if bars else None


def _grown(workload: dict[str, Any]) -> BarChart | None:
    """The time of this project at each size."""
    rows = [r for r in workload["growth"] if r["kind"] == "ours" and r["steady_s"] is not None]
    bars = [
        Bar(f"{row['axis']} = {row['size']:,}", "ours", *[row["steady_s"]] * 3)
        for row in sorted(rows, key=lambda row: row["size"])
    ]
    axes = list(dict.fromkeys(row["axis"] for row in workload["growth"]))
    bars.sort(key=lambda bar: axes.index(bar.name.partition(" = ")[0]))
    if not bars:
        return None
    return BarChart(bars, max(bar.high for bar in bars), f"time per {workload['unit']}")


def _sorted_chart(bars: list[Bar], what: str, longest: float, ranges: str) -> BarChart:
    """The chart whose axis ends with the longest bar that is not beyond `longest`."""
    fitting = [bar.high for bar in bars if bar.seconds <= longest]
    end = max(fitting, default=max(bar.high for bar in bars))
    has_ranges = any(bar.low < bar.high for bar in bars)
    bars = sorted(bars, key=lambda bar: bar.seconds)
    return BarChart(bars, end, what, ranges if has_ranges else "")
