"""The training loop with a model that counts its steps and scores that are given in advance."""

import math
from contextlib import contextmanager

import numpy as np
import pytest

from rnn_graph.data.batches import Segment
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.train import trainer as trainer_module
from rnn_graph.train.recipes import Recipe
from rnn_graph.train.result import result_of
from rnn_graph.train.trainer import Trainer
from training_checks import GivenScore, Watching

STEPS = 3  # an epoch


class Counter:
    """A model whose only parameter says how many steps it made."""

    def __init__(self):
        self.value = np.zeros(1)

    def get_parameters(self):
        return {"steps": self.value.copy()}

    def set_parameters(self, values):
        self.value = values["steps"].copy()


class CountingSteps:
    """Steps that count, with losses and learning rates that are written down."""

    steps_a_call = 1
    average_of = staticmethod(lambda value: value)

    def __init__(self, model, losses=None, tokens=None, breaks_at=None):
        self.model, self.rates, self.begins = model, [], []
        self._losses = iter(losses) if losses else None
        self._tokens = iter(tokens) if tokens else None
        self._breaks_at = breaks_at

    def begin_epoch(self):
        self.begins.append(int(self.model.value[0]))

    def load(self, segment):
        pass

    def run(self, places, step, learning_rate):
        self.rates.append(learning_rate)
        self.model.value = self.model.value + 1
        if step == self._breaks_at:
            self.model.value = self.model.value * np.inf
        return next(self._losses, 8.0) if self._losses else 8.0, (
            next(self._tokens) if self._tokens else 4
        )

    def state(self):
        return self.model.get_parameters()

    def restore(self, state):
        self.model.set_parameters(state)

    @contextmanager
    def averaged(self):
        trained = self.model.value
        self.model.value = self.average_of(trained)
        yield
        self.model.value = trained


class CountedBatches:
    steps_per_epoch, tokens_per_epoch = STEPS, 4 * STEPS

    def segments(self, epoch, first_step=0):
        assert 0 <= first_step < STEPS
        yield Segment(0, np.zeros((STEPS, 1, 1)), np.zeros((STEPS, 1, 1)))


@pytest.fixture
def counting(monkeypatch):
    """A function from scripted scores and settings to a trainer, not yet run."""

    def build(scores=(), *observers, held_out=True, steps=None, judged=None, **settings):
        model, script = Counter(), iter(scores)
        given = {"epochs": max(1, len(scores)), "learning_rate": 0.8} | settings
        counted = steps(model) if steps else CountingSteps(model)
        monkeypatch.setattr(trainer_module, "steps_of", lambda *_: counted)
        seen = []

        def evaluate():
            seen.append(int(model.value[0]))
            return GivenScore(next(script))

        trainer = Trainer(
            model,
            CountedBatches(),
            Recipe("word", "counting", "counting", "", given),
            evaluate=evaluate if scores else None,
            held_out=held_out,
            observers=observers,
        )
        trainer.counted, trainer.evaluated = counted, seen
        return trainer

    return build


def rates_of_epochs(trainer):
    return trainer.counted.rates[::STEPS]


@pytest.mark.parametrize(
    ("scores", "best", "improved"),
    [
        ([3, 1, 2], 2, [True, True, False]),
        ([3, 1, 1], 2, [True, True, False]),
        ([1, 1, 1], 1, [True, False, False]),
        ([3, 2, 1], 3, [True, True, True]),
    ],
)
def test_the_first_of_the_best_epochs_is_kept(counting, scores, best, improved):
    trainer = counting(scores)
    trainer.run()
    assert trainer.model.value == STEPS * best
    assert [record["is_best"] for record in trainer.history] == improved
    assert [record["held_out"]["loss"] for record in trainer.history] == scores
    assert [record["epoch"] for record in trainer.history] == [1, 2, 3]
    result = result_of(trainer, model=None, interrupted=False, signature={})
    assert result.held_out["loss"] == min(scores)
    assert (result.best_epoch, result.epochs) == (best, 3)


def test_what_is_measured_on_the_training_data_chooses_no_epoch(counting):
    trainer = counting([1, 2, 3], held_out=False)
    trainer.run()
    assert trainer.model.value == 3 * STEPS
    assert [r["on_training"]["loss"] for r in trainer.history] == [1, 2, 3]
    assert {r["held_out"] for r in trainer.history} == {None}
    assert result_of(trainer, model=None, interrupted=False, signature={}).loss == 3


def test_what_is_scored_and_kept_are_the_averages_and_training_goes_on_without_them(counting):
    def steps(model):
        counted = CountingSteps(model)
        counted.average_of = lambda value: -value
        return counted

    trainer = counting([3, 1, 2], steps=steps)
    trainer.run()
    assert trainer.evaluated == [-STEPS, -2 * STEPS, -3 * STEPS]
    assert trainer.counted.begins == [0, STEPS, 2 * STEPS]
    assert trainer.model.value == -2 * STEPS
    alone = counting(steps=steps, epochs=2)
    alone.run()
    assert alone.model.value == -2 * STEPS


def test_figures_of_an_epoch_are_means_over_its_tokens(counting):
    nats, tokens = [4.0, 8.0, 3.0, 1.0, 1.0, 16.0], [4, 4, 1, 4, 4, 10]
    watching = Watching()
    trainer = counting([], watching, epochs=2, steps=lambda m: CountingSteps(m, nats, tokens))
    trainer.run()
    assert [r.loss for r in watching.epochs] == [15 / 9, 18 / 18]
    assert [r.tokens for r in watching.epochs] == [9, 27]
    assert watching.losses == list(zip(tokens, nats, strict=True))
    # Each step has a record of its own: there are fewer than ten steps an epoch.
    assert [r.recent_loss * n for r, n in zip(watching.records, tokens, strict=True)] == nats
    assert watching.epochs[0].perplexity == pytest.approx(math.exp(15 / 9))
    assert watching.epochs[0].bits == pytest.approx(15 / 9 / math.log(2))


def test_observers_are_told_in_order(counting):
    watching = Watching()
    counting([2, 1], watching).run()
    of_an_epoch = ["record", "step", "record", "step", "record", "epoch", "step"]
    assert watching.told == ["begin", *of_an_epoch, *of_an_epoch, "end"]
    steps = [record.step for record in watching.records]
    assert steps == [1, 2, 3, 4, 5, 6]
    assert [record.epoch for record in watching.records[:3]] == pytest.approx([1 / 3, 2 / 3, 1])


# How the learning rate goes on


def test_on_a_plateau_the_rate_is_halved_after_each_evaluation_that_is_no_better(counting):
    trainer = counting([5, 6, 5, 4, 4], schedule="plateau")
    trainer.run()
    assert rates_of_epochs(trainer) == [0.8, 0.8, 0.4, 0.2, 0.2]
    assert trainer.learning_rate == pytest.approx(0.1)


def test_the_rate_is_halved_where_the_loss_rose_since_the_last_evaluation(counting):
    trainer = counting([3.0, 2.0, 2.5, 2.4, 2.6], schedule="rise", epochs=4)
    trainer.run()
    # The first score is that of the model before training.
    assert trainer.evaluated == [0, 3, 6, 9, 12]
    assert rates_of_epochs(trainer) == [0.8, 0.8, 0.4, 0.4]
    assert trainer.learning_rate == 0.2


def test_back_off_halves_after_ten_evaluations_and_goes_back_to_the_best(counting, monkeypatch):
    trainer = counting([5, 4, *[6] * 11, 3, 9], schedule="back-off")
    trainer.run()
    assert rates_of_epochs(trainer) == [0.8] * 12 + [0.4, 0.2, 0.2]
    assert trainer.counted.begins[11:15] == [11 * STEPS, 2 * STEPS, 2 * STEPS, 3 * STEPS]


def test_back_off_ends_where_the_rate_is_too_small(counting):
    trainer = counting([5, *[6] * 20], schedule="back-off", learning_rate=3e-5)
    trainer.run()
    assert len(trainer.history) == 1 + 11
    assert trainer.is_done


def test_patience_ends_training_and_the_best_stays(counting):
    trainer = counting([5, 4, 6, 5, 3], patience=2)
    trainer.run()
    assert len(trainer.history) == 4
    assert trainer.is_done
    assert trainer.model.value == 2 * STEPS


def test_without_patience_every_epoch_is_done_however_small_the_rate(counting):
    trainer = counting([5, 6, 6, 6], learning_rate=1e-12)
    trainer.run()
    assert len(trainer.history) == 4


def test_schedules_and_warmup_follow_the_share_of_all_steps(counting):
    trainer = counting([], epochs=2, schedule="linear")
    trainer.run()
    assert trainer.counted.rates == pytest.approx([0.8 * k / 6 for k in (6, 5, 4, 3, 2, 1)])
    trainer = counting([], epochs=4, warmup=0.5)
    trainer.run()
    expected = [0.8 * min(1, k / 6) for k in range(12)]
    assert trainer.counted.rates == pytest.approx(expected)


# When training ends, and when it is looked at


def test_iterations_end_in_the_middle_of_an_epoch_and_are_evaluated_there(counting):
    watching = Watching()
    trainer = counting([3, 2, 1], watching, epochs=None, iterations=7)
    trainer.run()
    assert trainer.evaluated == [3, 6, 7]
    assert [r["epoch"] for r in trainer.history] == pytest.approx([1, 2, 7 / 3])
    assert trainer.epochs == pytest.approx(7 / 3)
    assert watching.epochs[-1].loss == 2.0


@pytest.mark.parametrize(
    ("settings", "evaluated"),
    [
        ({"epochs": 5, "evaluate_every": 2}, [6, 12, 15]),
        ({"epochs": 4, "evaluate_every": 4}, [12]),
        ({"epochs": 40, "evaluate_every": None}, [12 * k for k in range(1, 11)]),
        ({"epochs": 3, "evaluate_every": None}, [3, 6, 9]),
        ({"epochs": None, "iterations": 30, "evaluate_every": None}, [3 * k for k in range(1, 11)]),
    ],
)
def test_evaluations_come_every_so_many_epochs_and_at_the_end(counting, settings, evaluated):
    trainer = counting([1.0] * 40, **settings)
    trainer.run()
    assert trainer.evaluated == evaluated
    assert len(trainer.history) == len(evaluated)


def test_stopping_leaves_the_best_epochs_parameters(counting):
    watching = Watching(stop_at=3 * STEPS + 1)
    trainer = counting([3, 1, 2, 0], watching)
    trainer.run()
    assert len(trainer.counted.rates) == 3 * STEPS + 1
    assert len(trainer.history) == 3
    assert trainer.model.value == 2 * STEPS
    assert not trainer.is_done


def test_stopping_in_the_first_epoch_leaves_what_was_learned(counting):
    trainer = counting([1], Watching(stop_at=1))
    trainer.run()
    assert (trainer.history, trainer.model.value) == ([], 1)


def test_between_two_updates_of_accumulated_gradients_there_is_no_stop(counting):
    trainer = counting([], Watching(stop_at=1), epochs=4, accumulate=2)
    trainer.run()
    assert trainer.position.steps == 2


def test_more_epochs_go_on_where_a_training_ended(counting):
    watching = Watching()
    first = counting([3, 2], watching)
    first.run()
    longer = counting([2.5, 1], epochs=4)
    longer.restore(dict(watching.stopped.arrays), watching.stopped.values)
    longer.run()
    assert longer.counted.begins == [2 * STEPS, 3 * STEPS]
    assert [r["is_best"] for r in longer.history] == [True, True, False, True]
    assert longer.model.value == 4 * STEPS


# What goes wrong


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_in_the_best_parameters(counting, loss):
    watching = Watching()
    losses = [*[1.0] * 7, loss]
    trainer = counting(
        [1, 2, 0], watching, learning_rate=0.4, steps=lambda m: CountingSteps(m, losses)
    )
    with pytest.raises(TrainingDiverged, match=r"became (nan|inf) by step 8 at .* 0.4; .* as 0.1"):
        trainer.run()
    assert len(watching.epochs) == 2
    assert trainer.model.value == STEPS


def test_without_evaluations_it_ends_in_those_of_the_last_epochs_beginning(counting):
    losses = [*[1.0] * 7, math.nan]
    trainer = counting([], epochs=3, steps=lambda m: CountingSteps(m, losses))
    with pytest.raises(TrainingDiverged):
        trainer.run()
    assert trainer.model.value == 2 * STEPS


def test_parameters_that_are_not_finite_after_the_last_step_are_not_left_behind(counting):
    trainer = counting([], epochs=1, steps=lambda m: CountingSteps(m, breaks_at=STEPS - 1))
    with pytest.raises(TrainingDiverged, match="became nan"):
        trainer.run()
    assert trainer.model.value == 0


def test_an_evaluation_that_is_no_number_is_a_divergence(counting):
    trainer = counting([2.0, math.nan])
    with pytest.raises(TrainingDiverged):
        trainer.run()
    assert trainer.model.value == STEPS


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"epochs": None, "iterations": 0}, "iterations is 0"),
        ({"epochs": None}, "neither epochs nor iterations"),
        ({"learning_rate": 0}, "learning_rate is 0; give a number above 0"),
        ({"learning_rate": math.nan}, "learning_rate is nan"),
        ({"schedule": "zigzag"}, "unknown schedule 'zigzag'"),
        ({"clip_norm": -1.0}, "clip_norm is -1.0"),
        ({"clip_value": 0.0}, "clip_value is 0.0"),
        ({"warmup": 1.0}, "warmup is 1.0"),
        ({"averaging": -0.1}, "averaging is -0.1; give 0 or more, below 1"),
        ({"accumulate": 0}, "accumulate is 0"),
        ({"accumulate": 4, "epochs": 1}, "accumulate is 4, more than the 3 minibatches"),
        ({"evaluate_every": 0}, "evaluate_every is 0"),
        ({"patience": 2}, "look at held-out data; keep some back"),
        ({"schedule": "plateau"}, "look at held-out data"),
        ({"weight_decay": 0.1, "optimizer": "sgd"}, "is for the optimizer adam"),
        ({"weight_decay": math.nan, "optimizer": "adam"}, "weight_decay is nan"),
    ],
)
def test_settings_out_of_range_are_refused(counting, settings, message):
    with pytest.raises(InputError, match=message):
        counting([], **settings)
