"""A text of words or characters as tokens, from files or lists, kept on disk or in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from rnn_graph.checks import require_sizes
from rnn_graph.data.char_vocabulary import NEWLINE, UNITS
from rnn_graph.data.characters import SHORTEST_TEXT, line_parts, text_parts
from rnn_graph.data.compressed_files import STANDARD_INPUT
from rnn_graph.data.sentences import TextData, listed, name_of, split_sentences
from rnn_graph.data.splitting import Splitting
from rnn_graph.data.token_store import (
    TokenStore,
    file_identity,
    open_store,
    store_characters,
    store_words,
)
from rnn_graph.errors import InputError
from rnn_graph.names import UNKNOWN

WORD = "word"
# Lists of tokens are in their last form; what is split later, such as a prompt, has blanks.
TOKENS_GIVEN = Splitting(pre_split=True, tokenizer="whitespace", lowercase=False)


@dataclass(frozen=True)
class Reading:
    """How a text is read as tokens; the attributes are keywords of `read_language_corpus`.

    The lines that are held out are spread over the text, for lists of names are often sorted, and
    are read last.
    """

    unit: str
    splitting: Splitting | None
    lowercase: bool
    limit: int | None
    longest_line: int | None
    file_format: str = "auto"
    delimiter: str | None = None
    encoding: str = "utf-8"
    errors: str = "strict"
    unknown: str = "skip"
    held_out: float = 0.0

    def checked(self, data: TextData) -> "Reading":
        """With a splitting, after a look at settings and data."""
        if self.unit not in (WORD, *UNITS):
            raise InputError(f"unknown unit {self.unit!r}; give one of {', '.join((WORD, *UNITS))}")
        if self.unknown not in UNKNOWN:
            raise InputError(
                f"unknown is {self.unknown!r}; give one of {', '.join(UNKNOWN)}: what becomes of"
                " what the model does not know"
            )
        if self.limit is not None:
            require_sizes(limit=self.limit)
            if self.unit == "text":
                raise InputError("running text has no sentences to count; leave out the limit")
        if self.unit != WORD and self.file_format not in ("auto", "text"):
            raise InputError(
                f"character models read plain text; leave out --format {self.file_format}"
            )
        if self.unit != WORD and self.delimiter is not None:
            raise InputError("character models read plain text; leave out --delimiter")
        has_tokens = not isinstance(data, str | Path) and not isinstance(listed(data)[0], str)
        if has_tokens and self.unit != WORD:
            raise InputError("characters are read from strings; give a list of strings")
        default = TOKENS_GIVEN if has_tokens else Splitting()
        return replace(self, splitting=self.splitting or default)

    def sentences(self, data: TextData) -> Iterator[list[str]]:
        found = split_sentences(
            data,
            self.splitting,
            file_format=self.file_format,
            delimiter=self.delimiter,
            encoding=self.encoding,
            errors=self.errors,
        )
        return islice(found, self.limit)

    def characters(self, data: TextData) -> Iterator[str]:
        decoding = {"encoding": self.encoding, "errors": self.errors}
        if self.unit == "text":
            yield from text_parts(data, lowercase=self.lowercase, **decoding)
            return
        lines = line_parts(data, lowercase=self.lowercase, longest=self.longest_line, **decoding)
        yield NEWLINE
        lines = islice(lines, self.limit)
        for line in _spread_last(list(lines), self.held_out) if self.held_out else lines:
            yield line + NEWLINE


def _spread_last(lines: list[str], share: float) -> list[str]:
    """The lines, of which a share from all over the text comes last."""
    count = round(len(lines) * share)
    last = {int((place + 0.5) * len(lines) / count) for place in range(count)}
    return [
        *(line for place, line in enumerate(lines) if place not in last),
        *(lines[place] for place in sorted(last)),
    ]


def stored_tokens(data: TextData, path: Path | None, reading: Reading) -> TokenStore:
    """A text's tokens: those of an earlier run if the file is the same, else read anew.

    Parameters
    ----------
    data, reading
        The text, and how it is read.
    path
        Where the tokens are kept; None for in memory.

    Raises
    ------
    InputError
        If it cannot be read, or has fewer than two characters.
    """
    source = {name: str(value) for name, value in vars(reading).items()}
    if path is not None and isinstance(data, str | Path):
        source |= file_identity(data)
        found = open_store(path)
        if found is not None and found.source == source and str(data) != STANDARD_INPUT:
            return found
    if reading.unit == WORD:
        return store_words(path, reading.sentences(data), source)
    store = store_characters(path, reading.characters(data), source)
    count = len(store)
    if reading.unit == "line":
        count -= store.occurrences[store.types.index(NEWLINE)]
    if count < SHORTEST_TEXT:
        raise InputError(
            f"{name_of(data)} has {count} characters; give a text of at least {SHORTEST_TEXT}"
        )
    return store
