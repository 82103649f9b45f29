"""The command line, `rnn-graph`: one module a command.

Modules of commands import no model, no PyTensor and no NLTK before they run, so that `--help`
answers at once.
"""

import os
import sys
import warnings

from rnn_graph.errors import InputError, InputWarning, RunEnds, TrainingDiverged

# What the option library exits with on Ctrl-C.
INTERRUPTED = 130


def main() -> None:
    """Run the command line; a user's mistake is one line on stderr and exit status 2."""
    warnings.showwarning = _show_warning
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", InputWarning)
    try:
        _run()
    except InputError as error:
        _exit(error, 2)
    except TrainingDiverged as error:
        _exit(error, 1)
    except RunEnds as error:
        print(f"rnn-graph: {error}", file=sys.stderr, flush=True)
        os._exit(error.status)
    except MemoryError as error:
        _exit(f"out of memory ({error}); make the model or the data smaller", 1)
    except KeyboardInterrupt:
        _exit("interrupted", 1)
    except OSError as error:
        # The result has nowhere to go; nor may the interpreter's own last flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if isinstance(error, BrokenPipeError):
            sys.exit(1)
        _exit(f"cannot write the result: {error.strerror}", 1)


def _run() -> None:
    from rnn_graph.backend.cache import keep_compiled_code
    from rnn_graph.backend.memory import keep_freed_memory
    from rnn_graph.cli.application import app

    keep_compiled_code()
    keep_freed_memory()
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            raise KeyboardInterrupt from None
        raise
    finally:
        sys.stdout.flush()


def _exit(message: object, status: int) -> None:
    from rnn_graph.cli.console import log

    line = " ".join(str(message).splitlines())
    log(f"rnn-graph: {line}")
    sys.exit(status)


def _show_warning(message, category, *_args, **_kwargs) -> None:
    from rnn_graph.cli.console import log

    log(f"rnn-graph: warning: {message}")
