"""Texts to train language models on: what is held out, and what the vocabulary is made of."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_graph import CharVocabulary
from rnn_graph.data import corpus as corpus_module
from rnn_graph.data import reading
from rnn_graph.data.corpus import read_language_corpus, read_language_ids
from rnn_graph.data.splitting import UNKNOWN_TOKEN, Splitting
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START
from rnn_graph.errors import InputError, InputWarning

LINES = [f"word{k % 7} then word{k % 5}" for k in range(19)] + ["rare words at the end"]
WHITESPACE = Splitting(pre_split=True, tokenizer="whitespace")


def decoded(vocabulary, ids):
    return vocabulary.decode(ids[:])


@pytest.mark.parametrize("unit", ["word", "line", "text"])
@pytest.mark.parametrize("stored", [True, False])
def test_a_share_is_held_out_as_if_it_were_a_file_of_its_own(unit, stored, tmp_path):
    """The vocabulary is made of the training part alone."""
    whole, first, last = (tmp_path / name for name in ("whole.txt", "first.txt", "last.txt"))
    # Lines that are held out come from all over the text: here those of places 3, 10 and 16.
    mixed = [*LINES[:3], LINES[17], *LINES[3:9], LINES[18], *LINES[9:14], LINES[19], *LINES[14:17]]
    lines = mixed if unit == "line" else LINES
    whole.write_text("".join(line + "\n" for line in lines))
    first.write_text("".join(line + "\n" for line in LINES[:17]))
    last.write_text("".join(line + "\n" for line in LINES[17:]))
    share = 3 / 20 if unit != "text" else last.stat().st_size / whole.stat().st_size
    settings = {"unit": unit, "splitting": WHITESPACE}
    if stored:
        settings["folder"] = tmp_path
    with warnings.catch_warnings(record=True) as shared:
        warnings.simplefilter("always")
        one = read_language_corpus(whole, held_out=share, **settings)
        one_held_out, one_training = one.held_out[:], one.training[:]
    with warnings.catch_warnings(record=True) as apart:
        warnings.simplefilter("always")
        two = read_language_corpus(first, valid=last, **settings)
    assert one.vocabulary == two.vocabulary
    np.testing.assert_array_equal(one_training, two.training[:])
    np.testing.assert_array_equal(one_held_out, two.held_out[:])
    assert len(shared) == len(apart) == (unit != "word")
    if unit == "word":
        assert "rare" not in one.vocabulary
        assert one.vocabulary.unknown_id in one_held_out
        assert one.vocabulary.splitting == WHITESPACE
    else:
        assert "l" not in one.vocabulary.symbols or unit == "word"


@given(count=st.integers(2, 60), share=st.floats(0.01, 0.99))
def test_whole_sentences_and_lines_are_held_out_by_count(count, share):
    kept = round(count * share)
    lines = [f"line {k}" for k in range(count)]
    for unit, marker in (("word", SENTENCE_START), ("line", "\n")):
        settings = {"unit": unit, "held_out": share, "splitting": WHITESPACE}
        if not 0 < kept < count:
            with pytest.raises(InputError, match="leaves none to train on or none to keep"):
                read_language_corpus(lines, **settings)
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InputWarning)
            corpus = read_language_corpus(lines, **settings)
        ends = int(unit == "line")  # a newline more, of the last line
        for ids, expected in ((corpus.training, count - kept), (corpus.held_out, kept)):
            assert np.count_nonzero(ids == corpus.vocabulary[marker]) == expected + ends


def test_running_text_is_split_anywhere():
    corpus = read_language_corpus(["abcabcabca"], unit="text", held_out=0.3)
    assert decoded(corpus.vocabulary, corpus.training) == "abcabca"
    assert decoded(corpus.vocabulary, corpus.held_out) == "bca"


def test_strings_of_running_text_are_lines():
    corpus = read_language_corpus(["a", "b\n", "", "c"], unit="text")
    assert decoded(corpus.vocabulary, corpus.training) == "a\nb\n\nc"


def test_lines_stand_between_newlines_and_are_remembered():
    corpus = read_language_corpus([" Mary", "", "Olga\nUwe"], unit="line", lowercase=True)
    assert decoded(corpus.vocabulary, corpus.training) == "\nmary\nolga\nuwe\n"
    assert corpus.vocabulary == CharVocabulary.of_lines(["mary", "olga", "uwe"], lowercase=True)
    assert corpus.vocabulary.has_seen("Olga")
    assert "3 lines, 11 characters" in corpus.description


def test_lines_that_are_held_out_are_not_remembered():
    corpus = read_language_corpus(["anna", "ann", "nan"], unit="line", held_out=0.34)
    assert decoded(corpus.vocabulary, corpus.held_out) == "\nann\n"
    assert not corpus.vocabulary.has_seen("ann")


def test_characters_that_training_never_had_are_named_once_and_left_out():
    with pytest.warns(InputWarning) as caught:
        corpus = read_language_corpus(["abab", "axyxa"], unit="line", held_out=0.5)
    (warning,) = caught
    assert "does not know 'x' (U+0078), 'y' (U+0079); where they stand, 3 times" in str(
        warning.message
    )
    assert corpus.vocabulary.symbols == ("\n", "a", "b")
    assert corpus.held_out.tolist() == [0, 1, -1, -1, -1, 1, 0]


@pytest.mark.filterwarnings("ignore:.*does not know '.'")
def test_validation_text_in_another_script_is_refused():
    with pytest.raises(InputError, match="the text has nothing that the vocabulary knows"):
        read_language_corpus(LINES, unit="line", valid=["??"])


def test_token_lists_get_the_markers_that_they_lack():
    corpus = read_language_corpus([["The", "cat"], [SENTENCE_START, "The", SENTENCE_END]])
    assert decoded(corpus.vocabulary, corpus.training) == [
        *(SENTENCE_START, "The", "cat", SENTENCE_END),
        *(SENTENCE_START, "The", SENTENCE_END),
    ]
    assert corpus.vocabulary.splitting.words("The cat's") == ["The", "cat's"]


def test_a_limit_counts_sentences_and_the_vocabulary_is_of_these():
    corpus = read_language_corpus(LINES, splitting=WHITESPACE, limit=2)
    assert set(corpus.vocabulary.tokens) == {
        *("word0", "word1", "then"),
        *(SENTENCE_START, SENTENCE_END, UNKNOWN_TOKEN),
    }
    with pytest.raises(InputError, match="running text has no sentences to count"):
        read_language_corpus(LINES, unit="text", limit=2)


def test_a_vocabulary_that_is_given_is_used_as_it_is():
    first = read_language_corpus(["The Cat", "the dog"], splitting=WHITESPACE)
    second = read_language_corpus(["The cow"], vocabulary=first.vocabulary)
    assert second.vocabulary is first.vocabulary
    assert decoded(first.vocabulary, second.training) == [
        *(SENTENCE_START, "the", UNKNOWN_TOKEN, SENTENCE_END)
    ]
    characters = CharVocabulary.of_text(["ab"])
    with pytest.warns(InputWarning, match="does not know 'c'"):
        third = read_language_corpus(["abc"], unit="text", vocabulary=characters)
    assert third.training.tolist() == [0, 1, -1]


def test_the_description_says_how_much_there_is_and_that_there_is_less_than_asked_for():
    corpus = read_language_corpus(LINES, splitting=WHITESPACE, vocabulary_size=1000)
    assert corpus.description == (
        "the text: 20 sentences, 102 tokens with markers, 15 types; a vocabulary of 16 words, all"
        " that there are of the 1,000 asked for"
    )
    small = read_language_corpus(LINES, splitting=WHITESPACE, vocabulary_size=6)
    assert small.description.endswith("a vocabulary of 6 words")


def test_the_same_file_is_not_read_again(tmp_path, monkeypatch):
    path, folder = tmp_path / "a.txt", tmp_path / "run"
    folder.mkdir()
    path.write_text("the cat\nthe dog\n")
    settings = {"splitting": WHITESPACE, "folder": folder}
    first = read_language_corpus(path, **settings)
    with monkeypatch.context() as context:
        context.setattr(reading, "split_sentences", None)
        again = read_language_corpus(path, **settings)
    assert again.digest == first.digest
    np.testing.assert_array_equal(again.training[:], first.training[:])
    path.write_text("the cat\nthe cow\n")
    assert read_language_corpus(path, **settings).digest != first.digest


def test_ids_for_a_model_are_split_as_its_vocabulary_says():
    vocabulary = read_language_corpus(LINES, splitting=WHITESPACE).vocabulary
    ids = read_language_ids(["Word1 THEN <unk>"], vocabulary)
    assert decoded(vocabulary, ids) == [
        *(SENTENCE_START, "word1", "then", UNKNOWN_TOKEN, SENTENCE_END)
    ]
    with pytest.warns(InputWarning, match="tokenizer is 'nltk', and the model was trained with"):
        other = read_language_ids(["Word1 THEN"], vocabulary, splitting=Splitting(lowercase=False))
    read_language_ids(["a"], vocabulary, splitting=replace(WHITESPACE, column="text"))  # no warning
    assert other.tolist().count(vocabulary.unknown_id) == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"unit": "byte"}, "unknown unit 'byte'; give one of word, line, text"),
        ({"held_out": 1.0}, "held_out is 1"),
        ({"held_out": 0.5, "valid": ["a"]}, "held_out is 0.5 and there is a validation text"),
        ({"limit": 0}, "limit is 0"),
        ({"valid": ["qq ww"]}, "the text has nothing that the vocabulary knows"),
        ({"unit": "line", "longest_line": 5}, "line 1: 16 characters; a line has 5 at most"),
        ({"unit": "text", "file_format": "csv"}, "read plain text"),
    ],
)
def test_what_cannot_be_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        read_language_corpus(LINES, **settings)


def test_words_are_not_characters():
    with pytest.raises(InputError, match="characters are read from strings"):
        read_language_corpus([["a", "b"]], unit="line")
    with pytest.raises(InputError, match="0 characters; give a text of at least 2"):
        read_language_corpus(["  "], unit="line")
    assert corpus_module.split_held_out([1, 2, 3, 4], 0.25) == ([1, 2, 3], [4])


@pytest.mark.parametrize(
    "lines", [["我今天去", "明天"], ["anna", "bert"], ["不来。上课！", "来吗？ 来！"]]
)
def test_a_tokenizer_of_characters(lines):
    characters = replace(WHITESPACE, tokenizer="characters")
    corpus = read_language_corpus(lines * 20, splitting=characters)
    text = "".join(lines).replace(" ", "")
    assert {*corpus.vocabulary.tokens} >= {*text}


def test_words_between_blanks_are_not(recwarn):
    read_language_corpus(["rindfleischetikettierung ist gut"] * 30, splitting=WHITESPACE)
    read_language_corpus(["ja"] * 3, splitting=WHITESPACE)
    assert not recwarn


def test_what_is_not_known_can_be_refused():
    characters = read_language_corpus(["abcabc"], unit="text").vocabulary
    with pytest.raises(
        InputError, match=r"not know 'd' \(U\+0064\), 2 times in all; leave out --u"
    ):
        read_language_ids(["abdda"], characters, unknown="error")
    words = read_language_corpus(["a b", "b c"], splitting=WHITESPACE).vocabulary
    with pytest.raises(InputError, match=r"does not know 'd', 'e', 3 times in all"):
        read_language_ids(["a d e <unk> e"], words, unknown="error")
    assert len(read_language_ids(["a b <unk>"], words, unknown="error")) == 5
    with pytest.raises(InputError, match="unknown is 'drop'; give one of skip, error"):
        read_language_ids(["a"], words, unknown="drop")
