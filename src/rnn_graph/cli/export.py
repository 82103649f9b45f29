"""`rnn-graph export`: a model's weights for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options

EXAMPLE = "Example: rnn-graph export model.npz --to safetensors"
HTML, HTML_SUFFIX = "html", ".html"
FormName = options.choice("FormName", ("safetensors", "torch", "numpy", HTML))


def export(
    model: Annotated[Path, typer.Argument(help="A model file.")],
    to: Annotated[
        FormName | None,
        typer.Option(
            metavar="NAME",
            help="safetensors, torch (.pt), numpy (.npz), or html (interactive page);"
            " default: by the ending of --out.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file to write; MODEL with another ending.")
    ] = None,
) -> None:
    """Write a model's weights for PyTorch, or a page to play with.

    rnn.* are those of nn.RNN, nn.GRU or nn.LSTM, encoder.weight of nn.Embedding,
    decoder.* of nn.Linear. rnn-graph reads the safetensors and .npz again.

    Or write a page with the model in it, which computes it in a browser: type, draw, see what
    each hidden unit does.
    """
    from rnn_graph.cli.console import say
    from rnn_graph.errors import InputError
    from rnn_graph.files.atomic import check_outputs
    from rnn_graph.files.tensor_file import SUFFIXES
    from rnn_graph.models.registry import load_model

    suffixes = SUFFIXES | {HTML: HTML_SUFFIX}
    forms = {suffix: form for form, suffix in suffixes.items()}
    by_ending = forms.get(out.suffix) if out else None
    to = options.plain(to) or by_ending or "safetensors"
    if by_ending not in (None, to):
        raise InputError(
            f"{out} ends as files of {by_ending} do, and --to is {to}; give another ending, or"
            " leave out --to"
        )
    ending = f".torch{SUFFIXES[to]}" if to == "numpy" else suffixes[to]
    if out is None and model.is_dir():
        raise InputError(f"{model} is a folder; say where to write with --out FILE")
    out = out or model.with_suffix(ending)
    check_outputs([out], [model])
    loaded = load_model(model)
    try:
        rows = _write(out, loaded, to, title=model.stem)
    except InputError as error:
        raise InputError(f"{model}: {error}") from None
    for name, value in (rows | {"written": out}).items():
        say(f"{name:24} {value}", 25)


def _write(out: Path, model, to: str, title: str) -> dict[str, str]:
    """Write a model in the form `to`; what there is to say of it."""
    if to == HTML:
        from rnn_graph.plots.page.model_page import write_model_page

        size = write_model_page(out, model, title)
        return {"size": f"{size / 1e6:.1f} MB"}
    from rnn_graph.models.registry import export_model

    weights = export_model(out, model, to)
    return {name: f"{array.dtype} {tuple(array.shape)}" for name, array in weights.items()}
