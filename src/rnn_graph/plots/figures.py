"""Figures of one look: titles, large text, and colors that color-blind readers tell apart."""

import functools
from collections.abc import Callable
from pathlib import Path

from rnn_graph.files.atomic import atomic_write

# M. Okabe, K. Ito, "Color universal design" (2008); without the yellow, which is faint on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
PAGE = 40 / 3, 7.5  # inches: a slide of a projector, across
DOTS = 120  # an inch
STYLE = {
    "font.size": 13,
    "axes.titlesize": 15,
    "axes.titlelocation": "left",
    "figure.titlesize": 15,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.alpha": 0.3,
    "text.parse_math": False,  # a text may hold a dollar
}


def styled(draw: Callable) -> Callable:
    """Let a function draw in the look of this module."""

    @functools.wraps(draw)
    def drawing(*arguments, **options):
        import matplotlib

        with matplotlib.rc_context(STYLE):
            return draw(*arguments, **options)

    return drawing


def new_figure(width: float, height: float):
    """An empty figure that needs no screen; sizes in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def write_figure(path: str | Path, figure) -> None:
    """Write a figure as a PNG, whole or not at all."""
    with atomic_write(path) as stream:
        figure.savefig(stream, format="png", dpi=DOTS)
