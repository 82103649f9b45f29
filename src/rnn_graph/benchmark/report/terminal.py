"""Benchmark results as lines for a terminal of any width; 80 columns hold the whole names."""

import textwrap
from typing import Any

from rnn_graph.benchmark.report.absences import absences
from rnn_graph.benchmark.report.answer import answer
from rnn_graph.benchmark.report.result_tables import learned_tables
from rnn_graph.benchmark.report.results import measured_of
from rnn_graph.benchmark.report.sections import QUICK
from rnn_graph.benchmark.report.tables import Table, short_growth_table, short_table, sizes_line

PADDING = 2  # blanks between the columns of a table
SHORT_HEADER = 12  # characters, which stand in one line
INDENT = 2  # of the further lines of a note


def workload_lines(workload: dict[str, Any], width: int) -> list[str]:
    """The answer of a workload in one sentence, and the table of those who ran."""
    texts = [f"{workload['name']}: {workload['title']}", answer(workload)]
    lines = [line for text in texts for line in _wrapped(text, width)]
    for table in _tables(workload):
        lines += ["", *table_lines(table, width)]
    sizes = f"{sizes_line(workload)}{f'. {QUICK}' if workload.get('quick') else ''}"
    return [*lines, *_wrapped(sizes, width), ""]


def missing_lines(results: dict[str, Any], width: int) -> list[str]:
    """All of a run's workloads in one list: who was not measured, and why."""
    groups = absences([results])
    lines = [
        line
        for group in groups
        for line in _wrapped(f"{group.cause}: {group.names()}", width, start=INDENT)
    ]
    return ["Not measured:", *lines, ""] if lines else []


def table_lines(table: Table, width: int) -> list[str]:
    """The table, and its notes below it.

    Where it does not fit, columns that may be missing go first, then words of names break, and
    at last each row becomes a block of lines.
    """
    shown, kept = len(table.headers), len(table.headers) - table.optional_columns
    while shown > kept and _whole_width(table, shown) > width:
        shown -= 1
    notes = list(table.notes)
    if shown < len(table.headers):
        notes.append(f"in a wider terminal also: {', '.join(table.headers[shown:])}")
    headers, rows = table.headers[:shown], [row[:shown] for row in table.rows]
    widths = _column_widths(headers, rows, table.text_columns, width)
    lines = []
    if widths:
        for row in (headers, *rows):
            lines += _row_lines(row, widths, table.text_columns)
    else:
        for first, *rest in rows:
            lines += _wrapped(first, width)
            for header, cell in zip(headers[1:], rest, strict=True):
                lines += _wrapped(f"{header}: {cell}", width, start=INDENT)
    if notes:
        lines.append("")
    for note in notes:
        lines += _wrapped(note, width)
    return lines


def _tables(workload: dict[str, Any]) -> list[Table]:
    """Those in which anyone has a row."""
    if workload.get("learning"):
        tables = learned_tables(workload)
    else:
        tables = [short_table(workload)] if measured_of(workload) else []
    if workload["growth"]:
        tables.append(short_growth_table(workload))
    return [table for table in tables if table.rows]


def _row_lines(row: tuple[str, ...], widths: list[int], text_columns: int) -> list[str]:
    """A row of cells; in columns of words these break, and go on in the next line."""
    cells = [textwrap.wrap(cell, size) or [""] for cell, size in zip(row, widths, strict=True)]
    lines = []
    for number in range(max(map(len, cells))):
        parts = [
            f"{cell[number] if number < len(cell) else '':{'<' if k < text_columns else '>'}{size}}"
            for k, (cell, size) in enumerate(zip(cells, widths, strict=True))
        ]
        lines.append((" " * PADDING).join(parts).rstrip())
    return lines


def _whole_width(table: Table, shown: int) -> int:
    """Of a table with so many columns in which no name breaks."""
    columns = list(zip(*table.rows, strict=True))[:shown]
    cells = [max(map(len, column)) for column in columns]
    headers = [
        len(header) if len(header) <= SHORT_HEADER else _longest_word(header)
        for header in table.headers[:shown]
    ]
    return sum(map(max, cells, headers)) + PADDING * (shown - 1)


def _column_widths(headers, rows, text_columns: int, available: int) -> list[int]:
    """Widths in which words break between words and figures not at all; none if there are none."""
    whole, least = [], []
    for number, (header, *cells) in enumerate(zip(headers, *rows, strict=True)):
        words = _longest_word if number < text_columns else len
        whole.append(max(map(len, [header, *cells])))
        least.append(max(_longest_word(header), *map(words, cells)))
    left = available - sum(least) - PADDING * (len(least) - 1)
    if left < 0:
        return []
    for number, width in enumerate(whole):
        more = min(left, width - least[number])
        least[number] += more
        left -= more
    return least


def _wrapped(text: str, width: int, start: int = 0) -> list[str]:
    """Lines that begin after so many blanks, the further ones after some more."""
    blanks = [" " * start, " " * (start + INDENT)] if start + INDENT < width // 2 else ["", ""]
    return textwrap.wrap(
        text,
        max(width, 1),
        initial_indent=blanks[0],
        subsequent_indent=blanks[1],
        break_on_hyphens=False,
    ) or [""]


def _longest_word(text: str) -> int:
    return max(map(len, text.split()), default=0)
