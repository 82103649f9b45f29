"""Pictures of what was learned: the held-out score over epochs and over seconds."""

import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from rnn_graph.benchmark.report.result_tables import Epoch, curve, learners
from rnn_graph.benchmark.report.results import label
from rnn_graph.plots.curves import new_figure

# After the palette of M. Okabe and K. Ito, which the color-blind tell apart; each line has a dash
# and a marker of its own as well.
COLORS = ("#0a84d1", "#e0730b", "#a8589a", "#8a8f98")
LINES = ("-", "--", "-.", ":")
LOG_SCALE_FROM = 3.0  # largest over smallest perplexity or loss

# Inches: text stays readable where the picture fills the width of a phone.
WIDTH, LINE_HEIGHT = 4.0, 0.18
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
def draw_over_epochs(workload: dict[str, Any]):
    """The held-out score over epochs: mean over the seeds, and a band from least to largest."""
    figure, axes = _draw(workload, lambda point: point.epoch)
    axes.set_xlabel("epochs")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


@matplotlib.rc_context(STYLE)
def draw_over_seconds(workload: dict[str, Any]):
    """The same over seconds of training, the mean over the seeds; compilation counts."""
    figure, axes = _draw(workload, lambda point: point.seconds.mean)
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds since start, compilation included")
    return figure


def _draw(workload: dict[str, Any], place: Callable[[Epoch], float]):
    contenders = learners(workload)
    figure = new_figure(WIDTH, 2.9 + LINE_HEIGHT * len(contenders))
    axes = figure.add_subplot()
    scores: list[float] = []
    for number, contender in enumerate(contenders):
        points = curve(contender)
        color = COLORS[number % len(COLORS)]
        x = [place(point) for point in points]
        low, high = ([getattr(p.score, end) for p in points] for end in ("low", "high"))
        axes.fill_between(x, low, high, color=color, alpha=0.25, linewidth=0)
        axes.plot(
            x,
            [point.score.mean for point in points],
            color=color,
            linestyle=LINES[number % len(LINES)],
            marker=MARKERS[number % len(MARKERS)],
            label=label(contender),
        )
        scores += [*low, *high]
    scale = ""
    is_loss = not workload["learning"]["higher_is_better"]
    if is_loss and min(scores) > 0 and max(scores) > LOG_SCALE_FROM * min(scores):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5, 7), numticks=8))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter("{x:,.10g}")
        scale = ", log scale"
    axes.set_ylabel(f"held-out {workload['learning']['measure']}{scale}")
    axes.grid(alpha=0.15, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower left")
    return figure, axes


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
