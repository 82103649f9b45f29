"""Benchmark results as a Markdown document."""

import re
from typing import Any

from rnn_graph.benchmark.report.result_tables import learned_tables
from rnn_graph.benchmark.report.tables import (
    Table,
    contender_table,
    environment_line,
    growth_table,
    sizes_line,
)


def render_markdown(results: list[dict[str, Any]]) -> str:
    """A document with a section for each run, and in it one for each workload."""
    blocks = ["# Benchmarks"]
    for run in results:
        blocks += [
            f"## Run of {_escape(run['environment']['date'])}",
            f"{_escape(environment_line(run['environment']))}.",
        ]
        for workload in run["workloads"]:
            blocks += _workload_blocks(workload)
    return "\n\n".join(blocks) + "\n"


def markdown_table(table: Table) -> str:
    """The table, and its notes as a list below it."""
    rules = ["---" if i < table.text_columns else "---:" for i in range(len(table.headers))]
    rows = [[_escape(cell) for cell in row] for row in (table.headers, *table.rows)]
    lines = [f"| {' | '.join(cells)} |" for cells in (rows[0], rules, *rows[1:])]
    if table.notes:
        lines += ["", *(f"- {_escape(note)}" for note in table.notes)]
    return "\n".join(lines)


def _workload_blocks(workload: dict[str, Any]) -> list[str]:
    blocks = [
        f"### {_escape(workload['title'])} ({_escape(workload['name'])})",
        f"{_escape(sizes_line(workload))}.",
    ]
    if workload.get("learning"):
        blocks += map(markdown_table, learned_tables(workload))
    if workload["contenders"]:
        blocks.append(markdown_table(contender_table(workload)))
    if workload["growth"]:
        blocks += ["#### As the sizes grow", markdown_table(growth_table(workload))]
    return blocks


def _escape(text: str) -> str:
    """The text on one line, with nothing in it that Markdown or HTML would read as markup."""
    return re.sub(r"([\\`*\[\]<>|&])", r"\\\1", " ".join(text.split()))
