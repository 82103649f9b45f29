"""Pictures of benchmark results, as SVG that goes into a page."""

import io
import math
import re
import textwrap
from typing import Any

import matplotlib
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import EngFormatter, FixedLocator, LogLocator, MaxNLocator, NullFormatter

from rnn_graph.benchmark.report.results import (
    KINDS,
    catches_up_after,
    find_contender,
    format_seconds,
    is_measured,
    label,
    start_up_seconds,
    why_not_measured,
)
from rnn_graph.plots.curves import new_figure

# Inches: text stays readable where the picture fills the width of a phone.
WIDTH = 4.0
LINE_HEIGHT = 0.18
GAP = 0.5  # lines
CHARACTERS_A_LINE, CHARACTERS_OF_TIME = 52, 8
LOG_SCALE_FROM = 20.0  # slowest over fastest
MOST_UNITS = 1e7
LINES_A_KIND = 2

CLOSE = {"handlelength": 1.0, "handletextpad": 0.4, "columnspacing": 1.0}  # in a legend

# Colors that stand out from white as from near-black.
COLORS = {
    "reference": "#8a8f98",
    "ours": "#2f7ed8",
    "literal": "#b25fc9",
    "peer": "#2e9e5b",
    "floor": "#d9730d",
}
MARKERS = "os^DvPX*"
INK = "#010203"  # stands for the page's own text color until the SVG is written
FAMILY = "DejaVu Sans"
STYLE = {
    "font.family": FAMILY,
    "font.size": 9,
    "text.parse_math": False,  # a name may hold a dollar
    "svg.fonttype": "none",
    "svg.hashsalt": "rnn_graph",
    "lines.linewidth": 1.3,
    "lines.markersize": 4,
    "legend.frameon": False,
    "legend.handlelength": 2.5,
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK
    ),
}


@matplotlib.rc_context(STYLE)
def draw_steady_times(workload: dict[str, Any]):
    """A bar a contender, its steady time, with the fastest and slowest round.

    Of the contenders at least one was measured; the others are there with the reason.
    """
    contenders = workload["contenders"]
    measured = [contender for contender in contenders if is_measured(contender)]
    texts = [_texts(contender) for contender in contenders]
    heights = [len(name) + (len(reason) or 1) + GAP for name, reason in texts]
    figure = new_figure(WIDTH, 0.8 + LINE_HEIGHT * sum(heights))
    axes = figure.add_subplot()
    least = _scale_bars(axes, measured)
    tops = np.cumsum([0, *heights])
    for contender, (name, reason), top in zip(contenders, texts, tops, strict=False):
        below = top + len(name)
        _write(axes, 0, top, name)
        if is_measured(contender):
            _write(axes, 1, top, [format_seconds(contender["steady_s"])], ha="right")
            _draw_bar(axes, contender, below + 0.4, least)
        else:
            _write(axes, 0, below, reason, alpha=0.75)
    axes.set_ylim(tops[-1], -0.3)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", alpha=0.15, color=INK)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    scale = ", log scale" if axes.get_xscale() == "log" else ""
    axes.set_xlabel(f"time per {workload['unit']}{scale}; whiskers: all rounds")
    shown = [kind for kind in KINDS if any(c["kind"] == kind for c in measured)]
    handles = [Patch(color=COLORS[kind], label=kind) for kind in shown]
    figure.legend(handles=handles, loc="outside lower left", ncols=len(shown), **CLOSE)
    return figure


@matplotlib.rc_context(STYLE)
def draw_total_times(workload: dict[str, Any]):
    """Start-up and work together, over the amount of work; of each kind the fastest two."""
    measured = _fastest_of_each_kind(workload)
    units = np.logspace(0, math.log10(_units_to_show(workload, measured)), 41)
    figure = new_figure(WIDTH, 2.6 + LINE_HEIGHT * len(measured))
    axes = figure.add_subplot()
    styles = _line_styles([(label(contender), contender["kind"]) for contender in measured])
    for contender in measured:
        total = start_up_seconds(contender) + units * contender["steady_s"]
        axes.plot(units, total, markevery=8, **styles[label(contender)])
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=6))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel(f"{workload['unit']}s after the first call")
    _scale_time_upward(axes, "start-up and work, in all")
    _finish_lines(figure, axes, styles)
    return figure


@matplotlib.rc_context(STYLE)
def draw_growth(workload: dict[str, Any], axis: str):
    """Steady time over one of the sizes; a line for each contender that was measured."""
    rows = [r for r in workload["growth"] if r["axis"] == axis and r["steady_s"] is not None]
    rows.sort(key=lambda row: row["size"])
    styles = _line_styles([(row["contender"], row["kind"]) for row in rows])
    figure = new_figure(WIDTH, 2.6 + LINE_HEIGHT * len(styles))
    axes = figure.add_subplot()
    for name, style in styles.items():
        line = [(row["size"], row["steady_s"]) for row in rows if row["contender"] == name]
        axes.plot(*zip(*line, strict=True), **style)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sorted({row["size"] for row in rows})))
    axes.xaxis.set_major_formatter("{x:,.10g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(axis)
    _scale_time_upward(axes, f"time per {workload['unit']}")
    _finish_lines(figure, axes, styles)
    return figure


def as_svg(figure, *, name: str) -> str:
    """The picture as an SVG element whose ids all begin with `name`.

    It refers to nothing outside itself, and its text and lines take the color of the text
    around it.
    """
    stream = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(
            stream,
            format="svg",
            transparent=True,
            metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")),
        )
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = svg.replace(INK, "currentColor").replace(f"'{FAMILY}'", f"'{FAMILY}', sans-serif")
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)


def _texts(contender: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The lines of a contender's name, and those of why it was not measured; none if it was."""
    name = textwrap.wrap(label(contender), CHARACTERS_A_LINE - CHARACTERS_OF_TIME)
    if is_measured(contender):
        return name, []
    return name, textwrap.wrap(why_not_measured(contender), CHARACTERS_A_LINE, max_lines=3)


def _write(axes, x: float, line: float, text: list[str], **options) -> None:
    """Write lines from a share of the width on, the uppermost at `line` from the top."""
    axes.text(x, line, "\n".join(text), transform=axes.get_yaxis_transform(), va="top", **options)


def _draw_bar(axes, contender: dict[str, Any], middle: float, least: float) -> None:
    steady, rounds = contender["steady_s"], contender["seconds"]
    color = COLORS[contender["kind"]]
    axes.barh(middle, steady - least, left=least, height=0.7, color=color)
    spread = [min(rounds), max(rounds)]
    axes.plot(spread, [middle, middle], "|-", color=INK, linewidth=1, markersize=5)


def _scale_bars(axes, measured: list[dict[str, Any]]) -> float:
    """Choose the scale of the bars; where they begin."""
    steady = [contender["steady_s"] for contender in measured]
    lowest = min(min(contender["seconds"]) for contender in measured)
    highest = max(max(contender["seconds"]) for contender in measured)
    least = 0.0
    if max(steady) > LOG_SCALE_FROM * min(steady):
        least = lowest / 2
        axes.set_xscale("log")
        _label_decades(axes.xaxis, least, highest)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlim(least, 1.05 * highest)
    axes.xaxis.set_major_formatter(_time_on_axis)
    return least


def _scale_time_upward(axes, text: str) -> None:
    axes.set_yscale("log")
    axes.set_ylabel(text)
    axes.yaxis.set_major_formatter(_time_on_axis)
    _label_decades(axes.yaxis, *axes.get_ylim())


def _time_on_axis(seconds: float, _position: int) -> str:
    return EngFormatter("s")(seconds) if seconds < 1000 else f"{seconds:,.0f} s"


def _label_decades(axis, low: float, high: float) -> None:
    """Label so few ticks that they have room, and so many that the scale can be read."""
    decades = math.log10(high / low)
    between = (1, 2, 3, 5, 7) if decades < 1 else (1, 2, 5) if decades < 2 else (1, 3)
    axis.set_major_locator(LogLocator(subs=between if decades < 3 else (1,), numticks=7))
    axis.set_minor_formatter(NullFormatter())


def _fastest_of_each_kind(workload: dict[str, Any]) -> list[dict[str, Any]]:
    """Few enough contenders to tell their lines apart, among them the two that others refer to."""
    named = (workload["reference"], workload["ours"])
    measured = [contender for contender in workload["contenders"] if is_measured(contender)]
    ranked = sorted(measured, key=lambda c: (c["name"] not in named, c["steady_s"]))
    chosen = [
        contender
        for kind in KINDS
        for contender in [c for c in ranked if c["kind"] == kind][:LINES_A_KIND]
    ]
    return [contender for contender in measured if contender in chosen]


def _units_to_show(workload: dict[str, Any], measured: list[dict[str, Any]]) -> float:
    """So much work that one sees who has caught up with whom."""
    against = [find_contender(workload, workload[name]) for name in ("reference", "ours")]
    meetings = [
        catches_up_after(contender, other) or 0
        for contender in measured
        for other in filter(None, against)
    ]
    return min(max(1000, *(10 * units for units in meetings), 0), MOST_UNITS)


def _line_styles(contenders: list[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """By name, how its line looks: the color is the kind's; the floor is dashed."""
    styles: dict[str, dict[str, Any]] = {}
    used = dict.fromkeys(KINDS, 0)
    for name, kind in dict.fromkeys(contenders):
        styles[name] = {
            "color": COLORS[kind],
            "marker": MARKERS[used[kind] % len(MARKERS)],
            "linestyle": "--" if kind == "floor" else "-",
        }
        used[kind] += 1
    return styles


def _finish_lines(figure, axes, styles: dict[str, dict[str, Any]]) -> None:
    axes.grid(alpha=0.15, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    handles = [Line2D([], [], label=name, **style) for name, style in styles.items()]
    figure.legend(handles=handles, loc="outside lower left")
