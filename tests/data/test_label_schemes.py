from itertools import pairwise, product

import numpy as np
import pytest

from rnn_graph.data.label_schemes import SCHEMES, forbidden_transitions, scheme_of

PHRASES = {
    "bio": lambda kind, n: [f"B-{kind}", *[f"I-{kind}"] * (n - 1)],
    "iobes": lambda kind, n: (
        [f"S-{kind}"] if n == 1 else [f"B-{kind}", *[f"I-{kind}"] * (n - 2), f"E-{kind}"]
    ),
    "bilou": lambda kind, n: (
        [f"U-{kind}"] if n == 1 else [f"B-{kind}", *[f"I-{kind}"] * (n - 2), f"L-{kind}"]
    ),
}


def every_segmentation(words):
    """All ways to cut a sentence into phrases of types a and b, and words outside."""
    if not words:
        yield []
    for length in range(1, words + 1):
        for rest in every_segmentation(words - length):
            if length == 1:
                yield [(None, 1), *rest]
            yield from ([(kind, length), *rest] for kind in "ab")


def written(segments, scheme):
    labels = []
    for kind, length in segments:
        if kind is None:
            labels.append("O")
        elif scheme == "iob1":  # B- only where the last phrase was of this type, and is adjacent
            first = "B" if labels and labels[-1].endswith(f"-{kind}") else "I"
            labels += [f"{first}-{kind}", *[f"I-{kind}"] * (length - 1)]
        else:
            labels += PHRASES[scheme](kind, length)
    return labels


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_a_scheme_can_write_is_what_it_does_not_forbid(scheme):
    sentences = {tuple(written(s, scheme)) for n in range(1, 5) for s in every_segmentation(n)}
    labels = sorted({label for sentence in sentences for label in sentence})
    transitions, starts, ends = forbidden_transitions(labels, scheme)
    ids = {label: k for k, label in enumerate(labels)}

    def is_allowed(sentence):
        row = [ids[label] for label in sentence]
        return not (starts[row[0]] or ends[row[-1]] or any(transitions[p] for p in pairwise(row)))

    for n in (1, 2, 3):
        for sentence in product(labels, repeat=n):
            assert is_allowed(sentence) == (sentence in sentences)
    assert scheme_of(sentences) == scheme


@pytest.mark.parametrize(
    ("sentences", "scheme"),
    [
        ([["O", "B-a", "I-a"], ["B-a", "O"]], "bio"),
        ([["O", "B-a", "I-a"], ["O", "I-a"]], "none"),  # one mistake, and nothing is forbidden
        ([["I-a", "I-a", "O", "I-b"]], "iob1"),
        ([["S-a", "O", "B-a", "E-a"]], "iobes"),
        ([["S-a", "O", "B-a", "I-a", "O"]], "none"),  # BIO and IOBES
        ([["U-a", "O", "B-a", "E-a"]], "none"),  # BILOU and IOBES
        ([["DET", "NOUN", "VERB"]], "none"),
        ([["O", "O"], ["O"]], "none"),
        ([], "none"),
    ],
)
def test_the_scheme_is_the_strictest_that_all_sentences_keep_to(sentences, scheme):
    assert scheme_of(sentences) == scheme


def test_no_scheme_forbids_nothing():
    assert forbidden_transitions(("B-a", "I-a", "O"), "none") is None


def test_prefixes_of_one_type_are_no_prefixes_of_another():
    labels = ("B-a", "B-b", "I-a", "I-b", "O")
    transitions, starts, ends = forbidden_transitions(labels, "bio")
    expected = np.zeros((5, 5), dtype=bool)
    expected[[1, 3, 4], 2] = expected[[0, 2, 4], 3] = True
    np.testing.assert_array_equal(transitions, expected)
    assert starts.tolist() == [False, False, True, True, False]
    assert not ends.any()
