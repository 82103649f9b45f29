"""Sentences as token sequences, and a corpus of them as numbers.

Documents become sentences and tokens one at a time: building a vocabulary from a file of any
size holds one document and the counts in memory.
"""

import warnings
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from rnn_graph.data.splitting import Splitting
from rnn_graph.data.text_files import read_documents, refuse_column_of_text
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, Vocabulary
from rnn_graph.errors import InputError, InputWarning

LONGEST_SENTENCE = 1000  # words
# A path, documents, or sentences that are split into words.
TextData = str | Path | Sequence[str] | Sequence[Sequence[str]]


def read_sentences(
    data: TextData,
    *,
    pre_split: bool = False,
    tokenizer: str = "nltk",
    lowercase: bool = True,
    column: str | None = None,
    **reading,
) -> Iterator[list[str]]:
    """Read sentences as token lists between the sentence markers.

    Lower-cases each document, splits it into sentences and words as the tutorial did, and wraps
    each sentence in `SENTENCE_START … SENTENCE_END`.

    Parameters
    ----------
    data
        A file as for `read_documents`; a list of documents; or a list of token lists, which get
        the markers that they lack, and else stay as they are.
    pre_split, tokenizer, lowercase, column
        As for `Splitting`.
    reading
        `file_format`, `delimiter`, `encoding` and `errors` as for `read_documents`.

    Returns
    -------
    iterator of list of str
        Sentences of more than 1,000 words come in pieces of that length, with an `InputWarning`.

    Raises
    ------
    InputError
        As `read_documents`, and if `data` is none of these or empty.

    Examples
    --------
    >>> from rnn_graph import read_sentences
    >>> for sentence in read_sentences(["Hello there. Who are you?"]):
    ...     print(sentence)
    ['SENTENCE_START', 'hello', 'there', '.', 'SENTENCE_END']
    ['SENTENCE_START', 'who', 'are', 'you', '?', 'SENTENCE_END']
    """
    refuse_column_of_text(data, {"column": column, **reading})
    splitting = Splitting(pre_split, str(tokenizer), lowercase, column or "body")
    return split_sentences(data, splitting, **reading)


def split_sentences(data: TextData, splitting: Splitting, **reading) -> Iterator[list[str]]:
    """`read_sentences` with the settings in one."""
    if isinstance(data, str | Path):
        documents = read_documents(data, column=splitting.column, **reading)
    else:
        documents = listed(data)
    has_warned = False
    for document in documents:
        for words in splitting.sentences(document) if isinstance(document, str) else [document]:
            if len(words) > LONGEST_SENTENCE and not has_warned:
                warn_of_pieces(len(words), name_of(data))
                has_warned = True
            yield from map(with_markers, pieces(words))


def listed(data) -> Sequence:
    """The documents or sentences of a list, after a look at their types.

    Raises
    ------
    InputError
        If `data` is no list, has nothing in it, or holds other than strings or lists of strings.
    """
    if not isinstance(data, Sequence | np.ndarray) or isinstance(data, bytes):
        raise InputError(
            f"data is {type(data).__name__}; give a path, a list of strings, or a list of token"
            " lists"
        )
    if not len(data):
        raise InputError("data is an empty list; give at least one sentence")
    strings = isinstance(data[0], str)
    for place, item in enumerate(data):
        if strings != isinstance(item, str) or not _is_text(item):
            raise InputError(
                f"data[{place}] is {str(item)[:50]!r}; give strings alone, or lists of strings"
                " alone"
            )
    return data


def _is_text(item) -> bool:
    return isinstance(item, str) or (
        isinstance(item, Sequence | np.ndarray) and all(isinstance(token, str) for token in item)
    )


def pieces(sentence: Sequence) -> Iterator[Sequence]:
    """A sentence; in parts if it is longer than sentences are, such as text without punctuation."""
    for begin in range(0, max(len(sentence), 1), LONGEST_SENTENCE):
        yield sentence[begin : begin + LONGEST_SENTENCE]


def warn_of_pieces(words: int, name: str) -> None:
    """Say that a sentence of so many words is read in pieces, and others like it."""
    warnings.warn(
        InputWarning(
            f"{name}: sentences longer than {LONGEST_SENTENCE:,} words, such as one of"
            f" {words:,}, are read in pieces of that length"
        ),
        stacklevel=3,
    )


def name_of(data: TextData) -> str:
    """What messages call a text."""
    return str(data) if isinstance(data, str | Path) else "the text"


def with_markers(words: Iterable[str]) -> list[str]:
    """A sentence from its start marker to its end marker; those that it lacks are added."""
    words = list(words)
    start = [] if words[:1] == [SENTENCE_START] else [SENTENCE_START]
    end = [] if words[-1:] == [SENTENCE_END] else [SENTENCE_END]
    return [*start, *words, *end]


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
        Token sequences, as `read_sentences` yields them. Sentence markers are added where they
        are missing: without them a model never learns to begin or to stop.
    splitting
        How text was split into these words, for the vocabulary; None if it is not known.

    Examples
    --------
    >>> from rnn_graph import Corpus
    >>> corpus = Corpus([["hello", "world"], ["hello", "there", "world"]])
    >>> len(corpus), corpus.token_count, corpus.type_count
    (2, 9, 5)
    >>> vocabulary = corpus.vocabulary(size=5)
    >>> vocabulary.tokens
    ('SENTENCE_START', 'hello', 'world', 'SENTENCE_END', 'UNKNOWN_TOKEN')
    >>> [ids.tolist() for ids in corpus.encode(vocabulary)]
    [[0, 1, 2, 3], [0, 1, 4, 2, 3]]
    """

    def __init__(self, sentences: Iterable[Iterable[str]], splitting: Splitting | None = None):
        self._splitting = splitting
        numbers: dict[str, int] = {}
        tokens, ends = array("i"), array("q")
        for sentence in sentences:
            words = with_markers(sentence)
            tokens.extend(numbers.setdefault(token, len(numbers)) for token in words)
            ends.append(len(tokens))
        self._types = list(numbers)
        self._tokens = np.frombuffer(tokens, dtype=np.intc)
        self._ends = np.frombuffer(ends, dtype=np.int64)

    def __len__(self) -> int:
        """The number of sentences."""
        return len(self._ends)

    @property
    def token_count(self) -> int:
        """Number of tokens, sentence markers included."""
        return len(self._tokens)

    @property
    def type_count(self) -> int:
        """Number of distinct tokens, sentence markers included."""
        return len(self._types)

    def vocabulary(self, size: int) -> Vocabulary:
        """The most frequent tokens, the sentence markers always among them.

        Parameters
        ----------
        size
            Number of ids, at least 4; with fewer types at hand the vocabulary is smaller.

        Returns
        -------
        Vocabulary

        Raises
        ------
        InputError
            If `size` is below 4.
        """
        occurrences = np.bincount(self._tokens, minlength=len(self._types))
        counts = Counter(dict(zip(self._types, occurrences.tolist(), strict=True)))
        required = (SENTENCE_START, SENTENCE_END)
        return Vocabulary.from_counts(counts, size, required=required, splitting=self._splitting)

    def encode(self, vocabulary: Vocabulary) -> list[np.ndarray]:
        """The ids of every sentence.

        Parameters
        ----------
        vocabulary
            Any vocabulary; tokens that it lacks are the unknown token.

        Returns
        -------
        list of numpy.ndarray
            int32, (tokens of the sentence,) each.
        """
        ids = vocabulary.encode(self._types)[self._tokens]
        return np.split(ids, self._ends[:-1])
