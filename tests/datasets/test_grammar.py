"""The grammar against NLTK's parsers and closed forms, and the sampler against the grammar."""

import collections
import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
from nltk.grammar import Nonterminal
from nltk.parse.chart import LeftCornerChartParser

from rnn_graph.datasets import comment_corpus, comment_grammar, sample_sentences
from rnn_graph.datasets.lexicon import lexical_rules
from rnn_graph.errors import InputError

SAMPLE_SIZE = 20_000


@pytest.fixture(scope="module")
def grammar():
    return comment_grammar()


@pytest.fixture(scope="module")
def sample():
    return sample_sentences(SAMPLE_SIZE, rng=5)


@pytest.fixture(scope="module")
def corpus():
    return comment_corpus()


def symbols_of(grammar):
    return sorted({production.lhs() for production in grammar.productions()}, key=str)


def words_of(grammar):
    rights = (production.rhs() for production in grammar.productions())
    return {part for right in rights for part in right if isinstance(part, str)}


def expectations(grammar, value_of_rule):
    """Expected total, per symbol, of a value that each use of a rule adds.

    The totals v satisfy v(A) = sum over the rules r of A of p(r) * (value(r) + sum of v(B) over
    the symbols B on its right), which is linear in v.
    """
    symbols = symbols_of(grammar)
    index = {symbol: row for row, symbol in enumerate(symbols)}
    system = np.eye(len(symbols))
    own = np.zeros(len(symbols))
    for production in grammar.productions():
        row, probability = index[production.lhs()], production.prob()
        own[row] += probability * value_of_rule(production)
        for part in production.rhs():
            if isinstance(part, Nonterminal):
                system[row, index[part]] -= probability
    return dict(zip(symbols, np.linalg.solve(system, own), strict=True))


def words_in_rule(production):
    return sum(isinstance(part, str) for part in production.rhs())


def expected_uses(grammar, word):
    """How often a word stands in a sentence, on average."""
    return expectations(grammar, lambda production: production.rhs().count(word))[grammar.start()]


def longest_sentence(grammar):
    """Length of the longest sentence; a RecursionError where a symbol reaches itself."""
    known = {}

    def longest(part):
        if isinstance(part, str):
            return 1
        if part not in known:
            productions = grammar.productions(lhs=part)
            known[part] = max(sum(map(longest, rule.rhs())) for rule in productions)
        return known[part]

    return longest(grammar.start())


def test_a_sentence_has_one_derivation_with_the_probability_of_the_sampler(grammar, sample):
    parser = LeftCornerChartParser(grammar)
    probability_of = {
        (production.lhs(), production.rhs()): production.prob()
        for production in grammar.productions()
    }
    for words, log_probability in sample[:2_000]:
        trees = list(parser.parse(words))
        assert len(trees) == 1, " ".join(words)
        rules = [(production.lhs(), production.rhs()) for production in trees[0].productions()]
        of_tree = math.fsum(math.log(probability_of[rule]) for rule in rules)
        assert log_probability == pytest.approx(of_tree, rel=1e-12)


def test_every_symbol_shares_out_exactly_one(grammar):
    for symbol in symbols_of(grammar):
        shares = [production.prob() for production in grammar.productions(lhs=symbol)]
        assert math.fsum(shares) == pytest.approx(1, abs=1e-12), symbol
        assert min(shares) > 0


def test_every_symbol_is_used_and_has_rules(grammar):
    used = {
        part
        for production in grammar.productions()
        for part in production.rhs()
        if isinstance(part, Nonterminal)
    }
    assert used | {grammar.start()} == set(symbols_of(grammar))


def test_a_word_of_the_lexicon_belongs_to_one_class_and_to_no_rule(grammar):
    lexicon = collections.Counter(word for _, word, _ in lexical_rules())
    assert [word for word, uses in lexicon.items() if uses > 1] == []
    preterminals = {name for name, _, _ in lexical_rules()}
    structural = {
        part
        for production in grammar.productions()
        if str(production.lhs()) not in preterminals
        for part in production.rhs()
        if isinstance(part, str)
    }
    assert structural.isdisjoint(lexicon)


def test_entropy_of_the_sample_agrees_with_the_closed_form(grammar, sample):
    entropies = expectations(grammar, lambda production: -math.log(production.prob()))
    surprisals = np.array([-sentence.log_probability for sentence in sample])
    standard_error = surprisals.std() / math.sqrt(SAMPLE_SIZE)
    assert abs(surprisals.mean() - entropies[grammar.start()]) < 4 * standard_error


def test_mean_length_of_the_sample_agrees_with_the_closed_form(grammar, sample):
    lengths = np.array([len(sentence.words) for sentence in sample])
    expected = expectations(grammar, words_in_rule)[grammar.start()]
    standard_error = lengths.std() / math.sqrt(SAMPLE_SIZE)
    assert abs(lengths.mean() - expected) < 4 * standard_error
    assert 9 < expected < 12


def test_word_frequencies_of_the_sample_agree_with_the_closed_form(grammar, sample):
    counts = collections.Counter(word for sentence in sample for word in sentence.words)
    for word in ("the", "phones", "bought", "themselves", "ago", "?"):
        expected = SAMPLE_SIZE * expected_uses(grammar, word)
        assert abs(counts[word] - expected) < 6 * math.sqrt(expected), word


def test_every_word_is_frequent_enough_to_be_learned(grammar, corpus):
    words = words_of(grammar)
    assert 300 <= len(words) <= 600
    counts = collections.Counter(word for sentence in corpus.train for word in sentence)
    assert set(counts) == words
    assert min(counts.values()) >= 10


def test_lengths_are_bounded_by_construction(grammar, sample):
    lengths = [len(sentence.words) for sentence in sample]
    assert min(lengths) == 3
    assert max(lengths) <= longest_sentence(grammar) <= 41


def test_after_a_comes_a_consonant(sample):
    followers = {
        following
        for words, _ in sample
        for word, following in itertools.pairwise(words)
        if word == "a"
    }
    assert [word for word in followers if word[0] in "aeio"] == []


AGREEMENT = [
    ("the people who the mod banned are angry .", True),
    ("the people who the mod banned is angry .", False),
    ("the laptop that they bought is cheap .", True),
    ("the laptop that they bought are cheap .", False),
    ("the guys from the gym hate pizza .", False),
    ("the guys from the gym love the pizza .", True),
    ("the guys from the gym loves the pizza .", False),
    ("why does the doctor who sells phones hate me ?", True),
    ("why does the doctor who sells phones hate me .", False),
    ("why do the doctor who sells phones hate me ?", False),
    ("if it is awful , then do not buy it .", True),
    ("if it is awful do not buy it .", False),
    ("you should either buy the salad or order a pizza .", True),
    ("you should either buy the salad .", False),
    ("neither the boss nor the cop works .", True),
    ("neither the boss nor the cop work .", False),
    ("they blame themselves .", True),
    ("they blame himself .", False),
    ("yesterday i sold my phone .", True),
    ("yesterday i sell my phone .", False),
]


@pytest.mark.parametrize(("text", "grammatical"), AGREEMENT)
def test_distant_words_agree(grammar, text, grammatical):
    assert len(list(LeftCornerChartParser(grammar).parse(text.split()))) == int(grammatical)


def test_true_perplexity_counts_the_end_of_a_sentence_as_a_word(grammar, corpus):
    entropy = expectations(grammar, lambda production: -math.log(production.prob()))
    length = expectations(grammar, words_in_rule)
    start = grammar.start()
    expected = math.exp(entropy[start] / (length[start] + 1))
    assert corpus.true_perplexity == pytest.approx(expected, rel=0.03)
    assert 12 < expected < 13


def test_a_corpus_is_the_first_and_the_last_part_of_one_stream():
    corpus = comment_corpus(30, 20, rng=3)
    sentences = sample_sentences(50, rng=3)
    assert corpus.train == [sentence.words for sentence in sentences[:30]]
    assert corpus.held_out == [sentence.words for sentence in sentences[30:]]
    surprisal = -sum(sentence.log_probability for sentence in sentences[30:])
    predictions = sum(len(sentence.words) + 1 for sentence in sentences[30:])
    assert corpus.true_perplexity == pytest.approx(math.exp(surprisal / predictions))


def test_the_seed_decides():
    assert comment_corpus(40, 10, rng=7) == comment_corpus(40, 10, rng=7)
    assert comment_corpus(40, 10, rng=7) != comment_corpus(40, 10, rng=8)


@pytest.mark.parametrize("kind", [np.random.default_rng, np.random.RandomState])
def test_a_generator_goes_on_where_it_stands(kind):
    generator = kind(2)
    first, second = (sample_sentences(20, rng=generator) for _ in range(2))
    assert first != second
    assert first == sample_sentences(20, rng=kind(2))


@pytest.mark.parametrize(
    "call", [lambda: sample_sentences(-1, rng=0), lambda: comment_corpus(10, 0, rng=0)]
)
def test_impossible_sizes_are_refused(call):
    with pytest.raises(InputError):
        call()


def test_nothing_is_drawn_where_nothing_is_asked():
    assert sample_sentences(0, rng=0) == []


def test_importing_the_datasets_imports_no_heavy_package():
    code = (
        "import sys, rnn_graph.datasets; "
        "sys.exit(' '.join({'nltk', 'pytensor', 'matplotlib'} & set(sys.modules)) or 0)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
