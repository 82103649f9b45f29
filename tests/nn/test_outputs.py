import numpy as np
import pytest

from rnn_graph.errors import InputError
from rnn_graph.nn.outputs import AdaptiveSoftmax, Softmax


def test_each_cluster_gets_the_rows_whose_targets_it_has():
    layer = AdaptiveSoftmax(1000, 16)
    targets = np.random.RandomState(0).randint(-1, 1000, (3, 400))
    ranks = np.where(targets < 0, -1, (targets + 1) % 1000)
    for (begin, end), rows in zip(((200, 500), (500, 1000)), layer.rows_of(targets), strict=True):
        most = 0
        for batch in range(3):
            expected = np.flatnonzero((ranks[batch] >= begin) & (ranks[batch] < end))
            most = max(most, len(expected))
            np.testing.assert_array_equal(rows[batch][: len(expected)], expected)
            assert (rows[batch][len(expected) :] == -1).all()
        assert rows.shape[1] == -(-most // 25) * 25  # a sixteenth of 400
        assert rows.dtype == np.int32


def test_a_cluster_that_no_target_is_in_gets_rows_that_do_not_count():
    layer = AdaptiveSoftmax(1000, 16)
    assert all((rows == -1).all() and rows.size for rows in layer.rows_of(np.zeros((1, 7), int)))


def test_the_softmax_wants_no_rows():
    assert Softmax(10, 4).rows_of(np.zeros((1, 7), int)) == []


def test_a_small_vocabulary_is_refused():
    with pytest.raises(InputError, match="this one has 99 tokens"):
        AdaptiveSoftmax(99, 8)
