"""The flight queries: what their labels are, that context decides them, and nothing else does."""

import collections
import itertools
import re

import numpy as np
import pytest

from rnn_graph.datasets.flight_queries import LONGEST, flight_corpus, sample_flight_queries
from rnn_graph.errors import InputError

SAMPLE_SIZE = 20_000
ROLE = re.compile("^(from|to|stop|depart|arrive|return)_")
# Pairs of one wording and the pattern of others that mean the same, to compare more queries.
WORDINGS = [
    ("", "^(hello|hi|good (morning|afternoon|evening)|okay|yes) | (thanks|thank you|please)$"),
    ("show", "(please |could you |can you )?(show me|find me|list|give me)"),
    ("show", "i would like to see|may i see|are there any|do you have any|i am looking for"),
    ("show", "tell me about|what are|i need(?= .*flights)"),
    ("flights", "(the )?<(airline|connect|flight_days|round_trip|stops)> (stop )?flights"),
    ("flights", "the flights"),
    ("want", "need|would like|am planning|have"),
]


@pytest.fixture(scope="module")
def sample():
    return sample_flight_queries(SAMPLE_SIZE, rng=5)


@pytest.fixture(scope="module")
def corpus():
    return flight_corpus()


def labels_of(queries):
    return {label for query in queries for label in query.labels}


def without_digits(word):
    return re.sub(r"\d", "#", word)


def spans(labels):
    """The (first word, last word, slot) of each value, by IOB2."""
    starts = [position for position, label in enumerate(labels) if label.startswith("B-")]
    found = set()
    for start in starts:
        inside = itertools.takewhile(lambda label: label.startswith("I-"), labels[start + 1 :])
        found.add((start, start + len(list(inside)), labels[start].removeprefix("B-")))
    return found


def labels_by_word(queries):
    counts = collections.defaultdict(collections.Counter)
    for query in queries:
        for word, label in zip(query.words, query.labels, strict=True):
            counts[without_digits(word)][label] += 1
    return counts


def test_labels_are_iob2(sample):
    for words, labels in sample:
        assert len(words) == len(labels)
        for before, label in itertools.pairwise(("O", *labels)):
            if label.startswith("I-"):
                slot = label.removeprefix("I-")
                assert before in {f"B-{slot}", f"I-{slot}"}, " ".join(words)
            else:
                assert label == "O" or label.startswith("B-")


def test_two_thousand_queries_show_every_label(sample):
    everything = labels_of(sample)
    assert len(everything) == 70
    for seed in range(3):
        assert labels_of(sample_flight_queries(2_000, rng=seed)) == everything


def test_the_training_queries_show_every_label_of_the_others(corpus):
    assert labels_of(corpus.valid) | labels_of(corpus.test) <= labels_of(corpus.train)


def test_every_word_is_spelled_out_in_lower_case(sample):
    words = {word for query in sample for word in query.words}
    assert [word for word in words if not re.fullmatch(r"[a-z']+|[0-9]+", word)] == []
    assert 300 <= len({without_digits(word) for word in words}) <= len(words) <= 600


def test_lengths(sample):
    lengths = [len(query.words) for query in sample]
    assert min(lengths) == 3
    assert max(lengths) == LONGEST == 25
    assert 11 < np.mean(lengths) < 15


def test_no_query_names_a_thing_twice(sample):
    for words, labels in sample:
        values = [words[first : last + 1] for first, last, _ in spans(labels)]
        assert len(values) == len(set(values)), " ".join(words)


def test_articles_agree_with_the_sound_that_follows(sample):
    followers = collections.defaultdict(set)
    for words, _ in sample:
        for word, following in itertools.pairwise(words):
            followers[word].add(following)
    assert {word for word in followers["a"] if re.match("[aeiou8]|11|md", word)} <= {
        "one",
        "united",
        "us",
    }
    assert {word for word in followers["an"] if not re.match("[aeio]", word)} == {"8", "11", "md"}


# The slots of the words right before and right after a phrase; O where it has other uses too.
BEFORE = [
    ("is where i start", {"from_city"}),
    ("departure", {"depart_time", "depart_weekday", "depart_period"}),
    ("arrival", {"arrive_time", "arrive_weekday", "arrive_period"}),
    ("return", {"return_weekday", "return_period", "O"}),  # also "return on friday"
    ("and i want to visit her", {"to_city"}),
    ("and wants to visit me", {"from_city"}),
    ("dollars", {"fare_amount"}),
    ("stop in", {"stops", "flight_number", "O"}),
    ("way", {"round_trip", "O"}),  # also "by way of"
]
AFTER = [
    ("back from", {"to_city"}),
    ("visit me in", {"to_city"}),
    ("office in", {"city"}),
    ("stop in", {"stop_city"}),
    ("arrive in", {"to_city"}),
    ("returning on", {"return_weekday", "return_month", "O"}),  # on the third of may
    ("flight", {"flight_number", "O"}),
    ("the code", {"code"}),
    ("downtown", {"city", "O"}),
]


def neighbors(queries, phrase, offset):
    """The slots of the words right before or right after all occurrences of the phrase."""
    phrase = tuple(phrase.split())
    found = set()
    for words, labels in queries:
        for start in range(len(words) - len(phrase) + 1):
            position = start - 1 if offset == "before" else start + len(phrase)
            if words[start : start + len(phrase)] == phrase and 0 <= position < len(words):
                found.add(re.sub("^[BI]-", "", labels[position]))
    return found


@pytest.mark.parametrize(
    ("offset", "phrase", "slots"),
    [("before", *case) for case in BEFORE] + [("after", *case) for case in AFTER],
)
def test_labels_mean_what_they_say(sample, offset, phrase, slots):
    assert neighbors(sample[:5_000], phrase, offset) == slots


TIMES = [
    (".* flights leave .* for .*", {"depart"}),
    (".* flights leave .* and stop in .*", {"depart"}),
    (".* flights to .* leave .*", {"depart"}),
    (".* flights from .* arrive .*", {"arrive"}),
    ("(what|which) flights (get to|get into|reach) .*", {"arrive"}),
    (".* that leaves .*", {"depart"}),
    (".* that arrives .*", {"arrive"}),
    (".* i have to be (in|at) .* so .*", {"arrive"}),
    (".* i have to be back .*", {"return"}),
    (".* and (come back|return|fly home) .*", {"depart", "return"}),
    (".* and can leave .*", {"depart", "arrive"}),
    (".* departure from .* arrival (in|at) .*", {"depart", "arrive"}),
]


@pytest.mark.parametrize(("pattern", "roles"), TIMES)
def test_days_and_times_belong_to_the_verb(sample, pattern, roles):
    found = {
        slot.partition("_")[0]
        for words, labels in sample
        if re.fullmatch(pattern, " ".join(words))
        for _, _, slot in spans(labels)
    }
    assert found & {"depart", "arrive", "return"} == roles


def test_a_word_alone_does_not_tell_its_label(corpus):
    usual = {
        word: counts.most_common(1)[0][0] for word, counts in labels_by_word(corpus.train).items()
    }
    found = right = named = 0
    for words, labels in corpus.test:
        guess = [usual.get(without_digits(word), "O") for word in words]
        found += len(spans(guess))
        named += len(spans(labels))
        right += len(spans(guess) & spans(labels))
    assert 0.3 < 2 * right / (found + named) < 0.6


def test_the_same_words_have_the_same_labels(sample):
    seen = {}
    for words, labels in sample:
        assert seen.setdefault(words, labels) == labels, " ".join(words)
    assert len(seen) < SAMPLE_SIZE  # else nothing was compared


def shape_of(query, slots):
    """The query with <city> for each city, and so on, and one wording for each way to ask."""
    words, start = [], 0
    for first, last, slot in slots:
        words += [*query.words[start:first], f"<{ROLE.sub('', slot)}>"]
        start = last + 1
    text = " ".join([*words, *query.words[start:]])
    for one, others in WORDINGS:
        text = re.sub(others, one, text)
    return text


def test_the_role_of_a_thing_follows_from_the_rest_of_the_sentence(sample):
    """Sentences that differ in values alone, such as another city, have the same labels."""
    seen = {}
    for query in sample:
        slots = sorted(spans(query.labels))
        roles = [slot for _, _, slot in slots if ROLE.match(slot)]
        assert seen.setdefault(shape_of(query, slots), roles) == roles, " ".join(query.words)
    assert len(seen) < 0.5 * SAMPLE_SIZE  # else little was compared


def test_few_queries_are_drawn_twice(corpus):
    train = {query.words for query in corpus.train}
    assert len(train) > 0.95 * len(corpus.train)
    assert sum(query.words in train for query in corpus.test) < 0.05 * len(corpus.test)


def test_a_corpus_is_three_parts_of_one_stream():
    corpus = flight_corpus(30, 20, 10, rng=3)
    queries = sample_flight_queries(60, rng=3)
    assert (corpus.train, corpus.valid, corpus.test) == (queries[:30], queries[30:50], queries[50:])


def test_the_seed_decides():
    assert flight_corpus(40, 10, 10, rng=7) == flight_corpus(40, 10, 10, rng=7)
    firsts = {sample_flight_queries(1, rng=seed)[0].words for seed in range(30)}
    assert len(firsts) == 30


@pytest.mark.parametrize("kind", [np.random.default_rng, np.random.RandomState])
def test_a_generator_goes_on_where_it_stands(kind):
    generator = kind(2)
    pieces = [sample_flight_queries(20, rng=generator) for _ in range(2)]
    assert pieces[0] + pieces[1] == sample_flight_queries(40, rng=kind(2))


@pytest.mark.parametrize(
    "call",
    [
        lambda: sample_flight_queries(-1, rng=0),
        lambda: flight_corpus(0, 1, 1),
        lambda: flight_corpus(1, 0, 1),
        lambda: flight_corpus(1, 1, 0),
    ],
)
def test_impossible_sizes_are_refused(call):
    with pytest.raises(InputError):
        call()


def test_nothing_is_drawn_where_nothing_is_asked():
    assert sample_flight_queries(0, rng=0) == []
