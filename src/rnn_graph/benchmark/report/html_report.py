"""Benchmark results as one HTML page that needs nothing from elsewhere, no script either."""

from html import escape
from string import Template
from typing import Any

from rnn_graph.benchmark.report.learning_curves import draw_over_epochs, draw_over_seconds
from rnn_graph.benchmark.report.plots import (
    as_svg,
    draw_growth,
    draw_steady_times,
    draw_total_times,
)
from rnn_graph.benchmark.report.result_tables import learned_tables, learners
from rnn_graph.benchmark.report.results import is_measured
from rnn_graph.benchmark.report.tables import (
    Table,
    contender_table,
    environment_line,
    growth_table,
    sizes_line,
)

PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Benchmarks</title>
<style>
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --faint: #d5d9df; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e6ea; --paper: #14171c; --faint: #3a4049; }
}
body {
  margin: 0 auto; max-width: 72rem; padding: 1rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word;
}
h1, h2, h3, h4 { line-height: 1.25; }
h3 { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--faint); }
.table { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th, td {
  padding: 0.3rem 0.6rem; border-bottom: 1px solid var(--faint);
  text-align: right; white-space: nowrap;
}
.words { text-align: left; }
tbody th {
  position: sticky; left: 0; background: var(--paper);
  font-weight: 600; white-space: normal; min-width: 8rem;
}
@media (max-width: 40rem) { tbody th { max-width: 9rem; } }
.notes { font-size: 0.875rem; padding-left: 1.2rem; }
.pictures {
  display: grid; gap: 1.5rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr));
}
figure { margin: 0; max-width: 36rem; }
figcaption { font-weight: 600; margin-bottom: 0.5rem; }
figure svg { display: block; width: 100%; height: auto; }
</style>
</head>
<body>
<h1>Benchmarks</h1>
$sections
</body>
</html>
""")


def render_html(results: list[dict[str, Any]]) -> str:
    """A page with a section for each run, and in it pictures and tables for each workload."""
    sections = []
    for number, run in enumerate(results):
        sections.append(f"<h2>Run of {escape(run['environment']['date'])}</h2>")
        sections.append(f"<p>{escape(environment_line(run['environment']))}.</p>")
        sections += [
            _workload_section(workload, f"run{number}-work{index}")
            for index, workload in enumerate(run["workloads"])
        ]
    return PAGE.substitute(sections="\n".join(sections))


def html_table(table: Table) -> str:
    """The table in a box of its own to scroll in, and its notes as a list below it."""
    head = "".join(
        _cell("th", 'scope="col"', text, i, table) for i, text in enumerate(table.headers)
    )
    body = "\n".join(f"<tr>{_row(cells, table)}</tr>" for cells in table.rows)
    notes = "".join(f"<li>{escape(note)}</li>" for note in table.notes)
    return (
        f'<div class="table" tabindex="0"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
        + (f'\n<ul class="notes">{notes}</ul>' if notes else "")
    )


def _workload_section(workload: dict[str, Any], name: str) -> str:
    """The workload's pictures and tables; ids in it begin with `name`."""
    parts = [
        f"<h3>{escape(workload['title'])} ({escape(workload['name'])})</h3>",
        f"<p>{escape(sizes_line(workload))}.</p>",
    ]
    if workload.get("learning"):
        parts += _learned(workload, name)
    elif any(is_measured(contender) for contender in workload["contenders"]):
        pictures = [
            ("Steady state", draw_steady_times(workload)),
            ("When compiling has paid (the fastest two of each kind)", draw_total_times(workload)),
        ]
        parts.append(_pictures(pictures, name))
    if workload["contenders"]:
        parts.append(html_table(contender_table(workload)))
    if workload["growth"]:
        measured = [row["axis"] for row in workload["growth"] if row["steady_s"] is not None]
        pictures = [
            (f"As {axis} grows", draw_growth(workload, axis)) for axis in dict.fromkeys(measured)
        ]
        parts.append("<h4>As the sizes grow</h4>")
        if pictures:
            parts.append(_pictures(pictures, f"{name}-growth"))
        parts.append(html_table(growth_table(workload)))
    return "\n".join(parts)


def _learned(workload: dict[str, Any], name: str) -> list[str]:
    """Pictures and tables of what was learned."""
    parts = []
    if learners(workload):
        band = "mean over the seeds, band: least to largest"
        pictures = [
            (f"Over epochs ({band})", draw_over_epochs(workload)),
            (f"Over seconds ({band})", draw_over_seconds(workload)),
        ]
        parts.append(_pictures(pictures, name))
    return [*parts, *map(html_table, learned_tables(workload))]


def _pictures(pictures: list[tuple[str, Any]], name: str) -> str:
    figures = [
        f"<figure><figcaption>{escape(caption)}</figcaption>\n"
        f"{as_svg(picture, name=f'{name}-{index}')}</figure>"
        for index, (caption, picture) in enumerate(pictures)
    ]
    return f'<div class="pictures">\n{"".join(figures)}\n</div>'


def _row(cells: tuple[str, ...], table: Table) -> str:
    first, *others = cells
    heading = _cell("th", 'scope="row"', first, 0, table)
    return heading + "".join(_cell("td", "", text, i, table) for i, text in enumerate(others, 1))


def _cell(element: str, scope: str, text: str, column: int, table: Table) -> str:
    kind = 'class="words"' if column < table.text_columns else ""
    attributes = "".join(f" {attribute}" for attribute in (scope, kind) if attribute)
    return f"<{element}{attributes}>{escape(text)}</{element}>"
