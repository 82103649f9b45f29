"""Labels for sentences, many at a time."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from rnn_graph.backend.devices import Backend
from rnn_graph.data.batches import SENTENCES_A_BATCH, batches_by_length, pad_batch
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.predict.metrics import TagScore, score_tags

# Of so many sentences larger batches are faster, and have fewer lengths to compile for.
MANY_SENTENCES = 256


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
    # A word is encoded once, however often it occurs.
    places_of_words = {word: k for k, word in enumerate({w: None for s in sentences for w in s})}
    table = tagger.encode_words(list(places_of_words))
    encoded = [table[[places_of_words[word] for word in words]] for words in sentences]
    labels: list[tuple[str, ...]] = [()] * len(encoded)
    size = MANY_SENTENCES if len(encoded) >= MANY_SENTENCES else SENTENCES_A_BATCH
    for places in batches_by_length(encoded, size):
        guesses = tagger.predict_labels(*pad_batch(tagger, [encoded[i] for i in places], size))
        for column, place in enumerate(places):
            labels[place] = tagger.vocabulary.decode_labels(guesses[: len(encoded[place]), column])
    return labels


def score_tagger(tagger: Tagger, sentences: Sequence[TaggedSentence]) -> TagScore:
    """How well a model labels sentences whose labels are known."""
    guesses = tag_sentences(tagger, [sentence.words for sentence in sentences])
    return score_tags([sentence.labels for sentence in sentences], guesses)
