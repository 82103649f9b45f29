"""The steps of each recipe against independent computations: plain loops, and finite differences.

How a run that was stopped goes on is in test_restoring.py, the loop around the steps in
test_trainer.py.
"""

import math

import numpy as np
import pytest

from language_models import character_model, random_ids, random_sentences, word_model
from rnn_graph import RNNNumpy, RNNTheano, train_with_sgd
from rnn_graph.backend.devices import installed_backends
from rnn_graph.data.batches import Segment
from rnn_graph.data.stream import Stream
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.finite_differences import central_differences
from rnn_graph.predict.scoring import score_text
from rnn_graph.reference import MinibatchModelNumpy
from rnn_graph.tutorials.examples import sentence_examples
from tolerances import assert_close
from training_checks import (
    DATA,
    PAIRS,
    QUERIES,
    GivenScore,
    Watching,
    assert_same_bits,
    small_model,
    small_recipe,
    small_trainer,
    spread,
)

MODERN_WORDS, MODERN_CHARS = ("word", "modern"), ("char", "modern")
CONSTANT = {"schedule": "constant", "warmup": 0.0}
PLAIN = {"optimizer": "sgd", "clip_norm": 0.0, "epochs": 1, **CONSTANT}


# The word tutorial


@pytest.mark.parametrize("build", [RNNNumpy, RNNTheano])
def test_the_recipe_tutorial_is_train_with_sgd_to_the_bit(build):
    """The same steps and halvings; the trainer evaluates once more, after the last epoch."""
    settings = {"epochs": 6, "evaluate_every": 2, "learning_rate": 0.7}
    options = {"backend": "jax"} if build is RNNTheano else {}
    one, other = (
        build(7, 5, 4, rng=4, vocabulary=DATA["word", "tutorial"][0], **options) for _ in range(2)
    )
    recipe = small_recipe(("word", "tutorial"), **settings)
    ids = DATA["word", "tutorial"][1]
    X, Y = zip(*sentence_examples(one, ids, recipe).pairs, strict=True)
    losses = train_with_sgd(other, X, Y, 0.7, nepoch=6, evaluate_loss_after=2)
    assert losses[2][1] > losses[1][1] or losses[1][1] > losses[0][1]  # the rate was halved
    trainer = small_trainer(
        ("word", "tutorial"),
        model=one,
        evaluate=lambda model: score_text(model, ids),
        held_out=False,
        **settings,
    )
    trainer.run()
    assert_same_bits(one.get_parameters(), other.get_parameters())
    found = [record["on_training"]["loss"] for record in trainer.history]
    assert found[:3] == pytest.approx([loss for _, loss in losses], rel=1e-6)


# Minibatches


@pytest.mark.parametrize(
    ("cell", "sampling", "clip_norm"),
    [("elman", "sequential", 0.0), ("lstm", "sequential", 0.05), ("elman", "random", 0.05)],
)
def test_minibatches_train_as_a_plain_loop_does(cell, sampling, clip_norm):
    """Two epochs of a text that fills no minibatch evenly; states are carried, or are not."""
    ids = random_ids(4 * 6 * 3 + 3)
    model = character_model(cell=cell)
    plain = MinibatchModelNumpy(cell, model.get_parameters())
    watching = Watching()
    trainer = small_trainer(
        MODERN_CHARS,
        watching,
        model=model,
        data=ids,
        **PLAIN | {"sampling": sampling, "clip_norm": clip_norm, "epochs": 2},
        learning_rate=0.5,
    )
    steps = [
        [(s.x[k], s.y[k]) for s in trainer.batches.segments(epoch) for k in range(len(s))]
        for epoch in range(2)
    ]
    trainer.run()
    losses = []
    for epoch in steps:
        plain.states = None
        for x, y in epoch:
            if sampling == "random":
                plain.states = None
            losses.append(_plain_step(plain, x, y, 0.5, clip_norm or math.inf))
    assert any((y < 0).any() for epoch in steps for _, y in epoch)
    assert_close([nats for _, nats in watching.losses], losses)
    for name, value in plain.parameters.items():
        assert_close(model.get_parameters()[name], value)


def _plain_step(plain, x, y, rate, clip_norm):
    """A step on the mean over what is predicted; what is not has no weight. The summed nats."""
    counted = y >= 0
    states = plain.states
    # The reference knows no missing targets: of a column that ends, the rest is left out.
    total = {name: np.zeros_like(value) for name, value in plain.parameters.items()}
    nats, last = 0.0, []
    for column in range(x.shape[1]):
        plain.states = None if states is None else tuple(s[column : column + 1] for s in states)
        before = plain.states
        length = int(counted[:, column].sum())
        assert counted[:length, column].all()
        if length:
            one = slice(column, column + 1)
            loss, gradients = plain.loss_and_gradients(x[:length, one], y[:length, one])
            nats += loss * length
            for name in total:
                total[name] += length * gradients[name]
            if length < len(x):  # the state goes on through what is not predicted
                after = plain.states
                plain.loss_and_gradients(x[length:, one], np.zeros_like(y[length:, one]))
                assert after is not plain.states
        else:
            plain.states = before
            plain.loss_and_gradients(x[:, column : column + 1], 0 * y[:, column : column + 1])
        last.append(plain.states)
    plain.states = tuple(np.concatenate(parts) for parts in zip(*last, strict=True))
    mean = {name: value / counted.sum() for name, value in total.items()}
    norm = math.sqrt(sum((g**2).sum() for g in mean.values()))
    for name, gradient in mean.items():
        plain.parameters[name] -= rate * min(1, clip_norm / norm) * gradient
    return nats


def test_a_taggers_minibatches_train_down_the_gradient_of_their_mean_loss():
    """One step of two sentences, against differences of the loss of a plain loop."""
    recipe = small_recipe(
        ("tagger", "modern"),
        cell="elman",
        bidirectional=False,
        window=3,
        output="softmax",
        char_features=0,
        word_dropout=0.0,
        batch_size=2,
        epochs=1,
        dropout=0.0,
        embedding_dropout=0.0,
        averaging=0.0,
        weight_decay=0.0,
        optimizer="sgd",
        schedule="constant",
        clip_norm=0.0,
        learning_rate=0.3,
    )
    model = small_model(("tagger", "modern"), recipe, dtype="float64")
    before, watching = model.get_parameters(), Watching(stop_at=1)
    pair = [QUERIES[0], QUERIES[1]]
    assert len(pair[0].words) != len(pair[1].words)
    trainer = small_trainer(
        ("tagger", "modern"), watching, model=model, data=pair, dtype="float64", **recipe.settings
    )
    trainer.run()
    count = sum(len(q.words) for q in pair)
    words, labels = model.vocabulary.encode(pair)

    def nats(p):
        return sum(_plain_tag_loss(p, *s) for s in zip(words, labels, strict=True))

    assert watching.losses == [(count, pytest.approx(nats(before)))]
    for name, value in before.items():
        expected = central_differences(
            lambda v, name=name: nats(before | {name: v}) / count, value.copy(), 1e-5
        )
        assert expected.any()
        assert_close((value - model.get_parameters()[name]) / 0.3, expected, "differences")


def _plain_tag_loss(p, words, labels):
    padding = p["embeddings"][-1:]
    rows = np.concatenate([padding, p["embeddings"][words], padding])
    h, nats = np.zeros(len(p["forward_Wh"])), 0.0
    for t, label in enumerate(labels):
        h = np.tanh(
            rows[t : t + 3].ravel() @ p["forward_Wx"] + p["forward_b"] + h @ p["forward_Wh"]
        )
        z = h @ p["W"] + p["b"]
        nats += np.log(np.exp(z).sum()) - z[label]
    return nats


def test_what_is_kept_is_the_moving_average_of_what_was_trained():
    settings = {"cell": "elman", "learning_rate": 0.1, "epochs": 2}
    steps = []

    class Keeping(Watching):
        def on_step(self):
            steps.append(self.trainer.model.get_parameters())

    plain = small_trainer(MODERN_CHARS, Keeping(), dtype="float64", **settings)
    plain.run()
    averaged = small_trainer(MODERN_CHARS, dtype="float64", **settings, averaging=0.4)
    averaged.run()
    for name, value in averaged.model.get_parameters().items():
        average = np.zeros(value.shape)
        for k, step in enumerate(steps):
            decay = min(0.4, k / (10 + k))
            average = decay * average + (1 - decay) * step[name]
        assert_close(value, average)


def test_accumulated_minibatches_are_one_large_one():
    """Of sentences of unlike length: the mean is over tokens, not over minibatches."""
    ids = random_sentences(16)
    found = []
    for batch_size, accumulate in ((8, 1), (4, 2)):
        model = word_model(context="sentence")
        trainer = small_trainer(
            MODERN_WORDS,
            model=model,
            data=ids,
            **PLAIN | {"sampling": "sentences", "sequence_length": 50, "learning_rate": 0.5},
            batch_size=batch_size,
            accumulate=accumulate,
        )
        stream = Stream(ids, model.start_id, model.targets)
        spans = sorted(stream.sentences().tolist(), key=lambda span: span[1] - span[0])
        segments = [
            Segment(
                step,
                *(a[None] for a in stream.columns(spans[k : k + batch_size], (10, batch_size))),
            )
            for step, k in enumerate(range(0, len(spans), batch_size))
        ]
        trainer.batches.segments = lambda epoch, first=0, s=segments: iter(s)
        trainer.run()
        found.append(model.get_parameters())
    for name in found[0]:
        assert_close(found[0][name], found[1][name])


# What holds for every recipe


def shared(pair):
    """A training without evaluations: the trainer, what it told, and the first parameters."""
    if pair not in SHARED:
        watching = Watching()
        trainer = small_trainer(pair, watching, schedule="constant", evaluate_every=1)
        first = trainer.model.get_parameters()
        trainer.run()
        SHARED[pair] = trainer, watching, first
    return SHARED[pair]


SHARED = {}


@pytest.fixture(autouse=True, scope="module")
def _forget_what_was_trained():
    yield
    SHARED.clear()


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_an_epochs_loss_is_the_mean_over_all_its_tokens(pair):
    trainer, watching, _ = shared(pair)
    tokens, per_epoch = trainer.batches.tokens_per_epoch, trainer.batches.steps_per_epoch
    whole = [record for record in watching.epochs if record.epoch == int(record.epoch)]
    assert len(whole) >= 2
    for record in whole:
        steps = watching.losses[record.step - per_epoch : record.step]
        assert sum(n for n, _ in steps) == tokens
        assert record.loss * tokens == pytest.approx(sum(nats for _, nats in steps), rel=1e-12)
    assert sum(n for n, _ in watching.losses) == trainer.position.seen
    # The last minibatch of an epoch, or any example, is shorter than others.
    assert len({n for n, _ in watching.losses}) > 1 or pair == ("tagger", "word")


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_held_out_evaluation_never_changes_training(pair):
    """The bits at the end are those of a training without any evaluation."""
    trainer, _, first = shared(pair)
    alone, steps = trainer.kept_parameters(), trainer.position.steps
    better_and_better = iter(range(1000, 0, -1))

    def evaluate(model):
        spread(model)  # looks at the parameters
        return GivenScore(float(next(better_and_better)))

    trainer.model.set_parameters(first)
    again = small_trainer(
        pair, model=trainer.model, evaluate=evaluate, evaluate_every=1, schedule="constant"
    )
    again.run()
    assert again.position.steps == steps
    assert len(again.history) >= 2
    assert_same_bits(again.model.get_parameters(), alone)


@pytest.mark.parametrize("sampling", ["random", "sequential"])
def test_a_text_that_repeats_itself_is_learned(sampling):
    text = np.tile(np.array([1, 2, 3, 4, 5, 6, 7, 0], dtype=np.int32), 60)
    model = character_model(dtype="float32", cell="elman", hidden_dim=8)
    settings = {"epochs": 30, "schedule": "cosine", "sampling": sampling}
    small_trainer(MODERN_CHARS, model=model, data=text, **settings).run()
    assert score_text(model, text).loss < 0.1


def test_sentences_are_learned():
    model = word_model(context="sentence")
    ids = np.tile(np.array([3, 0, 1, 2, 4, 3, 5, 2, 4], dtype=np.int32), 40)
    small_trainer(
        MODERN_WORDS,
        model=model,
        data=ids,
        sampling="sentences",
        sequence_length=50,
        epochs=20,
    ).run()
    # Which of the two sentences comes cannot be known: ln 2 for 7 predicted tokens.
    assert score_text(model, ids).loss < math.log(2) / 3.5 + 0.1


def test_dropout_draws_other_masks_in_every_step():
    """The same minibatch again and again, of a model that does not learn: the losses differ."""
    settings = {"dropout": 0.5, "learning_rate": 1e-30, "optimizer": "sgd", "cell": "elman"}
    watching = Watching()
    trainer = small_trainer(MODERN_CHARS, watching, dtype="float64", sampling="random", **settings)
    segment = next(trainer.batches.segments(0))
    one = Segment(0, segment.x[:1].repeat(len(segment), 0), segment.y[:1].repeat(len(segment), 0))
    trainer.batches.segments = lambda epoch, first=0: iter([one])
    trainer.run()
    nats = [loss for _, loss in watching.losses]
    assert len(set(nats)) == len(nats) == 3 * len(segment)


def test_a_loss_that_overflows_ends_training():
    model = character_model(dtype="float32", cell="elman")
    parameters = model.get_parameters()
    parameters["b"][:2] = 3e38, -3e38  # too far apart for float32
    model.set_parameters(parameters)
    trainer = small_trainer(MODERN_CHARS, model=model, data=random_ids(60))
    with pytest.raises(TrainingDiverged, match="a smaller one, such as"):
        trainer.run()


def test_another_backend_comes_to_the_same_parameters():
    """One besides JAX; the layers' tests have all of them."""
    others = [name for name in ("c", "numba") if name in installed_backends()]
    if not others:
        pytest.skip("JAX is alone here")
    found = []
    for backend in ("jax", others[0]):
        model = character_model(backend=backend, cell="elman", dropout=0.2)
        small_trainer(MODERN_CHARS, model=model, data=random_ids(60), epochs=1).run()
        found.append(model.get_parameters())
    for name, value in found[0].items():
        assert_close(found[1][name], value)


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="unknown optimizer 'newton'"):
        small_trainer(MODERN_CHARS, optimizer="newton", cell="elman")
    with pytest.raises(InputError, match="unknown sampling 'best'"):
        small_trainer(MODERN_CHARS, sampling="best", cell="elman")
