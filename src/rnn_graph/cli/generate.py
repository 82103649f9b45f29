"""`rnn-graph generate`: sentences, lines or text from a model."""

from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options

EXAMPLE = 'Example: rnn-graph generate model.npz -n 5 --temperature 0.8 --prompt "i think"'


def generate(
    *,
    model: Annotated[Path, typer.Argument(help="A model file.")],
    count: Annotated[
        int | None,
        typer.Option("-n", min=1, help="Sentences, lines (10 if not given) or texts (1)."),
    ] = None,
    min_length: Annotated[
        int | None, typer.Option(help="Shorter ones are drawn again: words (7) or characters (1).")
    ] = None,
    max_length: Annotated[
        int | None,
        typer.Option(help="Longer ones are cut: words (100) or characters (100; of texts 1000)."),
    ] = None,
    temperature: Annotated[float, typer.Option(help="0: the likeliest each time.")] = 1.0,
    top_k: Annotated[int | None, typer.Option(help="Draw among the k likeliest.")] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Draw among the likeliest of this joint probability.")
    ] = None,
    prompt: Annotated[str, typer.Option(help="How each sentence, line or text begins.")] = "",
    unique: Annotated[
        bool,
        typer.Option("--unique", help="No line that the model was trained on, none twice."),
    ] = False,
    vocabulary: options.VocabularyFile = None,
    computing: options.Computing,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=options.LARGEST_SEED, help="The same seed, the same result."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Draw from a language model: sentences or lines, one a line, or running text.

    Which of them depends on the model: `train word`, or `train char` with --unit line or text.
    """
    from rnn_graph.cli.console import print_json
    from rnn_graph.cli.generation import drawn_texts
    from rnn_graph.files.provenance import signature

    settings = {
        "min_length": min_length,
        "max_length": max_length,
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    loaded, name, texts = drawn_texts(
        model, count, prompt, unique, vocabulary, computing, rng=seed, **given
    )
    found = []
    for text in texts:
        found.append(text)
        if not as_json:
            print(text, flush=True)
    if as_json:
        print_json({name: found, "signature": signature(loaded, seed=seed)})
