"""`rnn-graph train`: the group of its commands."""

import typer

app = typer.Typer(help="Train a model.", no_args_is_help=True)
