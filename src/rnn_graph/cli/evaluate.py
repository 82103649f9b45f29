"""`rnn-graph evaluate`: how well a model predicts a text, or tags sentences."""

import math
import sys
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from rnn_graph.cli import options
from rnn_graph.errors import InputError

SortName = options.choice("SortName", ("name", "support", "f1"))
CONFUSIONS_SHOWN = 10
# Figures in the order of their columns, and of their importance where not all fit.
WIDTHS = {"precision": 9, "recall": 6, "F1": 6, "support": 7, "found": 5}
IMPORTANCE = ("F1", "recall", "precision", "support", "found")
EXAMPLE = "Example: rnn-graph evaluate model.npz --data comments.csv"


def evaluate(
    *,
    model: Annotated[
        Path | None, typer.Argument(help="A model file; none with --predictions.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Text or tagged sentences; - for standard input.")
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="Score a file of `word truth guess` lines instead.")
    ] = None,
    vocabulary: options.VocabularyFile = None,
    part: Annotated[
        options.PartName | None,
        typer.Option(metavar="NAME", help="Part of an ATIS pickle: train, valid, test (default)."),
    ] = None,
    sort: Annotated[
        SortName,
        typer.Option(metavar="NAME", help="Order of types: name, support, or f1 (worst first)."),
    ] = SortName.NAME,
    reading: options.AnyReading,
    unknown: options.Unknown = options.UnknownName.SKIP,
    columns: options.LabeledWords,
    computing: options.Computing,
    as_json: options.Json = False,
) -> None:
    """Print how good a model is on data.

    Of a language model: mean loss and perplexity a word or character. Of a tagger: precision,
    recall and F1 of phrases as CoNLL-2000 counts them, over all, as the mean of the types, and for
    each type (of labels that mark no phrases, for each label), the share of words with the right
    label, and the most frequent confusions. Text is split as it was for training, unless told
    otherwise.
    """
    from rnn_graph.cli.console import print_json
    from rnn_graph.cli.models import load, score
    from rnn_graph.data.tagged_files import read_predictions
    from rnn_graph.files.provenance import signature, versions
    from rnn_graph.predict.metrics import TagScore, score_tags

    if predictions is not None:
        if model is not None or data is not None:
            raise InputError("--predictions stands alone; leave out the model and --data")
        truth = read_predictions(
            predictions,
            scheme=columns.scheme,
            encoding=reading.encoding,
            errors=options.plain(reading.errors),
        )
        found = score_tags(*truth)
        signed: dict[str, Any] = {"predictions": str(predictions), "versions": versions()}
    elif model is None or data is None:
        raise InputError("give a model file and --data FILE, or --predictions FILE alone")
    else:
        loaded = load(model, computing, vocabulary)
        found, signed = score(loaded, data, reading, columns, part, unknown), signature(loaded)
    if as_json:
        details = found.details() if isinstance(found, TagScore) else {}
        print_json(found.as_dict() | details | {"signature": signed})
    elif isinstance(found, TagScore):
        _print_tag_score(found, sort)
    else:
        _print_text_score(found)


def _print_text_score(score) -> None:
    from rnn_graph.cli.console import say

    say(f"loss {score.loss:.6f} nats, {score.bits:.6f} bits")
    say(f"perplexity {score.perplexity:.4f}")
    say(f"tokens {score.tokens}, ends of sentences or lines among them")
    say(f"unknown tokens {score.unknown_share:.2%}")
    if score.unknown_tokens:
        say(f"perplexity without unknown tokens {score.known_perplexity:.4f}")


def _print_tag_score(score, sort: SortName) -> None:
    from rnn_graph.cli.console import say

    overall, script = score.overall, score.script
    say(
        f"{score.words} words with {overall.phrases} phrases; found: {overall.found};"
        f" correct: {overall.correct}"
    )
    if script is not None:
        say(
            f"F1 {script.f1:.2f} as CoNLL-2000's script counts, which joins adjacent phrases of a"
            " type, and takes X-type with any X for a phrase:"
            f" {script.phrases}; found: {script.found}; correct: {script.correct}"
        )
    rows = [("macro", score.macro)]
    if score.by_type:
        rows.insert(0, ("all", overall.with_support() | {"found": overall.found}))
    for name, part in _sorted(score.parts, sort):
        rows.append((name, part.with_support() | {"found": part.found}))
    _print_figures(rows)
    say(f"accuracy {score.accuracy:.2f} % of words")
    if score.confusions:
        say("most frequent confusions, true label → guess")
    for (truth, guess), count in islice(score.confusions.items(), CONFUSIONS_SHOWN):
        say(f"{count:7}  {truth} → {guess}", hanging=9)


def _print_figures(rows: list[tuple[str, dict[str, Any]]]) -> None:
    """A line of figures for each name; where they do not fit, the most important ones."""
    from rnn_graph.cli.console import terminal_width

    names_width = max(len(name) for name, _ in rows)
    left = (terminal_width(sys.stdout) or math.inf) - names_width
    shown = {}
    for title, width in sorted(WIDTHS.items(), key=lambda item: IMPORTANCE.index(item[0])):
        left -= width + 2
        shown[title] = left >= 0
    titles = [title for title in WIDTHS if shown[title]]
    print(f"{'':{names_width}}" + "".join(f"  {title:>{WIDTHS[title]}}" for title in titles))
    for name, figures in rows:
        values = {title: figures.get(title.lower(), "") for title in titles}
        cells = (
            f"  {value:{WIDTHS[title]}.2f}"
            if isinstance(value, float)
            else f"  {value:>{WIDTHS[title]}}"
            for title, value in values.items()
        )
        print(f"{name:{names_width}}{''.join(cells)}".rstrip())


def _sorted(parts: dict[str, Any], sort: SortName):
    """The parts' scores, by name where they are alike."""
    orders = {
        SortName.NAME: lambda _: 0,
        SortName.SUPPORT: lambda part: -part.phrases,
        SortName.F1: lambda part: part.f1,
    }
    return sorted(parts.items(), key=lambda item: (orders[sort](item[1]), item[0]))
