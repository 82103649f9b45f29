"""`rnn-graph info`: what a model file holds."""

from pathlib import Path
from typing import Annotated, Any

import typer

from rnn_graph.cli import options

EXAMPLE = "Example: rnn-graph info model.npz"


def info(
    model: Annotated[Path, typer.Argument(help="A model file.")],
    as_json: options.Json = False,
) -> None:
    """Print what a model file holds: arrays, configuration, training, vocabulary."""
    from rnn_graph.cli.console import print_json
    from rnn_graph.files.model_file import read_model_file

    content = read_model_file(model)
    arrays = {
        name: {"shape": list(array.shape), "dtype": str(array.dtype)}
        for name, array in content.arrays.items()
    }
    configuration, tokens = content.configuration, content.tokens
    if as_json:
        print_json(
            {
                "arrays": arrays,
                "configuration": configuration,
                "vocabulary_size": len(tokens) if tokens else None,
            }
        )
        return
    for name, array in arrays.items():
        print(f"{name:24} {array['dtype']} {tuple(array['shape'])}")
    for key, value in configuration.items():
        if key in ("labels", "characters") and isinstance(value, list | str):
            print(f"{key:24} {len(value)}: {_beginning(value)}")
        elif key != "training":
            print(f"{key:24} {value}")
    for line in _training_lines(configuration.get("training", {})):
        print(line)
    if tokens is not None:
        print(f"{'vocabulary':24} {len(tokens):,} words: {' '.join(tokens[:8])} …")
    elif "model" not in configuration:
        print(f"{'vocabulary':24} none: a bare file; generate and evaluate want --vocabulary")


def _beginning(values) -> str:
    """The first of many labels, or of a string's characters."""
    shown = values[:30] if isinstance(values, str) else values[:8]
    text = shown if isinstance(values, str) else " ".join(map(str, shown))
    return (repr(text) if isinstance(values, str) else text) + " …"


def _training_lines(training: Any) -> list[str]:
    """What is known of the training; files of earlier versions say it in other ways."""
    from rnn_graph.files.provenance import as_line

    try:
        return [
            f"{'trained on':24} {training['data']}",
            *map(_history_line, training.get("history", [])),
            *_run_lines(training),
            f"{'signature':24} {as_line(training['signature'])}",
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        return [f"{'training':24} {training}"] if training else []


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
