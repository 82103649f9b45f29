"""Lines and running text from files, for character models."""

from collections.abc import Iterator
from pathlib import Path

from rnn_graph.char_vocabulary import NEWLINE, CharVocabulary
from rnn_graph.errors import InputError
from rnn_graph.text_files import decoded_lines, open_binary

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
    for number, raw_line in enumerate(_decoded(path, encoding, errors), 1):
        line = raw_line.strip()
        if len(line) > longest:
            raise InputError(
                f"{path}, line {number}: {len(line):,} characters; a line has {longest:,} at most:"
                " give --unit text for running text, or --longest-line"
            )
        if line:
            lines.append(line)
    _require_text(path, sum(map(len, lines)))
    return lines


def read_text(path: str | Path, *, encoding: str = "utf-8", errors: str = "strict") -> list[str]:
    r"""A file as running text, a part a line; lines end in "\n" however they did in the file.

    Parameters and errors as for `read_lines`, but for the length of lines.
    """
    lines = [line.replace("\r\n", NEWLINE) for line in _decoded(path, encoding, errors)]
    _require_text(path, sum(map(len, lines)))
    return lines


def encode_parts(
    parts: list[str], vocabulary: CharVocabulary, path: str | Path
) -> Iterator:  # -> int32 [n] …
    """The ids of each part.

    Raises
    ------
    InputError
        If a part has a character that is not known; the message says which of the parts.
    """
    for number, part in enumerate(parts, 1):
        try:
            yield vocabulary.encode(part)
        except InputError as error:
            raise InputError(f"{path}, line {number}: {error}") from None


def _decoded(path: str | Path, encoding: str, errors: str) -> Iterator[str]:
    with open_binary(path) as stream:
        yield from decoded_lines(stream, path, encoding, errors)


def _require_text(path: str | Path, characters: int) -> None:
    if characters < SHORTEST_TEXT:
        raise InputError(
            f"{path} has {characters} characters; give a text of at least {SHORTEST_TEXT}"
        )
