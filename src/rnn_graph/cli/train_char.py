"""`rnn-graph train char`: from names or running text to a language model of characters."""

from pathlib import Path
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

EXAMPLE = "Example: rnn-graph train char --data names.txt --unit line --out names.npz"
RecipeName = options.choice("RecipeName", recipes_of("char"))
UnitName = options.choice("UnitName", ("line", "text"))
MORE = "More of the model and the training"


def char(
    *,
    data: Annotated[
        Path, typer.Option("--data", help="Text, may be compressed; - for standard input.")
    ],
    out: Out,
    recipe: Annotated[
        RecipeName, typer.Option(metavar="NAME", help="Model and settings; see the table below.")
    ] = RecipeName.MODERN,
    unit: Annotated[
        UnitName | None,
        typer.Option(metavar="NAME", help="line: each is a name; text: running text."),
    ] = None,
    valid: Valid = None,
    held_out: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of the text kept for evaluations.")
    ] = 0.0,
    main: MainSettings,
    run: RunOptions,
    language: LanguageSettings,
    more: MoreSettings,
    piece_length: Annotated[
        int | None,
        typer.Option(min=1, help="Characters of a step, for running text.", rich_help_panel=MORE),
    ] = None,
    carry_state: Annotated[
        bool | None,
        typer.Option(
            "--carry-state/--fresh-state",
            help="Start each line with the state of the line before.",
            rich_help_panel=MORE,
        ),
    ] = None,
    longest_line: Annotated[
        int | None,
        typer.Option(
            min=1, help="Largest number of characters in a line.", rich_help_panel="Reading text"
        ),
    ] = None,
    lowercase: Annotated[
        bool,
        typer.Option("--lowercase", help="Read in lower case.", rich_help_panel="Reading text"),
    ] = False,
    decoding: options.Decoding,
    unknown: options.Unknown = options.UnknownName.SKIP,
    computing: TrainComputing,
    as_json: options.Json = False,
) -> None:
    """Train a language model of characters, on names or on running text.

    The modern recipe trains an LSTM in minibatches; the tutorial's a line or a piece of text a
    step. Ctrl-C ends training and writes the model; --resume goes on.
    """
    from rnn_graph.train.language import fit_language_model

    settings = given(
        main,
        language,
        more,
        unit=unit,
        piece_length=piece_length,
        carry_state=carry_state,
        longest_line=longest_line,
    )
    if settings.get("cell") == "rnn":
        settings["cell"] = "elman"
    kept = run.settings(out)
    _, result = fit_language_model(
        data,
        find_recipe("char", recipe),
        settings,
        valid=valid,
        held_out=held_out,
        reading={n: options.plain(v) for n, v in vars(decoding).items()}
        | {"lowercase": lowercase, "unknown": str(unknown)},
        run=kept,
        computing=computing.settings(),
        init_from=run.init_from,
    )
    if kept.writes:
        print_result(result, as_json)
