from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from language_models import END, START, character_model, random_sentences, word_model
from rnn_graph.data import batches as minibatches
from rnn_graph.data.batches import RandomMinibatches, SentenceMinibatches, SequentialMinibatches
from rnn_graph.errors import InputError

MODEL = character_model()
WORDS = word_model()


def steps_of(batches, epoch, first_step=0):
    """X and y of each minibatch, [T, B]."""
    return [
        (x, y)
        for segment in batches.segments(epoch, first_step)
        for place, (x, y) in enumerate(zip(segment.x, segment.y, strict=True))
        if segment.first_step + place >= first_step
    ]


def joined(steps):
    """The columns of minibatches one after another, [steps · T, B]."""
    return [np.concatenate(parts) for parts in zip(*steps, strict=True)]


@given(
    length=st.integers(1, 7),
    batch=st.integers(1, 5),
    extra=st.integers(0, 60),
    epoch=st.integers(0, 3),
)
def test_sequential_columns_are_stretches_of_the_text(length, batch, extra, epoch):
    ids = np.arange(length * batch + length + extra, dtype=np.int32)
    batches = SequentialMinibatches(MODEL, ids, batch, length, seed=3)
    with mock.patch.object(minibatches, "TOKENS_A_SEGMENT", 2 * length * batch):  # two steps
        steps = steps_of(batches, epoch)
    assert len(steps) == batches.steps_per_epoch
    x, y = joined(steps)
    np.testing.assert_array_equal(np.diff(x, axis=0), 1)
    np.testing.assert_array_equal(y, x + 1)
    assert len(np.unique(x)) == x.size  # no token is seen twice
    assert len(ids) - y.size < length * (batch + 1) + 1  # and few are left out


@given(
    length=st.integers(1, 7),
    batch=st.integers(1, 5),
    extra=st.integers(0, 60),
    epoch=st.integers(0, 3),
)
def test_random_pieces_are_all_of_the_text_in_another_order(length, batch, extra, epoch):
    ids = np.arange(length * batch + length + extra, dtype=np.int32)
    batches = RandomMinibatches(MODEL, ids, batch, length, seed=3)
    steps = steps_of(batches, epoch)
    assert len(steps) == batches.steps_per_epoch
    for x, y in steps:
        assert x.shape == (length, batch)
        np.testing.assert_array_equal(np.diff(x, axis=0), 1)
        np.testing.assert_array_equal(y, x + 1)
    x, _ = joined(steps)
    assert len(np.unique(x)) == x.size


def test_random_pieces_are_shuffled_anew_in_each_epoch():
    batches = RandomMinibatches(MODEL, np.arange(500), 4, 5, seed=0)
    first, again, other = (np.array([x for x, _ in steps_of(batches, e)]) for e in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (np.diff(first[:, 0, 0]) < 0).any()


@pytest.mark.parametrize("kind", [SequentialMinibatches, RandomMinibatches])
def test_an_epoch_goes_on_from_any_step(kind, monkeypatch):
    monkeypatch.setattr(minibatches, "TOKENS_A_SEGMENT", 3 * 4 * 5)  # three steps
    batches = kind(MODEL, np.arange(500), 4, 5, seed=0)
    whole = steps_of(batches, 2)
    for first in (1, 3, 7, len(whole) - 1):
        rest = steps_of(batches, 2, first)
        assert len(rest) == len(whole) - first
        for (x, y), (x_then, y_then) in zip(rest, whole[first:], strict=True):
            np.testing.assert_array_equal(x, x_then)
            np.testing.assert_array_equal(y, y_then)


def test_sentence_starts_are_no_targets():
    ids = random_sentences(40)
    for x, y in steps_of(SequentialMinibatches(WORDS, ids, 3, 5, seed=0), 0):
        assert START in x or START not in y
        assert START not in y
    x, y = joined(steps_of(SequentialMinibatches(WORDS, ids, 3, 5, seed=0), 0))
    assert (x[1:][y[:-1] == -1] == START).all()


def test_sentences_stand_whole_in_columns_of_like_length():
    ids = random_sentences(103)
    batches = SentenceMinibatches(WORDS, ids, 10, 100, seed=0)
    assert batches.steps_per_epoch == 10
    sentences = {tuple(s) for s in np.split(ids, np.flatnonzero(ids == START)[1:])}
    seen = 0
    for x, y in steps_of(batches, 1):
        assert len(x) % 5 == 0
        for column in range(10):
            words = int(np.flatnonzero(y[:, column] == END)[0]) + 1
            assert (y[words:, column] == -1).all()
            assert (*x[:words, column], END) in sentences
            np.testing.assert_array_equal(x[1:words, column], y[: words - 1, column])
            seen += 1
    assert seen == 100


def test_longer_sentences_are_cut():
    ids = np.concatenate([[START], np.zeros(50, dtype=int), [END]] * 4)
    ((x, y),) = steps_of(SentenceMinibatches(WORDS, ids, 4, 10, seed=0), 0)
    assert x.shape == (10, 4)
    assert END not in y


@pytest.mark.parametrize(
    ("kind", "model", "tokens", "batch", "length", "message"),
    [
        (SequentialMinibatches, MODEL, 100, 2, 100, "sequence of 100"),
        (RandomMinibatches, MODEL, 100, 2, 1000, "sequence of 1,000"),
        (SequentialMinibatches, MODEL, 100, 50, 5, "batch of 50"),
        (RandomMinibatches, MODEL, 100, 50, 5, "batch of 50"),
        (SequentialMinibatches, MODEL, 100, 0, 5, "batch_size is 0"),
        (SequentialMinibatches, MODEL, 100, 5, 0, "sequence_length is 0"),
        (SentenceMinibatches, MODEL, 100, 5, 5, "characters have no sentences"),
    ],
)
def test_what_does_not_fit_is_refused(kind, model, tokens, batch, length, message):
    with pytest.raises(InputError, match=message):
        kind(model, np.arange(tokens), batch, length, seed=0)


def test_more_sentences_than_there_are_are_refused():
    with pytest.raises(InputError, match="3 sentences, too few for a batch of 4"):
        SentenceMinibatches(WORDS, random_sentences(3), 4, 10, seed=0)
