import math

import numpy as np
import pytest

from language_models import character_model, random_ids, random_sentences, word_model
from rnn_graph.data.batches import Segment
from rnn_graph.data.stream import Stream
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.predict.scoring import score_text
from rnn_graph.train import trainer as language_training
from rnn_graph.train.checkpoints import Checkpoint, CheckpointFolder
from rnn_graph.train.observer import Watching
from rnn_graph.train.settings import LanguageTrainingSettings
from rnn_graph.train.trainer import LanguageTrainer
from tolerances import assert_close, each_backend

TEXT = np.tile(np.array([1, 2, 3, 4, 5, 6, 7, 0], dtype=np.int32), 60)


def trainer_of(ids=TEXT, *, held_out=None, model=None, **settings):
    defaults = {"batch_size": 4, "sequence_length": 6, "epochs": 2, "learning_rate": 0.02}
    model = character_model() if model is None else model
    settings = LanguageTrainingSettings(**defaults | settings)
    return LanguageTrainer(model, ids, settings, held_out=held_out)


@pytest.mark.parametrize("sampling", ["random", "sequential"])
def test_a_text_that_repeats_itself_is_learned(sampling):
    trainer = trainer_of(sampling=sampling, epochs=30, schedule="cosine")
    trainer.run()
    assert score_text(trainer.model, TEXT).loss < 0.1


def test_sentences_are_learned():
    model = word_model(context="sentence")
    ids = np.tile(np.array([3, 0, 1, 2, 4, 3, 5, 2, 4], dtype=np.int32), 40)
    trainer = trainer_of(ids, model=model, sampling="sentences", sequence_length=50, epochs=20)
    trainer.run()
    # Which of the two sentences comes cannot be known: ln 2 for 7 predicted tokens.
    assert score_text(model, ids).loss < math.log(2) / 3.5 + 0.1


RUNS = [
    {"sampling": "sequential", "optimizer": "adam", "schedule": "cosine", "warmup": 0.1},
    {"sampling": "random", "optimizer": "momentum", "learning_rate": 0.1},
    {"sampling": "sequential", "optimizer": "rmsprop", "accumulate": 2, "clip_value": 0.1},
    {"sampling": "sequential", "schedule": "plateau", "held_out": TEXT[:200], "epochs": 3},
]


@pytest.mark.parametrize("options", RUNS, ids=lambda run: f"{run['sampling']}-{len(run)}")
def test_a_run_that_was_stopped_comes_to_the_same_parameters_bit_for_bit(
    options, tmp_path, monkeypatch
):
    monkeypatch.setattr("rnn_graph.data.batches.TOKENS_A_SEGMENT", 4 * 6 * 7)
    monkeypatch.setattr(language_training, "STEPS_A_LOOK", 3)

    def model():
        return character_model(dtype="float32", dropout=0.3, layers=2)

    uncut = trainer_of(model=model(), **options)
    uncut.run()
    whole, cut = uncut.model.get_parameters(), uncut.minibatches.steps_per_epoch
    stops = (2, cut - 2, cut, cut + 4)

    trainer = trainer_of(model=model(), **options)
    folder = CheckpointFolder(tmp_path, keep=1)
    for stop in stops:
        trainer.run(Watching(should_stop=lambda t=trainer, s=stop: t.position.steps >= s))
        arrays, values = trainer.state()
        folder.write(stop, Checkpoint(arrays, values, {}, False))
        found = folder.newest(pytest.fail)
        trainer = trainer_of(model=model(), **options)
        trainer.restore(dict(found.arrays), found.values)
        assert stop <= trainer.position.steps < stop + 2  # between two updates there is no stop
    trainer.run()
    for name, value in trainer.model.get_parameters().items():
        np.testing.assert_array_equal(value, whole[name])


def test_accumulated_minibatches_are_one_large_one():
    """Of sentences of unlike length: the mean is over tokens, not over minibatches."""
    ids = random_sentences(32)
    found = []
    for batch_size, accumulate in ((8, 1), (4, 2)):
        model = word_model(context="sentence")
        trainer = trainer_of(
            ids,
            model=model,
            sampling="sentences",
            sequence_length=50,
            epochs=1,
            batch_size=batch_size,
            accumulate=accumulate,
            optimizer="sgd",
            clip_norm=None,
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
        trainer.minibatches.segments = lambda epoch, first=0, s=segments: iter(s)
        trainer.run()
        found.append(model.get_parameters())
    for name in found[0]:
        assert_close(found[0][name], found[1][name])


def test_the_state_is_carried_from_minibatch_to_minibatch_but_not_into_the_next_epoch():
    trainer = trainer_of(epochs=1, optimizer="sgd", learning_rate=1e-9)
    first = trainer.minibatches.segments(0)
    x = np.concatenate([s.x for s in first]).reshape(-1, 4)
    trainer.run()
    states = [v for n, v in trainer.state()[0].items() if n.startswith("state")]
    model = character_model()
    _, expected = model.token_losses(x, np.zeros_like(x), model.zero_states(4))
    for state, right in zip(states, expected, strict=True):
        assert_close(state, right, "float32")  # 1e-9 of learning apart


def test_clipping_limits_the_step():
    moved = []
    for clip_norm in (None, 1e-3):
        model = character_model()
        before = model.get_parameters()
        trainer = trainer_of(
            model=model, optimizer="sgd", learning_rate=1.0, clip_norm=clip_norm, epochs=1
        )
        trainer.run(Watching(should_stop=lambda t=trainer: t.position.steps >= 1))
        after = model.get_parameters()
        moved.append(math.sqrt(sum(((after[n] - before[n]) ** 2).sum() for n in before)))
    assert moved[1] == pytest.approx(1e-3)
    assert moved[0] > 0.01


def test_training_ends_when_the_held_out_text_gets_no_better_and_the_best_model_stays():
    noise = random_ids(200, seed=9)
    trainer = trainer_of(held_out=noise, epochs=60, patience=2, learning_rate=0.05)
    losses = []
    trainer.run(Watching(on_evaluation=lambda record, best: losses.append(record.held_out)))
    assert len(losses) < 60
    assert min(losses) not in losses[-2:]
    assert trainer.is_done
    assert score_text(trainer.model, noise).loss == pytest.approx(min(losses))


def test_on_a_plateau_the_rate_is_halved():
    noise = random_ids(200, seed=9)
    trainer = trainer_of(held_out=noise, epochs=8, schedule="plateau", learning_rate=0.05)
    seen = []
    trainer.run(Watching(on_evaluation=lambda r, best: seen.append((best, r.learning_rate))))
    rate = 0.05
    for best, found in seen[:-1]:
        rate = rate if best else rate / 2
        assert found == pytest.approx(rate)
    assert rate < 0.05


def test_records_say_what_was_seen():
    trainer = trainer_of(epochs=2, held_out=TEXT[:100])
    records, told = [], []
    trainer.run(
        Watching(on_record=records.append, on_tokens=lambda count, nats: told.append((count, nats)))
    )
    tokens = 2 * trainer.minibatches.steps_per_epoch * 24
    assert records[-1].tokens == sum(count for count, _ in told) == tokens
    assert records[-1].epoch == 2.0
    assert [r.held_out is not None for r in records].count(True) == 2
    ends = [0, *[r.tokens for r in records]]
    total = sum(r.loss * (b - a) for r, a, b in zip(records, ends, ends[1:], strict=False))
    assert total == pytest.approx(sum(nats for _, nats in told))
    assert records[0].perplexity == pytest.approx(math.exp(records[0].loss))
    assert records[0].bits == pytest.approx(records[0].loss / math.log(2))


def test_a_loss_that_is_no_number_ends_training():
    model = character_model(dtype="float32")
    parameters = model.get_parameters()
    parameters["b"][:2] = 3e38, -3e38  # too far apart for float32
    model.set_parameters(parameters)
    trainer = trainer_of(model=model)
    with pytest.raises(TrainingDiverged, match="a smaller one, such as"):
        trainer.run()


@each_backend()
def test_backends_come_to_the_same_parameters(backend):
    def after(name):
        model = character_model(backend=name, cell="elman", dropout=0.2)
        trainer = trainer_of(TEXT[:200], model=model, epochs=1)
        trainer.run()
        return model.get_parameters()

    found, expected = after(backend), after("jax")
    for name in expected:
        assert_close(found[name], expected[name])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "newton"}, "unknown optimizer 'newton'"),
        ({"schedule": "zigzag"}, "unknown schedule 'zigzag'"),
        ({"sampling": "best"}, "unknown sampling 'best'"),
        ({"epochs": 0}, "epochs is 0"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"clip_norm": -1.0}, "clip_norm is -1.0"),
        ({"warmup": 1.0}, "warmup is 1.0"),
        ({"accumulate": 0}, "accumulate is 0"),
        ({"patience": 2}, "look at held-out text"),
        ({"schedule": "plateau"}, "look at held-out text"),
        ({"weight_decay": 0.1, "optimizer": "sgd"}, "is for the optimizer adam"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        trainer_of(**settings)
