"""`rnn-graph train tagger`: from tagged sentences to a tagger."""

from pathlib import Path
from typing import Annotated

import typer

from rnn_graph import names
from rnn_graph.cli import options
from rnn_graph.cli.train_options import (
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

EXAMPLE = "Example: rnn-graph train tagger --data train.conll --out tagger.npz"
OutputName = options.choice("OutputName", names.TAGGER_OUTPUTS)
RecipeName = options.choice("RecipeName", recipes_of("tagger"))
MORE = "More of the model and the training"


def tagger(
    *,
    data: Annotated[
        Path,
        typer.Option("--data", help="Columns, seq.in/seq.out, BOS … EOS, or an ATIS pickle."),
    ],
    out: Out,
    recipe: Annotated[
        RecipeName, typer.Option(metavar="NAME", help="Model and settings; see the table below.")
    ] = RecipeName.MODERN,
    valid: Valid = None,
    held_out: Annotated[
        float | None,
        typer.Option(min=0, max=0.9, help="Share of sentences kept for evaluations (0.1)."),
    ] = None,
    main: MainSettings,
    run: RunOptions,
    more: MoreSettings,
    window: Annotated[
        int | None,
        typer.Option(help="Number of words in the input window (odd).", rich_help_panel=MORE),
    ] = None,
    bidirectional: Annotated[
        bool | None,
        typer.Option(
            "--bidirectional/--forward-only", help="Read in both directions.", rich_help_panel=MORE
        ),
    ] = None,
    output: Annotated[
        OutputName | None,
        typer.Option(
            metavar="NAME",
            help="softmax, or crf: best sequence of labels.",
            rich_help_panel=MORE,
        ),
    ] = None,
    char_features: Annotated[
        int | None,
        typer.Option(min=0, help="Features of a word's characters.", rich_help_panel=MORE),
    ] = None,
    word_dropout: Annotated[
        float | None,
        typer.Option(help="Share of words replaced by the unknown word.", rich_help_panel=MORE),
    ] = None,
    keep_case: Annotated[
        bool,
        typer.Option("--keep-case", help="Keep upper case.", rich_help_panel="Reading text"),
    ] = False,
    embeddings: Annotated[
        Path | None,
        typer.Option(help="Initial embeddings, in GloVe's text format.", rich_help_panel=MORE),
    ] = None,
    search: Annotated[
        int | None,
        typer.Option(min=1, help="Try N random settings, keep the best.", rich_help_panel=MORE),
    ] = None,
    search_file: Annotated[
        Path | None,
        typer.Option(help="Journal of the search (OUT.search.jsonl).", rich_help_panel=MORE),
    ] = None,
    reading: options.TaggedReading,
    computing: TrainComputing,
    as_json: options.Json = False,
) -> None:
    """Train a tagger; the model of the best validation epoch is kept.

    Ctrl-C ends training and keeps the best model until then; --resume goes on.
    """
    from rnn_graph.train.tagger import fit_tagger

    settings = given(
        main,
        more,
        window=window,
        bidirectional=bidirectional,
        output=output,
        char_features=char_features,
        word_dropout=word_dropout,
    )
    chosen = find_recipe("tagger", recipe)
    options_of_data = {
        "valid": valid,
        "held_out": held_out,
        "keep_case": keep_case,
        "embeddings": embeddings,
        "reading": reading.given(),
    }
    if search:
        from rnn_graph.cli.console import log
        from rnn_graph.train.search import searched_settings

        settings |= searched_settings(
            data,
            chosen,
            settings,
            trials=search,
            path=search_file or out.with_suffix(".search.jsonl"),
            computing=computing.settings(),
            say=log,
            **options_of_data,
        )
    kept = run.settings(out)
    _, result = fit_tagger(
        data,
        chosen,
        settings,
        run=kept,
        computing=computing.settings(),
        init_from=run.init_from,
        **options_of_data,
    )
    if kept.writes:
        print_result(result, as_json)
