"""Labels for sentences, many at a time."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from rnn_graph.backend.devices import Backend
from rnn_graph.data.batches import SENTENCES_A_BATCH, batches_by_length, pad_batch
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.predict.metrics import TagScore, score_tags


class Tagger(Protocol):
    """What labels sentences: `RNNSLU` and `SequenceTagger`."""

    vocabulary: TagVocabulary
    backend: Backend

    @property
    def window(self) -> int: ...

    @property
    def dtype(self) -> str: ...

    def encode_words(self, words: Sequence[str]) -> np.ndarray: ...

    def predict_labels(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray: ...


def tag_sentences(tagger: Tagger, sentences: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The most probable labels of each sentence's words.

    Parameters
    ----------
    tagger
        A model with a vocabulary.
    sentences
        Words, at least one a sentence.
    """
    encoded = [tagger.encode_words(words) for words in sentences]
    labels: list[tuple[str, ...]] = [()] * len(encoded)
    for places in batches_by_length(encoded, SENTENCES_A_BATCH):
        guesses = tagger.predict_labels(*pad_batch(tagger, [encoded[i] for i in places]))
        for column, place in enumerate(places):
            labels[place] = tagger.vocabulary.decode_labels(guesses[: len(encoded[place]), column])
    return labels


def score_tagger(tagger: Tagger, sentences: Sequence[TaggedSentence]) -> TagScore:
    """How well a model labels sentences whose labels are known."""
    guesses = tag_sentences(tagger, [sentence.words for sentence in sentences])
    return score_tags([sentence.labels for sentence in sentences], guesses)
