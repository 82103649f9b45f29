"""The words and labels behind a tagger's ids."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from rnn_graph.data.splitting import UNKNOWN_MARKERS, UNKNOWN_TOKEN, Splitting
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.data.vocabulary import Vocabulary
from rnn_graph.errors import InputError

DIGIT = "DIGIT"  # stands for each digit, as in the published ATIS data


@dataclass(frozen=True)
class TagVocabulary:
    """What a tagger knows: words in their plain form, and labels.

    Parameters
    ----------
    words
        In the order of their ids.
    labels
        In the order of their ids.
    lowercase
        Whether words are looked up in lower case.
    splitting
        How a text to tag is split into words where nothing else is said; None for NLTK's
        tokenizer.
    """

    words: Vocabulary
    labels: tuple[str, ...]
    lowercase: bool = True
    splitting: Splitting | None = field(default=None, compare=False)

    @classmethod
    def of(
        cls,
        sentences: Iterable[TaggedSentence],
        *,
        lowercase: bool = True,
        splitting: Splitting | None = None,
    ) -> "TagVocabulary":
        """All words and labels of sentences, in alphabetical order, and the unknown word."""
        sentences = list(sentences)
        words = {plain_form(w, lowercase=lowercase) for s in sentences for w in s.words}
        labels = {label for s in sentences for label in s.labels}
        words.discard(UNKNOWN_TOKEN)
        vocabulary = Vocabulary([*sorted(words), UNKNOWN_TOKEN])
        return cls(vocabulary, tuple(sorted(labels)), lowercase, splitting)

    def require_sizes(self, *, words: int, labels: int) -> None:
        """Refuse to stand for a model of another size."""
        if (len(self.words), len(self.labels)) != (words, labels):
            raise InputError(
                f"the vocabulary has {len(self.words)} words and {len(self.labels)} labels, the"
                f" model {words} and {labels}; give the vocabulary it was trained with"
            )

    def encode_words(self, words: Iterable[str]) -> np.ndarray:
        """Word ids, int32; those of the unknown word for words that are not known."""
        return self.words.encode(plain_form(word, lowercase=self.lowercase) for word in words)

    def encode_labels(self, labels: Iterable[str]) -> np.ndarray:
        """Label ids, int32.

        Raises
        ------
        InputError
            If a label is not known.
        """
        try:
            return np.array([self._label_ids[label] for label in labels], dtype=np.int32)
        except KeyError as error:
            raise InputError(
                f"the label {error} is none of the {len(self.labels)} that the tagger knows; give"
                " sentences with its labels, or a vocabulary with theirs"
            ) from None

    def encode(
        self, sentences: Sequence[TaggedSentence]
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Word ids and label ids of the sentences to train on.

        Raises
        ------
        InputError
            If there is no sentence, or a label is not known.
        """
        if not len(sentences):
            raise InputError("no sentence to train on; give at least one")
        return (
            [self.encode_words(sentence.words) for sentence in sentences],
            [self.encode_labels(sentence.labels) for sentence in sentences],
        )

    def decode_labels(self, ids: Sequence[int] | np.ndarray) -> tuple[str, ...]:
        """The labels of ids."""
        return tuple(self.labels[i] for i in ids)

    @cached_property
    def _label_ids(self) -> dict[str, int]:
        return {label: i for i, label in enumerate(self.labels)}


def plain_form(word: str, *, lowercase: bool) -> str:
    """The word as it is looked up: each digit as `DIGIT`, in lower case if asked for.

    Examples
    --------
    >>> plain_form("Flight", lowercase=True), plain_form("7am", lowercase=True)
    ('flight', 'DIGITam')
    >>> plain_form("DIGITam", lowercase=True), plain_form("<UNK>", lowercase=True)
    ('DIGITam', 'UNKNOWN_TOKEN')
    """
    if word in UNKNOWN_MARKERS:
        return UNKNOWN_TOKEN
    if lowercase:
        word = DIGIT.join(part.lower() for part in word.split(DIGIT))
    return re.sub(r"[0-9]", DIGIT, word)
