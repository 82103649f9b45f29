"""`rnn-graph plot`: pictures of models."""

from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options

app = typer.Typer(help="Draw what a model does.", no_args_is_help=True)

STATES_EXAMPLE = "Example: rnn-graph plot states names.npz --text velociraptor --out states.png"


@app.command(epilog=STATES_EXAMPLE)
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
    from rnn_graph.cli.models import load_char_model
    from rnn_graph.files import check_outputs
    from rnn_graph.state_pictures import plot_states

    check_outputs([out], inputs=[model])
    plot_states(out, load_char_model(model, computing), text)
    log(f"picture in {out}")
