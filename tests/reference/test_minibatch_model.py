"""The NumPy minibatch model against finite differences, and the compiled one against it."""

import numpy as np
import pytest

from language_models import word_model
from rnn_graph.finite_differences import central_differences
from rnn_graph.reference import MinibatchModelNumpy
from tolerances import assert_close

T, B = 4, 3


def minibatch(seed):
    rng = np.random.default_rng(seed)
    return rng.integers(6, size=(2, T, B))


@pytest.fixture(params=["elman", "lstm"])
def cell(request):
    return request.param


def test_gradients_are_those_of_finite_differences(cell):
    parameters = word_model(cell=cell).get_parameters()
    x, y = minibatch(0)
    _, gradients = MinibatchModelNumpy(cell, parameters).loss_and_gradients(x, y)
    for name, value in parameters.items():

        def loss(shifted, name=name):
            model = MinibatchModelNumpy(cell, parameters | {name: shifted})
            return model.loss_and_gradients(x, y)[0]

        estimated = central_differences(loss, value.copy(), 1e-5)
        assert_close(gradients[name], estimated, "differences")


def test_the_states_are_carried_to_the_next_minibatch(cell):
    """Two minibatches lose on average what the two together lose."""
    parameters = word_model(cell=cell).get_parameters()
    (x, y), (x_next, y_next) = minibatch(0), minibatch(1)
    pieces = MinibatchModelNumpy(cell, parameters)
    losses = [pieces.loss_and_gradients(*pair)[0] for pair in ((x, y), (x_next, y_next))]
    whole = MinibatchModelNumpy(cell, parameters)
    together, _ = whole.loss_and_gradients(np.vstack([x, x_next]), np.vstack([y, y_next]))
    assert_close(np.mean(losses), together)
    for left, right in zip(pieces.states, whole.states, strict=True):
        assert_close(left, right)


@pytest.mark.parametrize("clip_norm", [0.1, 100.0])
def test_gradients_are_clipped_by_their_norm(cell, clip_norm):
    parameters = word_model(cell=cell).get_parameters()
    x, y = minibatch(0)
    model = MinibatchModelNumpy(cell, parameters)
    _, gradients = MinibatchModelNumpy(cell, parameters).loss_and_gradients(x, y)
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in gradients.values()]))
    model.sgd_step(x, y, 0.5, clip_norm)
    for name, value in parameters.items():
        moved = 0.5 * min(1, clip_norm / norm) * gradients[name]
        assert_close(model.parameters[name], value - moved)
