"""Texts of any size for training in minibatches: stored once, encoded, split."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.cli.console import log
from rnn_graph.data.batches import Ids
from rnn_graph.data.char_vocabulary import CharVocabulary, plain_text
from rnn_graph.data.characters import read_ids, require_text, stream_text
from rnn_graph.data.sentences import read_sentences
from rnn_graph.data.text_files import STANDARD_INPUT
from rnn_graph.data.token_store import (
    StoredIds,
    TokenStore,
    file_identity,
    open_store,
    store_characters,
    store_words,
)
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, Vocabulary
from rnn_graph.errors import InputError

TOKENS = "tokens"
TOKENS_A_LOOK = 2**16


@dataclass(frozen=True)
class LanguageCorpus:
    """A text to train on.

    Attributes
    ----------
    training, held_out
        Ids; None for no held-out text.
    digest
        Of the text and of how it is split.
    """

    vocabulary: Vocabulary | CharVocabulary
    training: Ids
    held_out: Ids | None
    digest: str


def read_words(
    data: Path,
    folder: Path,
    *,
    vocabulary_size: int,
    held_out: float,
    valid: Path | None,
    reading: dict[str, Any],
) -> LanguageCorpus:
    """Read sentences; the most frequent words are the vocabulary.

    Raises
    ------
    InputError
        If a file cannot be read, the split leaves nothing, or the validation text has no known
        word.
    """
    source = {"words": True, **reading}
    store = _stored(data, folder, source, lambda path: read_sentences(path, **reading), store_words)
    required = (SENTENCE_START, SENTENCE_END)
    vocabulary = Vocabulary.from_counts(store.counts, vocabulary_size, required=required)
    if len(vocabulary) < vocabulary_size:
        log(f"the text has fewer types than asked for: a vocabulary of {len(vocabulary):,} words")
    ids = store.ids(vocabulary.encode)
    start = vocabulary[SENTENCE_START]
    training, kept = _split(ids, held_out, lambda cut: _start_before(ids, cut, start))
    _say(data, store, "tokens with markers", "types")
    if valid is None:
        return LanguageCorpus(vocabulary, training, kept, f"{store.digest} {held_out:g}")
    sentences = [vocabulary.encode(words) for words in read_sentences(valid, **reading)]
    validation = np.concatenate(sentences)
    markers = [vocabulary[marker] for marker in (SENTENCE_START, SENTENCE_END)]
    if np.isin(validation, [*markers, vocabulary.unknown_id]).all():
        raise InputError(
            f"{valid} has no word of the vocabulary; give text in the language of {data}"
        )
    return LanguageCorpus(vocabulary, training, validation, _with_valid(store.digest, validation))


def read_characters(
    data: Path,
    folder: Path,
    *,
    lowercase: bool,
    held_out: float,
    valid: Path | None,
    decoding: dict[str, Any],
) -> LanguageCorpus:
    """Read running text; all its characters are the vocabulary.

    Raises
    ------
    InputError
        If a file cannot be read, the split leaves nothing, or the validation text has a character
        that the other one has not.
    """
    source = {"words": False, "lowercase": lowercase, **decoding}

    def read(path: Path) -> Iterable[str]:
        return (plain_text(part, lowercase=lowercase) for part in stream_text(path, **decoding))

    store = _stored(data, folder, source, read, store_characters)
    require_text(data, len(store))
    vocabulary = CharVocabulary(tuple(sorted(store.types)), "text", lowercase)
    ids = store.ids(lambda types: np.array([vocabulary[symbol] for symbol in types]))
    training, kept = _split(ids, held_out, lambda cut: cut)
    _say(data, store, "characters", "different ones")
    if valid is None:
        return LanguageCorpus(vocabulary, training, kept, f"{store.digest} {held_out:g}")
    (validation,) = read_ids(valid, vocabulary, **decoding)
    return LanguageCorpus(vocabulary, training, validation, _with_valid(store.digest, validation))


def _stored(data: Path, folder: Path, source: dict[str, Any], read, store) -> TokenStore:
    """The text's tokens: those of an earlier run if the file is the same, else read anew."""
    path = folder / TOKENS
    source = {name: str(value) for name, value in source.items()} | file_identity(data)
    found = open_store(path)
    if found is not None and found.source == source and str(data) != STANDARD_INPUT:
        return found
    return store(path, read(data), source)


def _split(ids: StoredIds, share: float, boundary) -> tuple[StoredIds, StoredIds | None]:
    """The text to train on, and its last part if a share of it is held out."""
    if not share:
        return ids, None
    cut = boundary(len(ids) - round(len(ids) * share))
    if not 0 < cut < len(ids) - 1:
        raise InputError(
            f"--held-out {share:g} of {len(ids):,} tokens leaves none to train on or none to keep;"
            " give another share, or more text"
        )
    return ids.part(0, cut), ids.part(cut, len(ids))


def _start_before(ids: StoredIds, cut: int, start: int) -> int:
    """The last place up to `cut` where a sentence starts."""
    while cut > 0:
        begin = max(0, cut - TOKENS_A_LOOK)
        found = np.flatnonzero(ids[begin : cut + 1] == start)
        if len(found):
            return begin + int(found[-1])
        cut = begin
    return 0


def _with_valid(digest: str, validation: np.ndarray) -> str:
    return f"{digest} {hashlib.blake2b(validation.tobytes(), digest_size=16).hexdigest()}"


def _say(data: Path, store: TokenStore, tokens: str, types: str) -> None:
    log(f"{data}: {len(store):,} {tokens}, {len(store.types):,} {types}")


def split_held_out(
    parts: Sequence[Any], share: float, name: str = "sentences"
) -> tuple[Sequence[Any], Sequence[Any]]:
    """The sentences (or what else `name` says) to train on, and the last ones, kept back."""
    kept = round(len(parts) * share)
    if share > 0 and not 0 < kept < len(parts):
        raise InputError(
            f"--held-out {share:g} of {len(parts)} {name} leaves none to train on or none"
            " to keep; give another share, or more text"
        )
    return parts[: len(parts) - kept], parts[len(parts) - kept :]
