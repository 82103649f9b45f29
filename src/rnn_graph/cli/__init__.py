"""The command line, `rnn-graph`: one module a command.

Modules of commands import no model, no PyTensor and no NLTK before they run, so that `--help`
answers at once.
"""

import itertools
import os
import re
import sys
import warnings

from rnn_graph.errors import InputError, InputWarning, RunEnds, TrainingDiverged

# What the option library exits with on Ctrl-C.
INTERRUPTED = 130
# As the dynamic linker says it.
NO_MEMORY_TO_LOAD = ("failed to map segment", "annot allocate memory")


def main() -> None:
    """Run the command line; a user's mistake is one line on stderr and exit status 2."""
    from rnn_graph.cli.console import stderr_that_may_fail

    warnings.showwarning = _show_warning
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", InputWarning)
    with stderr_that_may_fail():
        _run_to_the_end()


def _run_to_the_end() -> None:
    """Run a command, and end as its errors say."""
    try:
        _run()
    except InputError as error:
        _exit(_with_names_of_options(str(error)), 2)
    except TrainingDiverged as error:
        _exit(error, 1)
    except RunEnds as error:
        print(f"rnn-graph: {error}", file=sys.stderr, flush=True)
        os._exit(error.status)
    except MemoryError as error:
        _exit(f"out of memory ({error}); make the model or the data smaller", 1)
    except ImportError as error:
        if not any(words in str(error) for words in NO_MEMORY_TO_LOAD):
            raise
        _exit(f"out of memory: a library cannot be loaded ({error}); give this process more", 1)
    except KeyboardInterrupt:
        _exit("interrupted", 1)
    except OSError as error:
        # The result has nowhere to go; nor may the interpreter's own last flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if isinstance(error, BrokenPipeError):
            sys.exit(1)
        _exit(f"cannot write the result: {error.strerror}", 1)


def _run() -> None:
    from typer.exceptions import TyperException

    from rnn_graph.backend.cache import keep_compiled_code
    from rnn_graph.backend.memory import keep_freed_memory
    from rnn_graph.cli.application import app

    keep_compiled_code()
    keep_freed_memory()
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = app(standalone_mode=False)
    except TyperException as error:
        _exit_with_usage(error)
    finally:
        sys.stdout.flush()
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    sys.exit(status or 0)


def _exit_with_usage(error) -> None:
    """Options and arguments that cannot be read: one line, or the help that no arguments mean."""
    context, message = getattr(error, "ctx", None), " ".join(error.format_message().split())
    if context is not None and error.message == context.get_help():
        print(error.message, file=sys.stderr)
        sys.exit(2)
    message = message.replace("Value error, ", "").rstrip(".")
    if given := _given_value(getattr(error, "param", None)):
        message = message.replace("Input should be", f"{given} should be")
    see = "" if context is None else f"; see {context.command_path} --help"
    _exit(f"{message[0].lower()}{message[1:]}{see}", 2)


def _with_names_of_options(message: str) -> str:
    """A message with the options' names in place of the parameters' in Python."""
    from typer.main import get_command

    from rnn_graph.cli.application import app

    names, waiting = set(), [get_command(app)]
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        names |= {name for parameter in command.params for name in parameter.opts}

    def option(found: re.Match) -> str:
        name = f"--{found[0].replace('_', '-')}"
        return name if name in names else found[0]

    return re.sub(r"(?<![\w./'-])[a-z]+(?:_[a-z]+)+(?![\w./'])", option, message)


def _given_value(option) -> str | None:
    """What the command line says for an option, which the option library's errors leave out."""
    names = getattr(option, "opts", [])
    for argument, following in itertools.pairwise([*sys.argv[1:], ""]):
        name, has_value, value = argument.partition("=")
        if name in names:
            return value if has_value else following
    return None


def _exit(message: object, status: int) -> None:
    from rnn_graph.cli.console import log

    line = " ".join(str(message).splitlines())
    log(f"rnn-graph: {line}")
    sys.exit(status)


def _show_warning(message, category, *_args, **_kwargs) -> None:
    from rnn_graph.cli.console import log

    log(f"rnn-graph: warning: {message}")
