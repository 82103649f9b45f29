import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.chunk.util import conlltags2tree

from rnn_graph.data.label_schemes import SCHEMES
from rnn_graph.data.label_styles import in_scheme
from rnn_graph.data.phrases import phrases
from rnn_graph.predict.metrics import perplexity, score_tags


def test_perplexity_of_guessing_among_v_words_is_v():
    assert perplexity(math.log(8000)) == pytest.approx(8000)
    assert perplexity(0) == 1
    assert perplexity(1e6) == math.inf


def chunks(labels):
    """(start, end, type) of each phrase, by the rules of the evaluation script for two neighbors.

    L- and U- are other names of E- and S-.
    """
    pairs = []
    for label in ["O", *labels, "O"]:
        prefix, _, kind = label.partition("-")
        known = prefix in ("B", "I", "E", "S", "L", "U") and kind != ""
        pairs.append(({"L": "E", "U": "S"}.get(prefix, prefix), kind) if known else ("O", ""))
    found, start = [], None
    for place, ((before, old), (after, new)) in enumerate(pairwise(pairs)):
        ends = before + after in ("BB", "BS", "BO", "IB", "IS", "IO") or before in ("E", "S")
        starts = after in ("B", "S") or before + after in ("EE", "EI", "SE", "SI", "OE", "OI")
        if before != "O" and (ends or old != new):
            found.append((start, place, old))
        if after != "O" and (starts or old != new):
            start = place
    return found


def test_the_chunk_counter_of_these_tests_counts_right():
    labels = ["I-a", "O", "B-a", "I-a", "B-a", "I-b", "I-b", "O", "I-a"]
    assert chunks(labels) == [(0, 1, "a"), (2, 4, "a"), (4, 5, "a"), (5, 7, "b"), (8, 9, "a")]
    labels = ["B-a", "I-a", "E-a", "E-a", "S-a", "B-a", "L-a", "I-a", "U-b"]
    assert chunks(labels) == [
        (0, 3, "a"), (3, 4, "a"), (4, 5, "a"), (5, 7, "a"), (7, 8, "a"), (8, 9, "b"),
    ]  # fmt: skip


LABELS = ("O", *"BI", *(f"{prefix}-{kind}" for prefix in "BIESLU" for kind in "ab"), "B-c-d")
label_rows = st.lists(st.sampled_from(LABELS), max_size=12)
label_pairs = label_rows.flatmap(
    lambda row: st.tuples(
        st.just(row), st.lists(st.sampled_from(LABELS), min_size=len(row), max_size=len(row))
    )
)


def odd_words(labels):
    """Words with labels that mark no phrase and are not O, as phrases."""
    inside = {place for start, end, _ in chunks(labels) for place in range(start, end)}
    return [
        (place, place + 1, label)
        for place, label in enumerate(labels)
        if place not in inside and label != "O"
    ]


@given(st.lists(label_pairs, max_size=5))
def test_tags_are_scored_as_counted_by_hand(pairs):
    truth, guesses = [t for t, _ in pairs], [g for _, g in pairs]
    has_phrases = any(map(chunks, [*truth, *guesses]))
    true, found = (
        {
            (i, *chunk)
            for i, row in enumerate(rows)
            for chunk in [*chunks(row), *(odd_words(row) if has_phrases else [])]
        }
        for rows in (truth, guesses)
    )
    score = score_tags(truth, guesses)
    kinds = sorted({chunk[-1] for chunk in true | found})
    assert list(score.by_type) == kinds
    for kind, part in ((None, score.overall), *score.by_type.items()):
        t, f = ({c for c in some if kind in (None, c[-1])} for some in (true, found))
        assert (part.phrases, part.found, part.correct) == (len(t), len(f), len(t & f))
        assert part.precision == pytest.approx(100 * len(t & f) / len(f) if f else 0)
        assert part.recall == pytest.approx(100 * len(t & f) / len(t) if t else 0)
        both = len(t) + len(f)
        assert part.f1 == pytest.approx(200 * len(t & f) / both if both else 0)
    for name in ("precision", "recall", "f1"):
        parts = [getattr(part, name) for part in score.parts.values()]
        assert score.macro[name] == pytest.approx(sum(parts) / len(parts) if parts else 0)
    words = [pair for t, g in pairs for pair in zip(t, g, strict=True)]
    assert score.words == len(words)
    same = sum(t == g for t, g in words)
    assert score.accuracy == pytest.approx(100 * same / len(words) if words else 0)


@given(label_pairs)
def test_labels_and_confusions_are_counted_word_by_word(pair):
    score = score_tags([pair[0]], [pair[1]])
    words = list(zip(*pair, strict=True))
    assert list(score.by_label) == sorted({label for word in words for label in word})
    for label, part in score.by_label.items():
        assert part.phrases == pair[0].count(label)
        assert part.found == pair[1].count(label)
        assert part.correct == words.count((label, label))
    wrong = [word for word in words if word[0] != word[1]]
    assert score.confusions == {word: wrong.count(word) for word in wrong}
    counts = list(score.confusions.values())
    assert counts == sorted(counts, reverse=True)


def test_labels_that_mark_no_phrase_are_scored_one_by_one():
    score = score_tags([["DET", "NOUN", "VERB"]], [["DET", "NOUN", "NOUN"]])
    assert score.parts == score.by_label
    assert score.macro["recall"] == pytest.approx(200 / 3)
    assert score.criterion == pytest.approx(-200 / 3)


@given(st.lists(st.sampled_from(["O", "B-a", "I-a", "B-b", "I-b"]), max_size=12))
def test_phrases_in_bio_are_nltks(labels):
    tags = [(str(place), "", label) for place, label in enumerate(labels)]
    trees = [part for part in conlltags2tree(tags, None) if not isinstance(part, tuple)]
    assert phrases(labels) == [
        (int(tree[0][0]), int(tree[-1][0]) + 1, tree.label()) for tree in trees
    ]


@given(label_rows)
def test_phrases_are_those_counted_by_hand(labels):
    assert phrases(labels) == chunks(labels)


def test_scores_of_published_guesses_are_those_of_the_evaluation_script(real_data):
    text = real_data("conll/atis.fold3.test.unigram-baseline.txt").read_text()
    sentences = [
        [line.split()[1:] for line in part.splitlines()] for part in text.split("\n\n") if part
    ]
    truth, guesses = ([[pair[k] for pair in s] for s in sentences] for k in (0, 1))
    score = score_tags(truth, guesses)
    overall = score.overall
    assert (overall.phrases, overall.found, overall.correct) == (2837, 2952, 1720)
    percentages = overall.precision, overall.recall, overall.f1, score.accuracy
    assert [round(value, 2) for value in percentages] == [58.27, 60.63, 59.42, 86.92]
    assert score.words == 10_984


def test_sentences_without_labels_score_nothing():
    score = score_tags([], [])
    assert (score.overall.f1, score.accuracy, score.words, score.by_type) == (0, 0, 0, {})


def test_each_word_has_a_guess():
    with pytest.raises(ValueError, match="zip"):
        score_tags([["O", "O"]], [["O"]])
    with pytest.raises(ValueError, match="zip"):
        score_tags([["O"]], [])


# Phrases, found, correct of the sentences below by the Perl script of CoNLL-2000 (its version of
# 2004-01-26), which read them as lines `word truth guess`.
BY_SCRIPT = {
    ("iobes", True): (4162, 6059, 2314),
    ("bilou", True): (4162, 5930, 2334),
    ("bio", True): (4769, 6359, 2970),
    ("iob1", True): (4769, 6193, 2833),
    ("iobes", False): (7123, 7620, 4583),
    ("bilou", False): (6692, 7244, 4217),
    ("bio", False): (7217, 7566, 5098),
    ("iob1", False): (7217, 7566, 5098),
}


def drawn_sentences(scheme, is_whole):
    """2,000 sentences of labels and guesses: those of phrases, or of any labels in any order."""
    draw = random.Random(5)
    prefixes = SCHEMES[scheme].prefixes
    for _ in range(2000):
        labels = []
        while len(labels) < draw.randint(1, 14):
            kind, length = draw.choice("XYZ"), draw.choice((0, 0, 1, 1, 2, 3))
            phrase = [f"B-{kind}", *[f"I-{kind}"] * (length - 1)] if length else ["O"]
            labels += phrase
        labels = list(in_scheme(labels, scheme))
        if not is_whole:
            labels = [
                draw.choice(["O", *(f"{p}-{k}" for p in prefixes for k in "XY")]) for _ in labels
            ]
        others = ["O", *(f"{p}-{k}" for p in prefixes for k in "XYZ")]
        yield labels, [label if draw.random() < 0.7 else draw.choice(others) for label in labels]


@pytest.mark.parametrize(("scheme", "is_whole"), BY_SCRIPT)
def test_counts_are_those_of_the_script_of_conll_2000(scheme, is_whole):
    score = score_tags(*zip(*drawn_sentences(scheme, is_whole), strict=True))
    counts = score.script or score.overall
    assert (counts.phrases, counts.found, counts.correct) == BY_SCRIPT[scheme, is_whole]
    assert (score.script is None) == (scheme in ("bio", "iob1"))
