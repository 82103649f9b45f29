"""The commands, put together."""

from typing import Annotated

import typer

from rnn_graph._version import __version__
from rnn_graph.cli import (
    bench,
    data,
    demo,
    evaluate,
    export,
    generate,
    gradcheck,
    info,
    plot,
    tag,
    train,
    train_char,
    train_tagger,
    train_word,
)
from rnn_graph.cli.help import Command, Group
from rnn_graph.cli.options import with_groups
from rnn_graph.cli.train_options import with_recipes


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"rnn-graph {__version__}")
        raise typer.Exit


COMMANDS = (
    "train",
    "generate",
    "evaluate",
    "tag",
    "info",
    "export",
    "plot",
    "data",
    "demo",
    "gradcheck",
    "bench",
)


class InOrderOfUse(Group):
    """The commands in the order in which one comes to use them."""

    def list_commands(self, ctx):
        return list(COMMANDS)


app = typer.Typer(
    cls=InOrderOfUse,
    help="Recurrent networks of the classic tutorials, compiled by PyTensor.",
    epilog="Start with: rnn-graph demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    pass


for command, example in (
    (train_word.word, train_word.EXAMPLE),
    (train_char.char, train_char.EXAMPLE),
    (train_tagger.tagger, train_tagger.EXAMPLE),
):
    train.app.command(epilog=example, cls=with_recipes(command.__name__))(with_groups(command))
app.add_typer(train.app, name="train")
app.command(epilog=generate.EXAMPLE, cls=Command)(with_groups(generate.generate))
app.command(epilog=tag.EXAMPLE, cls=Command)(with_groups(tag.tag))
app.command(epilog=evaluate.EXAMPLE, cls=Command)(with_groups(evaluate.evaluate))
app.command(epilog=info.EXAMPLE, cls=Command)(info.info)
app.command(epilog=export.EXAMPLE, cls=Command)(export.export)
app.add_typer(plot.app, name="plot")
app.add_typer(data.app, name="data")
app.add_typer(bench.app, name="bench")
app.command(epilog=gradcheck.EXAMPLE, cls=Command)(gradcheck.gradcheck)
app.command(epilog=demo.EXAMPLE, cls=Command)(with_groups(demo.demo))
