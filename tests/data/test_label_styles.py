"""Labels as people write them: other styles, other schemes, and what is neither."""

import pytest

from rnn_graph.data.label_schemes import SCHEMES, scheme_of
from rnn_graph.data.label_styles import in_scheme, plain_labels, usual_style
from rnn_graph.data.phrases import phrases
from rnn_graph.data.tagged_files import read_predictions, read_tagged_sentences, tagged_sentences_of
from rnn_graph.errors import InputError, InputWarning
from rnn_graph.predict.metrics import score_tags

# (to) (new york) (boston denver) today, of types a and b; two of type b touch.
SAME = {
    "bio": ["B-a", "B-b", "I-b", "B-b", "I-b", "O"],
    "iob1": ["I-a", "I-b", "I-b", "B-b", "I-b", "O"],
    "iobes": ["S-a", "B-b", "E-b", "B-b", "E-b", "O"],
    "bilou": ["U-a", "B-b", "L-b", "B-b", "L-b", "O"],
}


@pytest.mark.parametrize("scheme", SAME)
@pytest.mark.parametrize("other", SAME)
def test_a_scheme_in_another(scheme, other):
    assert in_scheme(SAME[scheme], other) == tuple(SAME[other])
    assert phrases(SAME[scheme]) == phrases(SAME[other])
    # Three words in a phrase, and one that the sentence ends with.
    for labels in (["B-a", "I-a", "I-a"], ["O", "B-a"], ["B-a", "B-a", "B-b"], ["O"], []):
        there = in_scheme(labels, other)
        assert in_scheme(there, "bio") == tuple(labels)
        assert scheme_of([there]) in (other, "none", *([] if other != "iob1" else ["bio"]))


@pytest.mark.parametrize("style", ["{1}-{0}", "{1}_{0}", "{1}:{0}", "{0}_{1}", "{0}:{1}"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_other_styles_become_the_usual_one(style, scheme):
    labels = [label if label == "O" else style.format(*label.split("-")) for label in SAME[scheme]]
    with pytest.warns(InputWarning, match=r"labels such as \S+ are read as .-[ab]$"):
        assert plain_labels([labels, ["O"]], "data", None) == [tuple(SAME[scheme]), ("O",)]


@pytest.mark.parametrize(
    "labels",
    [["B-a", "b-B", "O"], ["DET", "NOUN"], ["O"], [], ["X_B", "NOUN"], ["NN-SUBJ", "DT"], ["B-I"]],
)
def test_labels_of_no_other_style_stay(labels):
    assert usual_style([labels]) is None


def test_labels_of_no_scheme_are_named_and_count_as_phrases():
    with pytest.warns(InputWarning, match="data: 3 words have labels that mark no .*: MISC, 0$"):
        labels = plain_labels([["MISC", "B-a", "I-a", "0"], ["MISC"]], "data", "iobes")
    assert labels == [("MISC", "B-a", "E-a", "0"), ("MISC",)]
    score = score_tags(labels, [("O", "B-a", "E-a", "0"), ("MISC",)])
    assert (score.overall.phrases, score.overall.found, score.overall.correct) == (4, 3, 3)
    assert list(score.by_type) == ["0", "MISC", "a"]


def test_where_no_label_marks_a_phrase_none_is_one():
    score = score_tags([["DET", "-LRB-", "NN-X"]], [["DET", "DET", "NN-X"]])
    assert score.overall.phrases == 0
    assert score.script is None
    assert score.criterion == pytest.approx(-200 / 3)


def test_files_and_lists_in_another_scheme(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("to a-B\nnew b-B\nyork b-I\n")
    with pytest.warns(InputWarning, match="labels such as a-B are read as B-a"):
        assert read_tagged_sentences(path)[0].labels == ("B-a", "B-b", "I-b")
    with pytest.warns(InputWarning, match="a-B"):
        assert read_tagged_sentences(path, scheme="bilou")[0].labels == ("U-a", "B-b", "L-b")
    (given,) = tagged_sentences_of([[("new", "B-b"), ("york", "I-b")]], scheme="iobes")
    assert given.labels == ("B-b", "E-b")
    path.write_text("to S-a O\nnew B-b B-b\nyork E-b E-b\n")
    assert read_predictions(path, scheme="bio")[0] == [("B-a", "B-b", "I-b")]
    with pytest.raises(InputError, match="unknown scheme 'bmes'; give one of iobes, bilou, bio"):
        tagged_sentences_of([[("new", "B-b")]], scheme="bmes")
    (other_name,) = tagged_sentences_of([[("new", "B-b"), ("york", "I-b")]], scheme="BIOES")
    assert other_name == given
