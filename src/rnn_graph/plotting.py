"""Pictures, drawn without a screen."""

from collections.abc import Sequence
from pathlib import Path

from rnn_graph.files import atomic_write
from rnn_graph.metrics import perplexity


def plot_loss_curve(
    losses: Sequence[tuple[int, float]],
    path: str | Path,
    *,
    title: str,
    true_perplexity: float | None = None,
) -> None:
    """Draw perplexity over the sentences seen, as a PNG.

    Parameters
    ----------
    losses
        What `train_with_sgd` returns: (sentences seen, mean loss in nats a word).
    true_perplexity
        The perplexity of the distribution that the sentences were drawn from, where it is known.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    seen, values = zip(*((n, perplexity(loss)) for n, loss in losses), strict=True)
    axes.plot(seen, values, marker="o", markersize=4, label="model")
    if true_perplexity is not None:
        axes.axhline(true_perplexity, linestyle="--", color="gray")
        axes.annotate(
            f"truth {true_perplexity:.2f}",
            (seen[-1], true_perplexity),
            xytext=(0, -4),
            textcoords="offset points",
            ha="right",
            va="top",
            color="dimgray",
        )
    axes.annotate(
        f"{values[-1]:.2f}",
        (seen[-1], values[-1]),
        xytext=(0, 6),
        textcoords="offset points",
        ha="right",
    )
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("sentences seen")
    axes.set_ylabel("perplexity a word")
    axes.set_title(title)
    axes.grid(alpha=0.3, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    with atomic_write(path) as stream:
        figure.savefig(stream, format="png", dpi=120)
