"""Records of CSV that hold whole sentences: words in one field, and their labels in another."""

import re
from itertools import chain, repeat
from pathlib import Path

from rnn_graph.data.column_files import Row, Table
from rnn_graph.errors import InputError

QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
LEAST_SHARE = 0.9  # of the records, in which two columns have as many items


def take_sentences(table: Table, path: str | Path) -> None:
    """If two columns have as many items, and several of them, make each item a word's.

    Items stand between blanks, or between commas where there are no blanks, or are a list as
    Python or NumPy prints it.

    Raises
    ------
    InputError
        If a record has more labels than words, or fewer.
    """
    records = list(chain.from_iterable(table.sentences))
    items = [[_items(field) for field in row.columns] for row in records]
    lists = [place for place in range(table.width) if _are_lists(items, place)]
    if len(lists) < 2:
        return
    sentences = []
    for row, fields in zip(records, items, strict=True):
        counts = {len(fields[place]) for place in lists}
        if len(counts) != 1:
            said = " and ".join(f"{len(fields[k])} in column {k + 1}" for k in lists)
            raise InputError(
                f"{path}, line {row.line}: {said}; expected a label for each word of a sentence"
            )
        whole = [fields[k] if k in lists else repeat(row.columns[k]) for k in range(table.width)]
        sentences.append([Row(row.line, list(columns)) for columns in zip(*whole, strict=False)])
    table.sentences = sentences


def _are_lists(items: list[list[list[str]]], place: int) -> bool:
    """Whether a column has as many items as another one in most records, and more than one."""
    counts = [len(fields[place]) for fields in items]
    if max(counts, default=0) < 2:
        return False
    others = (k for k in range(len(items[0])) if k != place)
    return any(
        sum(len(fields[k]) == count for fields, count in zip(items, counts, strict=True))
        >= LEAST_SHARE * len(counts)
        for k in others
    )


def _items(field: str) -> list[str]:
    field = field.strip()
    if field.startswith("[") and field.endswith("]"):
        quoted = [one or other for one, other in QUOTED.findall(field)]
        return quoted or [item for item in re.split(r"[\s,]+", field[1:-1]) if item]
    words = field.split()
    return field.split(",") if len(words) == 1 and "," in field.strip(",") else words
