"""Lines and running text from files, for character models."""

import io
from collections.abc import Iterator
from pathlib import Path

from rnn_graph.data.char_vocabulary import NEWLINE, plain_text
from rnn_graph.data.compressed_files import open_binary
from rnn_graph.data.sentences import TextData, listed
from rnn_graph.data.text_files import decoded_lines, is_delimited
from rnn_graph.errors import InputError

LONGEST_LINE = 1_000
SHORTEST_TEXT = 2  # characters: one to read, one to predict


def read_lines(
    path: str | Path,
    *,
    longest: int = LONGEST_LINE,
    encoding: str = "utf-8",
    errors: str = "strict",
) -> list[str]:
    """The lines of a file that are not blank, without white space at their ends.

    Parameters
    ----------
    path
        A file, gzipped or not, or "-" for standard input.
    longest
        The most characters a line may have: each is learned in one piece.
    encoding, errors
        As in `open`; `errors="replace"` goes on where bytes cannot be decoded.

    Raises
    ------
    InputError
        If the file is missing, cannot be decoded, has fewer than two characters, or a line is too
        long.
    """
    decoding = {"encoding": encoding, "errors": errors}
    lines = list(line_parts(path, lowercase=False, longest=longest, **decoding))
    require_text(path, sum(map(len, lines)))
    return lines


def read_text(path: str | Path, *, encoding: str = "utf-8", errors: str = "strict") -> list[str]:
    r"""A file as running text, a part a line; lines end in "\n" however they did in the file.

    Parameters and errors as for `read_lines`, but for the length of lines.
    """
    lines = list(text_parts(path, lowercase=False, encoding=encoding, errors=errors))
    require_text(path, sum(map(len, lines)))
    return lines


def line_parts(
    data: TextData, *, lowercase: bool, longest: int | None, encoding: str, errors: str
) -> Iterator[str]:
    """Lines that are not blank, one at a time, without white space at their ends.

    Parameters
    ----------
    data
        A file as for `read_lines`, or a list of strings.
    lowercase
        Whether they are put into lower case.
    longest
        The most characters a line may have; None for no limit.

    Raises
    ------
    InputError
        As `read_lines`, but for the number of characters.
    """
    for number, line in _numbered(data, encoding, errors):
        stripped = plain_text(line.strip(), lowercase=lowercase)
        if longest is not None and len(stripped) > longest:
            where = f"{data}, line {number}" if isinstance(data, str | Path) else f"line {number}"
            raise InputError(
                f"{where}: {len(stripped):,} characters; a line has {longest:,} at most:"
                " give --unit text for running text, or --longest-line"
            )
        if stripped:
            yield stripped


def text_parts(data: TextData, *, lowercase: bool, encoding: str, errors: str) -> Iterator[str]:
    r"""Running text line by line, each with its "\n"; parameters as for `line_parts`."""
    for _, line in _numbered(data, encoding, errors):
        yield plain_text(line, lowercase=lowercase)


def _numbered(data: TextData, encoding: str, errors: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, from a file or a list of strings."""
    if isinstance(data, str | Path):
        yield from enumerate(_decoded(data, encoding, errors), 1)
        return
    strings = list(listed(data))
    ended = [text.removesuffix(NEWLINE) + NEWLINE for text in strings[:-1]]
    lines = (line for text in (*ended, strings[-1]) for line in io.StringIO(text, newline=NEWLINE))
    yield from enumerate(lines, 1)


def _decoded(path: str | Path, encoding: str, errors: str) -> Iterator[str]:
    if is_delimited(path):
        raise InputError(
            f"{path} is CSV, and character models read plain text; write its column to a text file"
        )
    with open_binary(path) as stream:
        for number, line in enumerate(decoded_lines(stream, path, encoding, errors), 1):
            try:
                yield plain_text(line, lowercase=False)
            except InputError as error:
                raise InputError(f"{path}, line {number}: {error}") from None


def require_text(path: str | Path, characters: int) -> None:
    """Raise `InputError` unless there is a character to read and one to predict."""
    if characters < SHORTEST_TEXT:
        raise InputError(
            f"{path} has {characters} characters; give a text of at least {SHORTEST_TEXT}"
        )
