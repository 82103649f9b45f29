"""A bar chart as SVG that is as wide as its place: text keeps its size from a phone to a desk.

Horizontal places are percentages, vertical ones pixels. Colors are those of the page.
"""

import textwrap
from html import escape

from rnn_graph.benchmark.report.bars import Bar, BarChart
from rnn_graph.benchmark.report.results import OURS, format_seconds

NAME_CHARACTERS = 38  # of a line of a name, beside which a time has to stand on a phone
LINE, BAR, GAP, AXIS = 17, 11, 10, 36  # pixels
SHARE_OF_AXIS = 86.0  # percent of the width, where bars beyond its end are broken
BREAK_AT, CUT = 92.0, 1.25  # percent: where a cut begins, and how far it leans
STYLE = """
.chart { display: block; width: 100%; overflow: visible; font-size: 13px; }
.chart text { fill: var(--ink); }
.chart .time { text-anchor: end; font-variant-numeric: tabular-nums; }
.chart .of-ours { font-weight: 600; fill: var(--ours); }
.chart .tick { fill: var(--quiet); font-size: 12px; text-anchor: middle; }
.chart .tick.first { text-anchor: start; }
.chart .grid { stroke: var(--faint); }
.chart .bar { fill: var(--others); }
.chart .bar.ours { fill: var(--ours); }
.chart .bar.floor { fill: none; stroke: var(--others); stroke-dasharray: 3 2; }
.chart .rounds { stroke: var(--ink); stroke-width: 1.5; }
.chart .break { stroke: var(--paper); stroke-width: 4; }
"""


def svg_bars(chart: BarChart, title: str) -> str:
    """The chart as an SVG element; `title` is what it shows, for those who cannot see it."""
    share = SHARE_OF_AXIS if chart.has_broken_bars else 100.0
    scale = share / chart.end
    parts, top = [], 0
    for bar in chart.bars:
        drawn, height = _row(chart, bar, scale, top)
        parts += drawn
        top += height
    grid = [_grid(chart, seconds, scale, top) for seconds in chart.ticks]
    height = top + AXIS
    return (
        f'<svg class="chart" role="img" xmlns="http://www.w3.org/2000/svg" height="{height}">\n'
        f"<title>{escape(title)}</title>\n"
        + "\n".join([*grid, *parts, _axis_title(chart, top)])
        + "\n</svg>"
    )


def _row(chart: BarChart, bar: Bar, scale: float, top: int) -> tuple[list[str], int]:
    """A name and a time, below them the bar; and how high they are."""
    is_ours = bar.kind == "ours"
    mark = f" ({OURS})" if is_ours and chart.is_marked else ""
    lines = textwrap.wrap(f"{bar.name}{mark}", NAME_CHARACTERS)
    kind = " of-ours" if is_ours else ""
    parts = [
        f'<text class="name{kind}" y="{top + LINE * n - 4}">{escape(line)}</text>'
        for n, line in enumerate(lines, start=1)
    ]
    time = format_seconds(bar.seconds)
    parts.append(f'<text class="time{kind}" x="100%" y="{top + LINE - 4}">{time}</text>')
    below = top + LINE * len(lines)
    if chart.is_broken(bar):
        parts += [_rectangle(bar, 100.0, below), _break(below)]
    else:
        parts += [_rectangle(bar, scale * bar.seconds, below), _rounds(bar, scale, below)]
    return parts, LINE * len(lines) + BAR + GAP


def _rectangle(bar: Bar, width: float, top: int) -> str:
    kind = bar.kind if bar.kind in ("ours", "floor") else ""
    classes = f"bar {kind}".strip()
    return f'<rect class="{classes}" y="{top}" width="{width:.3f}%" height="{BAR}"/>'


def _rounds(bar: Bar, scale: float, top: int) -> str:
    """A line from the shortest to the longest round."""
    if bar.low == bar.high:
        return ""
    ends = f'x1="{scale * bar.low:.3f}%" x2="{scale * bar.high:.3f}%"'
    middle = top + BAR / 2
    return f'<line class="rounds" {ends} y1="{middle}" y2="{middle}"/>'


def _break(top: int) -> str:
    """Two cuts through a bar that goes on beyond the axis."""
    return "".join(
        f'<line class="break" x1="{x}%" x2="{x + CUT}%" y1="{top + BAR + 3}" y2="{top - 3}"/>'
        for x in (BREAK_AT, BREAK_AT + 2 * CUT)
    )


def _grid(chart: BarChart, seconds: float, scale: float, bottom: int) -> str:
    x = f"{scale * seconds:.3f}%"
    kind = "tick" if seconds else "tick first"
    return (
        f'<line class="grid" x1="{x}" x2="{x}" y1="0" y2="{bottom}"/>'
        f'<text class="{kind}" x="{x}" y="{bottom + 14}">{chart.on_axis(seconds)}</text>'
    )


def _axis_title(chart: BarChart, bottom: int) -> str:
    title = escape(f"{chart.what}, {chart.unit}")
    return f'<text class="tick first" y="{bottom + 31}">{title}</text>'
