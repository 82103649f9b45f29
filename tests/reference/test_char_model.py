import numpy as np
import pytest

import char_vectors as vectors
from rnn_graph.errors import InputError
from rnn_graph.finite_differences import central_differences
from rnn_graph.nn.initializers import draw_char_lstm_parameters, draw_char_rnn_parameters
from rnn_graph.reference import (
    clip,
    loss_and_gradients,
    lstm_backward,
    lstm_cell_backward,
    lstm_cell_forward,
    lstm_forward,
    model,
    optimize,
    rnn_backward,
    rnn_cell_backward,
    rnn_cell_forward,
    rnn_forward,
    sample,
)
from tolerances import TOLERANCES

PRINTED = 5e-9  # half of the last digit that was published


def near(value):
    return pytest.approx(value, rel=0, abs=PRINTED)


def test_rnn_cell():
    a_next, y, cache = rnn_cell_forward(*vectors.rnn_cell_case())
    assert a_next[4] == near(vectors.RNN_CELL_A)
    assert y[1] == near(vectors.RNN_CELL_Y)
    assert y.sum(axis=0) == pytest.approx(np.ones(10))
    assert cache[0] is a_next


def test_rnn():
    a, y, caches = rnn_forward(*vectors.rnn_case())
    assert a.shape == (5, 10, 4)
    assert y.shape == (2, 10, 4)
    assert a[4][1] == near(vectors.RNN_A)
    assert y[1][3] == near(vectors.RNN_Y)
    assert caches[1][1][3] == near(vectors.RNN_X)


def test_lstm_cell():
    a_next, c_next, y, cache = lstm_cell_forward(*vectors.lstm_cell_case())
    assert a_next[4] == near(vectors.LSTM_CELL_A)
    assert c_next[2] == near(vectors.LSTM_CELL_C)
    assert y[1] == near(vectors.LSTM_CELL_Y)
    assert cache[1][3] == near(vectors.LSTM_CELL_CACHE)
    assert len(cache) == 10


def test_lstm():
    a, y, c, caches = lstm_forward(*vectors.lstm_case())
    assert a[4][3][6] == pytest.approx(vectors.LSTM_A, abs=1e-14)
    assert y[1][4][3] == pytest.approx(vectors.LSTM_Y, abs=1e-14)
    assert c[1][2][1] == pytest.approx(vectors.LSTM_C, abs=1e-14)
    assert caches[1][1][1] == near(vectors.LSTM_X)
    assert len(caches) == 2


def test_clip():
    gradients = vectors.clip_case()
    before = {name: value.copy() for name, value in gradients.items()}
    clipped = clip(gradients, 10)
    for name, (place, value) in vectors.CLIPPED.items():
        assert clipped[name][place] == near(value)
    assert all((gradients[name] == before[name]).all() for name in gradients)


def test_sample():
    parameters = vectors.drawn(2, vectors.NAME_SHAPES)
    char_to_ix = {symbol: i for i, symbol in enumerate("\nabcdefghijklmnopqrstuvwxyz")}
    ids = sample(parameters, char_to_ix, 0)
    assert ids[: len(vectors.SAMPLED)] == vectors.SAMPLED
    assert ids[-1] == 0
    assert len(ids) <= 51


def test_optimize():
    a_prev, parameters = vectors.name_case()
    before = {name: value.copy() for name, value in parameters.items()}
    loss, gradients, last = optimize(vectors.X, vectors.Y, a_prev, parameters, 0.01)
    assert loss == pytest.approx(vectors.LOSS, rel=1e-13)
    for name, (place, value) in vectors.GRADIENTS.items():
        assert gradients[name][place] == near(value)
    assert gradients["dWax"].argmax() == vectors.LARGEST_OF_WAX
    place, value = vectors.LAST_STATE
    assert last[place] == near(value)
    for name, value in parameters.items():
        assert value == pytest.approx(before[name] - 0.01 * gradients[f"d{name}"], abs=1e-15)


def assert_is_gradient_of(function, arrays, gradients):
    """`gradients["d…"]` of each array, against differences of `function()`."""
    for name, value in arrays.items():
        original = value.copy()

        def shifted(other, value=value):
            value[...] = other
            return function()

        expected = central_differences(shifted, original, 1e-5)
        value[...] = original
        found = gradients[f"d{name}"]
        scale = np.abs(expected).max()
        assert np.abs(found - expected).max() < TOLERANCES["differences"] * max(scale, 1)


def test_rnn_backwards_is_the_gradient_of_forwards():
    x, a0, parameters = vectors.rnn_case()
    weights = np.random.RandomState(5).standard_normal((5, 10, 4))
    gradients = rnn_backward(weights, rnn_forward(x, a0, parameters)[2])
    arrays = {name: parameters[name] for name in ("Waa", "Wax", "ba")} | {"x": x, "a0": a0}
    assert_is_gradient_of(
        lambda: (weights * rnn_forward(x, a0, parameters)[0]).sum(), arrays, gradients
    )


def test_lstm_backwards_is_the_gradient_of_forwards():
    x, a0, parameters = vectors.lstm_case()
    weights = np.random.RandomState(5).standard_normal((5, 10, 7))
    gradients = lstm_backward(weights, lstm_forward(x, a0, parameters)[3])
    arrays = {name: parameters[name] for name in parameters if name not in ("Wy", "by")}
    assert_is_gradient_of(
        lambda: (weights * lstm_forward(x, a0, parameters)[0]).sum(),
        arrays | {"x": x, "a0": a0},
        gradients,
    )


def test_one_step_backwards_is_the_sequence_of_one_step():
    x, a0, parameters = vectors.rnn_case()
    da = np.random.RandomState(5).standard_normal((5, 10))
    step = rnn_cell_backward(da, rnn_cell_forward(x[:, :, 0], a0, parameters)[2])
    whole = rnn_backward(da[:, :, None], rnn_forward(x[:, :, :1], a0, parameters)[2])
    assert (step["dxt"] == whole["dx"][:, :, 0]).all()
    assert (step["da_prev"] == whole["da0"]).all()
    assert (step["dWaa"] == whole["dWaa"]).all()


def test_the_lstm_cells_own_gradient():
    xt, a_prev, c_prev, parameters = vectors.lstm_cell_case()
    da, dc = np.random.RandomState(5).standard_normal((2, 5, 10))
    gradients = lstm_cell_backward(da, dc, lstm_cell_forward(xt, a_prev, c_prev, parameters)[3])

    def total():
        a, c, _, _ = lstm_cell_forward(xt, a_prev, c_prev, parameters)
        return (da * a + dc * c).sum()

    arrays = {"xt": xt, "a_prev": a_prev, "c_prev": c_prev, "Wf": parameters["Wf"]}
    assert_is_gradient_of(total, arrays, gradients)


@pytest.mark.parametrize(
    ("draw", "states"), [(draw_char_rnn_parameters, 1), (draw_char_lstm_parameters, 2)]
)
def test_a_names_gradients_are_those_of_its_loss(draw, states):
    rng = np.random.RandomState(3)
    parameters = {
        name: value + 0.3 * rng.standard_normal(value.shape)
        for name, value in draw(4, 6, 6, rng).items()
    }
    a_prev = tuple(rng.standard_normal((states, 4, 1)))
    a_prev = a_prev if states > 1 else a_prev[0]
    x, y = [None, 3, 5, 1], [3, 5, 1, 0]
    _, gradients, _ = loss_and_gradients(x, y, a_prev, parameters)
    assert_is_gradient_of(
        lambda: loss_and_gradients(x, y, a_prev, parameters)[0], parameters, gradients
    )


NAMES = ["anna", "nan", "hannah", "ana"]
CHAR_TO_IX = {symbol: i for i, symbol in enumerate("\nahn")}


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_a_model_learns_its_names(cell):
    losses = []
    parameters = model(
        NAMES,
        CHAR_TO_IX,
        400,
        8,
        cell=cell,
        learning_rate=0.05,
        on_iteration=lambda iteration, loss: losses.append((iteration, loss)),
    )
    assert [iteration for iteration, _ in losses] == list(range(400))
    assert losses[-1][1] < losses[0][1]
    again = model(NAMES, CHAR_TO_IX, 400, 8, cell=cell, learning_rate=0.05)
    assert all((parameters[name] == again[name]).all() for name in parameters)
    assert sample(parameters, CHAR_TO_IX, 3)[-1] == 0


def test_an_unknown_cell_is_refused():
    with pytest.raises(InputError, match="unknown cell 'gru'; give rnn or lstm"):
        model(NAMES, CHAR_TO_IX, 1, cell="gru")


DINOSAUR_LOSSES = [23.087336, 27.884160, 25.901815, 24.608779, 24.070350, 23.844446, 23.291971]


def test_the_published_losses_of_dinosaurs(real_data):
    """Smoothed loss at every 2,000th step; later ones hang on rounding."""
    names = real_data("dinos/dinos.txt").read_text().lower().split()
    char_to_ix = {symbol: i for i, symbol in enumerate("\nabcdefghijklmnopqrstuvwxyz")}
    losses = []
    model(names, char_to_ix, 12_001, 50, on_iteration=lambda _, loss: losses.append(loss))
    assert losses[::2000] == pytest.approx(DINOSAUR_LOSSES, abs=5e-7)
