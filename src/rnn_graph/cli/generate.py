"""`rnn-graph generate`: sentences, lines or text from a model."""

from pathlib import Path
from typing import Annotated

import typer

from rnn_graph import names
from rnn_graph.cli import options

EXAMPLE = 'Example: rnn-graph generate model.npz -n 5 --temperature 0.8 --prompt "i think"'


def generate(
    *,
    model: Annotated[Path, typer.Argument(help="A model file.")],
    count: Annotated[
        int | None, typer.Option("-n", min=1, help="Sentences or lines (10), or texts (1).")
    ] = None,
    prompt: Annotated[str, typer.Option(help="How each sentence, line or text begins.")] = "",
    temperature: Annotated[float, typer.Option(help="Sampling temperature; 0: likeliest.")] = 1.0,
    top_k: Annotated[int | None, typer.Option(help="Draw among the k likeliest.")] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Draw among the likeliest of this probability.")
    ] = None,
    min_length: Annotated[
        int | None, typer.Option(help="Draw shorter ones again: words (7), characters (1).")
    ] = None,
    max_length: Annotated[
        int | None, typer.Option(help="Cut longer ones: words (100), characters (100, 1000).")
    ] = None,
    unique: Annotated[
        bool, typer.Option("--unique", help="No line of the training data, none twice.")
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=names.LARGEST_SEED, help="The same seed, the same result."),
    ] = None,
    vocabulary: options.VocabularyFile = None,
    reading: options.PromptReading,
    computing: options.Computing,
    as_json: options.Json = False,
) -> None:
    """Draw from a language model: sentences or lines, one a line, or running text.

    Which of them depends on what the model was trained on.
    """
    from rnn_graph.cli.console import log, print_json
    from rnn_graph.cli.models import load_language_model, warn_of_other_splitting
    from rnn_graph.files.provenance import signature
    from rnn_graph.predict.generation import drawn_texts

    loaded = load_language_model(model, computing, vocabulary)
    given = {name: options.plain(v) for name, v in vars(reading).items() if v is not None}
    warn_of_other_splitting(loaded, given)
    drawn = drawn_texts(
        loaded,
        count,
        prompt=prompt,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_length=min_length,
        max_length=max_length,
        unique=unique,
        rng=seed,
        say=log,
        **given,
    )
    found = []
    for text in drawn.texts:
        found.append(text)
        if not as_json:
            print(text, flush=True)
    if as_json:
        print_json({drawn.name: found, "signature": signature(loaded, seed=seed)})
