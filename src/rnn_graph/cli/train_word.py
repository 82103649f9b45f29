"""`rnn-graph train word`: from text to a language model of words."""

from typing import Annotated

import typer

from rnn_graph.cli import options
from rnn_graph.cli.train_options import (
    LanguageSettings,
    MainSettings,
    MoreSettings,
    Out,
    RunOptions,
    TrainComputing,
    Valid,
    given,
    print_result,
)
from rnn_graph.train.recipes import find_recipe, recipes_of

EXAMPLE = "Example: rnn-graph train word --data comments.csv --out words.npz --held-out 0.1"
RecipeName = options.choice("RecipeName", recipes_of("word"))


def word(
    *,
    data: options.DataFile,
    out: Out,
    recipe: Annotated[
        RecipeName, typer.Option(metavar="NAME", help="Model and settings; see the table below.")
    ] = RecipeName.MODERN,
    valid: Valid = None,
    held_out: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of sentences kept for evaluations.")
    ] = 0.0,
    vocabulary_size: Annotated[
        int | None, typer.Option(help="Number of words in the vocabulary.")
    ] = None,
    main: MainSettings,
    run: RunOptions,
    language: LanguageSettings,
    more: MoreSettings,
    bptt_truncate: Annotated[
        int | None,
        typer.Option(
            help="Number of BPTT steps for each loss; -1: all.",
            rich_help_panel="More of the model and the training",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Use the first N sentences.", rich_help_panel="Reading text"),
    ] = None,
    reading: options.Reading,
    unknown: options.Unknown = options.UnknownName.SKIP,
    computing: TrainComputing,
    as_json: options.Json = False,
) -> None:
    """Train a language model of words.

    The modern recipe trains an LSTM in minibatches; the tutorial's trains an Elman network, a
    sentence a step. Ctrl-C ends training and writes the model; --resume goes on.
    """
    from rnn_graph.train.language import fit_language_model

    kept = run.settings(out)
    _, result = fit_language_model(
        data,
        find_recipe("word", recipe),
        given(main, language, more, vocabulary_size=vocabulary_size, bptt_truncate=bptt_truncate),
        valid=valid,
        held_out=held_out,
        reading=reading.given()
        | {"unknown": str(unknown)}
        | ({} if limit is None else {"limit": limit}),
        run=kept,
        computing=computing.settings(),
        init_from=run.init_from,
    )
    if kept.writes:
        print_result(result, as_json)
