"""A text of any size as numbers, on disk or in memory, made in one pass and read piece by piece.

The numbers are given out as tokens first occur, for a vocabulary is known only after the last of
them; it is a table from numbers to ids, applied as pieces are read.
"""

import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.files.atomic import atomic_write
from rnn_graph.files.checked_json import (
    COUNT,
    TEXT,
    Expected,
    find_mistake,
    one_of,
    parsed,
    values_are,
)

WORD_NUMBERS, CHARACTER_NUMBERS = "<i4", "<u2"
MOST_CHARACTERS = 2**16
CODE_POINTS = 0x110000
CHARACTERS_A_WRITE = 2**20
TOKENS_A_LOOK = 2**22
BYTES_A_READ = 2**22
_GO_ON = "--resume reads the text again"
LARGEST_DESCRIPTION = 2**30  # bytes: the distinct words of a large text
# Of the file beside the numbers.
DESCRIPTION = {
    "dtype": one_of(WORD_NUMBERS, CHARACTER_NUMBERS),
    "types": [TEXT],
    "occurrences": [COUNT],
    "digest": TEXT,
    "source": Expected("text and numbers by name", values_are(str, int)),
}


@dataclass(frozen=True)
class TokenStore:
    """Tokens of a text by numbers.

    Attributes
    ----------
    path
        The file of the numbers; None if they are in memory.
    types
        The token that each number stands for.
    occurrences
        How often each occurs.
    digest
        Of all tokens in their order: the same text has the same one.
    source
        What the text was read from and how, as `store_words` or `store_characters` was told.
    """

    path: Path | None
    dtype: str
    types: list[str]
    occurrences: list[int]
    digest: str
    source: dict[str, Any]
    data: bytes = field(default=b"", repr=False)

    def __len__(self) -> int:
        return sum(self.occurrences)

    def counts(self, begin: int = 0, end: int | None = None) -> Counter[str]:
        """How often each token occurs between two places, in the order in which they first did."""
        end = len(self) if end is None else end
        if (begin, end) == (0, len(self)):
            return Counter(dict(zip(self.types, self.occurrences, strict=True)))
        found = np.zeros(len(self.types), dtype=np.int64)
        for first in range(begin, end, TOKENS_A_LOOK):
            numbers = self.numbers(first, min(TOKENS_A_LOOK, end - first))
            found += np.bincount(numbers, minlength=len(found))
        return Counter({t: n for t, n in zip(self.types, found.tolist(), strict=True) if n})

    def numbers(self, first: int, count: int) -> np.ndarray:
        """The numbers of `count` tokens.

        Raises
        ------
        InputError
            If the file has changed since it was opened.
        """
        dtype = np.dtype(self.dtype)
        if not count:
            return np.zeros(0, dtype)
        if self.path is None:
            return np.frombuffer(self.data, dtype, count, offset=first * dtype.itemsize)
        try:
            found = np.fromfile(self.path, dtype, count, offset=first * dtype.itemsize)
        except OSError as error:
            raise InputError(f"cannot read {self.path}: {error.strerror}; {_GO_ON}") from None
        if len(found) < count or found.max() >= len(self.types) or found.min() < 0:
            raise InputError(f"{self.path} was changed while it was read; {_GO_ON}")
        return found

    def ids(self, id_of: Callable[[list[str]], np.ndarray]) -> "StoredIds":
        """The text as ids.

        Parameters
        ----------
        id_of
            From tokens to ids, such as `Vocabulary.encode`.
        """
        return StoredIds(self, id_of(self.types).astype(np.int32), 0, len(self))


@dataclass(frozen=True)
class StoredIds:
    """Ids of a stored text from `begin` to `end`; int32 when they are read.

    What is read is in memory for that moment alone, so that a long text does not gather there.
    """

    store: TokenStore
    table: np.ndarray
    begin: int
    end: int

    def __len__(self) -> int:
        return self.end - self.begin

    def __getitem__(self, places: int | slice) -> np.ndarray:
        if not isinstance(places, slice):
            return self[places : places + 1][0]
        first, last, step = places.indices(len(self))
        if step != 1:
            raise ValueError(f"step {step}; ids are read in their order")
        return self.table[self.store.numbers(self.begin + first, max(0, last - first))]

    def part(self, begin: int, end: int) -> "StoredIds":
        """A stretch of these ids."""
        return StoredIds(self.store, self.table, self.begin + begin, self.begin + end)


def places_of(ids, token: int) -> np.ndarray:  # -> int64 [n]
    """Where a token stands in ids that may not fit into memory."""
    found = [
        begin + np.flatnonzero(ids[begin : begin + TOKENS_A_LOOK] == token)
        for begin in range(0, len(ids), TOKENS_A_LOOK)
    ]
    return np.concatenate([np.zeros(0, dtype=np.int64), *found])


def store_words(
    path: Path | None, sentences: Iterable[list[str]], source: dict[str, Any] | None = None
) -> TokenStore:
    """Keep the tokens of sentences one after another, in a file or (None) in memory.

    Raises
    ------
    InputError
        If `path` cannot be written; the file is then not there.
    """

    def numbers(types: dict[str, int]) -> Iterator[np.ndarray]:
        for sentence in sentences:
            found = (types.setdefault(token, len(types)) for token in sentence)
            yield np.fromiter(found, dtype=WORD_NUMBERS, count=len(sentence))

    return _store(path, WORD_NUMBERS, numbers, source)


def store_characters(
    path: Path | None, parts: Iterable[str], source: dict[str, Any] | None = None
) -> TokenStore:
    """Keep the characters of a text that comes in parts; raises as `store_words`."""

    def numbers(types: dict[str, int]) -> Iterator[np.ndarray]:
        number_of = np.full(CODE_POINTS, -1, dtype=np.int32)
        for text in _in_large_pieces(parts, "".join):
            codes = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
            distinct, first = np.unique(codes, return_index=True)
            for code in distinct[np.argsort(first)]:
                if number_of[code] < 0:
                    number_of[code] = types.setdefault(chr(code), len(types))
            if len(types) > MOST_CHARACTERS:
                raise InputError(
                    f"the text has more than {MOST_CHARACTERS:,} different characters; is it text?"
                )
            yield number_of[codes].astype(CHARACTER_NUMBERS)

    return _store(path, CHARACTER_NUMBERS, numbers, source)


def open_store(path: Path) -> TokenStore | None:
    """The store of an earlier run, if its bytes are those that were written; else None."""
    try:
        described = parsed(_description(path).read_bytes(), LARGEST_DESCRIPTION)
        if find_mistake(described, DESCRIPTION) or described.keys() != DESCRIPTION.keys():
            return None
        store = TokenStore(path=path, **described)
        return store if _digest_of(store) == store.digest else None
    except (OSError, ValueError):
        return None


def _digest_of(store: TokenStore) -> str | None:
    """The digest of what stands in a store's file; None if a number in it stands for no token."""
    digest = hashlib.blake2b(digest_size=16)
    count = 0
    with open(store.path, "rb") as stream:
        while piece := stream.read(BYTES_A_READ):
            digest.update(piece)
            if len(piece) % np.dtype(store.dtype).itemsize:
                return None
            numbers = np.frombuffer(piece, store.dtype)
            count += len(numbers)
            if numbers.min() < 0 or numbers.max() >= len(store.types):
                return None
    if count != len(store) or len(store.types) != len(store.occurrences):
        return None
    digest.update(_types_as_bytes(store.types))
    return digest.hexdigest()


def _types_as_bytes(types: Iterable[str]) -> bytes:
    return json.dumps(list(types)).encode()


def _store(path: Path | None, dtype: str, numbers, source: dict[str, Any] | None) -> TokenStore:
    types: dict[str, int] = {}
    occurrences = np.zeros(0, dtype=np.int64)
    digest = hashlib.blake2b(digest_size=16)
    with nullcontext(io.BytesIO()) if path is None else atomic_write(path) as stream:
        for batch in _in_large_pieces(numbers(types), np.concatenate):
            occurrences = np.resize(np.append(occurrences, np.zeros(len(types))), len(types))
            occurrences += np.bincount(batch, minlength=len(types))
            _write(stream, batch, digest)
        data = stream.getvalue() if path is None else b""
    digest.update(_types_as_bytes(types))
    store = TokenStore(
        path,
        dtype,
        list(types),
        occurrences.astype(int).tolist(),
        digest.hexdigest(),
        source or {},
        data,
    )
    if path is None:
        return store
    described = {n: v for n, v in vars(store).items() if n not in ("path", "data")}
    with atomic_write(_description(path)) as stream:
        stream.write(json.dumps(described).encode())
    return store


def _write(stream: BinaryIO, batch: np.ndarray, digest) -> None:
    data = batch.tobytes()
    digest.update(data)
    stream.write(data)


def _in_large_pieces(parts: Iterable[Any], join: Callable[[list[Any]], Any]) -> Iterator[Any]:
    """Parts joined so that there are few, and none is much longer than it has to be."""
    held: list[Any] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= CHARACTERS_A_WRITE:
            yield join(held)
            held, size = [], 0
    if held:
        yield join(held)


def _description(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def file_identity(path: str | Path) -> dict[str, Any]:
    """What tells a file from its next version without reading it; empty for standard input."""
    try:
        status = os.stat(path)
    except OSError:
        return {}
    return {"path": str(Path(path).resolve()), "size": status.st_size, "time": status.st_mtime_ns}
