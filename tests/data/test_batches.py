from collections import Counter
from itertools import pairwise
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from language_models import END, START, random_sentences
from rnn_graph.data import batches as batches_module
from rnn_graph.data.batches import SAMPLINGS, RandomBatches, SentenceBatches, SequentialBatches
from rnn_graph.errors import InputError

NEWLINE = 0


def without_starts(ids):
    """The targets of a model of words."""
    return np.where(ids == START, -1, ids)


def steps_of(batches, epoch, first_step=0):
    """X and y of each minibatch, [T, B]."""
    return [
        (x, y)
        for segment in batches.segments(epoch, first_step)
        for place, (x, y) in enumerate(zip(segment.x, segment.y, strict=True))
        if segment.first_step + place >= first_step
    ]


def pairs_of(steps):
    """How often each pair of input and target is trained on."""
    counted = Counter()
    for x, y in steps:
        counted.update(zip(x[y >= 0].tolist(), y[y >= 0].tolist(), strict=True))
    return counted


def with_new_words(ids):
    """Sentences whose words all differ, so that pairs tell where they stand."""
    return np.where((ids == START) | (ids == END), ids, 10 + np.arange(len(ids)))


sizes = {
    "length": st.integers(1, 7),
    "batch": st.integers(1, 5),
    "epoch": st.integers(0, 3),
    "steps_a_segment": st.integers(1, 4),
}


@given(sampling=st.sampled_from(["sequential", "random"]), tokens=st.integers(1, 120), **sizes)
def test_every_token_is_predicted_once_from_the_one_before(
    sampling, tokens, length, batch, epoch, steps_a_segment
):
    ids = np.arange(1, tokens + 1)
    with mock.patch.object(batches_module, "TOKENS_A_SEGMENT", steps_a_segment * length * batch):
        batches = SAMPLINGS[sampling](ids, batch, length, start_id=0, seed=3)
        steps = steps_of(batches, epoch)
    assert len(steps) == batches.steps_per_epoch
    assert batches.tokens_per_epoch == tokens
    assert {x.shape for x, _ in steps} == {(min(length, tokens), batch)}
    assert pairs_of(steps) == Counter(zip(range(tokens), range(1, tokens + 1), strict=True))
    for x, y in steps:
        assert (x >= 0).all()
        assert (y >= 0).any()
        # Pieces stand in one stretch, at the top of their columns.
        assert (np.diff(y, axis=0)[y[1:] >= 0] == 1).all()


@given(
    count=st.integers(1, 40),
    sampling=st.sampled_from(sorted(SAMPLINGS)),
    extra=st.integers(0, 2),
    **sizes,
)
def test_every_word_is_predicted_once_and_no_sentence_start(
    count, sampling, extra, length, batch, epoch, steps_a_segment
):
    ids = with_new_words(random_sentences(count))[extra:]  # the first sentence may lack its start
    with mock.patch.object(batches_module, "TOKENS_A_SEGMENT", steps_a_segment * length * batch):
        batches = SAMPLINGS[sampling](
            ids, batch, length, start_id=START, targets=without_starts, seed=1
        )
        steps = steps_of(batches, epoch)
    before = np.concatenate([[START], ids[:-1]])
    expected = Counter(zip(before.tolist(), ids.tolist(), strict=True))
    expected = Counter({pair: n for pair, n in expected.items() if pair[1] != START})
    assert pairs_of(steps) == expected
    assert batches.tokens_per_epoch == expected.total()
    assert len(steps) == batches.steps_per_epoch


@given(lines=st.lists(st.integers(0, 12), min_size=1, max_size=30), **sizes)
def test_every_character_of_a_line_is_predicted_once_and_its_end(
    lines, length, batch, epoch, steps_a_segment
):
    rest = iter(range(1, 1000))
    ids = [NEWLINE]
    for characters in lines:
        ids += [*(next(rest) for _ in range(characters)), NEWLINE]
    batches = SentenceBatches(np.array(ids), batch, length, start_id=NEWLINE, seed=0)
    steps = steps_of(batches, epoch)
    assert pairs_of(steps) == Counter(pairwise(ids))
    assert batches.tokens_per_epoch == len(ids) - 1
    assert batches.split_sentences == sum(n + 1 > length for n in lines)
    assert all((y >= 0).any() for _, y in steps)


@given(tokens=st.integers(1, 200), **sizes)
def test_sequential_columns_go_on_from_minibatch_to_minibatch(
    tokens, length, batch, epoch, steps_a_segment
):
    batches = SequentialBatches(np.arange(1, tokens + 1), batch, length, start_id=0)
    y = np.concatenate([y for _, y in steps_of(batches, epoch)])
    for column in range(batch):
        targets = y[:, column]
        assert (targets[np.count_nonzero(targets >= 0) :] == -1).all()  # padding comes last
    assert (np.diff(y, axis=0)[y[1:] >= 0] == 1).all()
    # A short text has few columns of T tokens, and not many of hardly any.
    used = np.count_nonzero((y >= 0).any(axis=0))
    assert used == min(batch, -(-tokens // max(-(-tokens // batch), min(length, tokens))))


def test_random_pieces_have_another_order_and_other_ends_in_each_epoch():
    batches = RandomBatches(np.arange(1, 503), 4, 5, start_id=0, seed=0)
    first, again, other = (np.array([x for x, _ in steps_of(batches, e)]) for e in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (np.diff(first[:, 0, 0]) < 0).any()
    ends = {tuple(sorted(x[:, 0, :].ravel() % 5)) for x in (first, other)}
    assert len(ends) == 2


@pytest.mark.parametrize("sampling", sorted(SAMPLINGS))
def test_an_epoch_goes_on_from_any_step(sampling, monkeypatch):
    monkeypatch.setattr(batches_module, "TOKENS_A_SEGMENT", 3 * 4 * 5)  # three steps
    batches = SAMPLINGS[sampling](
        random_sentences(60), 4, 5, start_id=START, targets=without_starts, seed=0
    )
    whole = steps_of(batches, 2)
    for first in (1, 3, 7, len(whole) - 1):
        rest = steps_of(batches, 2, first)
        assert len(rest) == len(whole) - first
        for (x, y), (x_then, y_then) in zip(rest, whole[first:], strict=True):
            np.testing.assert_array_equal(x, x_then)
            np.testing.assert_array_equal(y, y_then)


def test_sentences_of_like_length_stand_side_by_side():
    ids = random_sentences(103)
    batches = SentenceBatches(ids, 10, 100, start_id=START, targets=without_starts, seed=0)
    assert (batches.steps_per_epoch, batches.split_sentences) == (11, 0)
    padding = [np.mean(y < 0) for _, y in steps_of(batches, 1)]
    assert all(len(x) % 5 == 0 for x, _ in steps_of(batches, 1))
    assert np.median(padding) <= 0.3  # about half where lengths are mixed


def test_longer_sentences_are_split_and_counted():
    words = np.arange(10, 33)
    ids = np.concatenate([[START], words, [END], [START, 9, END]])
    batches = SentenceBatches(ids, 4, 10, start_id=START, targets=without_starts, seed=0)
    assert batches.split_sentences == 1
    ((x, y),) = steps_of(batches, 0)
    assert x.shape == (10, 4)
    columns = sorted(column[column >= 0].tolist() for column in y.T)
    assert columns == [[9, END], [*range(10, 20)], [*range(20, 30)], [30, 31, 32, END]]


def test_unknown_characters_are_no_targets_and_read_as_the_start():
    ids = np.array([5, -1, 6, 7])
    ((x, y),) = steps_of(SequentialBatches(ids, 1, 4, start_id=0), 0)
    assert x[:, 0].tolist() == [0, 5, 0, 6]
    assert y[:, 0].tolist() == [5, -1, 6, 7]


@pytest.mark.parametrize("sampling", sorted(SAMPLINGS))
@pytest.mark.parametrize(
    ("ids", "batch", "length", "message"),
    [
        ([], 2, 10, "no token to predict"),
        ([START, START], 2, 10, "no token to predict"),
        ([5, 6], 0, 5, "batch_size is 0"),
        ([5, 6], 5, 0, "sequence_length is 0"),
    ],
)
def test_what_cannot_be_is_refused(sampling, ids, batch, length, message):
    with pytest.raises(InputError, match=message):
        SAMPLINGS[sampling](
            np.array(ids, dtype=np.int32), batch, length, start_id=START, targets=without_starts
        )


def test_a_lone_newline_is_no_line():
    with pytest.raises(InputError, match="no line to predict"):
        SentenceBatches(np.array([NEWLINE]), 1, 5, start_id=NEWLINE)
