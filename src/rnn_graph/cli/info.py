"""`rnn-graph info`: what a model file holds."""

from pathlib import Path
from typing import Annotated, Any

import typer

from rnn_graph.cli import options
from rnn_graph.errors import InputError

EXAMPLE = "Example: rnn-graph info model.npz"
HANGING = 25  # where values stand


def info(
    model: Annotated[Path, typer.Argument(help="A model file.")],
    signature: Annotated[
        bool, typer.Option("--signature", help="Print only how the model was made, in one line.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Print what a model file holds: arrays, configuration, training, vocabulary."""
    from rnn_graph.cli.console import print_json, say
    from rnn_graph.files.tensor_file import read_arrays

    content = read_arrays(model)
    arrays = {
        name: {"shape": list(array.shape), "dtype": str(array.dtype)}
        for name, array in content.arrays.items()
    }
    configuration, tokens = content.configuration, content.tokens
    if not configuration:
        configuration = _described(content)
    if as_json:
        print_json(
            {
                "arrays": arrays,
                "configuration": configuration,
                "vocabulary_size": len(tokens) if tokens else None,
            }
        )
        return
    if signature:
        _print_signature(model, configuration)
        return
    for name, array in arrays.items():
        say(f"{name:24} {array['dtype']} {tuple(array['shape'])}", HANGING)
    for key, value in configuration.items():
        if key in ("labels", "characters") and isinstance(value, list | str):
            say(f"{key:24} {len(value)}: {_beginning(value)}", HANGING)
        elif key != "training":
            say(f"{key:24} {value}", HANGING)
    for line in _training_lines(configuration.get("training", {})):
        say(line, HANGING)
    if tokens is not None:
        say(f"{'vocabulary':24} {len(tokens):,} words: {' '.join(tokens[:8])} …", HANGING)
    elif "characters" not in configuration:
        say(
            f"{'vocabulary':24} none: a bare file; generate and evaluate want --vocabulary", HANGING
        )


def _described(content) -> dict[str, Any]:
    """The configuration of another program's model, where one can be made of it."""
    from rnn_graph.cli.console import log
    from rnn_graph.models.foreign import recognized

    try:
        return recognized(content).configuration
    except InputError as error:
        log(f"rnn-graph: {error}")
        return {}


def _print_signature(model: Path, configuration: dict[str, Any]) -> None:
    from rnn_graph.files.provenance import as_line

    try:
        print(as_line(configuration["training"]["signature"]))
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{model} does not say what made it; leave out --signature") from None


def _beginning(values) -> str:
    """The first of many labels, or of a string's characters."""
    shown = values[:30] if isinstance(values, str) else values[:8]
    text = shown if isinstance(values, str) else " ".join(map(str, shown))
    return (repr(text) if isinstance(values, str) else text) + " …"


def _training_lines(training: Any) -> list[str]:
    """What is known of the training; files of earlier versions say it in other ways."""
    try:
        return [
            f"{'trained on':24} {training['data']}",
            *map(_history_line, training.get("history", [])),
            *_run_lines(training),
            f"{'made by':24} {_made_by(training['signature'])}",
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        return [f"{'training':24} {training}"] if training else []


def _made_by(signature: dict[str, Any]) -> str:
    """Which version made a model, and on what."""
    versions = signature["versions"]
    return (
        f"rnn_graph {versions['rnn_graph']}, PyTensor {versions['pytensor']}, backend"
        f" {signature['backend']}, {signature['dtype']}; --signature prints all"
    )


def _history_line(entry: Any) -> str:
    from rnn_graph.train.progress import described

    if isinstance(entry, dict) and "held_out" in entry:
        loss = "" if entry["loss"] is None else f"loss {entry['loss']:.4f}"
        held_out = entry["held_out"] or entry["on_training"]
        said = "" if held_out is None else f"; {described(held_out)}"
        return f"{'epoch':24} {entry['epoch']:.4g}: {loss}{said}"
    if isinstance(entry, dict):  # a tagger of version 0.1
        return (
            f"{'epoch':24} {entry['epoch']}: loss {entry['loss']:.4f}, validation F1"
            f" {entry['f1']:.2f}"
        )
    seen, loss = entry
    return f"{'loss':24} {loss:.6f} after {seen:,} sentences or steps"


def _run_lines(training: dict[str, Any]) -> list[str]:
    if "tokens" not in training:
        return []
    lines = [f"{'tokens seen':24} {training['tokens']:,} in {training['seconds']:,.0f} seconds"]
    if training.get("held_out_loss") is not None:  # of version 0.1
        lines.append(f"{'held-out loss':24} {training['held_out_loss']:.4f} nats a token")
    return lines
