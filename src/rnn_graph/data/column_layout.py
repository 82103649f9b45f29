"""Which columns of a file hold the words and their labels: as told, or by what stands in them."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from rnn_graph.data.column_files import (
    LABEL_NAMES,
    SENTENCE_NAMES,
    WORD_NAMES,
    Row,
    Table,
    is_header,
    part_at_numbers,
)
from rnn_graph.data.label_schemes import OUTSIDE, prefix_and_type
from rnn_graph.data.label_styles import OTHER_OUTSIDES, usual_style
from rnn_graph.data.phrases import PHRASE_PREFIXES
from rnn_graph.errors import InputError

# A column's place, from 1, from the end if negative; or its name.
Column = int | str

CONLLU_NAMES = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
CONLLU_TAGS = ("upos", "xpos", "misc")  # the first of them that is filled in has the labels
# Columns of CoNLL-2011 and -2012, from 0: the number of the word in its sentence, and the word.
ONTONOTES_WIDTH, ONTONOTES_NUMBER, ONTONOTES_WORD, ONTONOTES_ENTITY = 11, 2, 3, 10
NUMBER = re.compile(r"\d+([-.:]\d+)*")
CONLLU_ID = re.compile(r"\d+([-.]\d+)?")
FEWEST_NUMBERS = 10  # in a column, to take what stands above them for its name
FEWEST_WORDS = 50  # to judge by how often labels occur
MOST_LABELS = 0.5  # different ones, as a share of the words


@dataclass(frozen=True)
class Layout:
    """Where words and labels stand, from 0, and what to say of a guess; "" for nothing."""

    word: int
    label: int
    said: str = ""


def layout_of(
    table: Table,
    path: str | Path,
    word_column: Column | None = None,
    label_column: Column | None = None,
) -> Layout:
    """The columns that were given; for those that were not, what the content suggests.

    In turn: CoNLL-U, the names of the columns, ids that count words, labels that stand first; else
    the first column has the words and the last the labels.

    Raises
    ------
    InputError
        If there is no such column, or what was guessed cannot be labels.
    """
    if table.width == 1:
        raise InputError(f"{path} has one column; expected words in one and labels in another")
    word, label, reason = _guess(table)
    word = word if word_column is None else _place(word_column, table, path, "--word-column")
    label = label if label_column is None else _place(label_column, table, path, "--label-column")
    if word == label:
        raise InputError(
            f"{path}: column {word + 1} of {table.width} cannot hold both words and labels; give"
            " --word-column and --label-column"
        )
    if word_column is None and _has_phrases(_all(table, word)):
        raise InputError(
            f"{path}: column {_described(word, table)} of {table.width} has labels and no words;"
            " give --word-column"
        )
    if _is_bare(_all(table, label)):
        raise InputError(
            f"{path}: column {_described(label, table)} of {table.width} has no labels; give"
            " another --label-column"
        )
    if label_column is None:
        _require_labels(table, path, label)
    if word_column is not None and label_column is not None:
        return Layout(word, label)
    if all(map(NUMBER.fullmatch, _all(table, word))):
        reason = reason or "all of them numbers"
    if not reason and table.width == 2:
        return Layout(word, label)
    return Layout(
        word,
        label,
        f"words are column {_described(word, table)}, labels column {_described(label, table)},"
        f" of {table.width}{reason and f' ({reason})'}; --word-column and --label-column choose"
        " others",
    )


def take_conllu(table: Table) -> None:
    """If it is CoNLL-U, name its columns, and leave out multi-word tokens and empty nodes."""
    if not all(map(CONLLU_ID.fullmatch, _all(table, 0))):
        return
    if table.width == len(CONLLU_NAMES) and not table.names:
        table.names = list(CONLLU_NAMES)
    if table.names[:1] != ["ID"]:
        return
    for rows in table.sentences:
        left_out = [row for row in rows if not row.columns[0].isdigit()]
        table.skipped += [(row.line, "\t".join(row.columns)) for row in left_out]
        rows[:] = [row for row in rows if row.columns[0].isdigit()]
    table.sentences = [rows for rows in table.sentences if rows]


def take_header(table: Table, wanted: Collection[str] = ()) -> None:
    """If the first line names the columns, or one that is wanted, take it out of the words.

    It does so too where all that follows in a column is a number, or a label that marks phrases,
    and what the first line has there is not.
    """
    if table.names or not table.sentences:
        return
    first, *others = chain.from_iterable(table.sentences)
    if is_header(first.columns, wanted) or _stands_above(first, others):
        table.names = table.sentences[0].pop(0).columns
        table.sentences = [rows for rows in table.sentences if rows]


def _stands_above(first: Row, others: Sequence[Row]) -> bool:
    """Whether a line is none of those below it, for what their columns have."""
    for place, name in enumerate(first.columns):
        column = [row.columns[place] for row in others]
        have_types = any(len(text) > len("B-") for text in column)
        if have_types and _has_phrases(column) and not _are_labels([name, *column]):
            return True
        are_numbers = len(column) >= FEWEST_NUMBERS and all(map(NUMBER.fullmatch, column))
        if are_numbers and not NUMBER.fullmatch(name):
            return True
    return False


def _guess(table: Table) -> tuple[int, int, str]:
    """The columns of words and labels, and why other than the first and the last."""
    last = table.width - 1
    if table.names:
        names = [name.lower() for name in table.names]
        words = [names.index(name) for name in WORD_NAMES if name in names]
        labels = [names.index(name) for name in LABEL_NAMES if name in names]
        if table.names == list(CONLLU_NAMES):
            tags = (at for at in map(names.index, CONLLU_TAGS) if not _is_bare(_all(table, at)))
            return words[0], next(tags, names.index("upos")), "CoNLL-U"
        labels = [at for at in labels if _has_phrases(_all(table, at))] or labels
        if words and labels:
            return words[0], labels[0], "by the header"
        numbered = names[0] in SENTENCE_NAMES and last > 1
        if words or labels or numbered:
            return (words or [int(numbered)])[0], (labels or [last])[0], "by the header"
    if last > ONTONOTES_WIDTH - 2 and all(
        _counts_words(rows, ONTONOTES_NUMBER) for rows in table.sentences
    ):
        return ONTONOTES_WORD, min(ONTONOTES_ENTITY, last), "as in CoNLL-2012"
    if last > 1 and all(map(_counts_words, table.sentences)):
        nested = last == 3 and all(_are_labels(_all(table, at)) for at in (2, 3))
        return 1, 2 if nested else _last_labels(table, 1), "column 1 counts the words"
    ids = 0
    while last - ids > 1 and _are_ids(table, ids):
        ids += 1
    if ids:
        reason = "column 1 has ids" if ids == 1 else f"columns 1 to {ids} have ids"
        return ids, _last_labels(table, ids), reason
    if _are_labels(_all(table, 0)) and not _are_labels(_all(table, last)):
        return last, 0, "the labels stand first"
    return 0, _last_labels(table, 0), ""


def _last_labels(table: Table, word: int) -> int:
    """The last column, unless others behind the words mark phrases and it does not."""
    last = table.width - 1
    marking = [at for at in range(word + 1, last) if _has_phrases(_all(table, at))]
    return marking[-1] if marking and not _are_labels(_all(table, last)) else last


def _are_ids(table: Table, place: int) -> bool:
    """Whether a column has numbers alone, or the same in all words of each sentence."""
    column = _all(table, place)
    if all(map(NUMBER.fullmatch, column)):
        return True
    longest = max(map(len, table.sentences))
    return (
        longest > 1
        and all(len(set(words)) == 1 for words in table.column(place))
        and (len(table.sentences) > 1 or longest > 2)
    )


def part_at_ids(table: Table) -> None:
    """Where nothing else parts the sentences, do so where their number in column 1 grows."""
    if table.names or len(table.sentences) != 1 or table.width < 3:
        return
    column = _all(table, 0)
    if not all(text.isdigit() for text in column):
        return
    numbers = [int(text) for text in column]
    if numbers == sorted(numbers) and 1 < len(set(numbers)) < len(numbers):
        part_at_numbers(table, 0)


def _all(table: Table, place: int) -> list[str]:
    """What stands in a column, of all words in turn."""
    return list(chain.from_iterable(table.column(place)))


def _counts_words(rows: Sequence[Row], place: int = 0) -> bool:
    ids = [row.columns[place] for row in rows]
    return any(ids == [str(at + start) for at in range(len(ids))] for start in (0, 1))


def _are_labels(column: list[str]) -> bool:
    """Whether nothing but O and labels with a prefix, in any style, stands in it."""
    if (usual := usual_style([column])) is not None:
        column = list(usual[0])
    return {prefix_and_type(text)[0] for text in column if text != OUTSIDE} <= {*PHRASE_PREFIXES}


def _has_phrases(column: list[str]) -> bool:
    return _are_labels(column) and not set(column) <= {OUTSIDE, *OTHER_OUTSIDES}


def _is_bare(column: list[str]) -> bool:
    """Whether a column is not filled in."""
    return set(column) <= {"", "_"}


def _require_labels(table: Table, path: str | Path, place: int) -> None:
    """Refuse a column of which nearly each entry is another one."""
    column = _all(table, place)
    counts = Counter(column)
    if len(column) >= FEWEST_WORDS and len(counts) > MOST_LABELS * len(column):
        example = ", ".join(text for text, _ in counts.most_common()[-3:])
        raise InputError(
            f"{path}: column {_described(place, table)} of {table.width} has {len(counts):,}"
            f" different entries in {len(column):,} words ({example}), and so no labels; give"
            " --label-column"
        )


def _described(place: int, table: Table) -> str:
    return f"{place + 1} {table.names[place]!r}" if table.names else str(place + 1)


def _place(column: Column, table: Table, path: str | Path, option: str) -> int:
    """The place of a column, from 0."""
    if isinstance(column, str) and re.fullmatch(r"-?\d+", column):
        column = int(column)
    if isinstance(column, str):
        names = [name.lower() for name in table.names]
        if column.lower() in names:
            return names.index(column.lower())
        known = f"its header names {', '.join(table.names)}" if names else "it has no header"
        raise InputError(f"{path} has no column {column!r}: {known}; give {option} a number")
    if isinstance(column, bool) or not isinstance(column, int):
        raise InputError(f"column is {column!r}; give {option} a whole number, or a name")
    if not 1 <= abs(column) <= table.width:
        raise InputError(
            f"{path} has no column {column}; give {option} one of 1 to {table.width}, or -1 for"
            " the last"
        )
    return column - 1 if column > 0 else table.width + column
