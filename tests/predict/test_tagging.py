import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from rnn_graph.data.batches import batches_by_length, pad_batch
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.predict.tagging import score_tagger, tag_sentences

ALPHABET = [chr(97 + k) for k in range(26)]


class ByNeighbors:
    """A tagger that says how a word compares with those beside it: no model, only batches."""

    window = 3
    dtype = "float64"

    def __init__(self, compiles_per_shape):
        labels = ("falls", "peak", "rises", "valley")
        sentence = TaggedSentence(tuple(ALPHABET), (*labels, *["peak"] * 22))
        self.vocabulary = TagVocabulary.of([sentence])
        self.backend = SimpleNamespace(compiles_per_shape=compiles_per_shape)
        self.shapes = []

    def encode_words(self, words):
        return self.vocabulary.encode_words(words)

    def predict_labels(self, ids, mask):
        self.shapes.append(mask.shape)
        assert ids.shape == (len(mask) + 2, mask.shape[1])
        before, word, after = ids[:-2], ids[1:-1], ids[2:]
        assert (mask == (word >= 0)).all()  # words, and nothing but words, count
        up, down = word > before, word > after
        return np.select([up & down, up, down], [1, 2, 0], 3)


def by_hand(words):
    padded = [-1, *(ALPHABET.index(word) for word in words), -1]
    found = []
    for before, word, after in zip(padded, padded[1:], padded[2:], strict=False):
        up, down = word > before, word > after
        found.append("peak" if up and down else "rises" if up else "falls" if down else "valley")
    return tuple(found)


def some_sentences(count):
    rng = np.random.RandomState(0)
    return [tuple(rng.choice(ALPHABET, rng.randint(1, 20))) for _ in range(count)]


@pytest.mark.parametrize("compiles_per_shape", [True, False])
@pytest.mark.parametrize("count", [0, 1, 64, 150, 300])
def test_each_sentence_gets_its_own_labels(compiles_per_shape, count):
    sentences = some_sentences(count)
    tagger = ByNeighbors(compiles_per_shape)
    assert tag_sentences(tagger, sentences) == [by_hand(words) for words in sentences]


@pytest.mark.parametrize(("count", "expected"), [(150, 64), (300, 256)])
def test_few_shapes_where_each_costs_a_compilation(count, expected):
    tagger = ByNeighbors(compiles_per_shape=True)
    tag_sentences(tagger, some_sentences(count))
    assert {width for _, width in tagger.shapes} == {expected}
    assert {length for length, _ in tagger.shapes} <= {5, 10, 15, 20}


def test_batches_are_of_similar_length_and_hold_each_sentence_once():
    lengths = [3, 9, 1, 4, 9, 2, 3]
    batches = list(batches_by_length([np.zeros(n) for n in lengths], 3))
    assert sorted(itertools.chain(*batches)) == list(range(7))
    assert [[lengths[i] for i in batch] for batch in batches] == [[1, 2, 3], [3, 4, 9], [9]]


@pytest.mark.parametrize(("compiles_per_shape", "shape"), [(True, (5, 4)), (False, (3, 2))])
def test_a_batch_is_padded_around_its_sentences(compiles_per_shape, shape):
    tagger = SimpleNamespace(
        window=5, dtype="float32", backend=SimpleNamespace(compiles_per_shape=compiles_per_shape)
    )
    ids, mask = pad_batch(tagger, [np.array([7]), np.array([1, 2, 3])], 4)
    assert (mask.shape, mask.dtype, ids.dtype) == (shape, np.float32, np.int32)
    assert ids.shape == (shape[0] + 4, shape[1])
    assert ids[:5, :2].T.tolist() == [[-1, -1, 7, -1, -1], [-1, -1, 1, 2, 3]]
    assert (ids[5:] == -1).all()
    assert (ids[:, 2:] == -1).all()
    assert mask[:3, :2].T.tolist() == [[1, 0, 0], [1, 1, 1]]
    assert mask.sum() == 4


def test_a_score_compares_with_the_true_labels():
    tagger = ByNeighbors(compiles_per_shape=False)
    words = tuple("acb")
    score = score_tagger(tagger, [TaggedSentence(words, ("rises", "peak", "rises"))])
    assert by_hand(words) == ("rises", "peak", "falls")
    assert (score.words, score.accuracy) == (3, pytest.approx(200 / 3))
