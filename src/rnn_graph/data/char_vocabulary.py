"""The characters behind a character model's ids, and the form in which it reads text."""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from rnn_graph.data.splitting import UNKNOWN_WORD
from rnn_graph.errors import InputError

NEWLINE = "\n"
# What stands for the data's own marks of what was left out. No model learns it.
UNKNOWN_CHARACTER = "\ufffd"
UNITS = ("line", "text")


@dataclass(frozen=True)
class CharVocabulary:
    r"""The characters of a character model, in the order of their ids.

    A character is a Unicode code point. Text is brought to the form NFC first, so that "é" is the
    same however it was written.

    Parameters
    ----------
    symbols
        Distinct code points.
    unit
        "line" for a model of lines, each ended by a newline; "text" for one of running text.
    lowercase
        Whether text is read in lower case.
    seen_lines
        Fingerprints of the lines of the training file, uint64, in ascending order; None for running
        text.

    Raises
    ------
    InputError
        If a symbol occurs twice, is no single code point, or is a lone surrogate; if a model of
        lines knows no newline; if the unit is not known.

    Examples
    --------
    >>> from rnn_graph import CharVocabulary
    >>> vocabulary = CharVocabulary.of_lines(["ban", "nab"])
    >>> vocabulary.symbols
    ('\n', 'a', 'b', 'n')
    >>> vocabulary.encode("ban")
    array([2, 1, 3], dtype=int32)
    >>> vocabulary.has_seen("nab"), vocabulary.has_seen("nan")
    (True, False)
    """

    symbols: tuple[str, ...]
    unit: str = "line"
    lowercase: bool = False
    seen_lines: np.ndarray | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise InputError(f"unknown unit {self.unit!r}; give one of {', '.join(UNITS)}")
        if len(set(self.symbols)) != len(self.symbols) or any(len(s) != 1 for s in self.symbols):
            raise InputError(
                f"the {len(self.symbols)} characters are not distinct single code points; give"
                " each of them once"
            )
        for symbol in self.symbols:
            _refuse_surrogate(symbol)
        if self.unit == "line" and NEWLINE not in self.symbols:
            raise InputError(r"the characters lack '\n' (U+000A), with which lines end; add it")

    @classmethod
    def of_lines(cls, lines: Iterable[str], *, lowercase: bool = False) -> "CharVocabulary":
        """The characters of lines and the newline, in the order of their code points.

        Parameters
        ----------
        lines
            The lines of the training file, without their newlines.
        lowercase
            As for the class.

        Returns
        -------
        CharVocabulary
            Of unit "line", which has seen these lines.

        Raises
        ------
        InputError
            If a line has a lone surrogate.
        """
        plain = [plain_text(line, lowercase=lowercase) for line in lines]
        seen = np.array(sorted({_fingerprint(line) for line in plain}), dtype=np.uint64)
        return cls(_learned({NEWLINE}.union(*plain)), "line", lowercase, seen)

    @classmethod
    def of_text(cls, parts: Iterable[str], *, lowercase: bool = False) -> "CharVocabulary":
        """The characters of running text, in the order of their code points.

        Parameters
        ----------
        parts
            The text, or parts of it.
        lowercase
            As for the class.

        Returns
        -------
        CharVocabulary
            Of unit "text".

        Raises
        ------
        InputError
            If a part has a lone surrogate.
        """
        symbols = set().union(*(plain_text(part, lowercase=lowercase) for part in parts))
        return cls(_learned(symbols), "text", lowercase)

    def __len__(self) -> int:
        return len(self.symbols)

    def __getitem__(self, symbol: str) -> int:
        """The id of a character.

        Raises
        ------
        InputError
            If it is not known.
        """
        try:
            return self._ids[symbol]
        except KeyError:
            raise InputError(
                f"the model never saw {named(symbol)}; leave it out, or train on text that has it"
            ) from None

    def plain(self, text: str) -> str:
        """`text` in the form in which the model reads it."""
        return plain_text(text, lowercase=self.lowercase)

    def encode(self, text: str) -> np.ndarray:
        """Ids of the characters of `text` in its plain form.

        Parameters
        ----------
        text
            Of T characters in its plain form.

        Returns
        -------
        numpy.ndarray
            int32, (T,).

        Raises
        ------
        InputError
            If a character is not known.
        """
        return np.array([self[symbol] for symbol in self.plain(text)], dtype=np.int32)

    def encode_line(self, line: str) -> np.ndarray:
        """`encode` for text that must be one line.

        Parameters
        ----------
        line

        Returns
        -------
        numpy.ndarray
            int32, (T,).

        Raises
        ------
        InputError
            If it contains a newline, or has a character that is not known.
        """
        if NEWLINE in line:
            raise InputError(f"{line!r} goes over a line's end; give a single line")
        return self.encode(line)

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """The text of ids.

        Parameters
        ----------
        ids : (T,)
            Numbers from 0 to the vocabulary's size - 1.

        Returns
        -------
        str
        """
        return "".join(self.symbols[i] for i in ids)

    def has_seen(self, line: str) -> bool:
        """Whether a line was in the training file, but for white space around it.

        It is wrong for one line in 10¹⁵ or so.
        """
        if self.seen_lines is None or not len(self.seen_lines):
            return False
        fingerprint = np.uint64(_fingerprint(self.plain(line)))
        place = np.searchsorted(self.seen_lines, fingerprint)
        return bool(place < len(self.seen_lines) and self.seen_lines[place] == fingerprint)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {symbol: i for i, symbol in enumerate(self.symbols)}


def _learned(symbols: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*symbols} - {UNKNOWN_CHARACTER}))


def plain_text(text: str, *, lowercase: bool) -> str:
    """`text` in the form NFC, in lower case if asked for, with U+FFFD for marks such as `<unk>`.

    Raises
    ------
    InputError
        If it holds a lone surrogate, which is half a character.
    """
    _refuse_surrogate(text)
    text = UNKNOWN_WORD.sub(UNKNOWN_CHARACTER, text)
    return unicodedata.normalize("NFC", text.lower() if lowercase else text)


def named(symbol: str) -> str:
    """A character as messages show it, with its code point.

    Examples
    --------
    >>> named("é")
    "'é' (U+00E9)"
    """
    if symbol == UNKNOWN_CHARACTER:
        return "U+FFFD, which marks what is unknown, such as <unk>"
    return f"{symbol!r} (U+{ord(symbol):04X})"


def _refuse_surrogate(text: str) -> None:
    surrogate = next((symbol for symbol in text if "\ud800" <= symbol <= "\udfff"), None)
    if surrogate is not None:
        raise InputError(
            f"the text holds {named(surrogate)}, a lone surrogate, which is half a character; give"
            " text that is whole"
        )


def _fingerprint(line: str) -> int:
    line = line.strip()
    return int.from_bytes(hashlib.blake2b(line.encode(), digest_size=8).digest(), "big")
