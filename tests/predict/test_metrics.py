import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_graph.predict.metrics import perplexity, phrases, score_tags


def test_perplexity_of_guessing_among_v_words_is_v():
    assert perplexity(math.log(8000)) == pytest.approx(8000)
    assert perplexity(0) == 1
    assert perplexity(1e6) == math.inf


def chunks(labels):
    """(start, end, type) of each phrase, read off one label after the other."""
    found, start, kind = [], None, None
    for place, label in enumerate([*labels, "O"]):
        prefix, _, here = label.partition("-")
        is_inside = prefix in ("B", "I") and here != ""
        if start is not None and not (prefix == "I" and here == kind):
            found.append((start, place, kind))
            start = None
        if is_inside and start is None:
            start, kind = place, here
    return found


def test_the_chunk_counter_of_these_tests_counts_right():
    labels = ["I-a", "O", "B-a", "I-a", "B-a", "I-b", "I-b", "O", "I-a"]
    assert chunks(labels) == [(0, 1, "a"), (2, 4, "a"), (4, 5, "a"), (5, 7, "b"), (8, 9, "a")]


label_rows = st.lists(st.sampled_from(["O", "B-a", "I-a", "B-b", "I-b", "B-c-d"]), max_size=12)
label_pairs = label_rows.flatmap(
    lambda row: st.tuples(
        st.just(row),
        st.lists(
            st.sampled_from(["O", *"BI", "B-a", "I-a", "I-b"]), min_size=len(row), max_size=len(row)
        ),
    )
)


@settings(deadline=None)  # the first call imports NLTK
@given(st.lists(label_pairs, max_size=5))
def test_tags_are_scored_as_counted_by_hand(pairs):
    truth, guesses = [t for t, _ in pairs], [g for _, g in pairs]
    true, found = (
        {(i, *chunk) for i, row in enumerate(rows) for chunk in chunks(row)}
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
    words = [pair for t, g in pairs for pair in zip(t, g, strict=True)]
    assert score.words == len(words)
    same = sum(t == g for t, g in words)
    assert score.accuracy == pytest.approx(100 * same / len(words) if words else 0)


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
