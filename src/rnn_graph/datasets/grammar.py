"""Comment-like English from a probabilistic grammar, with the exact probability of each sentence.

The grammar is unambiguous: a sentence has one derivation, so that its probability is the product
of the probabilities of the rules in it. A language model's perplexity on these sentences
therefore has a known floor, the perplexity under the grammar itself.
"""

import functools
import itertools
import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rnn_graph.data.light_nltk import load_nltk
from rnn_graph.datasets.lexicon import lexical_rules
from rnn_graph.datasets.rules import structural_rules
from rnn_graph.errors import InputError
from rnn_graph.randomness import RandomSource, as_random_generator

if TYPE_CHECKING:
    import numpy as np
    from nltk.grammar import PCFG


class Sentence(NamedTuple):
    """A sentence of the comment grammar, and its probability.

    Parameters
    ----------
    words
        The words in order.
    log_probability
        Natural logarithm of the sentence's probability under the grammar.

    Examples
    --------
    >>> import math
    >>> from rnn_graph.datasets import sample_sentences
    >>> (sentence,) = sample_sentences(1, rng=2)
    >>> sentence.words
    ('my', 'mods', 'never', 'ban', 'you', '.')
    >>> 0 < math.exp(sentence.log_probability) < 1
    True
    """

    words: tuple[str, ...]
    log_probability: float


@dataclass(frozen=True)
class CommentCorpus:
    """Sentences to train on and sentences to judge by, as tuples of words.

    Parameters
    ----------
    train
        Sentences to train on.
    held_out
        Sentences to judge by.
    true_perplexity
        Perplexity per word of the held-out sentences under the grammar itself, where the end of a
        sentence counts as one more word: exp(-sum ln p(sentence) / sum (words + 1)). No model has
        a lower one, except by chance.

    Examples
    --------
    >>> from rnn_graph.datasets import comment_corpus
    >>> corpus = comment_corpus(100, 50, rng=0)
    >>> len(corpus.train), len(corpus.held_out), 5 < corpus.true_perplexity < 20
    (100, 50, True)
    """

    train: list[tuple[str, ...]]
    held_out: list[tuple[str, ...]]
    true_perplexity: float


@functools.cache
def comment_grammar() -> "PCFG":
    """Build the grammar; its start symbol is S, and its terminals are the words.

    Returns
    -------
    nltk.grammar.PCFG
        Unambiguous, without recursion. The probabilities of the rules of one symbol sum to one.

    Examples
    --------
    >>> from rnn_graph.datasets import comment_grammar
    >>> grammar = comment_grammar()
    >>> grammar.start()
    S
    >>> round(sum(rule.prob() for rule in grammar.productions(lhs=grammar.start())), 6)
    1.0
    """
    load_nltk("nltk.grammar")
    from nltk.grammar import PCFG, Nonterminal, ProbabilisticProduction

    structure = PCFG.fromstring("\n".join(structural_rules()))
    lexicon = [
        ProbabilisticProduction(Nonterminal(preterminal), [word], prob=probability)
        for preterminal, word, probability in lexical_rules()
    ]
    return PCFG(structure.start(), structure.productions() + lexicon)


class _Choice(NamedTuple):
    """The rules of one symbol, as a sampler needs them."""

    cumulative: list[float]  # upper ends of the rules' shares of [0, 1), without the last one
    log_probabilities: list[float]
    expansions: list[tuple["_Choice | str", ...]]  # right-hand sides, last symbol first


@functools.cache
def _start_choice() -> _Choice:
    """Compile the grammar: the choice at the start symbol, which links to all the others."""
    grammar = comment_grammar()
    choices = {production.lhs(): _Choice([], [], []) for production in grammar.productions()}
    for symbol, (cumulative, log_probabilities, expansions) in choices.items():
        productions = grammar.productions(lhs=symbol)
        shares = [production.prob() for production in productions]
        cumulative.extend(itertools.accumulate(shares[:-1]))
        log_probabilities.extend(map(math.log, shares))
        for production in productions:
            right = reversed(production.rhs())
            expansions.append(
                tuple(part if isinstance(part, str) else choices[part] for part in right)
            )
    return choices[grammar.start()]


def _uniforms(
    generator: "np.random.Generator | np.random.RandomState", block: int = 4096
) -> Iterator[float]:
    """Endless uniform numbers of [0, 1), drawn `block` at a time."""
    while True:
        yield from generator.random(block).tolist()


def sample_sentences(count: int, *, rng: RandomSource) -> list[Sentence]:
    """Draw independent sentences from the comment grammar.

    Parameters
    ----------
    count
        Number of sentences, at least 0.
    rng
        A generator, or the seed of one. It is read in blocks, so that a generator given here has
        moved past the numbers that the sentences used.

    Returns
    -------
    list of Sentence
        `count` of them, each with the natural logarithm of its exact probability.

    Raises
    ------
    InputError
        If `count` is below 0, or `rng` is neither a generator nor a seed.

    Examples
    --------
    >>> from rnn_graph.datasets import sample_sentences
    >>> for sentence in sample_sentences(3, rng=2):
    ...     print(" ".join(sentence.words))
    my mods never ban you .
    which cakes does she buy ?
    i say he reviews my silly sequel .
    """
    if count < 0:
        raise InputError(f"count is {count}; a number of sentences is 0 or more")
    uniforms = _uniforms(as_random_generator(rng))
    start = _start_choice()
    return [_sample_sentence(start, uniforms) for _ in range(count)]


def _sample_sentence(start: _Choice, uniforms: Iterator[float]) -> Sentence:
    """Expand the leftmost open symbol until only words are left."""
    words: list[str] = []
    log_probability = 0.0
    open_symbols: list[_Choice | str] = [start]
    while open_symbols:
        symbol = open_symbols.pop()
        if isinstance(symbol, str):
            words.append(symbol)
            continue
        cumulative, log_probabilities, expansions = symbol
        # a lone rule needs no number
        rule = bisect_right(cumulative, next(uniforms)) if cumulative else 0
        log_probability += log_probabilities[rule]
        open_symbols.extend(expansions[rule])
    return Sentence(tuple(words), log_probability)


def comment_corpus(
    train_sentences: int = 20_000, held_out_sentences: int = 2_000, *, rng: RandomSource = 0
) -> CommentCorpus:
    """Draw a training set and a held-out set from the comment grammar.

    All sentences are independent draws from one stream, the training set first. A short sentence
    may therefore stand in both sets; the comparison with the true perplexity stays exact, because
    that is taken over the same held-out sentences.

    Parameters
    ----------
    train_sentences, held_out_sentences
        Number of sentences in each part; at least one is held out.
    rng
        A generator, or the seed of one. The same seed gives the same corpus.

    Returns
    -------
    CommentCorpus

    Raises
    ------
    InputError
        If a number is too small, or `rng` is neither a generator nor a seed.

    Examples
    --------
    >>> from rnn_graph.datasets import comment_corpus
    >>> corpus = comment_corpus(2, 1, rng=2)
    >>> corpus.train[0]
    ('my', 'mods', 'never', 'ban', 'you', '.')
    """
    if train_sentences < 0 or held_out_sentences < 1:
        raise InputError(
            f"a corpus of {train_sentences} training and {held_out_sentences} held-out sentences; "
            "ask for 0 or more to train on and 1 or more held out"
        )
    sentences = sample_sentences(train_sentences + held_out_sentences, rng=rng)
    held_out = sentences[train_sentences:]
    return CommentCorpus(
        train=[sentence.words for sentence in sentences[:train_sentences]],
        held_out=[sentence.words for sentence in held_out],
        true_perplexity=_perplexity(held_out),
    )


def _perplexity(sentences: list[Sentence]) -> float:
    log_likelihood = math.fsum(sentence.log_probability for sentence in sentences)
    predictions = sum(len(sentence.words) + 1 for sentence in sentences)
    return math.exp(-log_likelihood / predictions)
