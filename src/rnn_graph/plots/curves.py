"""Pictures, drawn without a screen."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnn_graph.files.atomic import atomic_write
from rnn_graph.predict.metrics import perplexity

SMOOTHED_LOSS_POINTS = 500


def plot_smoothed_losses(path: str | Path, curves: Mapping[str, Sequence[float]]) -> None:
    """Draw smoothed losses over steps, a curve a model, as a PNG.

    Parameters
    ----------
    curves
        By the name of a model, its smoothed loss after each step, in nats a name.
    """
    figure = new_figure(7, 4)
    axes = figure.subplots()
    for name, losses in curves.items():
        steps = range(0, len(losses), -(-len(losses) // SMOOTHED_LOSS_POINTS))
        points = [losses[step] for step in steps]
        axes.plot([step + 1 for step in steps], points, label=f"{name}: {losses[-1]:.2f}")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("steps")
    axes.set_ylabel("smoothed loss, nats a step")
    _finish(axes)
    write_figure(path, figure)


def plot_histories(
    path: str | Path,
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    truth: float | None = None,
) -> None:
    """Draw the losses of training runs over the tokens seen, as a PNG; of taggers F1 above them.

    Parameters
    ----------
    runs
        By name, the records of each as `rnn_graph.train.history.read_history` has them.
    truth
        The perplexity under the distribution that the text was drawn from, if it is known.
    """
    from matplotlib.ticker import EngFormatter

    scores = {name: _figures(records, "f1") for name, records in runs.items()}
    has_scores = any(scores.values())
    figure = new_figure(7, 6 if has_scores else 4)
    *above, axes = figure.subplots(2 if has_scores else 1, squeeze=False, sharex=True)[:, 0]
    for color, (name, records) in enumerate(runs.items()):
        style = {"color": f"C{color % 10}"}
        _draw_losses(axes, name, records, style)
        if scores[name]:
            best = max(value for _, value in scores[name])
            label = f"{name}, held out: {best:.2f}"
            above[0].plot(*zip(*scores[name], strict=True), marker=".", label=label, **style)
    if truth is not None:
        label = f"truth: perplexity {truth:.2f}"
        axes.axhline(math.log(truth), linestyle="--", color="black", linewidth=1, label=label)
    axes.xaxis.set_major_formatter(EngFormatter())
    axes.set_xlabel("tokens seen")
    axes.set_ylabel("loss, nats a token")
    for panel in above:
        panel.set_ylabel("F1, percent")
    for panel in (*above, axes):
        _finish(panel)
    write_figure(path, figure)


def _draw_losses(axes, name: str, records: Sequence[Mapping[str, Any]], style) -> None:
    training = [
        (entry["tokens"], entry["recent_loss"])
        for entry in records
        if entry.get("recent_loss") is not None
    ]
    held_out = _figures(records, "loss")
    if training:
        axes.plot(*zip(*training, strict=True), linewidth=1, alpha=0.6, label=name, **style)
    if held_out:
        least = min(loss for _, loss in held_out)
        label = f"{name}, held out: {least:.3f}, perplexity {perplexity(least):,.2f}"
        axes.plot(*zip(*held_out, strict=True), marker=".", label=label, **style)


def _figures(records: Sequence[Mapping[str, Any]], figure: str) -> list[tuple[int, float]]:
    """A figure of the evaluations on held-out data, over tokens."""
    return [
        (entry["tokens"], entry["held_out"][figure])
        for entry in records
        if entry.get("held_out") and figure in entry["held_out"]
    ]


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
        figure.savefig(stream, format="png", dpi=120)


def _finish(axes) -> None:
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
