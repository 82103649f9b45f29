"""Sentences whose every word has a label."""

from collections.abc import Iterable
from typing import NamedTuple

from rnn_graph.errors import InputError


class TaggedSentence(NamedTuple):
    """Words and their labels, one for each."""

    words: tuple[str, ...]
    labels: tuple[str, ...]


def tagged_of_pairs(sentences) -> list[TaggedSentence]:
    """Lists of (word, label) as tagged sentences.

    Raises
    ------
    InputError
        If a sentence is empty, or something in it is no pair of strings.
    """
    if not isinstance(sentences, Iterable):
        raise InputError(f"no sentences but {sentences!r}; give a path, or a list of sentences")
    tagged = []
    for sentence in sentences:
        if isinstance(sentence, TaggedSentence):
            tagged.append(sentence)
            continue
        pairs = list(sentence)
        if not pairs or not all(
            isinstance(pair, tuple | list) and [type(part) for part in pair] == [str, str]
            for pair in pairs
        ):
            raise InputError(
                f"sentence {len(tagged)} is {str(sentence)[:60]!r}; give a list of (word, label)"
            )
        tagged.append(TaggedSentence(*(tuple(column) for column in zip(*pairs, strict=True))))
    if not tagged:
        raise InputError("no sentence to train on; give at least one")
    return tagged
