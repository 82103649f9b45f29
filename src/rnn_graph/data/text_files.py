"""Documents from files: plain text and CSV, gzipped or not, or standard input.

The way of the data: bytes → lines → documents. Every stage is a generator, so that memory holds
one document and not the file.
"""

import codecs
import csv
import gzip
import sys
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rnn_graph.errors import InputError, InputWarning

FORMATS = ("auto", "csv", "text")
STANDARD_INPUT = "-"
GZIP_MAGIC = b"\x1f\x8b"
LONGEST_CSV_FIELD = 2**24  # characters; the csv module's own 2**17 is short for an article
LARGEST_CUT_OFF_SHARE = 0.01  # of a CSV file's characters


def read_documents(
    path: str | Path,
    *,
    file_format: str = "auto",
    column: str = "body",
    encoding: str = "utf-8",
    errors: str = "strict",
) -> Iterator[str]:
    """Yield the documents of a text or CSV file, which may be gzipped.

    Parameters
    ----------
    path
        A file, or "-" for standard input.
    file_format
        "text" (a document a line), "csv" (a document a row), or "auto": CSV if the name ends in
        `.csv` or `.csv.gz`, text otherwise.
    column
        The header of the CSV column that holds the documents.
    encoding, errors
        As in `open`; `errors="replace"` goes on where bytes cannot be decoded.

    Raises
    ------
    InputError
        If the file is missing, empty, cannot be decoded, has a NUL byte, or is no such CSV.
    """
    if file_format == "auto":
        is_csv = str(path).lower().removesuffix(".gz").endswith(".csv")
        file_format = "csv" if is_csv else "text"
    if file_format not in FORMATS:
        raise InputError(f"text has no format {file_format!r}; give one of {', '.join(FORMATS)}")
    found = False
    with open_binary(path) as stream:
        lines = decoded_lines(stream, path, encoding, errors)
        documents = _csv_column(lines, path, column) if file_format == "csv" else lines
        for document in documents:
            if not document.isspace() and document:
                found = True
                yield document
    if not found:
        raise InputError(f"{path} holds no text; give a file with at least one sentence")


@contextmanager
def open_binary(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file or standard input for reading; look through gzip."""
    is_standard_input = str(path) == STANDARD_INPUT
    if is_standard_input:
        if sys.stdin is None:
            raise InputError("standard input is closed; give a file with --data")
        raw = sys.stdin.buffer
    else:
        try:
            raw = open(path, "rb")  # noqa: SIM115 - closed below, unless it is standard input
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}; check the path") from None
    try:
        if raw.peek(2)[:2] == GZIP_MAGIC:
            with gzip.open(raw, "rb") as unzipped:
                yield unzipped
        else:
            yield raw
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path} is a damaged gzip file ({error}); make or download it again"
        ) from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    finally:
        if not is_standard_input:
            raw.close()


def decoded_lines(stream: BinaryIO, path: str | Path, encoding: str, errors: str) -> Iterator[str]:
    r"""Decode line by line, so that an error can say where it is.

    Lines end in "\n", "\r\n" or a lone "\r" in the file, and in "\n" when they are yielded.
    """
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        encoding = "utf-8-sig"  # the same, but for a byte order mark, which it takes away
    decoder = _decoder(encoding, errors)
    number, offset, pending = 0, 0, ""
    for raw_line in stream:
        try:
            text = pending + decoder.decode(raw_line)
        except UnicodeDecodeError as error:
            number += 1 + raw_line[: error.start].count(b"\r")
            raise InputError(
                f"{path}, line {number}, byte {offset + error.start}: not {encoding}"
                f" ({error.reason}); give --encoding, or --errors replace to go on"
            ) from None
        except UnicodeError as error:
            raise InputError(f"{path}, line {number + 1}: not {encoding} ({error})") from None
        offset += len(raw_line)
        *lines, pending = _lines(text)
        for line in lines:
            number += 1
            yield _without_nul(line, path, number) + "\n"
    try:
        pending += decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} ends in the middle of a character ({error.reason}); give --encoding, or"
            " --errors replace to go on"
        ) from None
    if pending:
        end = "\n" if pending.endswith("\r") else ""
        yield _without_nul(pending.removesuffix("\r"), path, number + 1) + end


def _lines(text: str) -> list[str]:
    r"""The lines of a text, and what follows the last end of a line.

    A "\r" at the end stays: a "\n" may follow.
    """
    if "\r" not in text:
        return text.split("\n")
    held = "\r" if text.endswith("\r") else ""
    lines = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines[-1] += held
    return lines


def _decoder(encoding: str, errors: str) -> codecs.IncrementalDecoder:
    try:
        codecs.lookup_error(errors)
        "".encode(encoding)  # refuses what Python calls a codec and is no text encoding
        return codecs.getincrementaldecoder(encoding)(errors)
    except (LookupError, UnicodeError):
        raise InputError(
            f"unknown encoding {encoding!r} or errors {errors!r}; give names that Python knows,"
            " such as utf-8 or cp1252, and strict or replace"
        ) from None


def _without_nul(line: str, path: str | Path, number: int) -> str:
    if "\0" in line:
        raise InputError(
            f"{path}, line {number}: a NUL byte; is it text? (UTF-16 wants --encoding utf-16)"
        )
    return line


def _csv_column(lines: Iterator[str], path: str | Path, column: str) -> Iterator[str]:
    csv.field_size_limit(LONGEST_CSV_FIELD)
    source = _CountedLines(lines)
    rows = csv.reader(source, skipinitialspace=True)
    header = _next_record(rows, path) or []
    if column not in header:
        names = ", ".join(map(repr, header))
        raise InputError(
            f"{path} has no column {column!r} in its header ({names[:200]}); name one with"
            " --column, or give --format text"
        )
    place = header.index(column)
    while True:
        first_line = rows.line_num + 1
        source.record.clear()
        row = _next_record(rows, path)
        if row is None:
            return
        if source.exhausted and _ends_inside_quotes(source.record):
            _judge_cut_off_record(path, first_line, source)
        if len(row) > place:
            yield row[place]
        elif row:
            raise InputError(
                f"{path}, line {first_line}: {len(row)} columns, the header has {len(header)};"
                " quote the fields that hold commas"
            )


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
