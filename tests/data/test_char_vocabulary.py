import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_graph.data.char_vocabulary import CharVocabulary, named, plain_text
from rnn_graph.data.corpus import read_language_corpus
from rnn_graph.data.splitting import UNKNOWN_MARKERS
from rnn_graph.errors import InputError, InputWarning

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(texts, max_size=5), st.booleans())
def test_text_comes_back_from_its_ids_in_plain_form(parts, lowercase):
    vocabulary = CharVocabulary.of_text(parts, lowercase=lowercase)
    assert list(vocabulary.symbols) == sorted(set(vocabulary.symbols))
    for part in parts:
        ids = vocabulary.encode(part)
        assert ids.dtype == np.int32
        text = part.lower() if lowercase else part
        assert vocabulary.decode(ids) == unicodedata.normalize("NFC", text)


def test_other_scripts_and_combining_marks():
    lines = ["北京 🦖", "e\u0301te\u0301", "x\u0323\u0307"]  # the last is no single character
    vocabulary = CharVocabulary.of_lines(lines)
    assert vocabulary.decode(vocabulary.encode("北🦖")) == "北🦖"
    assert vocabulary.decode(vocabulary.encode("\u00e9t\u00e9")) == "été"
    assert "\u0301" not in vocabulary.symbols
    assert {"\u1e8b", "\u0323"} <= set(vocabulary.symbols)


def test_lines_bring_the_newline_and_are_remembered():
    vocabulary = CharVocabulary.of_lines(["Anna", "e\u0301"], lowercase=True)
    assert vocabulary.symbols == ("\n", "a", "n", "é")
    assert vocabulary.has_seen("ANNA")
    assert vocabulary.has_seen("\u00e9")
    assert not vocabulary.has_seen("ann")
    assert not vocabulary.has_seen("")


def test_white_space_around_a_line_makes_no_new_one():
    vocabulary = CharVocabulary.of_lines(["a b "])
    assert [vocabulary.has_seen(line) for line in (" a b", "a b", "ab")] == [True, True, False]


def test_running_text_remembers_no_lines():
    vocabulary = CharVocabulary.of_text(["ab\n", "ba\n"])
    assert vocabulary.unit == "text"
    assert vocabulary.seen_lines is None
    assert not vocabulary.has_seen("ab")


@given(st.lists(texts, min_size=1, max_size=30, unique=True))
def test_fingerprints_tell_lines_apart(lines):
    first, *rest = {plain_text(line, lowercase=False).strip() for line in lines}
    vocabulary = CharVocabulary.of_lines([first])
    assert vocabulary.has_seen(first)
    assert not any(vocabulary.has_seen(line) for line in rest)


@pytest.mark.parametrize(
    ("symbol", "message"),
    [("é", r"'é' \(U\+00E9\)"), ("🦖", r"'🦖' \(U\+1F996\)"), ("\t", r"'\\t' \(U\+0009\)")],
)
def test_an_unknown_character_is_named_with_its_code_point(symbol, message):
    with pytest.raises(InputError, match=f"the model never saw {message}; leave it out"):
        CharVocabulary.of_lines(["ab"]).encode(f"a{symbol}b")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((("a", "a"), "text"), "the 2 characters are not distinct single code points"),
        ((("a", "bc"), "text"), "not distinct single code points"),
        ((("a",), "line"), r"lack '\\n' \(U\+000A\)"),
        ((("a",), "word"), "unknown unit 'word'; give one of line, text"),
        ((("a", "\ud800"), "text"), r"\(U\+D800\), a lone surrogate"),
    ],
)
def test_refuses_what_is_no_set_of_characters(arguments, message):
    with pytest.raises(InputError, match=message):
        CharVocabulary(*arguments)


def test_refuses_half_characters():
    vocabulary = CharVocabulary.of_lines(["ab"])
    with pytest.raises(InputError, match=r"U\+DC80\), a lone surrogate, which is half a"):
        vocabulary.encode("a\udc80")
    with pytest.raises(InputError, match="lone surrogate"):
        CharVocabulary.of_lines(["a\ud83e"])


def test_names_of_characters():
    assert named("ß") == "'ß' (U+00DF)"
    assert named("\n") == r"'\n' (U+000A)"


@pytest.mark.parametrize("mark", sorted(UNKNOWN_MARKERS))
def test_marks_of_unknown_words_are_learned_by_no_model(mark):
    for unit in ("line", "text"):
        lines = [f"the {mark} of", f"{mark} and the"] * 10
        text = ["\n".join(lines)] if unit == "text" else lines
        with pytest.warns(InputWarning, match="such as <unk>; where they stand, 20 times in all"):
            corpus = read_language_corpus(text, unit=unit)
        assert {*corpus.vocabulary.symbols} == {*"the ofand\n"}
        assert np.count_nonzero(corpus.training == -1) == 20


def test_a_word_that_holds_a_mark_is_a_word():
    assert plain_text("UNKEMPT <unk>s SHRUNK", lowercase=False) == "UNKEMPT <unk>s SHRUNK"
    assert plain_text("UNK [UNK]", lowercase=True) == "\ufffd \ufffd"
