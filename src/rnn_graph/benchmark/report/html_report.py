"""Benchmark results as one HTML page that needs nothing from elsewhere, no script either."""

import re
from collections.abc import Sequence
from html import escape
from string import Template
from typing import Any

from rnn_graph.benchmark.report.absences import absences, counted
from rnn_graph.benchmark.report.learning_curves import as_svg, draw_over_epochs, draw_over_seconds
from rnn_graph.benchmark.report.machine import machines
from rnn_graph.benchmark.report.method import METHOD
from rnn_graph.benchmark.report.result_tables import learners
from rnn_graph.benchmark.report.sections import Section, sections
from rnn_graph.benchmark.report.svg_bars import STYLE, svg_bars
from rnn_graph.benchmark.report.tables import Table

PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Benchmarks of rnn_graph</title>
<style>
:root {
  color-scheme: light dark;
  --ink: #1b1f24; --paper: #ffffff; --card: #f6f7f9; --quiet: #57606a; --faint: #d8dce2;
  --ours: #0a6ccf; --others: #8f98a3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e3e6ea; --paper: #14171c; --card: #1b1f26; --quiet: #a0a8b3; --faint: #3a4049;
    --ours: #58a6ff; --others: #7d8691;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 1rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word;
}
h1, h2, h3 { line-height: 1.25; }
h1 { margin: 0.5rem 0; }
.lead { margin: 0 0 1rem; color: var(--quiet); }
.lead span { white-space: nowrap; }
.key { display: inline-block; width: 1.6em; height: 0.75em; margin: 0 0.35em 0 0.75em; }
.key.ours { background: var(--ours); }
.key.others { background: var(--others); }
.key.floor { border: 1px dashed var(--others); }
.answers {
  display: grid; gap: 1rem; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr));
}
article {
  min-width: 0; padding: 1rem; border: 1px solid var(--faint); border-radius: 0.5rem;
  background: var(--card); --paper: var(--card);
}
article:has(details[open]) { grid-column: 1 / -1; }
article h2 { margin: 0; font-size: 0.95rem; color: var(--quiet); font-weight: 600; }
.where { margin: 0; font-size: 0.85rem; color: var(--quiet); }
.answer { margin: 0.5rem 0 1rem; font-size: 1.15rem; font-weight: 600; line-height: 1.4; }
.range { font-weight: 400; color: var(--quiet); }
figure { margin: 0; }
figure .chart { max-width: 48rem; }
figcaption { margin: 0.25rem 0 0.5rem; font-size: 0.85rem; color: var(--quiet); }
$chart_style
summary { cursor: pointer; }
details { margin-top: 0.75rem; }
article details { font-size: 0.875rem; }
.table { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th, td {
  padding: 0.3rem 0.6rem; border-bottom: 1px solid var(--faint);
  text-align: right; white-space: nowrap;
}
.words { text-align: left; }
tbody th {
  position: sticky; left: 0; background: var(--paper);
  font-weight: 600; white-space: normal; min-width: 17rem;
}
.notes { font-size: 0.875rem; padding-left: 1.2rem; }
.curves svg { display: block; width: 100%; max-width: 30rem; height: auto; }
.end { max-width: 48rem; }
.end a { color: var(--ours); }
dl { display: grid; grid-template-columns: minmax(0, 13rem) minmax(0, 1fr); gap: 0.25rem 1rem; }
dt { font-weight: 600; }
dd { margin: 0; }
@media (max-width: 40rem) {
  body { padding: 0.5rem; }
  article { padding: 0.75rem; }
  .chart { font-size: 12px; }
  dl { display: block; }
  dd { margin-bottom: 0.5rem; }
  tbody th { min-width: 8rem; max-width: 9rem; }
}
</style>
</head>
<body>
$body
</body>
</html>
""")
LEAD = (
    "How long the same work takes, in this project and elsewhere, the fastest first."
    ' <span><span class="key ours"></span>this project</span>'
    ' <span><span class="key others"></span>others</span>'
    ' <span><span class="key floor"></span>floor: no program can be faster</span>'
)


def render_html(results: list[dict[str, Any]]) -> str:
    """A page: the answers first, then who is missing, then contents, machines and method."""
    found = sections(results)
    body = [
        "<h1>Benchmarks</h1>",
        f'<p class="lead">{LEAD}</p>',
        '<main class="answers">',
        *map(_article, found),
        "</main>",
        *_missing(results),
        '<section class="end">',
        *_contents(found),
        "<h2>Machine</h2>",
        *map(_definitions, machines(results)),
        "<h2>Method</h2>",
        _definitions(METHOD),
        "</section>",
    ]
    return PAGE.substitute(body="\n".join(body), chart_style=STYLE.strip())


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


def _article(section: Section) -> str:
    """A workload: its answer, its chart, and folded all that was measured."""
    parts = [
        f'<article id="{section.anchor}">',
        f"<h2>{escape(section.heading)}</h2>",
        f'<p class="where">{escape(section.where)}</p>',
        f'<p class="answer">{_with_quiet_ranges(section.answer)}</p>',
    ]
    if section.chart:
        parts.append(
            f"<figure>\n{svg_bars(section.chart, section.answer)}\n"
            f"<figcaption>{escape(section.caption)}</figcaption></figure>"
        )
    if section.tables:
        parts += [
            f"<details><summary>All figures ({escape(section.workload['name'])})</summary>",
            f"<p>{escape(section.sizes)}</p>",
            *_curves(section),
            *map(html_table, section.tables),
            "</details>",
        ]
    return "\n".join([*parts, "</article>"])


def _with_quiet_ranges(sentence: str) -> str:
    """The sentence with what stands in parentheses less prominent."""
    return re.sub(r"(\([^()]*\))", r'<span class="range">\1</span>', escape(sentence))


def _curves(section: Section) -> list[str]:
    """What was learned, over epochs and over seconds."""
    workload = section.workload
    if not workload.get("learning") or not learners(workload):
        return []
    drawn = {"epochs": draw_over_epochs(workload), "seconds": draw_over_seconds(workload)}
    return [
        f'<figure class="curves"><figcaption>Score over {over}: mean over the seeds, band from'
        " least to largest</figcaption>\n"
        f"{as_svg(picture, name=f'{section.anchor}-{over}')}</figure>"
        for over, picture in drawn.items()
    ]


def _missing(results: list[dict[str, Any]]) -> list[str]:
    """One folded list of all that was not measured."""
    groups = absences(results)
    if not groups:
        return []
    entries = [
        f"<li><strong>{escape(group.cause)}</strong>: {escape(group.names())}</li>"
        for group in groups
    ]
    return [
        f"<details><summary>Not measured here: {escape(counted(groups))}</summary>",
        "<ul>",
        *entries,
        "</ul></details>",
    ]


def _contents(found: Sequence[Section]) -> list[str]:
    """All workloads, with links to them."""
    if not found:
        return []
    entries = [
        f'<li><a href="#{section.anchor}">{escape(section.heading)}</a>'
        f" ({escape(section.name_and_place)}): {escape(section.sizes)}</li>"
        for section in found
    ]
    return ["<h2>Contents</h2>", "<ul>", *entries, "</ul>"]


def _definitions(texts: dict[str, str]) -> str:
    entries = "\n".join(
        f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in texts.items()
    )
    return f"<dl>\n{entries}\n</dl>"


def _row(cells: tuple[str, ...], table: Table) -> str:
    first, *others = cells
    heading = _cell("th", 'scope="row"', first, 0, table)
    return heading + "".join(_cell("td", "", text, i, table) for i, text in enumerate(others, 1))


def _cell(element: str, scope: str, text: str, column: int, table: Table) -> str:
    kind = 'class="words"' if column < table.text_columns else ""
    attributes = "".join(f" {attribute}" for attribute in (scope, kind) if attribute)
    return f"<{element}{attributes}>{escape(text)}</{element}>"
