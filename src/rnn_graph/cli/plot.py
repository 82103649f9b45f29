"""`rnn-graph plot`: pictures of models."""

from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options
from rnn_graph.cli.help import Command, Group

app = typer.Typer(cls=Group, help="Draw what a model does.", no_args_is_help=True)

HISTORY_EXAMPLE = "Example: rnn-graph plot history model.run/history.jsonl --out losses.png"
STATES_EXAMPLE = "Example: rnn-graph plot states names.npz --text velociraptor --out states.png"


@app.command(epilog=STATES_EXAMPLE, cls=Command)
@options.with_groups
def states(
    *,
    model: Annotated[Path, typer.Argument(help="A character model's file.")],
    text: Annotated[str, typer.Option(help="What the model reads.")],
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("states.png"),
    computing: options.Computing,
) -> None:
    """Draw what a character model expects along a text, and what its hidden units do."""
    from rnn_graph.cli.console import log
    from rnn_graph.cli.models import load_language_model
    from rnn_graph.files.atomic import check_outputs
    from rnn_graph.plots.states import plot_states

    check_outputs([out], inputs=[model])
    plot_states(out, load_language_model(model, computing), text)
    log(f"picture in {out}")


@app.command(epilog=HISTORY_EXAMPLE, cls=Command)
def history(
    files: Annotated[list[Path], typer.Argument(help="Histories of training runs.")],
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("losses.png"),
) -> None:
    """Draw the losses of one or more training runs over the tokens that they saw."""
    from rnn_graph.cli.console import log
    from rnn_graph.files.atomic import check_outputs
    from rnn_graph.plots.curves import plot_histories
    from rnn_graph.train.history import read_history

    check_outputs([out], inputs=files)
    plot_histories(out, {_run_name(file, files): read_history(file) for file in files})
    log(f"picture in {out}")


def _run_name(file: Path, files: list[Path]) -> str:
    """What tells a history from the others: its folder's name, if that is enough."""
    name = file.parent.name.removesuffix(".run") or file.stem
    alike = [other for other in files if other.parent.name == file.parent.name]
    return name if len(alike) == 1 else str(file)
