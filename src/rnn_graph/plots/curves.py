"""Losses and scores over the course of training, drawn without a screen."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnn_graph.plots.figures import COLORS, new_figure, styled, write_figure
from rnn_graph.predict.metrics import perplexity

SMOOTHED_LOSS_POINTS = 500
WIDTH, PANEL_HEIGHT, SMALL_PANEL_HEIGHT = 10.0, 4.6, 1.8  # inches
# Held-out figures are told from those of training by the line too, not by its color alone.
TRAINING = {"linestyle": "-", "linewidth": 1.3, "alpha": 0.75}
HELD_OUT = {"linestyle": "--", "marker": "o", "markersize": 5}

Records = Sequence[Mapping[str, Any]]
Points = list[tuple[float, float]]


@styled
def plot_smoothed_losses(path: str | Path, curves: Mapping[str, Sequence[float]]) -> None:
    """Draw smoothed losses over steps, a curve a model, as a PNG.

    Parameters
    ----------
    path
        The PNG.
    curves
        By the name of a model, its smoothed loss after each step, in nats a name.
    """
    figure = new_figure(WIDTH, PANEL_HEIGHT)
    axes = figure.subplots()
    for color, (name, losses) in zip(_colors(curves), curves.items(), strict=True):
        steps = range(0, len(losses), -(-len(losses) // SMOOTHED_LOSS_POINTS))
        points = [(step + 1, losses[step]) for step in steps]
        _draw(axes, points, f"{name}: {losses[-1]:.2f}", TRAINING, color)
    axes.set_title("Training loss")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("steps")
    axes.set_ylabel("smoothed loss (nats a name)")
    _finish(axes)
    write_figure(path, figure)


@styled
def plot_histories(
    path: str | Path, runs: Mapping[str, Records], *, truth: float | None = None
) -> None:
    """Draw training runs over the tokens that they saw, as a PNG.

    A panel a unit: F1 in percent, of taggers; losses in nats a token, those of training as solid
    lines and held-out ones as dashed lines with points; and the learning rate, if it changes.

    Parameters
    ----------
    path
        The PNG.
    runs
        By name, the records of each as `rnn_graph.train.history.read_history` has them.
    truth
        The perplexity under the distribution that the text was drawn from, if it is known.
    """
    from matplotlib.ticker import EngFormatter

    colors = dict(zip(runs, _colors(runs), strict=True))
    scores = {name: held_out_points(records, "f1") for name, records in runs.items()}
    rates = {name: points_of(records, "learning_rate") for name, records in runs.items()}
    panels: list[tuple[float, Callable]] = [(PANEL_HEIGHT, _draw_losses)]
    if any(scores.values()):
        panels.insert(0, (PANEL_HEIGHT, _draw_scores))
    if any(len({rate for _, rate in points}) > 1 for points in rates.values()):
        panels.append((SMALL_PANEL_HEIGHT, _draw_rates))
    heights = [height for height, _ in panels]
    figure = new_figure(WIDTH, sum(heights))
    columns = figure.subplots(len(panels), squeeze=False, sharex=True, height_ratios=heights)[:, 0]
    for axes, (_, draw) in zip(columns, panels, strict=True):
        draw(axes, runs, colors)
        if draw is _draw_losses and truth is not None:
            label = f"truth: perplexity {truth:.2f}"
            axes.axhline(math.log(truth), linestyle=":", color="black", label=label)
        _finish(axes)
    columns[0].set_title("Training of " + ", ".join(runs) if len(runs) < 4 else "Training")
    columns[-1].xaxis.set_major_formatter(EngFormatter())
    columns[-1].set_xlabel("tokens seen")
    write_figure(path, figure)


def _draw_losses(axes, runs: Mapping[str, Records], colors: Mapping[str, str]) -> None:
    for name, records in runs.items():
        _draw(axes, points_of(records, "recent_loss"), f"{name}, training", TRAINING, colors[name])
        if held_out := held_out_points(records, "loss"):
            least = min(loss for _, loss in held_out)
            label = f"{name}, held out: {least:.3f}, perplexity {perplexity(least):,.2f}"
            _draw(axes, held_out, label, HELD_OUT, colors[name])
    axes.set_ylabel("loss (nats a token)")


def _draw_scores(axes, runs: Mapping[str, Records], colors: Mapping[str, str]) -> None:
    for name, records in runs.items():
        if points := held_out_points(records, "f1"):
            label = f"{name}, held out: {max(value for _, value in points):.2f}"
            _draw(axes, points, label, HELD_OUT, colors[name])
    axes.set_ylabel("F1 (percent)")


def _draw_rates(axes, runs: Mapping[str, Records], colors: Mapping[str, str]) -> None:
    for name, records in runs.items():
        _draw(axes, points_of(records, "learning_rate"), "", {}, colors[name])
    axes.set_ylim(bottom=0)
    axes.set_ylabel("learning rate")


def points_of(records: Records, figure: str) -> Points:
    """A figure of each record that has it, over the tokens seen."""
    return [
        (entry["tokens"], entry[figure])
        for entry in records
        if isinstance(entry.get(figure), int | float)
    ]


def held_out_points(records: Records, figure: str) -> Points:
    """A figure of the evaluations on held-out data, over the tokens seen."""
    return [
        (entry["tokens"], entry["held_out"][figure])
        for entry in records
        if entry.get("held_out") and entry["held_out"].get(figure) is not None
    ]


def _draw(axes, points: Points, label: str, style: Mapping[str, Any], color: str) -> None:
    if points:
        axes.plot(*zip(*points, strict=True), label=label, color=color, **style)


def _colors(names) -> list[str]:
    return [COLORS[k % len(COLORS)] for k in range(len(names))]


def _finish(axes) -> None:
    """A grid, and a legend if there is more than one line or a figure to tell."""
    axes.grid(visible=True)
    labels = axes.get_legend_handles_labels()[1]  # those that are not empty
    if len(labels) > 1 or any(":" in label for label in labels):
        axes.legend()
