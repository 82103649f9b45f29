"""The command line, `rnn-graph`: one module a command.

Modules of commands import no model, no PyTensor and no NLTK before they run, so that `--help`
answers at once.
"""

import os
import sys
import warnings

from rnn_graph.cli.application import app
from rnn_graph.errors import InputError, InputWarning, TrainingDiverged


def main() -> None:
    """Run the command line; a user's mistake is one line on stderr and exit status 2."""
    warnings.showwarning = _show_warning
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", InputWarning)
    try:
        app()
    except InputError as error:
        _exit(error, 2)
    except TrainingDiverged as error:
        _exit(error, 1)
    except KeyboardInterrupt:
        _exit("interrupted", 1)
    except BrokenPipeError:
        # The reader of our output has gone; let the interpreter's last flush go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _exit(message: object, status: int) -> None:
    print(f"rnn-graph: {message}", file=sys.stderr)
    sys.exit(status)


def _show_warning(message, category, *_args, **_kwargs) -> None:
    print(f"rnn-graph: warning: {message}", file=sys.stderr)
