"""Benchmark results as a Markdown document, in the order of the page."""

import re
from typing import Any

from rnn_graph.benchmark.report.absences import absences, counted
from rnn_graph.benchmark.report.bars import Bar, BarChart
from rnn_graph.benchmark.report.machine import machines
from rnn_graph.benchmark.report.method import METHOD
from rnn_graph.benchmark.report.results import OURS, format_seconds
from rnn_graph.benchmark.report.sections import Section, sections
from rnn_graph.benchmark.report.tables import Table

BAR_CHARACTERS = 30
EIGHTHS = " ▏▎▍▌▋▊▉"
CUT = "//"


def render_markdown(results: list[dict[str, Any]]) -> str:
    """A document: the answers first, then who is missing, then contents, machines and method."""
    found = sections(results)
    blocks = ["# Benchmarks"]
    for section in found:
        blocks += _section_blocks(section)
    blocks += _missing(results)
    if found:
        blocks += ["## Contents", _list(_contents_line(section) for section in found)]
    blocks.append("## Machine")
    blocks += [_definitions(machine) for machine in machines(results)]
    blocks += ["## Method", _definitions(METHOD)]
    return "\n\n".join(blocks) + "\n"


def markdown_table(table: Table) -> str:
    """The table, and its notes as a list below it."""
    rules = ["---" if i < table.text_columns else "---:" for i in range(len(table.headers))]
    rows = [[_escape(cell) for cell in row] for row in (table.headers, *table.rows)]
    lines = [f"| {' | '.join(cells)} |" for cells in (rows[0], rules, *rows[1:])]
    if table.notes:
        lines += ["", *(f"- {_escape(note)}" for note in table.notes)]
    return "\n".join(lines)


def text_bars(chart: BarChart) -> str:
    """The chart in characters: on each line a name, a time, and a bar; ours are named behind it."""
    # A name is on one line, and does not end the block of code that it stands in.
    names = [" ".join(bar.name.replace("`", "'").split()) for bar in chart.bars]
    times = [format_seconds(bar.seconds) for bar in chart.bars]
    longest = [max(map(len, texts)) for texts in (names, times)]
    return "\n".join(
        f"{name:{longest[0]}}  {time:>{longest[1]}}  {_drawn(chart, bar)}"
        for name, time, bar in zip(names, times, chart.bars, strict=True)
    )


def _drawn(chart: BarChart, bar: Bar) -> str:
    mark = f" {OURS}" if bar.kind == "ours" and chart.is_marked else ""
    if chart.is_broken(bar):
        return f"{'█' * BAR_CHARACTERS}{CUT}█{mark}"
    eighths = round(8 * BAR_CHARACTERS * bar.seconds / chart.end)
    whole, rest = divmod(max(eighths, 1), 8)
    return f"{'█' * whole}{EIGHTHS[rest].strip()}{mark}"


def _section_blocks(section: Section) -> list[str]:
    """A workload: its answer, its chart, and folded all that was measured."""
    blocks = [
        f"## {_escape(section.heading)}",
        f"{_escape(section.answer)}",
        f"*{_escape(section.where)}*",
    ]
    if section.chart:
        axis = f"Bars: {section.chart.what}, from zero to {format_seconds(section.chart.end)}."
        caption = f"{axis}{section.cut}"
        blocks += [f"```text\n{text_bars(section.chart)}\n```", _escape(caption)]
    if section.tables:
        blocks += [
            f"<details><summary>All figures ({_escape(section.workload['name'])})</summary>",
            f"{_escape(section.sizes)}",
            *map(markdown_table, section.tables),
            "</details>",
        ]
    return blocks


def _missing(results: list[dict[str, Any]]) -> list[str]:
    """One folded list of all that was not measured."""
    groups = absences(results)
    if not groups:
        return []
    lines = [f"{group.cause}: {group.names()}" for group in groups]
    return [
        f"<details><summary>Not measured here: {_escape(counted(groups))}</summary>",
        _list(map(_escape, lines)),
        "</details>",
    ]


def _contents_line(section: Section) -> str:
    return _escape(f"{section.heading} ({section.name_and_place}): {section.sizes}")


def _definitions(texts: dict[str, str]) -> str:
    return _list(f"**{_escape(term)}**: {_escape(text)}" for term, text in texts.items())


def _list(lines) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _escape(text: str) -> str:
    """The text on one line, with nothing in it that Markdown or HTML would read as markup."""
    return re.sub(r"([\\`*\[\]<>|&])", r"\\\1", " ".join(text.split()))
