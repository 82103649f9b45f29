"""Files with a word a line, in columns: which lines are words, and what parts their columns."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rnn_graph.data.delimited_files import records
from rnn_graph.errors import InputError

# What parts documents, and so sentences.
DOCUMENT_EDGE = re.compile(r"-DOCSTART-(\s|$)|#(begin|end) document\b")
# "# text = Show me flights", "# text: show me flights"; but "#news: O" is a word with its label.
COMMENT = re.compile(r"#\s*[\w.:-]+(\s+\w+)*\s+=(\s|$)|#\s+\w+(\s+\w+)*:(\s|$)")
USUAL_LABEL = re.compile(r"O|[BIESLU]-.+")
# The names of all columns, before the first sentence of CoNLL-U Plus.
GLOBAL_COLUMNS = "# global.columns ="
# In a file of two columns: "#<TAB>http://…", and no label.
ADDRESS = re.compile(r"\w+://|www\.")

# Names of columns, in lower case. The first of them that a file has is taken.
SENTENCE_NAMES = (
    *("sentence #", "sentence#", "sentence_id", "sentence id", "sentenceid", "sent_id"),
    *("sentence_idx", "sentence_number", "sentence number", "sent_idx", "sent", "sentence", "id"),
)
NOT_GIVEN = ("", "nan")  # where the sentence goes on
WORD_NAMES = ("form", "word", "words", "token", "tokens", "text")
LABEL_NAMES = (
    *("tag", "tags", "ner", "ner_tag", "ner_tags", "slot", "slots", "label", "labels", "iob"),
    *("word_labels", "upos", "pos", "pos_tag", "xpos"),
)


class Row(NamedTuple):
    """The columns of a word, and the line that they stand in."""

    line: int
    columns: list[str]


@dataclass
class Table:
    """A file's words in columns.

    Attributes
    ----------
    sentences
        Rows of each sentence, all of the same width.
    names
        Of the columns; none if the file does not name them.
    skipped
        Lines that are no words and part no sentences: number and content.
    """

    sentences: list[list[Row]]
    names: list[str] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)

    @property
    def width(self) -> int:
        return len(self.sentences[0][0].columns) if self.sentences else 0

    def column(self, place: int) -> list[tuple[str, ...]]:
        """What stands in a column, of each sentence."""
        return [tuple(row.columns[place] for row in rows) for rows in self.sentences]


def read_columns(lines: Sequence[str], path: str | Path) -> Table:
    """Words a line, in columns between tabs or blanks, with blank lines between sentences.

    Columns are parted by what gives all lines as many of them: single tabs, runs of tabs, or runs
    of tabs and blanks. A no-break space belongs to a word. Lines of another width that begin with
    "#" and stand before a sentence are comments, as are `# name = …` and `-DOCSTART-`.

    Raises
    ------
    InputError
        If a line has other than the others' number of columns, or but one.
    """
    split = _splitting_of(lines)
    width = _usual_width(lines, split)
    table, rows = Table([]), []
    if lines and lines[0].startswith(GLOBAL_COLUMNS):
        table.names = lines[0].removeprefix(GLOBAL_COLUMNS).split()
    for number, line in enumerate([*lines, ""], 1):
        columns = split(line)
        if not columns or DOCUMENT_EDGE.match(line):
            table.sentences.append(rows)
            rows = []
            if columns:
                table.skipped.append((number, line))
        elif _is_comment(line, columns, width, is_first=not rows):
            table.skipped.append((number, line))
        else:
            if len(columns) == 1 or len(columns) != width:
                raise InputError(_wrong_width(path, number, line, len(columns), width))
            rows.append(Row(number, columns))
    _leave_out_addresses(table)
    _leave_out_wide_comments(table)
    table.sentences = [rows for rows in table.sentences if rows]
    return table


def read_delimited(
    lines: Iterable[str],
    path: str | Path,
    wanted: Collection[str] = (),
    delimiter: str | None = None,
) -> Table:
    """Words a record of CSV.

    A sentence ends at a record of empty fields, or where the column that numbers sentences has
    another number; where that is empty, the sentence goes on.

    Parameters
    ----------
    lines
        Without their ends.
    path
        For messages.
    wanted
        Names of columns: a first record that has one of them is a header.
    delimiter
        As for `records`.

    Raises
    ------
    InputError
        If it is no such CSV.
    """
    found = list(records((f"{line}\n" for line in lines), path, delimiter=delimiter))
    table = Table([[]])
    if found and is_header(found[0].fields, wanted):
        table.names = [name.strip() for name in found.pop(0).fields]
    width = len(table.names) or len(found[0].fields) if found else 0
    for line, fields in found:
        if not any(fields):
            table.sentences.append([])
            continue
        if len(fields) != width:
            raise InputError(
                f"{path}, line {line}: {len(fields)} columns, the first line has {width}; quote"
                " the fields that hold the delimiter"
            )
        table.sentences[-1].append(Row(line, fields))
    table.sentences = [rows for rows in table.sentences if rows]
    return table


def part_at_numbers(table: Table, numbering: int | None = None) -> None:
    """Begin a sentence where the column that numbers sentences has another number.

    Where that has nothing, the sentence goes on.

    Parameters
    ----------
    table
    numbering
        The column; None for the one whose name says so and whose numbers last for several words.
    """
    if numbering is None:
        names = [name.lower() for name in table.names]
        numbering = next((names.index(name) for name in SENTENCE_NAMES if name in names), None)
    if numbering is None:
        return
    column = [row.columns[numbering] for rows in table.sentences for row in rows]
    if len(set(column)) == len(column) > 1:
        return  # a number for each word
    parted: list[list[Row]] = []
    for rows in table.sentences:
        number = None
        for row in rows:
            found = row.columns[numbering]
            if number is None or (found.lower() not in NOT_GIVEN and found != number):
                parted.append([])
                number = found
            parted[-1].append(row)
    table.sentences = parted


def is_header(columns: Sequence[str], wanted: Collection[str] = ()) -> bool:
    """Whether these are names: one that is wanted, or those of words or sentences, and labels."""
    names = {column.strip().lower() for column in columns}
    return bool(names & {name.lower() for name in wanted}) or (
        bool(names & {*WORD_NAMES, *SENTENCE_NAMES}) and bool(names & {*LABEL_NAMES})
    )


def _splitting_of(lines: Sequence[str]) -> Callable[[str], list[str]]:
    """The first way to split lines that gives all words as many columns, none of them empty."""
    words = [line for line in lines if line.strip() and not _may_be_skipped(line)]
    if words and is_header(_at_each_tab(words[0])) and len(_at_each_tab(words[0])) > 1:
        return _at_each_tab
    for split in (_at_tabs, _at_runs_of_tabs):
        rows = [split(line) for line in words or lines if line.strip()]
        if _are_full(rows) and len(rows[0]) > 1:
            return split
    return at_blanks


def _are_full(rows: list[list[str]]) -> bool:
    """Whether all have as many columns, and something in each."""
    return len({len(row) for row in rows}) == 1 and all(map(all, rows))


def _at_tabs(line: str) -> list[str]:
    return [column.strip(" ") for column in line.rstrip("\t ").split("\t")] if line.strip() else []


def _at_each_tab(line: str) -> list[str]:
    """Columns under a header, some of which may be empty."""
    return [column.strip(" ") for column in line.split("\t")] if line.strip() else []


def _at_runs_of_tabs(line: str) -> list[str]:
    return [column for column in _at_tabs(line) if column]


def at_blanks(line: str) -> list[str]:
    """What stands between blanks and tabs; a no-break space belongs to a word."""
    return [column for column in re.split("[ \t]+", line) if column]


def _may_be_skipped(line: str) -> bool:
    return line.startswith("#") or DOCUMENT_EDGE.match(line) is not None


def _usual_width(lines: Sequence[str], split: Callable[[str], list[str]]) -> int:
    """The number of columns of the first word: a line that cannot be a comment, if there is one."""
    rows = [(line, split(line)) for line in lines]
    sure = (len(row) for line, row in rows if row and not _may_be_skipped(line))
    likely = (len(row) for line, row in rows if row and not COMMENT.match(line))
    return next(sure, next(likely, 0))


def _is_comment(line: str, columns: list[str], width: int, *, is_first: bool) -> bool:
    """Within a sentence only what cannot be a word, for its width, and has a comment's form."""
    if not line.startswith("#"):
        return False
    has_form, has_width = COMMENT.match(line) is not None, len(columns) == width
    return (has_form or not has_width) if is_first else (has_form and not has_width)


def _leave_out_addresses(table: Table) -> None:
    """Take comments `#<TAB>http://…`, which are as wide as the words of two columns, out of it."""
    for rows in table.sentences:
        if rows and len(rows[0].columns) == 2:
            mark, text = rows[0].columns
            if mark == "#" and ADDRESS.search(text):
                table.skipped.append((rows[0].line, "\t".join(rows.pop(0).columns)))


def _leave_out_wide_comments(table: Table) -> None:
    """Take lines such as "# newdoc" and "# id 4" out of it where they are as wide as words.

    They stand before the words of a sentence, and what stands in the place of their label is no
    word's label.
    """
    firsts = [rows[0] for rows in table.sentences if len(rows) > 1 and _is_marked(rows[0])]
    labels = {row.columns[-1] for rows in table.sentences for row in rows if not _is_marked(row)}
    for rows in table.sentences:
        if (
            rows
            and rows[0] in firsts
            and not (rows[0].columns[-1] in labels or USUAL_LABEL.fullmatch(rows[0].columns[-1]))
        ):
            table.skipped.append((rows[0].line, " ".join(rows.pop(0).columns)))


def _is_marked(row: Row) -> bool:
    """Whether a line begins with a "#" that stands apart, or with the mark of a document."""
    return re.match(r"##?(\s|$)|#(new)?(doc|par|id)\b", row.columns[0]) is not None


def _wrong_width(path: str | Path, number: int, line: str, width: int, expected: int) -> str:
    where = f"{path}, line {number} ({shortened(line)})"
    if width == 1:
        return f"{where}: one column; expected a word, then blanks, then its label"
    return (
        f"{where}: {width} columns, the lines before it have {expected}; expected as many for each"
        " word, and no blanks within a column"
    )


def shortened(line: str) -> str:
    """The beginning of a line, in quotes."""
    return repr(line if len(line) <= 50 else line[:49] + "…")
