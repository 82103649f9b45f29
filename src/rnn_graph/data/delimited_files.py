"""Records of fields between commas, semicolons or tabs."""

import csv
import re
import warnings
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from rnn_graph.errors import InputError, InputWarning

DELIMITERS = (",", ";", "\t")
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*')  # which spreadsheets write before the header
LONGEST_FIELD = 2**24  # characters; the csv module's own 2**17 is short for an article
LARGEST_CUT_OFF_SHARE = 0.01  # of a file's characters


class Record(NamedTuple):
    """The fields of a record, and the line that it begins in."""

    line: int
    fields: list[str]


def records(
    lines: Iterator[str], path: str | Path, *, delimiter: str | None = None, column: str = ""
) -> Iterator[Record]:
    """Yield the records of CSV, the header first.

    Parameters
    ----------
    lines
        Each with its end.
    path
        For messages.
    delimiter
        What stands between fields; None: that of `DELIMITERS` which makes a header with `column`,
        or else the most columns.
    column
        The name of a column.

    Raises
    ------
    InputError
        If a quote is never closed, or a field is longer than any article.
    """
    csv.field_size_limit(LONGEST_FIELD)
    first, before = next(lines, ""), 0
    if (told := SEPARATOR_LINE.fullmatch(first)) is not None:
        delimiter = delimiter or told[1]
        first, before = next(lines, ""), 1
    mark = _delimiter_of(first, column) if delimiter is None else _character(delimiter)
    source = _CountedLines(chain([first], lines))
    rows = csv.reader(source, delimiter=mark, skipinitialspace=True)
    while True:
        first_line = before + rows.line_num + 1
        source.record.clear()
        fields = _next_record(rows, path)
        if fields is None:
            return
        if source.exhausted and _ends_inside_quotes(source.record):
            _judge_cut_off_record(path, first_line, source)
        yield Record(first_line, fields)


def _character(delimiter: str) -> str:
    r"""The character of a delimiter; a tab may be written "tab" or "\t"."""
    mark = {"tab": "\t", r"\t": "\t"}.get(delimiter, delimiter)
    if len(mark) != 1 or mark in '\r\n\0"':
        raise InputError(f"delimiter is {delimiter!r}; give one character, or tab")
    return mark


def _delimiter_of(header: str, column: str) -> str:
    fields = {mark: next(csv.reader([header], delimiter=mark), []) for mark in DELIMITERS}
    wanted = column.lower()

    def merits(mark: str) -> tuple[bool, int]:
        names = [name.strip().lower() for name in fields[mark]]
        return wanted in names, len(names)

    return max(DELIMITERS, key=merits)


def _next_record(rows: Iterator[list[str]], path: str | Path) -> list[str] | None:
    first_line = rows.line_num + 1
    try:
        return next(rows, None)
    except csv.Error as error:
        raise InputError(
            f"{path}, record from line {first_line}: {error}; is a quote never closed, or are the"
            " line ends of another kind?"
        ) from None


class _CountedLines:
    """Lines on their way to the CSV reader, which remembers neither lines nor their end."""

    def __init__(self, lines: Iterator[str]):
        self._lines = lines
        self.record: list[str] = []  # what the reader took since the record began
        self.characters = 0
        self.exhausted = False

    def __iter__(self) -> "_CountedLines":
        return self

    def __next__(self) -> str:
        try:
            line = next(self._lines)
        except StopIteration:
            self.exhausted = True
            raise
        self.record.append(line)
        self.characters += len(line)
        return line


def _ends_inside_quotes(record: list[str]) -> bool:
    try:
        list(csv.reader(record, skipinitialspace=True, strict=True))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _judge_cut_off_record(path: str | Path, first_line: int, source: _CountedLines) -> None:
    """Accept a file cut off in its last record; refuse a stray quote that swallowed the rest."""
    share = sum(map(len, source.record)) / source.characters
    where = f"{path}, record from line {first_line}: a quote is never closed"
    if share > LARGEST_CUT_OFF_SHARE:
        raise InputError(
            f"{where}, and {share:.0%} of the file stands behind it; close it, or double it if it"
            " belongs to the text"
        )
    warnings.warn(
        InputWarning(f"{where}; the file seems cut off there, and the record is used as it stands"),
        stacklevel=2,
    )
