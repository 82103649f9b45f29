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
    queries: Annotated[int, typer.Option(min=20, help="To train the tagger on.")] = 2_000,
    tagger_epochs: Annotated[int, typer.Option(min=1, help="Times through them.")] = 6,
    name_steps: Annotated[int, typer.Option(min=1, help="To learn names of colors.")] = 15_000,
    computing: options.Computing,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Train, save, draw, tag and generate, on embedded data.

    A tagger on flight queries, a character model on names of colors, and a language model on
    sentences whose true perplexity is known. Needs no network and no files.
    """
    from rnn_graph.cli.console import print_json
    from rnn_graph.cli.demonstration import demonstrate
    from rnn_graph.cli.spans import print_spans

    result = demonstrate(
        out,
        sentences=sentences,
        epochs=epochs,
        queries=queries,
        tagger_epochs=tagger_epochs,
        name_steps=name_steps,
        computing=computing,
        seed=seed,
    )
    if as_json:
        print_json(result)
        return
    for query in result.get("queries", []):
        print_spans(query["words"], query["labels"])
    if "tagger_f1" in result:
        print(f"tagger F1 on unseen queries {result['tagger_f1']:.2f}")
    if "colors" in result:
        print(f"colors that are not: {', '.join(result['colors'])}")
    for sentence in result["sentences"]:
        print(sentence)
    print(
        f"held-out perplexity {result['held_out_perplexity']:.2f},"
        f" truth {result['true_perplexity']:.2f}"
    )
