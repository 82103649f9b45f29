import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rnn_graph.data.padding import bucket_length, next_word_pairs, pad_to


def test_targets_are_the_inputs_one_word_on():
    X, y = next_word_pairs([np.array([0, 5, 7, 1]), np.array([0, 1])])
    assert [x.tolist() for x in X] == [[0, 5, 7], [0]]
    assert [t.tolist() for t in y] == [[5, 7, 1], [1]]


@given(st.integers(1, 10**7))
def test_a_bucket_holds_its_lengths_and_wastes_little(length):
    bucket = bucket_length(length)
    assert length <= bucket <= max(length + 4, 1.25 * length)
    assert bucket_length(bucket) == bucket


def test_there_are_few_buckets():
    assert len({bucket_length(n) for n in range(1, 61)}) == 12
    assert len({bucket_length(n) for n in range(1, 241)}) == 20


def test_padding_appends_zeros_and_leaves_full_sequences_alone():
    ids = np.array([3, 1], dtype=np.int32)
    assert pad_to(ids, 4).tolist() == [3, 1, 0, 0]
    assert pad_to(ids, 4).dtype == np.int32
    assert pad_to(ids, 2) is ids
