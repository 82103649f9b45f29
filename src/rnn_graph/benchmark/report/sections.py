"""The parts of a report, for a page as for a document: a section for each workload of each run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rnn_graph.benchmark.report.answer import answer
from rnn_graph.benchmark.report.bars import BarChart, chart_of
from rnn_graph.benchmark.report.machine import processor_line
from rnn_graph.benchmark.report.result_tables import learned_tables
from rnn_graph.benchmark.report.results import measured_of
from rnn_graph.benchmark.report.tables import Table, contender_table, growth_table, sizes_line

CUT_BARS = "Cut bars do not fit on the axis; read their numbers."
QUICK = "Quick run: short turns, few contenders, started side by side."


@dataclass(frozen=True)
class Section:
    """What a report says of a workload in a run.

    Attributes
    ----------
    anchor
        Its id within the report.
    heading, sizes
    where
        The processor, which all ratios belong to, and whether the run was a quick one.
    answer
        One sentence.
    chart
        None if nobody ran.
    tables
        All figures.
    """

    anchor: str
    workload: dict[str, Any]
    heading: str
    where: str
    sizes: str
    answer: str
    chart: BarChart | None
    tables: list[Table]

    @property
    def name_and_place(self) -> str:
        """The workload's name on the command line, and the processor."""
        return f"{self.workload['name']}; {self.where}"

    @property
    def caption(self) -> str:
        """What has to be known to read the chart."""
        lines = f" Thin lines span all {self.chart.ranges}." if self.chart.ranges else ""
        return f"Shorter is better.{lines}{self.cut}"

    @property
    def cut(self) -> str:
        """What has to be known of bars that are longer than the axis."""
        return f" {CUT_BARS}" if self.chart.has_broken_bars else ""


def sections(results: Sequence[dict[str, Any]]) -> list[Section]:
    """All workloads of all runs, in their order."""
    return [
        _section(f"run{number}-work{index}", run["environment"], workload)
        for number, run in enumerate(results)
        for index, workload in enumerate(run["workloads"])
    ]


def _section(anchor: str, environment: dict[str, Any], workload: dict[str, Any]) -> Section:
    grows = workload["growth"] and not workload["contenders"]
    quick = f". {QUICK.removesuffix('.')}" if workload.get("quick") else ""
    return Section(
        anchor=anchor,
        workload=workload,
        heading=f"{workload['title']}{', as its sizes grow' if grows else ''}",
        where=f"{processor_line(environment)}{quick}",
        sizes=sizes_line(workload),
        answer=answer(workload),
        chart=chart_of(workload),
        tables=_tables(workload),
    )


def _tables(workload: dict[str, Any]) -> list[Table]:
    """Those in which anyone has a row."""
    tables = learned_tables(workload) if workload.get("learning") else []
    if measured_of(workload):
        tables.append(contender_table(workload))
    if workload["growth"]:
        tables.append(growth_table(workload))
    return [table for table in tables if table.rows]
