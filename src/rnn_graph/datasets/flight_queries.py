"""Questions to a flight information desk, in which every word has a label.

The labels mark slots, such as the city of departure, in the IOB2 scheme: B-from_city on the first
word of a value, I-from_city on its other words, O on the words outside of all slots. The task is
that of the ATIS corpus [1]_, [2]_; the sentences and the slots are not taken from there.

A word seldom tells its label. "5 pm" is a departure or an arrival by a verb in front of it ("get
to denver by 5 pm") or behind it ("a 5 pm arrival"), and the city in "my sister lives in boston"
is where the trip starts or where it ends by who visits whom. The whole sentence always tells:
the same words have the same labels whenever they are drawn.

References
----------
.. [1] P. J. Price, "Evaluation of spoken language systems: the ATIS domain", Workshop on Speech
   and Natural Language, 1990.
.. [2] G. Mesnil, X. He, L. Deng, Y. Bengio, "Investigation of recurrent-neural-network
   architectures and learning methods for spoken language understanding", Interspeech 2013.
"""

import functools
import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.datasets.flight_lexicon import CLASSES, RULES, indefinite_article
from rnn_graph.errors import InputError
from rnn_graph.randomness import RandomSource, as_random_generator

if TYPE_CHECKING:
    import numpy as np

LONGEST = 25  # words


@dataclass(frozen=True)
class FlightCorpus:
    """Flight queries in three parts.

    Parameters
    ----------
    train
        Queries to train on.
    valid
        Queries to choose a model by.
    test
        Queries to judge the chosen model by.

    Examples
    --------
    >>> from rnn_graph.datasets import flight_corpus
    >>> corpus = flight_corpus(20, 5, 5, rng=0)
    >>> len(corpus.train), len(corpus.valid), len(corpus.test)
    (20, 5, 5)
    """

    train: list[TaggedSentence]
    valid: list[TaggedSentence]
    test: list[TaggedSentence]


def sample_flight_queries(count: int, *, rng: RandomSource) -> list[TaggedSentence]:
    """Draw independent queries.

    Parameters
    ----------
    count
        Number of queries, at least 0.
    rng
        A generator, or the seed of one.

    Returns
    -------
    list of TaggedSentence
        `count` of them, in lower case, of at most 25 words, with IOB2 labels.

    Raises
    ------
    InputError
        If `count` is below 0, or `rng` is neither a generator nor a seed.

    Examples
    --------
    >>> from rnn_graph.datasets import sample_flight_queries
    >>> queries = sample_flight_queries(3, rng=17)
    >>> for query in queries:
    ...     print(" ".join(query.words))
    on friday i have to be in new york so show me flights from toronto
    does air canada have an office in omaha
    i want to book four economy class seats to cincinnati from baltimore
    >>> for word, label in zip(*queries[0], strict=True):
    ...     if label != "O":
    ...         print(word, label)
    friday B-arrive_weekday
    new B-to_city
    york I-to_city
    toronto B-from_city
    """
    if count < 0:
        raise InputError(f"count is {count}; a number of queries is 0 or more")
    generator = as_random_generator(rng)
    return [_sample_query(generator) for _ in range(count)]


def flight_corpus(
    train_queries: int = 2_000,
    valid_queries: int = 400,
    test_queries: int = 400,
    *,
    rng: RandomSource = 0,
) -> FlightCorpus:
    """Draw a training, a validation and a test set of queries.

    All queries are independent draws from one stream, in this order. A short query may therefore
    stand in two of the sets.

    Parameters
    ----------
    train_queries, valid_queries, test_queries
        Number of queries in each part, at least 1.
    rng
        A generator, or the seed of one. The same seed gives the same corpus.

    Returns
    -------
    FlightCorpus

    Raises
    ------
    InputError
        If a number is below 1, or `rng` is neither a generator nor a seed.

    Examples
    --------
    >>> from rnn_graph.datasets import flight_corpus
    >>> corpus = flight_corpus(20, 5, 5, rng=0)
    >>> sum(len(query.words) == len(query.labels) for query in corpus.train)
    20
    """
    sizes = train_queries, valid_queries, test_queries
    if min(sizes) < 1:
        raise InputError(
            f"a corpus of {train_queries} training, {valid_queries} validation and {test_queries} "
            "test queries; ask for 1 or more of each"
        )
    queries = iter(sample_flight_queries(sum(sizes), rng=rng))
    return FlightCorpus(*(list(itertools.islice(queries, size)) for size in sizes))


class _Phrase(NamedTuple):
    """Words that belong together, and the slot that they fill, if any."""

    words: tuple[str, ...]
    slot: str | None


class _Choice(NamedTuple):
    """What may stand in one place of a sentence: one of the expansions, each a row of parts."""

    cumulative: list[float]  # upper ends of the expansions' shares of [0, 1), without the last one
    expansions: list[tuple["_Choice | _Phrase", ...]]


def _sample_query(generator: "np.random.Generator | np.random.RandomState") -> TaggedSentence:
    """Draw until a query has few enough words and does not name the same thing twice."""
    while True:
        phrases = list(_spoken(_part("QUERY"), generator))
        values = [phrase.words for phrase in phrases if phrase.slot]
        query = _tagged(phrases)
        if len(values) == len(set(values)) and len(query.words) <= LONGEST:
            return query


def _spoken(
    part: _Choice | _Phrase, generator: "np.random.Generator | np.random.RandomState"
) -> Iterator[_Phrase]:
    if isinstance(part, _Phrase):
        yield part
        return
    for inner in part.expansions[bisect_right(part.cumulative, generator.random())]:
        yield from _spoken(inner, generator)


def _tagged(phrases: list[_Phrase]) -> TaggedSentence:
    words, labels = [], []
    for phrase in phrases:
        words += phrase.words
        inside = len(phrase.words) - 1
        labels += [f"B-{phrase.slot}", *[f"I-{phrase.slot}"] * inside] if phrase.slot else ["O"]
    for position, (word, following) in enumerate(itertools.pairwise(words)):
        if word == "a":
            words[position] = indefinite_article(following)
    return TaggedSentence(tuple(words), tuple(labels))


@functools.cache
def _part(token: str) -> _Choice | _Phrase:
    """Compile what one token of the rules stands for."""
    if token.endswith("?"):
        return _choice([(_part(token.removesuffix("?")),), ()])
    if token.startswith("{"):
        slot, what = token.strip("{}").split(maxsplit=1)
        values = CLASSES.get(what, [tuple(what.split())])
        return _choice([(_Phrase(value, slot),) for value in values])
    if token in _alternatives():
        matches = [re.fullmatch(r"(.+?)(?: \[(\d+)\])?", text) for text in _alternatives()[token]]
        return _choice(
            [tuple(map(_part, re.findall(r"\{.+?\}\??|\S+", match[1]))) for match in matches],
            weights=[int(match[2] or 1) for match in matches],
        )
    return _Phrase((token,), None)


def _choice(
    expansions: list[tuple[_Choice | _Phrase, ...]], weights: list[int] | None = None
) -> _Choice:
    """A choice between the expansions, by their weights or with equal chances."""
    ends = list(itertools.accumulate(weights or [1] * len(expansions)))
    return _Choice([end / ends[-1] for end in ends[:-1]], expansions)


@functools.cache
def _alternatives() -> dict[str, list[str]]:
    """The alternatives of each symbol, as `RULES` writes them, with its role in place of @."""
    alternatives: dict[str, list[str]] = {}
    for line in RULES.replace("\n    |", " |").splitlines():
        symbols, arrow, right = line.partition(" -> ")
        for symbol in symbols.split(", ") if arrow else ():
            role = symbol.partition("_")[2]
            alternatives.setdefault(symbol, []).extend(right.replace("@", role).split(" | "))
    return alternatives
