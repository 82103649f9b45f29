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
        int | None,
        typer.Option("-n", min=1, help="Number of sentences or lines (10) or texts (1)."),
    ] = None,
    prompt: Annotated[str, typer.Option(help="Beginning of each sentence, line or text.")] = "",
    temperature: Annotated[
        float, typer.Option(help="Sampling temperature; 0: most probable token.")
    ] = 1.0,
    top_k: Annotated[int | None, typer.Option(help="Draw among the k likeliest.")] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Draw among the most probable tokens with total p.")
    ] = None,
    min_length: Annotated[
        int | None, typer.Option(help="Minimum length: words (7), characters (1).")
    ] = None,
    max_length: Annotated[
        int | None, typer.Option(help="Maximum length: words (100), characters (100, 1000).")
    ] = None,
    unique: Annotated[
        bool, typer.Option("--unique", help="Omit training lines and repeated lines.")
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="Print the model's tokens, separated by blanks.")
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=names.LARGEST_SEED, help="Seed of the random numbers."),
    ] = None,
    vocabulary: options.VocabularyFile = None,
    tokenizer: Annotated[
        options.TokenizerName | None,
        typer.Option(metavar="NAME", help="Split the prompt: nltk, whitespace, characters."),
    ] = None,
    unknown: options.Unknown = options.UnknownName.SKIP,
    computing: options.Computing,
    as_json: options.Json = False,
) -> None:
    """Generate sentences, lines or running text, depending on the training data."""
    from rnn_graph.cli.console import print_json, say_data
    from rnn_graph.cli.models import load_language_model, warn_of_other_splitting
    from rnn_graph.files.provenance import signature
    from rnn_graph.predict.generation import generate_each

    loaded = load_language_model(model, computing, vocabulary)
    warn_of_other_splitting(loaded, {} if tokenizer is None else {"tokenizer": str(tokenizer)})
    unit = getattr(loaded.vocabulary, "unit", "sentence")
    texts = generate_each(
        loaded,
        count or (1 if unit == "text" else 10),
        prompt=prompt,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_length=min_length,
        max_length=max_length,
        unique=unique,
        raw=raw,
        tokenizer=options.plain(tokenizer),
        unknown=options.plain(unknown),
        rng=seed,
    )
    found = []
    for text in texts:
        if found and unit == "text" and not as_json:
            print()
        found.append(text)
        if not as_json:
            print(text, flush=True) if unit == "text" else say_data(text)
    if as_json:
        print_json({f"{unit}s": found, "signature": signature(loaded, seed=seed)})
