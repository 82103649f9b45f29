"""`rnn-graph train`: the group of its commands."""

import typer

from rnn_graph.cli.help import Group

app = typer.Typer(cls=Group, help="Train a model.", no_args_is_help=True)
