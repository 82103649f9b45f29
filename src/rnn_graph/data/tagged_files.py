"""Files of sentences whose every word has a label: three text formats, and the ATIS pickles."""

import re
import warnings
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from rnn_graph.data.atis import atis_sentences
from rnn_graph.data.safe_pickle import LARGEST_PICKLE
from rnn_graph.data.tagged_sentences import TaggedSentence, tagged_of_pairs
from rnn_graph.data.text_files import STANDARD_INPUT, decoded_lines, open_binary
from rnn_graph.errors import InputError, InputWarning

FORMATS = ("auto", "conll", "bos-eos", "pair", "pickle")
PARTS = ("train", "valid", "test")

DOCUMENT_START = "-DOCSTART-"
# "# text = Show me flights" or "# text: show me flights"; "# O" is a word with its label.
COMMENT = re.compile(r"#\s*\w+((\s+\w+)*\s+=|:)(\s|$)")
# Protocols 2 and later; 0 and 1, which begin with a list or dictionary, maybe within tuples.
PICKLE_START = re.compile(rb"\x80[\x02-\x05]|\(+[ld]p\d+\r?\n|\(*[\]}]q[\x00-\x08]")

# A line without its end, and where it stands.
NumberedLine = tuple[int, str]


def tagged_sentences_of(data, **reading) -> list[TaggedSentence]:
    """Tagged sentences of a path, or of a list of sentences, each a list of (word, label).

    Parameters and errors as for `read_tagged_sentences` and `tagged_of_pairs`.
    """
    if isinstance(data, str | Path):
        return read_tagged_sentences(data, **reading)
    return tagged_of_pairs(data)


def read_tagged_sentences(
    path: str | Path,
    *,
    file_format: str = "auto",
    part: str = "train",
    encoding: str = "utf-8",
    errors: str = "strict",
) -> list[TaggedSentence]:
    r"""Read sentences with a label for each word.

    Parameters
    ----------
    path
        A file, which may be gzipped; "-" for standard input; for pairs also their folder.
    file_format
        "conll"
            A word a line, in columns between blanks: the word first, its label last. Blank
            lines, and lines that begin with `-DOCSTART-`, stand between sentences. Comments such
            as `# text = …` may stand before one.
        "bos-eos"
            A sentence a line: `BOS w1 … wn EOS<TAB>O l1 … ln intent`. The sentence's intent,
            which stands where the label of EOS would, is left out.
        "pair"
            A sentence a line, its words in one file and its labels in another: `seq.in` and
            `seq.out` of a folder, or any `X.in` and the `X.out` beside it.
        "pickle"
            The ATIS pickles: `(train, valid, test, dicts)`, or without `valid`. No code of a
            pickle is run.
        "auto"
            A folder or `*.in` is a pair; other files are told apart by what they begin with.
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
        If the file is missing, cannot be decoded, has no sentence, or is not in the format.
    """
    if file_format not in FORMATS or part not in PARTS:
        raise InputError(
            f"unknown format {file_format!r} or part {part!r}; give one of {', '.join(FORMATS)},"
            f" and one of {', '.join(PARTS)}"
        )
    if file_format == "auto" and (Path(path).suffix == ".in" or Path(path).is_dir()):
        file_format = "pair"
    if file_format == "pair":
        sentences = list(_pair(path, encoding, errors))
    else:
        with open_binary(path) as stream:
            if file_format == "pickle" or (file_format == "auto" and _is_pickle(path, stream)):
                data = stream.read(LARGEST_PICKLE + 1)
                sentences = list(atis_sentences(data, path, part))
            else:
                lines = _numbered_lines(stream, path, encoding, errors)
                sentences = list(_sentences_of_lines(lines, path, file_format))
    return _without_empty(sentences, path)


def read_predictions(
    path: str | Path, *, encoding: str = "utf-8", errors: str = "strict"
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Read what the evaluation script of CoNLL-2000 reads: `word … truth guess` lines.

    Parameters
    ----------
    path, encoding, errors
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
    truth, guesses = [], []
    with open_binary(path) as stream:
        lines = _numbered_lines(stream, path, encoding, errors)
        for rows in _sentences_of_rows(lines, path):
            if len(rows[0]) < 3:
                raise InputError(
                    f"{path} has {len(rows[0])} columns; expected at least a word, its true label,"
                    " and the guess"
                )
            *_, true_labels, guessed_labels = zip(*rows, strict=True)
            truth.append(true_labels)
            guesses.append(guessed_labels)
    if not truth:
        raise InputError(f"{path} holds no sentence with words; give a file with at least one")
    return truth, guesses


def has_parts(path: str | Path) -> bool:
    """Whether a file is a pickle, which holds training, validation and test data."""
    if str(path) == STANDARD_INPUT or Path(path).is_dir():
        return False
    with open_binary(path) as stream:
        return _is_pickle(path, stream)


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
    is_named_so = str(path).lower().removesuffix(".gz").endswith((".pkl", ".pickle"))
    return is_named_so or PICKLE_START.match(stream.peek(32)) is not None


def _numbered_lines(
    stream: BinaryIO, path: str | Path, encoding: str, errors: str
) -> Iterator[NumberedLine]:
    for number, line in enumerate(decoded_lines(stream, path, encoding, errors), 1):
        yield number, line.removesuffix("\n")


def _sentences_of_lines(
    lines: Iterator[NumberedLine], path: str | Path, file_format: str
) -> Iterator[TaggedSentence]:
    if file_format == "auto":
        first = next(((number, line) for number, line in lines if _columns(line)), (1, ""))
        file_format = "bos-eos" if first[1].startswith("BOS ") and "\t" in first[1] else "conll"
        lines = chain([first], lines)
    return (_bos_eos if file_format == "bos-eos" else _conll)(lines, path)


def _columns(line: str) -> list[str]:
    """The columns between blanks and tabs; a no-break space belongs to a word."""
    return [column for column in re.split("[ \t]+", line) if column]


def _conll(lines: Iterable[NumberedLine], path: str | Path) -> Iterator[TaggedSentence]:
    for rows in _sentences_of_rows(lines, path):
        words, *_, labels = zip(*rows, strict=True)
        yield TaggedSentence(words, labels)


def _sentences_of_rows(
    lines: Iterable[NumberedLine], path: str | Path
) -> Iterator[list[list[str]]]:
    """The columns of each sentence's words; all lines have as many as the first."""
    rows: list[list[str]] = []
    width = 0
    for number, line in chain(lines, [(0, "")]):
        columns = _columns(line)
        if not columns or columns[0] == DOCUMENT_START:
            if rows:
                yield rows
            rows = []
        elif rows or not COMMENT.match(line):
            width = width or len(columns)
            if len(columns) == 1 or len(columns) != width:
                raise InputError(_wrong_width(path, number, line, len(columns), width))
            rows.append(columns)


def _wrong_width(path: str | Path, number: int, line: str, width: int, expected: int) -> str:
    where = f"{path}, line {number} ({_shortened(line)})"
    if width == 1:
        return f"{where}: one column; expected a word, then blanks, then its label"
    return (
        f"{where}: {width} columns, the lines before it have {expected}; expected the word first,"
        " its label last, and no blanks within a column"
    )


def _bos_eos(lines: Iterable[NumberedLine], path: str | Path) -> Iterator[TaggedSentence]:
    for number, line in lines:
        if not _columns(line):
            continue
        left, *right = line.rstrip("\t ").split("\t")
        words = _columns(left)
        if len(right) != 1 or len(words) < 2 or (words[0], words[-1]) != ("BOS", "EOS"):
            raise InputError(
                f"{path}, line {number} ({_shortened(line)}): expected BOS, the words, EOS, a tab,"
                " and the labels"
            )
        labels = _columns(right[0])
        if len(words) != len(labels):
            raise InputError(
                f"{path}, line {number}: {len(words)} words, BOS and EOS included, and"
                f" {len(labels)} labels; expected a label for BOS and each word, and the intent"
            )
        yield TaggedSentence(tuple(words[1:-1]), tuple(labels[1:-1]))


def _pair(path: str | Path, encoding: str, errors: str) -> Iterator[TaggedSentence]:
    words_path = Path(path, "seq.in") if Path(path).is_dir() else Path(path)
    if words_path.suffix != ".in":
        raise InputError(
            f"{path} is no pair of files; give a folder with seq.in and seq.out, or the name of"
            " the .in file beside its .out file"
        )
    labels_path = words_path.with_suffix(".out")
    words_lines, labels_lines = (
        _split_lines(file, encoding, errors) for file in (words_path, labels_path)
    )
    if len(words_lines) != len(labels_lines):
        raise InputError(
            f"{words_path} has {len(words_lines)} lines and {labels_path} {len(labels_lines)};"
            " expected a line of labels for each line of words"
        )
    for number, (words, labels) in enumerate(zip(words_lines, labels_lines, strict=True), 1):
        if len(words) != len(labels):
            raise InputError(
                f"{words_path}, line {number}: {len(words)} words, but {len(labels)} labels in"
                f" {labels_path.name}; expected a label for each word"
            )
        yield TaggedSentence(words, labels)


def _split_lines(path: Path, encoding: str, errors: str) -> list[tuple[str, ...]]:
    with open_binary(path) as stream:
        lines = _numbered_lines(stream, path, encoding, errors)
        return [tuple(_columns(line)) for _, line in lines]


def _shortened(line: str) -> str:
    return repr(line if len(line) <= 50 else line[:49] + "…")
