"""Documents from files: plain text and CSV, compressed or not, or standard input.

The way of the data: bytes → lines → documents. Every stage is a generator, so that memory holds
one document and not the file.
"""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from rnn_graph.data.compressed_files import content_name, open_binary
from rnn_graph.data.delimited_files import Record, records
from rnn_graph.data.mistaken_files import looked_at
from rnn_graph.errors import InputError

FORMATS = ("auto", "csv", "text")
BYTE_ORDER_MARK = "\ufeff"
LONGEST_LINE = 2**28  # bytes


def read_documents(
    path: str | Path,
    *,
    file_format: str = "auto",
    column: str = "body",
    delimiter: str | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
) -> Iterator[str]:
    """Yield the documents of a text or CSV file, which may be compressed.

    Parameters
    ----------
    path
        A file, or "-" for standard input.
    file_format
        "text" (a document a line), "csv" (a document a row), or "auto": CSV if the name ends in
        `.csv` or `.tsv`, but for the suffix of a compression; text otherwise.
    column
        The header of the CSV column that holds the documents, or its number from 1.
    delimiter
        What stands between the fields of CSV; None for a comma, a semicolon or a tab, whichever
        makes a header with that column.
    encoding, errors
        As in `open`; `errors="replace"` goes on where bytes cannot be decoded.

    Raises
    ------
    InputError
        If the file is missing, empty, cannot be decoded, has a NUL byte, or is no such CSV.
    """
    is_given = file_format != "auto"
    if not is_given:
        file_format = "csv" if is_delimited(path) else "text"
    if file_format not in FORMATS:
        raise InputError(f"text has no format {file_format!r}; give one of {', '.join(FORMATS)}")
    found = False
    with open_binary(path) as stream:
        lines = decoded_lines(stream, path, encoding, errors)
        if file_format == "csv":
            documents = _csv_column(lines, path, column, delimiter)
        else:
            documents = lines if is_given else looked_at(lines, path, column)
        for document in documents:
            if document and not document.isspace():
                found = True
                yield document
    if not found:
        raise InputError(f"{path} holds no text; give a file with at least one sentence")


def is_delimited(path: str | Path) -> bool:
    """Whether a file's name says that it holds records of fields."""
    return content_name(path).endswith((".csv", ".tsv"))


def refuse_column_of_text(data: Any, given: Mapping[str, Any]) -> None:
    """Refuse `column` or `delimiter` among the keywords for a file that is read as plain text.

    Raises
    ------
    InputError
        That says how it is read.
    """
    file_format = str(given.get("file_format") or "auto")
    if not isinstance(data, str | Path) or file_format == "csv":
        return
    for name in ("column", "delimiter"):
        if given.get(name) is not None and not (file_format == "auto" and is_delimited(data)):
            raise InputError(
                f"{data} is read as plain text, which has no --{name}; leave it out, or give"
                " --format csv"
            )


def decoded_lines(stream: BinaryIO, path: str | Path, encoding: str, errors: str) -> Iterator[str]:
    r"""Decode line by line, so that an error can say where it is.

    Lines end in "\n", "\r\n" or a lone "\r" in the file, and in "\n" when they are yielded.
    """
    decoder = _decoder(encoding, errors)
    number, offset, pending = 0, 0, ""
    for raw_line in iter(partial(stream.readline, LONGEST_LINE + 1), b""):
        if len(raw_line) > LONGEST_LINE:
            raise InputError(
                f"{path}, line {number + 1}: more than {LONGEST_LINE:,} bytes; is it text? If so,"
                " break it into lines"
            )
        try:
            text = pending + decoder.decode(raw_line)
        except UnicodeDecodeError as error:
            number += 1 + raw_line[: error.start].count(b"\r")
            raise InputError(
                f"{path}, line {number}, byte {offset + error.start}: not {encoding}"
                f" ({error.reason}); give --encoding, such as latin-1 or utf-16, or --errors"
                " replace to go on"
            ) from None
        except UnicodeError as error:
            without_mark = "; give utf-16-le or utf-16-be" if "BOM" in str(error) else ""
            raise InputError(
                f"{path}, line {number + 1}: not {encoding} ({error}){without_mark}"
            ) from None
        offset += len(raw_line)
        *lines, pending = _lines(text)
        for line in lines:
            number += 1
            line = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
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
        pending = pending if number else pending.removeprefix(BYTE_ORDER_MARK)
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
            f"{path}, line {number}: a NUL byte; is it text? (UTF-16 wants --encoding utf-16, or"
            " utf-16-le without a byte order mark)"
        )
    return line


def _csv_column(
    lines: Iterator[str], path: str | Path, column: str, delimiter: str | None
) -> Iterator[str]:
    found = records(lines, path, delimiter=delimiter, column=column)
    header = next(found, Record(1, [])).fields
    place = _place(column, header)
    if place is None:
        names = ", ".join(map(repr, header))
        raise InputError(
            f"{path} has no column {column!r} in its header ({names[:200]}); name one with"
            " --column, or give --format text"
        )
    for record in found:
        if place < len(record.fields) and not any(record.fields[len(header) :]):
            yield record.fields[place]
        elif record.fields:
            raise InputError(
                f"{path}, line {record.line}: {len(record.fields)} columns, the header has"
                f" {len(header)}; quote the fields that hold the delimiter"
            )


def _place(column: str, header: Sequence[str]) -> int | None:
    """A column's place from 0: by its name, in any case if it is but one so, or its number."""
    if column in header:
        return header.index(column)
    alike = [at for at, name in enumerate(header) if name.strip().lower() == column.lower()]
    if len(alike) == 1:
        return alike[0]
    is_number = column.isascii() and column.isdigit() and 1 <= int(column) <= len(header)
    return int(column) - 1 if is_number else None
