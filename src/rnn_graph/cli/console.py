"""Where the command line writes: results to stdout, all else to stderr."""

import errno
import io
import json
import os
import shutil
import sys
import textwrap
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

SPAN_COLORS = ("cyan", "green", "magenta", "yellow", "blue", "red")


def print_json(result: Any) -> None:
    """Write a result as JSON to stdout."""
    has_all_characters = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(as_json_text(result, ensure_ascii=not has_all_characters))


def as_json_text(result: Any, *, ensure_ascii: bool = False) -> str:
    """A result as JSON; numbers that JSON lacks (NaN, infinity) become null."""
    return json.dumps(_finite(result), indent=2, ensure_ascii=ensure_ascii)


@contextmanager
def stderr_that_may_fail() -> Iterator[None]:
    """Within, what stderr cannot take is lost: no disk that is full of logs ends a training.

    A pipe that nobody reads raises as ever.
    """
    before = sys.stderr
    try:
        number = before.fileno()
    except (AttributeError, OSError, ValueError):  # closed, or not a file
        yield
        return
    sys.stderr = io.TextIOWrapper(
        _ForgivingStream(number),
        encoding=before.encoding,
        errors="backslashreplace",
        line_buffering=True,
        write_through=True,
    )
    try:
        yield
    finally:
        sys.stderr = before


class _ForgivingStream(io.RawIOBase):
    """A file that stays open in the end, and forgets what it could not write."""

    def __init__(self, number: int):
        self._number = number

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        return os.isatty(self._number)

    def write(self, data) -> int:
        try:
            return os.write(self._number, data)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            return len(data)


def error_console():
    """Rich's console on stderr, for progress."""
    from rich.console import Console

    return Console(stderr=True)


def log(message: str) -> None:
    """Tell the user something that is no result; on a terminal long lines break at blanks."""
    print(wrapped(message, sys.stderr.isatty() and terminal_width(sys.stderr)), file=sys.stderr)


def say(text: str = "", hanging: int = 0) -> None:
    """Print a line of a result; on a terminal it breaks at blanks, and goes on indented."""
    print(wrapped(text, terminal_width(sys.stdout), hanging), flush=True)


def say_data(text: str) -> None:
    """Print a line that programs read too: it breaks on a terminal alone, whatever COLUMNS says."""
    print(wrapped(text, sys.stdout.isatty() and terminal_width(sys.stdout)), flush=True)


def terminal_width(stream: TextIO) -> int | None:
    """The columns of a terminal, or those that COLUMNS says; None of a file or a pipe."""
    if not stream.isatty() and "COLUMNS" not in os.environ:
        return None
    return shutil.get_terminal_size().columns


def wrapped(text: str, width: int | None, hanging: int = 0) -> str:
    """A line in several, broken at blanks, the further ones indented; words longer than that too.

    Examples
    --------
    >>> print(wrapped("vocabulary  8,000 words: the a of", 20, 12))
    vocabulary  8,000
                words:
                the a of
    """
    if not width or len(text) <= width:
        return text
    indent = " " * (hanging if hanging < width // 2 else 2)
    lines = textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False)
    return "\n".join(lines)


def print_spans(words: Sequence[str], labels: Sequence[str]) -> None:
    """Print a sentence with its phrases in brackets, in color on a terminal.

    A type has the same color in every sentence. On a terminal the line breaks at blanks.
    """
    from rich.console import Console
    from rich.text import Text

    from rnn_graph.data.phrases import phrases

    line, place = Text(), 0
    for start, end, kind in phrases(labels):
        style = SPAN_COLORS[zlib.crc32(kind.encode()) % len(SPAN_COLORS)]
        line.append("".join(f"{word} " for word in words[place:start]))
        line.append(f"[{' '.join(words[start:end])}", style=f"bold {style}")
        line.append(f" {kind}] ", style=style)
        place = end
    line.append(" ".join(words[place:]))
    Console(highlight=False, soft_wrap=not sys.stdout.isatty()).print(line)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return None
    return value
