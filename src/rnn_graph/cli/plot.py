"""`rnn-graph plot`: pictures of models."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from rnn_graph import names
from rnn_graph.cli import options
from rnn_graph.cli.help import Command, Group
from rnn_graph.errors import InputError

app = typer.Typer(
    cls=Group, help="Draw a model's structure, states and training.", no_args_is_help=True
)

GRAPH_EXAMPLE = "Example: rnn-graph plot graph model.npz --out graph.html"
STATES_EXAMPLE = "Example: rnn-graph plot states names.npz --text velociraptor --out states.png"
SALIENCY_EXAMPLE = 'Example: rnn-graph plot saliency names.npz --text "dark green"'
GRADIENTS_EXAMPLE = 'Example: rnn-graph plot gradients names.npz --text "dark green"'
HISTORY_EXAMPLE = "Example: rnn-graph plot history model.run/history.jsonl --out losses.png"

DetailName = options.choice("DetailName", names.GRAPH_DETAILS)

TextModel = Annotated[Path, typer.Argument(help="A language model's file, or a tagger's.")]
Text = Annotated[str, typer.Option(help="Text for the model to read.")]


@app.command(epilog=GRAPH_EXAMPLE, cls=Command)
def graph(
    model: Annotated[Path, typer.Argument(help="A model file.")],
    out: Annotated[Path, typer.Option(help="The HTML or SVG to write.")] = Path("graph.html"),
    detail: Annotated[
        DetailName | None,
        typer.Option(metavar="NAME", help="Detail of an SVG: layers (default) or operations."),
    ] = None,
) -> None:
    """Draw a model's graph: its layers, and PyTensor's operations.

    A page of HTML has both: the layers, and the operations of each, which open at a click.
    """
    from rnn_graph.files.atomic import check_outputs
    from rnn_graph.models.registry import load_model
    from rnn_graph.plots.graph_page import composition_page

    suffix = out.suffix.lower()
    if suffix not in (".html", ".svg"):
        raise InputError(f"{out} is neither HTML nor SVG; give a name that ends in .html or .svg")
    if suffix == ".html" and detail is not None:
        raise InputError("--detail is for an SVG, and a page has both; leave it out")
    check_outputs([out], inputs=[model])
    loaded = load_model(model)
    if suffix == ".svg":
        _write(out, loaded.graph_picture(detail=options.plain(detail or DetailName.LAYERS)))
    else:
        _write(out, composition_page(loaded.composition(), f"Graph of {model.name}"))


@app.command(epilog=STATES_EXAMPLE, cls=Command)
@options.with_groups
def states(
    *,
    model: TextModel,
    text: Text,
    unit: Annotated[
        int | None, typer.Option(min=0, help="Color the text by this hidden unit instead.")
    ] = None,
    layer: Annotated[
        int | None, typer.Option(min=0, help="The unit's layer, from 0; the last if not given.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="PNG to write (states.png); with --unit, an HTML file."),
    ] = None,
    computing: options.Computing,
) -> None:
    """Draw predictions and hidden states along a text.

    With --unit, print the text on the color of one unit's state, blue to orange; where standard
    output is no terminal, a line for each token, with a tab before the state.
    """
    from rnn_graph.cli.models import load
    from rnn_graph.files.atomic import check_outputs
    from rnn_graph.plots.states import plot_states

    if unit is None:
        if layer is not None:
            raise InputError("--layer is for one unit of it; give --unit too, or leave it out")
        out = out or Path("states.png")
        check_outputs([out], inputs=[model])
        plot_states(out, load(model, computing), text)
        _say_picture(out)
        return
    if out is not None and out.suffix.lower() != ".html":
        raise InputError(f"{out} is no HTML, which --unit writes; give a name that ends in .html")
    check_outputs([out], inputs=[model])
    _color_text(load(model, computing), text, unit, layer, out)


def _color_text(model, text: str, unit: int, layer: int | None, out: Path | None) -> None:
    from rnn_graph.plots.activity import activity
    from rnn_graph.plots.colored_text import colored_page, unit_states

    found = activity(model, text)
    name, texts, values = unit_states(found, unit, layer)
    blanks = found.unit == "word"
    if out is not None:
        title = f"{type(model).__name__}: state of {name}"
        _write(out, colored_page(title, texts, values, blanks))
    else:
        _print_colored(texts, values, blanks)


def _print_colored(texts, values, blanks: bool) -> None:
    """The text in color on a terminal that has colors, else a line for each token."""
    from rich.console import Console
    from rich.text import Text as Line

    from rnn_graph.plots.colored_text import terminal_colors

    console = Console(highlight=False, soft_wrap=True)
    if not sys.stdout.isatty() or console.no_color or console.color_system is None:
        for text, value in zip(texts, values, strict=True):
            print(f"{repr(text)[1:-1] if not text.isprintable() else text}\t{value:.4f}")
        return
    line = Line(end="")
    for text, value in zip(texts, values, strict=True):
        ink, paper = terminal_colors(value)
        # The end of a line shows its color before it ends the line.
        line.append(text.replace("\n", "↵"), style=f"color({ink}) on color({paper})")
        line.append("\n" if text == "\n" else " " if blanks else "")
    console.print(line)
    print()


@app.command(epilog=SALIENCY_EXAMPLE, cls=Command)
@options.with_groups
def saliency(
    *,
    model: TextModel,
    text: Text,
    at: Annotated[
        int | None,
        typer.Option(min=1, help="Position of the predicted token, from 1; default: last."),
    ] = None,
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("saliency.png"),
    computing: options.Computing,
) -> None:
    """Draw on which tokens of a text a prediction depends.

    A bar is the norm of the gradient of the prediction's log-probability for a token's embedding.
    Of a language model the prediction is a token of the text, after all before it; of a tagger, a
    word's label.
    """
    from rnn_graph.cli.models import load
    from rnn_graph.files.atomic import check_outputs
    from rnn_graph.plots.saliency import plot_saliency, saliency_of_text

    check_outputs([out], inputs=[model])
    plot_saliency(out, saliency_of_text(load(model, computing), text, at))
    _say_picture(out)


@app.command(epilog=GRADIENTS_EXAMPLE, cls=Command)
@options.with_groups
def gradients(
    *,
    model: Annotated[Path, typer.Argument(help="A language model's file.")],
    text: Text,
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("gradients.png"),
    computing: options.Computing,
) -> None:
    """Draw how far back in a text the gradient reaches: its norm against the lag.

    The loss is that of the text's last token. At lag k stands the norm of its gradient for the
    hidden states k steps earlier, a line a layer.
    """
    from rnn_graph.cli.models import load_language_model
    from rnn_graph.files.atomic import check_outputs
    from rnn_graph.plots.activity import encoded
    from rnn_graph.plots.embedded import require_layers
    from rnn_graph.plots.gradients import gradient_norms, plot_gradients

    check_outputs([out], inputs=[model])
    loaded = load_language_model(model, computing)
    _, ids = encoded(loaded, text)
    require_layers(loaded)
    norms = gradient_norms(loaded, [loaded.start_id, *ids])
    plot_gradients(out, norms, f"{type(loaded).__name__}, {len(ids)} tokens")
    _say_picture(out)


@app.command(epilog=HISTORY_EXAMPLE, cls=Command)
def history(
    files: Annotated[list[Path], typer.Argument(help="Histories of training runs.")],
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("losses.png"),
) -> None:
    """Draw the losses of one or more training runs over the tokens that they saw."""
    from rnn_graph.files.atomic import check_outputs
    from rnn_graph.plots.curves import plot_histories
    from rnn_graph.train.history import read_history

    check_outputs([out], inputs=files)
    plot_histories(out, {_run_name(file, files): read_history(file) for file in files})
    _say_picture(out)


def _write(out: Path, content: str) -> None:
    from rnn_graph.files.atomic import atomic_write

    with atomic_write(out) as stream:
        stream.write(content.encode("utf-8", errors="replace"))
    _say_picture(out)


def _say_picture(out: Path) -> None:
    from rnn_graph.cli.console import log

    log(f"picture in {out}")


def _run_name(file: Path, files: list[Path]) -> str:
    """What tells a history from the others: its folder's name, if that is enough."""
    name = file.parent.name.removesuffix(".run") or file.stem
    alike = [other for other in files if other.parent.name == file.parent.name]
    return name if len(alike) == 1 else str(file)
