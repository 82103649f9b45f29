"""The campaign over options knows every command."""

from typer.main import get_command

from hostile.options import beginnings, commands_of
from rnn_graph.cli.application import app


def test_every_command_is_tried():
    assert set(beginnings()) == {words for words, _ in commands_of(get_command(app))}
