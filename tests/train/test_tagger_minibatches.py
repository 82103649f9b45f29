import dataclasses
import itertools
import math

import numpy as np
import pytest
from rnn_graph.train.tagger_minibatches import ModernRecipe, train_sequence_tagger

from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.datasets.flight_queries import sample_flight_queries
from rnn_graph.errors import InputError
from rnn_graph.models.sequence_tagger import SequenceTagger, SequenceTaggerConfig
from rnn_graph.predict.metrics import PhraseScore, TagScore
from rnn_graph.predict.tagging import score_tagger
from rnn_graph.train import tagger_minibatches
from tolerances import assert_close

PLAIN = ModernRecipe(
    model=SequenceTaggerConfig("elman", 4, 3, 3, bidirectional=False, dtype="float64"),
    epochs=2,
    batch_size=4,
    learning_rate=0.05,
    averaging=0.0,
)
# Of lengths that fall into one bucket, so that JAX compiles once.
QUERIES = [q for q in sample_flight_queries(100, rng=2) if 6 <= len(q.words) <= 10][:10]


def tagger(recipe, sentences=QUERIES):
    return SequenceTagger(TagVocabulary.of(sentences), recipe.model, rng=1, backend="jax")


def better_and_better():
    """A validation by which the last epoch is the best."""
    f1 = iter(range(1, 100))

    def validate():
        value = next(f1)
        return TagScore(PhraseScore(value, value, value, 1, 1, 1), {}, value, 1)

    return validate


def trained(recipe, seed=3, **options):
    model = tagger(recipe)
    history = train_sequence_tagger(
        model, QUERIES, recipe, better_and_better(), seed=seed, **options
    )
    return model, history


def test_training_learns_to_tag_queries_it_has_not_seen():
    queries = sample_flight_queries(400, rng=0)
    train, valid = queries[:300], queries[300:]
    recipe = ModernRecipe(
        model=SequenceTaggerConfig(hidden_dim=24, embedding_dim=16),
        epochs=3,
        batch_size=8,
        learning_rate=0.02,
        embedding_dropout=0.1,
        output_dropout=0.1,
        averaging=0.9,
    )
    model = tagger(recipe, train)
    before = score_tagger(model, valid)
    history = train_sequence_tagger(
        model, train, recipe, lambda: score_tagger(model, valid), seed=1
    )
    losses = [epoch.loss for epoch in history]
    assert losses[0] > 2 * losses[-1]
    # Not far from guessing among all labels at first.
    assert losses[0] < math.log(len(model.vocabulary.labels))
    best = max(epoch.score.overall.f1 for epoch in history)
    assert best > before.overall.f1 + 30
    assert score_tagger(model, valid).overall.f1 == best


@pytest.fixture(scope="module")
def steps():
    """The parameters after each step of a training without averaging."""
    found = []
    model = tagger(PLAIN)
    train_sequence_tagger(
        model,
        QUERIES,
        PLAIN,
        better_and_better(),
        seed=3,
        on_step=lambda step: found.append(model.get_parameters()),
    )
    assert len(found) == 6
    return found


def test_the_same_seed_trains_to_the_same_bits(steps):
    model, _ = trained(PLAIN)
    for name, value in model.get_parameters().items():
        np.testing.assert_array_equal(steps[-1][name], value)


@pytest.mark.parametrize("averaging", [0.05, 0.998])
def test_what_is_kept_is_the_moving_average_of_what_was_trained(steps, averaging):
    model, _ = trained(dataclasses.replace(PLAIN, averaging=averaging))
    for name, value in model.get_parameters().items():
        average = np.zeros(value.shape)
        for k, step in enumerate(steps):
            decay = min(averaging, k / (10 + k))
            average = decay * average + (1 - decay) * step[name]
        assert_close(value, average)


class Recorder:
    """Stands for the compiled step: what it was called with."""

    def __init__(self):
        self.calls = []

    def __call__(self, *arguments):
        self.calls.append([np.array(argument) for argument in arguments])
        return 1.5


@pytest.fixture
def recorder(monkeypatch):
    recorder = Recorder()
    monkeypatch.setattr(tagger_minibatches, "compile_function", lambda *_, **__: recorder)
    return recorder


def test_every_epoch_takes_each_sentence_once_with_its_labels(recorder):
    steps = []
    model, history = trained(PLAIN, on_step=steps.append)
    assert len(recorder.calls) == 2 * 3
    vocabulary = model.vocabulary
    expected = sorted(
        (*vocabulary.encode_words(q.words), *vocabulary.encode_labels(q.labels)) for q in QUERIES
    )
    batches = []
    for ids, mask, labels, shares, *_ in recorder.calls:
        labels = labels.reshape(mask.shape)
        batch = []
        for column in range(mask.shape[1]):
            counts = mask[:, column] == 1
            batch.append((*ids[1:-1, column][counts], *labels[:, column][counts]))
        batches.append([sentence for sentence in batch if sentence])
        assert_close(shares, mask.ravel() / mask.sum())
    for epoch in (batches[:3], batches[3:]):
        assert sorted(itertools.chain(*epoch)) == expected
    assert [step.words for step in steps] == [call[1].sum() for call in recorder.calls]
    assert [epoch.loss for epoch in history] == [1.5, 1.5]


def test_the_seed_decides_the_order_and_what_is_left_out(recorder):
    for seed in (3, 3, 4):
        trained(PLAIN, seed)
    first, second, other = (recorder.calls[start : start + 6] for start in (0, 6, 12))
    for one, same, another in zip(first, second, other, strict=True):
        assert one[6] == same[6]
        assert one[6] != another[6]
    labels = [[call[2].tolist() for call in run] for run in (first, second, other)]
    assert labels[0] == labels[1] != labels[2]
    assert labels[0][:3] != labels[0][3:]  # each epoch has an order of its own


def test_batches_are_of_similar_length_but_in_any_order(recorder):
    trained(dataclasses.replace(PLAIN, epochs=20))
    lengths = [call[1].sum(axis=0) for call in recorder.calls]
    lengths = [row[row > 0] for row in lengths]
    epochs = [lengths[start : start + 3] for start in range(0, 60, 3)]
    in_order = 0
    for epoch in epochs:
        by_length = sorted(epoch, key=lambda row: (row.min(), row.max()))
        assert np.all(np.diff(np.concatenate([np.sort(row) for row in by_length])) >= 0)
        in_order += all(a is b for a, b in zip(epoch, by_length, strict=True))
    assert in_order < 20


def test_each_step_has_keys_of_its_own_for_what_dropout_leaves_out(recorder):
    trained(dataclasses.replace(PLAIN, epochs=20))
    keys = [int(call[6]) for call in recorder.calls]
    # Two layers of dropout take a key each, counted up.
    assert len({key + k for key in keys for k in range(2)}) == 2 * len(keys)


def test_without_dropout_there_is_no_key(recorder):
    trained(dataclasses.replace(PLAIN, embedding_dropout=0.0, output_dropout=0.0))
    assert {len(call) for call in recorder.calls} == {6}


def test_the_rate_falls_along_a_cosine(recorder):
    trained(PLAIN)
    rates = [call[4] for call in recorder.calls]
    assert_close(rates, [0.05 * np.cos(np.pi * k / 12) ** 2 for k in range(6)])


def test_every_epoch_is_done_however_small_the_rate(recorder):
    _, history = trained(dataclasses.replace(PLAIN, learning_rate=1e-9))
    assert len(history) == PLAIN.epochs


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("batch_size", 0, "batch_size is 0; give a whole number of at least 1"),
        ("learning_rate", -0.1, "learning_rate is -0.1; give a number above 0"),
        ("learning_rate", math.nan, "learning_rate is nan"),
        ("largest_norm", 0, "largest_norm is 0"),
    ],
)
def test_refuses_settings_that_cannot_be(name, value, message):
    with pytest.raises(InputError, match=message):
        ModernRecipe(**{name: value})


@pytest.mark.parametrize(
    "name", ["embedding_dropout", "output_dropout", "weight_decay", "averaging"]
)
@pytest.mark.parametrize("value", [-0.1, 1.0, math.nan])
def test_refuses_shares_that_cannot_be(name, value):
    with pytest.raises(InputError, match=f"{name} is {value}; give 0 or more, below 1"):
        ModernRecipe(**{name: value})
