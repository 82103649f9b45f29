"""Texts of any size to train language models on: stored once, split, encoded.

The order matters: what is held out is set apart first, and the vocabulary is made of the rest.
"""

import hashlib
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.checks import require_shares
from rnn_graph.data.char_vocabulary import NEWLINE, CharVocabulary, named
from rnn_graph.data.reading import WORD, Reading, stored_tokens
from rnn_graph.data.sentences import TextData, name_of
from rnn_graph.data.splitting import Splitting
from rnn_graph.data.stream import Ids
from rnn_graph.data.token_store import TokenStore, places_of
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, Vocabulary
from rnn_graph.errors import InputError, InputWarning

TOKENS = "tokens"
NAMED_TOKENS = 10  # of those that are not known
# Beyond these, what stands between blanks is hardly words of sentences.
LONGEST_MEAN_WORD, SHORTEST_MEAN_SENTENCE, FEWEST_SENTENCES = 15, 2, 20

AnyVocabulary = Vocabulary | CharVocabulary


@dataclass(frozen=True)
class LanguageCorpus:
    r"""A text to train on.

    Attributes
    ----------
    vocabulary
        Of the training part alone, unless it was given.
    training, held_out
        Ids: sentences from marker to marker; lines as "\nab\ncd\n"; or running text.
        `held_out` is None if nothing is. A character that the vocabulary does not know is -1: it
        is read as the start, and is not predicted.
    digest
        Of the text and of how it is split.
    description
        How much there is, in a line.
    """

    vocabulary: AnyVocabulary
    training: Ids
    held_out: Ids | None
    digest: str
    description: str


def read_language_corpus(
    data: TextData,
    *,
    unit: str = WORD,
    held_out: float = 0.0,
    valid: TextData | None = None,
    vocabulary_size: int = 8000,
    vocabulary: AnyVocabulary | None = None,
    splitting: Splitting | None = None,
    lowercase: bool = False,
    limit: int | None = None,
    longest_line: int | None = None,
    folder: str | Path | None = None,
    **decoding: Any,
) -> LanguageCorpus:
    """Read a text to train on, and what is held out of it.

    Parameters
    ----------
    data
        A path, a list of strings (documents of words, or lines), or a list of token lists.
    unit
        "word"; or of characters "line" for lines that each begin anew, "text" for running text.
    held_out
        The share of the sentences or characters of running text from the end, or of the lines
        from all over the text, that is not trained on.
    valid
        A text of its own that is held out instead.
    vocabulary_size
        Words at most.
    vocabulary
        That of an existing model, used as it is; else it is made of the training part.
    splitting
        How words are split; None for that of `vocabulary`, or else the defaults. Where it differs
        from that of `vocabulary` an `InputWarning` says so.
    lowercase
        Whether characters are read in lower case; `splitting` has it for words.
    limit
        Only the first sentences or lines, so many, are read.
    longest_line
        The most characters a line may have, of unit "line".
    folder
        Where the tokens are stored, so that they take no memory and the same file is not read
        again; None to keep them in memory.
    decoding
        `file_format`, `delimiter`, `encoding` and `errors`, as for `read_documents`; `unknown`:
        "skip" leaves characters that the vocabulary does not know out of the score, with an
        `InputWarning`, and takes words for the unknown one; "error" refuses both, but for words of
        the text that is trained on.

    Raises
    ------
    InputError
        If a file cannot be read, the split leaves nothing, a setting is out of its range, or the
        validation text has nothing that the vocabulary knows.
    """
    require_shares(held_out=held_out)
    if held_out and valid is not None:
        raise InputError(f"held_out is {held_out:g} and there is a validation text; give one")
    if isinstance(vocabulary, Vocabulary):
        splitting = _known_splitting(vocabulary, splitting)
    if isinstance(vocabulary, CharVocabulary):
        lowercase = vocabulary.lowercase
    reading = Reading(
        unit,
        splitting,
        lowercase,
        limit,
        longest_line,
        held_out=held_out if unit == "line" else 0.0,
        **decoding,
    ).checked(data)
    store = stored_tokens(data, None if folder is None else Path(folder, TOKENS), reading)
    if unit == WORD and reading.splitting.tokenizer != "characters":
        _warn_of_text_without_blanks(store, name_of(data))
    cut = _cut(store, unit, held_out)
    description = [f"{name_of(data)}: {_amount(store, unit)}"]
    if vocabulary is None:
        vocabulary = _fitted(store, cut, vocabulary_size, reading)
        description.append(_size(vocabulary, vocabulary_size))
    if not isinstance(vocabulary, Vocabulary):
        _look_at_unknown(store, vocabulary, reading.unknown, name_of(data))
    ids = store.ids(lambda types: known_ids(vocabulary, types))
    digest = f"{store.digest} {held_out:g}"
    kept: Ids | None = None
    if valid is not None:
        kept = read_language_ids(valid, vocabulary, splitting=reading.splitting, **decoding)
        _require_known(kept, vocabulary, name_of(valid))
        digest = f"{store.digest} {hashlib.blake2b(kept.tobytes(), digest_size=16).hexdigest()}"
    elif cut < len(ids):
        # The newline that ends the last line trained on also starts the first one held out.
        kept = ids.part(cut - (unit == "line"), len(ids))
    if kept is not None:
        description.append(f"{len(kept):,} tokens are held out")
    training: Ids = ids.part(0, cut)
    if folder is None:
        training, kept = training[:], None if kept is None else kept[:]
    return LanguageCorpus(vocabulary, training, kept, digest, "; ".join(description))


def read_language_ids(
    data: TextData,
    vocabulary: AnyVocabulary,
    *,
    splitting: Splitting | None = None,
    limit: int | None = None,
    **decoding: Any,
) -> np.ndarray:  # -> int32 [n]
    """A text as the ids that an existing model reads, in the form of `LanguageCorpus.training`.

    Parameters
    ----------
    data, splitting, limit, decoding
        As for `read_language_corpus`.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    is_word = isinstance(vocabulary, Vocabulary)
    if is_word:
        splitting = _known_splitting(vocabulary, splitting)
    reading = Reading(
        WORD if is_word else vocabulary.unit,
        splitting,
        not is_word and vocabulary.lowercase,
        limit,
        None,
        **decoding,
    ).checked(data)
    store = stored_tokens(data, None, reading)
    ids = store.ids(lambda types: known_ids(vocabulary, types))[:]
    _look_at_unknown(store, vocabulary, reading.unknown, name_of(data))
    return ids


def known_ids(vocabulary: AnyVocabulary, tokens: Iterable[str]) -> np.ndarray:  # -> int32 [n]
    """Ids of tokens; of those not known that of the unknown word, and -1 of characters."""
    if isinstance(vocabulary, Vocabulary):
        return vocabulary.encode(tokens)
    places = {symbol: place for place, symbol in enumerate(vocabulary.symbols)}
    return np.array([places.get(symbol, -1) for symbol in tokens], dtype=np.int32)


def split_held_out(
    parts: Sequence[Any], share: float, name: str = "sentences"
) -> tuple[Sequence[Any], Sequence[Any]]:
    """The sentences (or what else `name` says) to train on, and the last ones, kept back."""
    cut = len(parts) - _kept(len(parts), share, name)
    return parts[:cut], parts[cut:]


def _known_splitting(vocabulary: Vocabulary, given: Splitting | None) -> Splitting | None:
    """How text is split for a vocabulary: as given, or else as it was split for training."""
    trained = vocabulary.splitting
    if None not in (given, trained):
        differences = [
            f"{name} is {value!r}, and the model was trained with {trained.as_dict()[name]!r}"
            for name, value in given.as_dict().items()
            if name != "column" and value != trained.as_dict()[name]
        ]
        if differences:
            warnings.warn(InputWarning("; ".join(differences)), stacklevel=3)
    return given or trained


def _cut(store: TokenStore, unit: str, share: float) -> int:
    """The place before which the text is trained on."""
    if unit == "text":
        return len(store) - _kept(len(store), share, "characters")
    if not share:
        return len(store)
    marker, name = (SENTENCE_START, "sentences") if unit == WORD else (NEWLINE, "lines")
    numbers = store.ids(lambda types: np.arange(len(types)))
    places = places_of(numbers, store.types.index(marker))
    if unit == WORD:
        return int(places[len(places) - _kept(len(places), share, name)])
    lines = len(places) - 1  # the newline before the first line ends none
    return int(places[lines - _kept(lines, share, name)]) + 1


def _kept(count: int, share: float, name: str) -> int:
    kept = round(count * share)
    if share > 0 and not 0 < kept < count:
        raise InputError(
            f"--held-out {share:g} of {count:,} {name} leaves none to train on or none to keep;"
            " give another share, or more text"
        )
    return kept


def _fitted(store: TokenStore, cut: int, size: int, reading: Reading) -> AnyVocabulary:
    """The vocabulary of the text up to `cut`."""
    counts = store.counts(0, cut)
    if reading.unit == WORD:
        required = (SENTENCE_START, SENTENCE_END)
        return Vocabulary.from_counts(counts, size, required=required, splitting=reading.splitting)
    if reading.unit == "text":
        return CharVocabulary.of_text(counts, lowercase=reading.lowercase)
    types = np.array(store.types)
    text = "".join(types[store.numbers(0, cut)])
    lines = text.removeprefix(NEWLINE).removesuffix(NEWLINE).split(NEWLINE)
    return CharVocabulary.of_lines(lines, lowercase=reading.lowercase)


def _require_known(ids: np.ndarray, vocabulary: AnyVocabulary, name: str) -> None:
    nothing = [-1]
    if isinstance(vocabulary, Vocabulary):
        nothing = [vocabulary[token] for token in (SENTENCE_START, SENTENCE_END)]
        nothing.append(vocabulary.unknown_id)
    elif vocabulary.unit == "line":
        nothing.append(vocabulary[NEWLINE])
    if np.isin(ids, nothing).all():
        raise InputError(
            f"{name} has nothing that the vocabulary knows; give text in the language of the model"
        )


def _look_at_unknown(store: TokenStore, vocabulary: AnyVocabulary, unknown: str, name: str) -> None:
    """Name what the vocabulary does not know: refused, or for characters said."""
    is_word = isinstance(vocabulary, Vocabulary)
    if is_word and unknown == "skip":
        return
    known = {*(vocabulary.tokens if is_word else vocabulary.symbols)}
    counts = dict(zip(store.types, store.occurrences, strict=True))
    found = [token for token in counts if token not in known]
    if not found:
        return
    more = len(found) - NAMED_TOKENS
    names = ", ".join((repr if is_word else named)(token) for token in found[:NAMED_TOKENS])
    names += f" and {more:,} more" if more > 0 else ""
    times = sum(counts[token] for token in found)
    what = f"{name}: the model does not know {names}"
    if unknown == "error":
        raise InputError(
            f"{what}, {times:,} times in all; leave out --unknown error, or change the text"
        )
    warnings.warn(
        InputWarning(f"{what}; where they stand, {times:,} times in all, nothing is predicted"),
        stacklevel=3,
    )


def _warn_of_text_without_blanks(store: TokenStore, name: str) -> None:
    counts = dict(zip(store.types, store.occurrences, strict=True))
    sentences = counts.pop(SENTENCE_START)
    counts.pop(SENTENCE_END)
    count = sum(counts.values())
    characters = sum(len(word) * times for word, times in counts.items())
    are_long = characters > LONGEST_MEAN_WORD * count
    are_alone = sentences >= FEWEST_SENTENCES and count < SHORTEST_MEAN_SENTENCE * sentences
    if not are_long and not are_alone:
        return
    remedy = "a list of words, such as names, is learned by `rnn-graph train char --unit line`"
    if are_long or max(map(_script_without_blanks, counts), default=False):
        remedy = (
            "if words do not stand between blanks, give --tokenizer characters, or learn characters"
            " with `rnn-graph train char`"
        )
    warnings.warn(
        InputWarning(
            f"{name}: {count / sentences:.1f} words a sentence, of"
            f" {characters / max(count, 1):.1f} characters; {remedy}"
        ),
        stacklevel=3,
    )


def _script_without_blanks(word: str) -> bool:
    """Whether a word has letters of Thai, Khmer, Chinese, Japanese or the like."""
    return any("\u0e00" <= c <= "\u1cff" or "\u3040" <= c <= "\u9fff" for c in word)


def _amount(store: TokenStore, unit: str) -> str:
    if unit == WORD:
        sentences = store.occurrences[store.types.index(SENTENCE_START)]
        return (
            f"{sentences:,} sentences, {len(store):,} tokens with markers,"
            f" {len(store.types):,} types"
        )
    if unit == "text":
        return f"{len(store):,} characters, {len(store.types):,} different ones"
    lines = store.occurrences[store.types.index(NEWLINE)] - 1
    return f"{lines:,} lines, {len(store) - 1 - lines:,} characters"


def _size(vocabulary: AnyVocabulary, asked_for: int) -> str:
    if isinstance(vocabulary, Vocabulary):
        fewer = len(vocabulary) < asked_for
        asked = f", all that there are of the {asked_for:,} asked for" if fewer else ""
        return f"a vocabulary of {len(vocabulary):,} words{asked}"
    return f"a vocabulary of {len(vocabulary):,} characters"
