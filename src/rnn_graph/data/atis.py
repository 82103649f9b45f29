"""The layout of the ATIS pickles: sentences as arrays of indices, and dictionaries to read them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rnn_graph.data.safe_pickle import PickledArray, unpickle_arrays
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.errors import InputError

PARTS_BY_LENGTH = {4: ("train", "valid", "test"), 3: ("train", "test")}
LAYOUT = (
    "a tuple (train, valid, test, dicts) or (train, test, dicts), where dicts holds words2idx and"
    " labels2idx, and the others are (words, tables, labels)"
)


def atis_sentences(data: bytes, path: str | Path, part: str) -> Iterator[TaggedSentence]:
    """Yield the sentences of an ATIS pickle, empty ones too.

    Parameters
    ----------
    data
        The pickle, unzipped: a tuple `(train, valid, test, dicts)`, or without `valid`. Each
        part is `(words, tables, labels)`, each of these a list with an array of indices per
        sentence; `dicts` has the indices of words and labels.
    path
        Where it is from, for the messages.
    part
        "train", "valid" or "test".

    Raises
    ------
    InputError
        If it is another kind of pickle, has no such part, or its numbers do not fit together.
    """
    content = unpickle_arrays(data, path)
    if not isinstance(content, tuple | list) or len(content) not in PARTS_BY_LENGTH:
        raise InputError(f"{path} has another layout than ATIS; expected {LAYOUT}")
    *parts, dictionaries = content
    names = PARTS_BY_LENGTH[len(content)]
    if part not in names:
        raise InputError(
            f"{path} has no part {part!r}, only {' and '.join(names)}; give a file with a"
            f" {part!r} part, or another file for it"
        )
    words, labels = _lists(parts[names.index(part)], path, part)
    word_of = _inverted(dictionaries, "words2idx", path)
    label_of = _inverted(dictionaries, "labels2idx", path)
    for number, (word_ids, label_ids) in enumerate(zip(words, labels, strict=True), 1):
        where = f"{path}, {part} sentence {number}"
        sentence = TaggedSentence(
            _looked_up(word_ids, word_of, f"{where}: words"),
            _looked_up(label_ids, label_of, f"{where}: labels"),
        )
        if len(sentence.words) != len(sentence.labels):
            raise InputError(
                f"{where}: {len(sentence.words)} words and {len(sentence.labels)} labels;"
                " expected a label for each word"
            )
        yield sentence


def _lists(content: Any, path: str | Path, part: str) -> tuple[list, list]:
    is_part = isinstance(content, tuple | list) and len(content) == 3
    if not is_part or not isinstance(content[0], list) or not isinstance(content[2], list):
        raise InputError(f"{path}: {part} is no (words, tables, labels); expected {LAYOUT}")
    words, _, labels = content
    if len(words) != len(labels):
        raise InputError(
            f"{path}: {part} has the words of {len(words)} sentences and the labels of"
            f" {len(labels)}; the file is damaged"
        )
    return words, labels


def _inverted(dictionaries: Any, name: str, path: str | Path) -> dict[int, str]:
    indices = dictionaries.get(name) if isinstance(dictionaries, dict) else None
    if not isinstance(indices, dict):
        raise InputError(f"{path} has no dictionary {name}; expected {LAYOUT}")
    if any(type(key) is not str or type(index) is not int for key, index in indices.items()):
        raise InputError(f"{path}: {name} maps other than strings to integers; expected {LAYOUT}")
    names = {index: key for key, index in indices.items()}
    if len(names) != len(indices):
        raise InputError(
            f"{path}: {name} has {len(indices)} entries, but only {len(names)} indices; every"
            " entry needs its own"
        )
    return names


def _looked_up(array: Any, names: dict[int, str], where: str) -> tuple[str, ...]:
    values = array.values if isinstance(array, PickledArray) else None
    # An empty array may be of any type, such as the floating-point one that NumPy makes of [].
    if values is None or values.ndim != 1 or (values.size and values.dtype.kind not in "iu"):
        raise InputError(f"{where} are no array of indices; expected one axis of integers")
    try:
        return tuple(names[index] for index in values.tolist())
    except KeyError as error:
        raise InputError(
            f"{where} have the index {error}, which is not among the {len(names)} of the"
            " dictionary; the file is damaged"
        ) from None
