"""Pictures, drawn without a screen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnn_graph.files.atomic import atomic_write
from rnn_graph.predict.metrics import perplexity

Losses = Sequence[tuple[int, float]]

SMOOTHED_LOSS_POINTS = 500


def plot_loss_curve(
    path: str | Path,
    *,
    running: Losses,
    evaluations: Losses,
    held_out: float | None = None,
    truth: float | None = None,
) -> None:
    """Draw perplexity over the sentences seen, as a PNG.

    Parameters
    ----------
    running
        (sentences seen, mean loss of the steps since the last point), nats a word.
    evaluations
        (sentences seen, loss over all training sentences), as `train_with_sgd` returns them.
    held_out
        Perplexity of held-out sentences at the end.
    truth
        Perplexity of the held-out sentences under the distribution that they were drawn from.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    figure, axes = _empty_picture()
    axes.plot(*_points(running), linewidth=1, alpha=0.6, label="while training")
    axes.plot(*_points(evaluations), "o", color="C0", markersize=5, label="all training sentences")
    end = evaluations[-1][0]
    if held_out is not None:
        axes.plot([end], [held_out], "D", color="C3", label=f"held out: {held_out:.2f}")
    if truth is not None:
        axes.axhline(truth, linestyle="--", color="black", linewidth=1, label=f"truth: {truth:.2f}")
        axes.set_ylim(bottom=0.9 * truth)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("sentences seen")
    axes.set_ylabel("perplexity a word")
    _write_picture(path, figure, axes)


def plot_scores(path: str | Path, scores: Sequence[tuple[int, float]]) -> None:
    """Draw a score over epochs, with the best one marked, as a PNG.

    Parameters
    ----------
    scores
        (epoch, validation F1 in percent).
    """
    from matplotlib.ticker import MaxNLocator

    figure, axes = _empty_picture()
    epochs, values = zip(*scores, strict=True)
    best = max(scores, key=lambda point: point[1])
    axes.plot(epochs, values, marker=".", label="validation")
    axes.plot(*best, "D", color="C3", label=f"best: {best[1]:.2f}, epoch {best[0]}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epoch")
    axes.set_ylabel("F1, percent")
    _write_picture(path, figure, axes)


def plot_smoothed_losses(path: str | Path, curves: Mapping[str, Sequence[float]]) -> None:
    """Draw smoothed losses over steps, a curve a model, as a PNG.

    Parameters
    ----------
    curves
        By the name of a model, its smoothed loss after each step, in nats a name.
    """
    figure, axes = _empty_picture()
    for name, losses in curves.items():
        steps = range(0, len(losses), -(-len(losses) // SMOOTHED_LOSS_POINTS))
        points = [losses[step] for step in steps]
        axes.plot([step + 1 for step in steps], points, label=f"{name}: {losses[-1]:.2f}")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("steps")
    axes.set_ylabel("smoothed loss, nats a step")
    _write_picture(path, figure, axes)


def plot_histories(path: str | Path, runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Draw the losses of training runs over the tokens seen, as a PNG.

    Parameters
    ----------
    runs
        By name, the records of each as `rnn_graph.train.history.read_history` has them.
    """
    from matplotlib.ticker import EngFormatter

    figure, axes = _empty_picture()
    for color, (name, records) in enumerate(runs.items()):
        training = _losses(records, "loss")
        held_out = _losses(records, "held_out")
        style = {"color": f"C{color % 10}"}
        if training:
            axes.plot(*zip(*training, strict=True), linewidth=1, alpha=0.6, label=name, **style)
        if held_out:
            least = min(loss for _, loss in held_out)
            label = f"{name}, held out: {least:.3f}"
            axes.plot(*zip(*held_out, strict=True), marker=".", label=label, **style)
    axes.xaxis.set_major_formatter(EngFormatter())
    axes.set_xlabel("tokens seen")
    axes.set_ylabel("loss, nats a token")
    _write_picture(path, figure, axes)


def _losses(records: Sequence[Mapping[str, Any]], name: str) -> list[tuple[int, float]]:
    return [(entry["tokens"], entry[name]) for entry in records if entry.get(name) is not None]


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


def _empty_picture():
    figure = new_figure(7, 4)
    return figure, figure.add_subplot()


def _write_picture(path: str | Path, figure, axes) -> None:
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    write_figure(path, figure)


def _points(losses: Losses) -> tuple[list[int], list[float]]:
    return [seen for seen, _ in losses], [perplexity(loss) for _, loss in losses]
