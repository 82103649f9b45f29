import itertools

import numpy as np
import pytest

from rnn_graph.data.tagged_batches import TaggedBatches
from rnn_graph.errors import InputError

RNG = np.random.RandomState(0)
WORDS = [RNG.randint(0, 50, RNG.randint(1, 14)).astype(np.int32) for _ in range(30)]
LABELS = [words % 7 for words in WORDS]


def batches(size=4, seed=3):
    return TaggedBatches(WORDS, LABELS, size, seed=seed)


def sentences_of(segment):
    """The words and labels of a minibatch's columns; beyond them there is nothing."""
    found = []
    for x, y in zip(segment.x[0].T, segment.y[0].T, strict=True):
        length = int((y >= 0).sum())
        assert (y[:length] >= 0).all()
        assert (x[length:] == -1).all()
        found.append((*x[:length], *y[:length]))
    return [sentence for sentence in found if sentence]


def test_every_epoch_takes_each_sentence_once_with_its_labels():
    made = batches()
    assert (made.steps_per_epoch, made.tokens_per_epoch) == (8, sum(map(len, WORDS)))
    expected = sorted((*w, *label) for w, label in zip(WORDS, LABELS, strict=True))
    for epoch in range(3):
        segments = list(made.segments(epoch))
        assert [segment.first_step for segment in segments] == list(range(8))
        assert {segment.x.shape[2] for segment in segments} == {4}
        assert sorted(itertools.chain(*map(sentences_of, segments))) == expected


def test_word_dropout_marks_a_share_of_the_words_and_keeps_what_they_were():
    made = TaggedBatches(WORDS, LABELS, 4, seed=3, vocabulary_size=50, word_dropout=0.25)
    marked = []
    for epoch in range(40):
        for ours, plain in zip(made.segments(epoch), batches().segments(epoch), strict=True):
            is_marked = ours.x > 50
            np.testing.assert_array_equal(ours.x - 51 * is_marked, plain.x)
            np.testing.assert_array_equal(ours.y, plain.y)
            marked.append(is_marked[plain.x >= 0])
    share = np.concatenate(marked).mean()
    assert abs(share - 0.25) < 0.02  # of 8,000 words: four standard deviations
    rest = [segment.x.tolist() for segment in made.segments(1, 5)]
    assert rest == [segment.x.tolist() for segment in made.segments(1)][5:]


def test_seed_and_epoch_decide_the_order():
    def order(seed, epoch):
        return [sentences_of(segment) for segment in batches(seed=seed).segments(epoch)]

    assert order(3, 0) == order(3, 0)
    assert order(3, 0) != order(3, 1)
    assert order(3, 0) != order(4, 0)


def test_an_epoch_goes_on_in_its_middle():
    rest = [sentences_of(s) for s in batches().segments(1, 5)]
    assert rest == [sentences_of(s) for s in batches().segments(1)][5:]


def test_batches_are_of_similar_length_but_in_any_order():
    in_order = 0
    for epoch in range(20):
        lengths = [[len(s) // 2 for s in sentences_of(b)] for b in batches().segments(epoch)]
        by_length = sorted(lengths, key=lambda row: (min(row), max(row)))
        assert all(max(a) <= min(b) for a, b in itertools.pairwise(by_length))
        in_order += lengths == by_length
    assert in_order < 20


def test_no_batch_is_refused():
    with pytest.raises(InputError, match="batch_size is 0"):
        batches(size=0)
