"""`rnn-graph demo`: everything once, on embedded data."""

from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options

EXAMPLE = "Example: rnn-graph demo --out demo-output"


def demo(
    *,
    out: Annotated[Path, typer.Option(help="The folder for model and picture.")] = Path(
        "demo-output"
    ),
    sentences: Annotated[int, typer.Option(min=20, help="To train on.")] = 40_000,
    epochs: Annotated[int, typer.Option(min=1, help="Times through them.")] = 6,
    computing: options.Computing,
    seed: options.Seed = 0,
) -> None:
    """Train, save, draw and generate, on sentences whose true perplexity is known.

    Needs no network and no files.
    """
    from rnn_graph.cli.demonstration import demonstrate

    demonstrate(
        out,
        sentences=sentences,
        epochs=epochs,
        computing=computing,
        seed=seed,
    )
