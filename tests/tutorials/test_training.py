import math

import numpy as np
import pytest

from rnn_graph import RNNNumpy, RNNTheano, train_with_sgd
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.optim.schedules import linear_decay
from tolerances import assert_close

V, H = 12, 5


def examples(count=6):
    ids = np.random.RandomState(1).randint(0, V, (count, 8))
    return list(ids[:, :-1]), list(ids[:, 1:])


def test_both_models_take_the_same_course():
    X, y = examples()
    courses = [
        train_with_sgd(model, X, y, learning_rate=0.1, nepoch=6, evaluate_loss_after=2)
        for model in (
            RNNNumpy(V, H, rng=4),
            RNNTheano(V, H, rng=4, backend="jax", dtype="float64"),
        )
    ]
    assert [seen for seen, _ in courses[0]] == [0, 12, 24]
    assert_close(courses[0], courses[1])
    assert courses[0][-1][1] < courses[0][0][1]


class Scripted:
    """A model whose losses are written down beforehand, and which remembers its rates."""

    def __init__(self, evaluations=(), steps=()):
        self.evaluations, self.steps = iter(evaluations), iter(steps)
        self.rates = []
        self.parameters = {"W": np.zeros(1)}

    def calculate_loss(self, X, Y):
        return next(self.evaluations)

    def sgd_step(self, x, y, learning_rate):
        self.rates.append(learning_rate)
        self.parameters["W"] = self.parameters["W"] + 1
        return next(self.steps, 1.0)

    def get_parameters(self):
        return {"W": self.parameters["W"].copy()}

    def set_parameters(self, values):
        self.parameters = dict(values)


def test_halves_the_rate_when_the_loss_rose_since_the_last_evaluation():
    model = Scripted(evaluations=[3.0, 2.0, 2.5, 2.4, 2.6])
    X, y = [[0]], [[1]]
    train_with_sgd(model, X, y, learning_rate=0.8, nepoch=5, evaluate_loss_after=1)
    assert model.rates == [0.8, 0.8, 0.4, 0.4, 0.2]


def test_a_schedule_multiplies_the_rate_by_the_share_that_is_left():
    model = Scripted(evaluations=[3.0, 2.0])
    train_with_sgd(model, [[0]] * 2, [[1]] * 2, 0.8, 2, 1, schedule=linear_decay)
    np.testing.assert_allclose(model.rates, [0.8, 0.6, 0.4, 0.2])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_ends_training_with_the_last_good_parameters(bad):
    model = Scripted(evaluations=[3.0, 2.0, 1.0], steps=[1.0, 1.0, 1.0, bad])
    with pytest.raises(TrainingDiverged, match=r"learning rate 0.8; .* smaller one, such as 0.2"):
        train_with_sgd(model, [[0]] * 2, [[1]] * 2, 0.8, nepoch=3, evaluate_loss_after=1)
    assert model.parameters["W"] == 2  # as they were when the second epoch began


def test_parameters_that_are_not_finite_after_the_last_step_are_not_left_behind():
    class Overflowing(Scripted):
        def sgd_step(self, x, y, learning_rate):
            self.parameters["W"] = self.parameters["W"] + np.inf
            return 1.0

    model = Overflowing(evaluations=[3.0])
    with pytest.raises(TrainingDiverged):
        train_with_sgd(model, [[0]], [[1]], nepoch=1)
    assert model.parameters["W"] == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"X_train": [], "y_train": []}, "0 sentences and 0 rows of targets; give at least one"),
        ({"y_train": [[1], [1]]}, "1 sentences and 2 rows of targets"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"learning_rate": math.nan}, "learning_rate is nan"),
        ({"nepoch": 0}, "nepoch is 0"),
        ({"evaluate_loss_after": 0}, "evaluate_loss_after is 0"),
    ],
)
def test_refuses_settings_that_cannot_be(settings, message):
    with pytest.raises(InputError, match=message):
        train_with_sgd(Scripted(), **{"X_train": [[0]], "y_train": [[1]], **settings})
