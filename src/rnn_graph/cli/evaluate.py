"""`rnn-graph evaluate`: how well a model predicts a text, or tags sentences."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options

EXAMPLE = "Example: rnn-graph evaluate model.npz --data comments.csv"


def evaluate(
    *,
    model: Annotated[
        Path | None, typer.Argument(help="A model file; none with --predictions.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel="Reading text",
            help="Text or CSV for a language model, tagged sentences for a tagger; - for standard"
            " input.",
        ),
    ] = None,
    part: Annotated[
        options.PartName, typer.Option(help="Of an ATIS pickle.")
    ] = options.PartName.TEST,
    predictions: Annotated[
        Path | None, typer.Option(help="Score a file of `word truth guess` lines instead.")
    ] = None,
    vocabulary: options.VocabularyFile = None,
    reading: options.Reading,
    computing: options.Computing,
    as_json: options.Json = False,
) -> None:
    """Print how good a model is on data.

    Of a word model: mean loss and perplexity, with and without the words that it does not know.
    Of a character model: mean loss in nats and bits a character. Of a tagger: precision, recall
    and F1 of phrases as CoNLL-2000 counts them, over all and for each type, and the share of words
    with the right label.
    """
    from rnn_graph.cli.console import print_json
    from rnn_graph.cli.evaluation import (
        print_char_score,
        print_tag_score,
        print_text_score,
        score_model,
        score_predictions,
    )
    from rnn_graph.errors import InputError
    from rnn_graph.predict.char_scoring import CharScore
    from rnn_graph.predict.metrics import TagScore, TextScore, score_as_dict

    if predictions is not None:
        if model is not None or data is not None:
            raise InputError("--predictions stands alone; leave out the model and --data")
        score, signed = score_predictions(predictions, reading)
    elif model is None or data is None:
        raise InputError("give a model file and --data FILE, or --predictions FILE alone")
    else:
        score, signed = score_model(model, data, part, vocabulary, reading, computing)
    if as_json:
        values = score_as_dict(score) if isinstance(score, TagScore) else asdict(score)
        print_json(values | {"signature": signed})
    elif isinstance(score, TextScore):
        print_text_score(score, signed)
    elif isinstance(score, CharScore):
        print_char_score(score, signed)
    else:
        print_tag_score(score, signed)
