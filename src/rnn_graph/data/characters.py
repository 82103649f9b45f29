"""Lines and running text from files, for character models."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rnn_graph.data.char_vocabulary import NEWLINE, CharVocabulary, plain_text
from rnn_graph.data.text_files import decoded_lines, open_binary
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
    lines = []
    for number, line in _stripped(path, encoding, errors):
        if len(line) > longest:
            raise InputError(
                f"{path}, line {number}: {len(line):,} characters; a line has {longest:,} at most:"
                " give --unit text for running text, or --longest-line"
            )
        lines.append(line)
    require_text(path, sum(map(len, lines)))
    return lines


def read_text(path: str | Path, *, encoding: str = "utf-8", errors: str = "strict") -> list[str]:
    r"""A file as running text, a part a line; lines end in "\n" however they did in the file.

    Parameters and errors as for `read_lines`, but for the length of lines.
    """
    lines = list(stream_text(path, encoding=encoding, errors=errors))
    require_text(path, sum(map(len, lines)))
    return lines


def stream_text(
    path: str | Path, *, encoding: str = "utf-8", errors: str = "strict"
) -> Iterator[str]:
    """`read_text` line by line, for files that do not fit into memory."""
    for line in _decoded(path, encoding, errors):
        yield line.replace("\r\n", NEWLINE)


def read_ids(
    path: str | Path, vocabulary: CharVocabulary, *, encoding: str = "utf-8", errors: str = "strict"
) -> list[np.ndarray]:  # -> int32 [n] …
    """A file as a trained model reads it: the ids of each line, or of all running text at once.

    Raises
    ------
    InputError
        As for `read_lines`, but for the length of lines; and if a character is not known: the
        message says in which line.
    """
    if vocabulary.unit == "line":
        parts = _stripped(path, encoding, errors)
    else:
        parts = enumerate(read_text(path, encoding=encoding, errors=errors), 1)
    ids = []
    for number, part in parts:
        try:
            ids.append(vocabulary.encode(part))
        except InputError as error:
            raise InputError(f"{path}, line {number}: {error}") from None
    require_text(path, sum(map(len, ids)))
    return ids if vocabulary.unit == "line" else [np.concatenate(ids)]


def _stripped(path: str | Path, encoding: str, errors: str) -> Iterator[tuple[int, str]]:
    """The number of each line that is not blank, and the line without white space at its ends."""
    for number, line in enumerate(_decoded(path, encoding, errors), 1):
        if stripped := line.strip():
            yield number, stripped


def _decoded(path: str | Path, encoding: str, errors: str) -> Iterator[str]:
    if str(path).lower().removesuffix(".gz").endswith(".csv"):
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
