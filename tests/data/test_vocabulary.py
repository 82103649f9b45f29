from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_graph import Vocabulary
from rnn_graph.data.splitting import Splitting
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, UNKNOWN_TOKEN
from rnn_graph.errors import InputError

COUNTS = Counter({"the": 5, SENTENCE_START: 3, SENTENCE_END: 3, "b": 2, "a": 2, "rare": 1})


def test_ranks_by_count_then_by_first_occurrence_with_the_unknown_token_last():
    vocabulary = Vocabulary.from_counts(COUNTS, 6)
    assert vocabulary.tokens == ("the", SENTENCE_START, SENTENCE_END, "b", "a", UNKNOWN_TOKEN)


def test_is_smaller_where_there_are_fewer_types():
    assert len(Vocabulary.from_counts(COUNTS, 8000)) == len(COUNTS) + 1


def test_keeps_required_tokens_however_rare_they_are():
    counts = Counter({"a": 9, "b": 8, "c": 7, SENTENCE_START: 1, SENTENCE_END: 1})
    vocabulary = Vocabulary.from_counts(counts, 4, required=(SENTENCE_START, SENTENCE_END))
    assert vocabulary.tokens == ("a", SENTENCE_START, SENTENCE_END, UNKNOWN_TOKEN)


def test_what_the_data_marks_as_unknown_is_the_unknown_token_and_no_type():
    markers = ["<unk>", "<UNK>", "UNK", "[UNK]", UNKNOWN_TOKEN]
    counts = Counter(dict.fromkeys(markers, 9)) + Counter("abc")
    vocabulary = Vocabulary.from_counts(counts, 4)
    assert vocabulary.tokens == ("a", "b", "c", UNKNOWN_TOKEN)
    assert vocabulary.encode(markers).tolist() == [vocabulary.unknown_id] * 5


def test_how_text_was_split_makes_no_other_vocabulary():
    splitting = Splitting(pre_split=True)
    split = Vocabulary.from_counts(COUNTS, 6, splitting=splitting)
    assert split.splitting == splitting
    assert split == Vocabulary.from_counts(COUNTS, 6)
    assert hash(split) == hash(Vocabulary(split.tokens))


@pytest.mark.parametrize("size", [3, 0, -1])
def test_refuses_a_size_that_leaves_no_word(size):
    with pytest.raises(InputError, match=f"size {size}.*at least 4"):
        Vocabulary.from_counts(COUNTS, size)


def test_refuses_repeated_tokens_and_a_missing_unknown_token():
    with pytest.raises(InputError, match="'a' 2 times"):
        Vocabulary(["a", "a", UNKNOWN_TOKEN])
    with pytest.raises(InputError, match="lacks 'UNKNOWN_TOKEN'"):
        Vocabulary(["a", "b"])


@given(st.lists(st.text(), unique=True).map(lambda words: [w for w in words if w != UNKNOWN_TOKEN]))
def test_decoding_undoes_encoding(words):
    vocabulary = Vocabulary([*words, UNKNOWN_TOKEN])
    assert vocabulary.decode(vocabulary.encode(words)) == words


def test_unseen_tokens_become_the_unknown_token():
    vocabulary = Vocabulary.from_counts(COUNTS, 6)
    assert vocabulary.decode(vocabulary.encode(["the", "rare"])) == ["the", UNKNOWN_TOKEN]
    assert vocabulary["rare"] == vocabulary.unknown_id == 5
    assert "rare" not in vocabulary
