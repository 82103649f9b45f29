"""Labels for sentences, many at a time."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from rnn_graph.batching import bucket_length
from rnn_graph.compiling import Backend
from rnn_graph.metrics import TagScore, score_tags
from rnn_graph.tag_vocabulary import TagVocabulary
from rnn_graph.tagged_sentences import TaggedSentence
from rnn_graph.windows import PADDING

SENTENCES_A_BATCH = 64


class Tagger(Protocol):
    """What labels sentences: `RNNSLU` and `SequenceTagger`."""

    vocabulary: TagVocabulary
    backend: Backend

    @property
    def window(self) -> int: ...

    @property
    def dtype(self) -> str: ...

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
    encoded = [tagger.vocabulary.encode_words(words) for words in sentences]
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


def batches_by_length(sentences: Sequence[np.ndarray], size: int) -> Iterator[list[int]]:
    """The places of sentences, `size` of about the same length at a time."""
    order = sorted(range(len(sentences)), key=lambda place: len(sentences[place]))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def pad_batch(
    tagger: Tagger, sentences: Sequence[np.ndarray], size: int = SENTENCES_A_BATCH
) -> tuple[np.ndarray, np.ndarray]:
    """The ids and the mask of a batch, as `predict_labels` wants them.

    Where each new shape costs a compilation, they are as long as a bucket and `size` wide.
    """
    length = max(map(len, sentences))
    if tagger.backend.compiles_per_shape:
        length = bucket_length(length)
    else:
        size = len(sentences)
    margin = tagger.window // 2
    ids = np.full((length + 2 * margin, size), PADDING, dtype=np.int32)
    mask = np.zeros((length, size), dtype=tagger.dtype)
    for column, words in enumerate(sentences):
        ids[margin : margin + len(words), column] = words
        mask[: len(words), column] = 1
    return ids, mask
