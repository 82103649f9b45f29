"""What people take for a text: JSON, a page of the web, tagged words, CSV of another name."""

import json
import re
import warnings
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from rnn_graph.errors import InputError, InputWarning

LINES_LOOKED_AT = 40
LONGEST_LINE = 1_000  # characters of a header, or of a word with its labels
FEWEST_TAGGED = 4  # words with labels, to take a text for a file of them
PAGE = re.compile(r"<(!doctype html|html)\b", re.IGNORECASE)
LABEL = re.compile(r"O|[BIESLU]-\S+")


def looked_at(lines: Iterator[str], path: str | Path, column: str) -> Iterator[str]:
    """The lines of a text, after a look at the first ones.

    Raises
    ------
    InputError
        If they are JSON, a page of the web, or words with labels.
    """
    first = [line for line in islice(lines, LINES_LOOKED_AT) if line.strip()]
    if first:
        refuse_json(first[0], path, "--format text reads it as text")
        if PAGE.match(first[0].lstrip()):
            raise InputError(
                f"{path} is a page of the web and not the text on it; download the file itself, or"
                " give --format text"
            )
        _warn_of_header(first[0], path, column)
    if have_labels(first):
        raise InputError(
            f"{path} has words with labels, a word a line; `rnn-graph train tagger` learns from"
            " it, and --format text reads it as text"
        )
    return chain(first, lines)


def refuse_json(line: str, path: str | Path, remedy: str) -> None:
    """Refuse a file whose first line is a JSON object, or a list of them; `InputError` says so."""
    if not line.lstrip().startswith(("{", "[")):
        return
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return
    first = found[0] if isinstance(found, list) and found else found
    if isinstance(first, dict):
        raise InputError(f"{path} holds JSON, which is not read; write text or CSV ({remedy})")


def have_labels(lines: Sequence[str]) -> bool:
    """Whether lines are words in columns of which one has labels such as O and B-city.

    The first line may be a header.
    """
    if any(len(line) > LONGEST_LINE for line in lines):
        return False
    words = (line for line in lines if line.strip() and not line.startswith(("#", "-DOCSTART-")))
    _, *rows = [line.split() for line in words] or [[]]
    if len(rows) < FEWEST_TAGGED or len({len(row) for row in rows}) != 1 or len(rows[0]) < 2:
        return False
    return any(all(map(LABEL.fullmatch, column)) for column in zip(*rows, strict=True))


def _warn_of_header(line: str, path: str | Path, column: str) -> None:
    """Say where a text's first line looks like the header of CSV."""
    if len(line) > LONGEST_LINE:
        return
    by_mark = ([field.strip(' "\n').lower() for field in line.split(mark)] for mark in ",;\t")
    if any(len(fields) > 1 and column.lower() in fields for fields in by_mark):
        warnings.warn(
            InputWarning(
                f"{path}: the first line looks like the header of CSV, and the file is read as"
                " plain text; --format csv reads its columns"
            ),
            stacklevel=5,
        )
