"""Sentences whose every word has a label."""

from typing import NamedTuple


class TaggedSentence(NamedTuple):
    """Words and their labels, one for each."""

    words: tuple[str, ...]
    labels: tuple[str, ...]
