import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_graph.data.splitting import UNKNOWN_MARKERS
from rnn_graph.data.tag_vocabulary import TagVocabulary, plain_form
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.errors import InputError

SENTENCES = [
    TaggedSentence(("Flights", "to", "Boston"), ("O", "O", "B-city")),
    TaggedSentence(("at", "7am", "<unk>"), ("O", "B-time", "I-time")),
]


def test_words_are_in_plain_form_and_alphabetical_order_and_the_unknown_word_is_last():
    vocabulary = TagVocabulary.of(SENTENCES)
    assert vocabulary.words.tokens == ("DIGITam", "at", "boston", "flights", "to", "UNKNOWN_TOKEN")
    assert vocabulary.labels == ("B-city", "B-time", "I-time", "O")


def test_any_case_and_any_digit_is_the_same_word():
    vocabulary = TagVocabulary.of(SENTENCES)
    found = vocabulary.encode_words(["BOSTON", "9am", "DIGITAM", "DIGITam", "paris", "<UNK>"])
    assert found.tolist() == [2, 0, 0, 0, 5, 5]
    assert found.dtype == np.int32


def test_case_can_matter():
    vocabulary = TagVocabulary.of(SENTENCES, lowercase=False)
    boston, lower, digits = vocabulary.encode_words(["Boston", "boston", "8am"])
    assert vocabulary.words.tokens[boston] == "Boston"
    assert lower == vocabulary.words.unknown_id
    assert vocabulary.words.tokens[digits] == "DIGITam"


def test_labels_and_their_ids():
    vocabulary = TagVocabulary.of(SENTENCES)
    found = vocabulary.encode_labels(["O", "B-time", "B-city"])
    assert found.tolist() == [3, 1, 0]
    assert found.dtype == np.int32
    assert vocabulary.decode_labels(found) == ("O", "B-time", "B-city")


def test_encodes_sentences_to_train_on():
    words, labels = TagVocabulary.of(SENTENCES).encode(SENTENCES)
    assert [ids.tolist() for ids in words] == [[3, 4, 2], [1, 0, 5]]
    assert [ids.tolist() for ids in labels] == [[3, 3, 0], [3, 1, 2]]


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        ([], "no sentence to train on; give at least one"),
        ([TaggedSentence(("ba",), ("B-airline",))], "label 'B-airline' is none of the 4 that"),
    ],
)
def test_refuses_to_train_on_what_it_does_not_know(sentences, message):
    with pytest.raises(InputError, match=message):
        TagVocabulary.of(SENTENCES).encode(sentences)


def test_it_stands_for_models_of_its_size_only():
    vocabulary = TagVocabulary.of(SENTENCES)
    vocabulary.require_sizes(words=6, labels=4)
    for words, labels in ((5, 4), (6, 3)):
        with pytest.raises(InputError, match=f"6 words and 4 labels, the model {words} and"):
            vocabulary.require_sizes(words=words, labels=labels)


words = st.text(min_size=1, max_size=8).filter(lambda word: word not in UNKNOWN_MARKERS)


@given(st.lists(words, min_size=1, max_size=6), st.booleans())
def test_it_knows_all_words_that_it_was_made_of(words, lowercase):
    sentence = TaggedSentence(tuple(words), ("O",) * len(words))
    vocabulary = TagVocabulary.of([sentence], lowercase=lowercase)
    assert vocabulary.words.unknown_id not in vocabulary.encode_words(words)
    assert len(vocabulary.words) <= len(set(words)) + 1


@given(st.text(alphabet="aBDIGT09 ", max_size=12), st.booleans())
def test_a_plain_form_is_its_own(word, lowercase):
    plain = plain_form(word, lowercase=lowercase)
    assert plain_form(plain, lowercase=lowercase) == plain
    assert not any(character.isdigit() for character in plain)
    if lowercase:
        assert not any(character.isupper() for character in plain.replace("DIGIT", ""))
