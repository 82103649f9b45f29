"""Files of sentences whose every word has a label: text formats, and the ATIS pickles."""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from rnn_graph.data.atis import atis_sentences
from rnn_graph.data.column_files import (
    Table,
    at_blanks,
    part_at_numbers,
    read_columns,
    read_delimited,
    shortened,
)
from rnn_graph.data.column_layout import (
    Column,
    layout_of,
    part_at_ids,
    take_conllu,
    take_header,
)
from rnn_graph.data.compressed_files import STANDARD_INPUT, content_name, open_binary
from rnn_graph.data.label_styles import plain_labels
from rnn_graph.data.mistaken_files import refuse_json
from rnn_graph.data.safe_pickle import LARGEST_PICKLE
from rnn_graph.data.sentence_lines import bos_eos, has_slashes, pair, slashed
from rnn_graph.data.sentence_records import take_sentences
from rnn_graph.data.sentences import LONGEST_SENTENCE, pieces, warn_of_pieces
from rnn_graph.data.tagged_sentences import TaggedSentence, tagged_of_pairs
from rnn_graph.data.text_files import decoded_lines
from rnn_graph.errors import InputError, InputWarning
from rnn_graph.names import TAGGED_FORMATS

FORMATS = ("auto", *TAGGED_FORMATS)
PARTS = ("train", "valid", "test")
# Formats of a sentence a line: their form, and what reads them.
SENTENCE_LINES = {"bos-eos": ("BOS … EOS and labels", bos_eos), "slash": ("word/label", slashed)}

# Protocols 2 and later; 0 and 1, which begin with a list or dictionary, maybe within tuples.
PICKLE_START = re.compile(rb"\x80[\x02-\x05]|\(+[ld]p\d+\r?\n|\(*[\]}]q[\x00-\x08]")


def tagged_sentences_of(data, *, scheme: str | None = None, **reading) -> list[TaggedSentence]:
    """Tagged sentences of a path, or of a list of sentences, each a list of (word, label).

    Parameters and errors as for `read_tagged_sentences` and `tagged_of_pairs`.
    """
    if isinstance(data, str | Path):
        return read_tagged_sentences(data, scheme=scheme, **reading)
    return _with_plain_labels(tagged_of_pairs(data), "the sentences", scheme)


def read_tagged_sentences(
    path: str | Path,
    *,
    file_format: str = "auto",
    word_column: Column | None = None,
    label_column: Column | None = None,
    delimiter: str | None = None,
    scheme: str | None = None,
    part: str = "train",
    encoding: str = "utf-8",
    errors: str = "strict",
) -> list[TaggedSentence]:
    r"""Read sentences with a label for each word.

    Parameters
    ----------
    path
        A file, which may be compressed; "-" for standard input; for pairs also their folder.
    file_format
        "conll"
            A word a line, in columns between tabs or blanks. Blank lines, and lines that begin
            with `-DOCSTART-`, stand between sentences. Comments such as `# text = …` may stand
            before one. CoNLL-U is of this kind.
        "csv"
            A word a record of CSV, after a header. A column such as "Sentence #", or empty
            records, tell the sentences apart. Or a sentence a record, whose words and labels stand
            between blanks, or are lists such as `['O', 'B-city']`.
        "bos-eos"
            A sentence a line: `BOS w1 … wn EOS<TAB>O l1 … ln intent`. The sentence's intent,
            which stands where the label of EOS would, is left out.
        "pair"
            A sentence a line, its words in one file and its labels in another: `seq.in` and
            `seq.out` of a folder, or any `X.in` and the `X.out` beside it.
        "slash"
            A sentence a line, `word/label` between blanks.
        "pickle"
            The ATIS pickles: `(train, valid, test, dicts)`, or without `valid`. No code of a
            pickle is run.
        "auto"
            A folder or `*.in` is a pair, `*.csv` is CSV (`*.tsv`, where a quote is a word, is not);
            other files are told apart by what they begin with.
    word_column, label_column
        The columns of words and labels in "conll" and "csv": a number from 1, or from the end if
        negative; or a name, where there is a header. None: as the content suggests (see
        `rnn_graph.data.column_layout.layout_of`), of which an `InputWarning` tells.
    delimiter
        What stands between the fields of "csv"; None for a comma, a semicolon or a tab.
    scheme
        "bio" ("iob2"), "iob1", "iobes" ("bioes") or "bilou": labels that mark phrases are rewritten
        in it. None: they stay, but for those of another style ("city-B", "B_city", "b-city",
        "M-city" of BMES, or brackets), which become "B-city".
    part
        The part of a pickle: "train", "valid" or "test". The other formats have no parts.
    encoding, errors
        Of the text formats, as in `open`.

    Returns
    -------
    list of TaggedSentence
        Without empty sentences, of which an `InputWarning` tells the number.

    Raises
    ------
    InputError
        If the file is missing, cannot be decoded, has no sentence, is not in the format, or has
        no labels in the column.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from rnn_graph import read_tagged_sentences
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "train.conll")
    ...     _ = path.write_text("to O\nnew B-city\nyork I-city\n\nmonday B-day\n")
    ...     for sentence in read_tagged_sentences(path):
    ...         print(sentence.words, sentence.labels)
    ('to', 'new', 'york') ('O', 'B-city', 'I-city')
    ('monday',) ('B-day',)
    """
    for name, value, known in (("format", file_format, FORMATS), ("part", part, PARTS)):
        if value not in known:
            raise InputError(
                f"tagged sentences have no {name} {value!r}; give one of {', '.join(known)}"
            )
    if file_format == "auto" and (Path(path).suffix == ".in" or Path(path).is_dir()):
        file_format = "pair"
    if file_format == "pair":
        sentences = list(pair(path, encoding, errors))
    else:
        with open_binary(path) as stream:
            if file_format == "pickle" or (file_format == "auto" and _is_pickle(path, stream)):
                data = stream.read(LARGEST_PICKLE + 1)
                sentences = list(atis_sentences(data, path, part))
            else:
                lines = _lines(stream, path, encoding, errors)
                sentences = _of_lines(
                    lines, path, file_format, word_column, label_column, delimiter
                )
    return _with_plain_labels(_without_empty(sentences, path), str(path), scheme)


def read_predictions(
    path: str | Path,
    *,
    scheme: str | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Read what the evaluation script of CoNLL-2000 reads: `word … truth guess` lines.

    Parameters
    ----------
    path, scheme, encoding, errors
        As for `read_tagged_sentences`.

    Returns
    -------
    truth, guesses
        Labels of each sentence.

    Raises
    ------
    InputError
        As `read_tagged_sentences`, and if there are fewer than three columns.
    """
    with open_binary(path) as stream:
        table = read_columns(_lines(stream, path, encoding, errors), path)
    if not table.sentences:
        raise InputError(f"{path} holds no sentence with words; give a file with at least one")
    if table.width < 3:
        raise InputError(
            f"{path} has {table.width} columns; expected at least a word, its true label, and the"
            " guess"
        )
    _say_what_is_skipped(table, path)
    both = [*table.column(-2), *table.column(-1)]
    labels = plain_labels(both, str(path), scheme)
    return labels[: len(table.sentences)], labels[len(table.sentences) :]


def has_parts(path: str | Path) -> bool:
    """Whether a file is a pickle, which holds training, validation and test data."""
    if str(path) == STANDARD_INPUT or Path(path).is_dir():
        return False
    with open_binary(path) as stream:
        return _is_pickle(path, stream)


def _with_plain_labels(
    sentences: Sequence[TaggedSentence], name: str, scheme: str | None
) -> list[TaggedSentence]:
    labels = plain_labels([sentence.labels for sentence in sentences], name, scheme)
    return [sentence._replace(labels=row) for sentence, row in zip(sentences, labels, strict=True)]


def _without_empty(sentences: list[TaggedSentence], path: str | Path) -> list[TaggedSentence]:
    full = [sentence for sentence in sentences if sentence.words]
    if not full:
        raise InputError(f"{path} holds no sentence with words; give a file with at least one")
    if len(full) < len(sentences):
        warnings.warn(
            InputWarning(
                f"{path}: left out the sentences without words, {len(sentences) - len(full)}"
            ),
            stacklevel=3,
        )
    return full


def _is_pickle(path: str | Path, stream: BinaryIO) -> bool:
    is_named_so = content_name(path).endswith((".pkl", ".pickle"))
    return is_named_so or PICKLE_START.match(stream.peek(32)) is not None


def _lines(stream: BinaryIO, path: str | Path, encoding: str, errors: str) -> list[str]:
    return [line.removesuffix("\n") for line in decoded_lines(stream, path, encoding, errors)]


def _of_lines(
    lines: Sequence[str],
    path: str | Path,
    file_format: str,
    word_column: Column | None,
    label_column: Column | None,
    delimiter: str | None,
) -> list[TaggedSentence]:
    if file_format == "auto":
        first = next((line for line in lines if at_blanks(line)), "")
        refuse_json(first, path, "a word and its label a line")
        if first.startswith("BOS ") and "\t" in first:
            file_format = "bos-eos"
        elif has_slashes(lines):
            file_format = "slash"
        else:
            is_csv = delimiter is not None or content_name(path).endswith(".csv")
            file_format = "csv" if is_csv else "conll"
    if delimiter is not None and file_format != "csv":
        raise InputError(
            f"--delimiter is for CSV, and {path} is read as {file_format}; give --format csv too"
        )
    if file_format in SENTENCE_LINES:
        form, read = SENTENCE_LINES[file_format]
        if word_column is not None or label_column is not None:
            raise InputError(
                f"{path} has no columns, but {form}; leave out --word-column and --label-column"
            )
        return list(read(lines, path))
    names = [column for column in (word_column, label_column) if isinstance(column, str)]
    if file_format == "csv":
        table = read_delimited(lines, path, names, delimiter)
        take_header(table, names)
        take_sentences(table, path)
    else:
        table = read_columns(lines, path)
        take_conllu(table)
        take_header(table, names)
    part_at_numbers(table)
    part_at_ids(table)
    if not table.sentences:
        return []
    layout = layout_of(table, path, word_column, label_column)
    _leave_out_missing_words(table, layout.word)
    _say_what_is_skipped(table, path)
    if layout.said:
        warnings.warn(InputWarning(f"{path}: {layout.said}"), stacklevel=4)
    longest = max(map(len, table.sentences), default=0)
    if longest > LONGEST_SENTENCE:
        warn_of_pieces(longest, str(path))
        table.sentences = [piece for rows in table.sentences for piece in pieces(rows)]
    _require_all_labels(table, layout.label, path)
    words, labels = table.column(layout.word), table.column(layout.label)
    return list(map(TaggedSentence, words, labels))


def _leave_out_missing_words(table: Table, word: int) -> None:
    missing = [row for rows in table.sentences for row in rows if not row.columns[word]]
    if missing:
        table.skipped += [(row.line, ",".join(row.columns)) for row in missing]
        full = ([row for row in rows if row.columns[word]] for rows in table.sentences)
        table.sentences = [rows for rows in full if rows]


def _require_all_labels(table: Table, label: int, path: str | Path) -> None:
    row = next((row for rows in table.sentences for row in rows if not row.columns[label]), None)
    if row is not None:
        raise InputError(
            f"{path}, line {row.line} ({shortened(','.join(row.columns))}): no label in column"
            f" {label + 1}; give each word one, such as O, or another --label-column"
        )


def _say_what_is_skipped(table: Table, path: str | Path) -> None:
    if table.skipped:
        number, line = table.skipped[0]
        count = len(table.skipped)
        lines = "line that is no word" if count == 1 else f"{count:,} lines that are no words"
        warnings.warn(
            InputWarning(f"{path}: left out {lines}: {shortened(line)} in line {number}"),
            stacklevel=4,
        )
