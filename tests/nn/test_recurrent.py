import numpy as np
import pytensor
import pytest
from pytensor import tensor as pt

from plain_cells import plain_layer
from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.errors import InputError
from rnn_graph.nn import (
    GRU,
    LSTM,
    Bidirectional,
    Dense,
    Dropout,
    Elman,
    Embedding,
    Recurrent,
    Softmax,
    Stack,
    Window,
)
from tolerances import assert_close


def test_the_layer_runs_as_it_is_shown_to_users():
    layer = Recurrent(LSTM(), units=5, inputs=3, truncate=2)
    values = layer.init(rng=0)
    assert {n: v.shape for n, v in values.items()} == {"Wx": (3, 20), "Wh": (5, 20), "b": (20,)}
    weights = {
        name: pt.tensor(name, shape=(None,) * v.ndim, dtype=v.dtype) for name, v in values.items()
    }
    x = pt.tensor3("x", dtype="float64")
    y, last = layer(weights, x, states=None, mask=None)
    gradients = pytensor.grad((y**2).sum(), list(weights.values()))
    compiled = pytensor.function([x, *weights.values()], [y, *last, *gradients], mode="JAX")
    # Of each length and number of sequences, one of both among them.
    for length, sequences in ((4, 2), (1, 1), (7, 3)):
        given = np.random.RandomState(length).standard_normal((length, sequences, 3))
        y_found, *others = compiled(given, *values.values())
        zeros = [np.zeros((sequences, 5))] * 2
        p, mask = given @ values["Wx"] + values["b"], np.ones((length, sequences))
        h, c = plain_layer("lstm", p, mask, zeros, values["Wh"])
        assert_close(y_found, h)
        assert_close(others[0], h[-1])
        assert_close(others[1], c[-1])
        assert [g.shape for g in others[2:]] == [v.shape for v in values.values()]


def test_shared_variables_of_unknown_shape_and_learned_first_states():
    layer = Recurrent("gru", 4, 3, bias=False, learn_initial=True)
    values = layer.init(rng=1) | {"h0": np.arange(4.0)}
    assert set(values) == {"Wx", "Wh", "h0"}
    weights = {name: pytensor.shared(value) for name, value in values.items()}
    x = pt.dmatrix("x")  # a single sequence
    y, last = layer(weights, x)
    gradient = pytensor.grad(last[0].sum(), weights["h0"])
    compiled = pytensor.function([x], [y, gradient], mode="JAX")
    given = np.random.RandomState(0).standard_normal((5, 3))

    def states(h0):
        return plain_layer("gru", given @ values["Wx"], np.ones(5), [h0], values["Wh"])[0]

    found, gradient = compiled(given)
    assert_close(found, states(values["h0"]))
    step = 1e-5
    moved = [values["h0"] + step * np.eye(4)[k] * sign for k in range(4) for sign in (1, -1)]
    sums = np.array([states(h0)[-1].sum() for h0 in moved]).reshape(4, 2)
    assert_close(gradient, (sums[:, 0] - sums[:, 1]) / (2 * step), "differences")


def test_a_network_reads_as_the_sentence_that_describes_it():
    layers = [
        Embedding(9, 2, padding=True),
        Dropout(0.5),
        Window(3),
        Bidirectional(Recurrent("elman", 4, 6)),
        Dense(2, 8),
    ]
    network = Stack(layers)
    values = network.init(rng=2, dtype="float32")
    assert list(values) == [
        "layer0_embeddings",
        *(f"layer3_{side}_{n}" for side in ("forward", "backward") for n in ("Wx", "Wh", "b")),
        "layer4_W",
        "layer4_b",
    ]
    assert not values["layer0_embeddings"][-1].any()
    assert (network.state_count, network.key_count) == (2, 1)
    ids = pt.imatrix("ids")
    mask, states = pt.fmatrix("mask"), [pt.fmatrix(), pt.fmatrix()]
    y, last = network(values, ids, mask=mask, states=states)
    compiled = compile_function([ids, mask, *states], [y, *last], choose_backend("jax"))
    given = np.random.RandomState(0).randint(0, 9, (7, 2)).astype("int32")
    counts = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], dtype="float32").T
    first = [np.full((2, 4), value, "float32") for value in (0.5, -0.5)]
    rows = values["layer0_embeddings"][given]
    x = np.concatenate([rows[k : k + 5] for k in range(3)], axis=-1)
    sides = [
        plain_layer(
            "elman",
            x @ values[f"layer3_{side}_Wx"],
            counts,
            [state],
            values[f"layer3_{side}_Wh"],
            backwards=side == "backward",
        )[0]
        for side, state in zip(("forward", "backward"), first, strict=True)
    ]
    found, forward, backward = compiled(given, counts, *first)
    assert found.dtype == np.float32
    assert_close(found, np.concatenate(sides, axis=-1) @ values["layer4_W"], "float32")
    assert_close(forward, sides[0][-1], "float32")
    assert_close(backward, sides[1][0], "float32")


def test_layers_show_what_they_are():
    layer = Recurrent("lstm", 5, 3, truncate=2)
    assert repr(layer) == "Recurrent(LSTM(), 5, 3, truncate=2)"
    assert layer == Recurrent(LSTM(), units=5, inputs=3, truncate=2)
    assert repr(Stack([Embedding(9, 3), layer, Softmax(9, 5)])) == (
        "Stack([Embedding(9, 3), Recurrent(LSTM(), 5, 3, truncate=2), Softmax(9, 5)])"
    )


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Recurrent(LSTM(), 0, 3), "units is 0; give"),
        (lambda: Recurrent("rnn", 2, 3), "unknown cell 'rnn'; give one of elman, gru, lstm"),
        (lambda: Recurrent(GRU(), 2, 3, truncate=-1), "truncate is -1; give"),
        (lambda: Recurrent(GRU(), 2, 3, truncate=1.5), "truncate is 1.5; give"),
        (lambda: Window(2), "the window is 2 words; give an odd number"),
        (lambda: Dropout(1.0), "share is 1.0; give"),
        (lambda: Stack([]), "no layers; give at least one"),
        (lambda: Stack([Dropout(0.1)], ["a", "b"]), "names has 2 for 1 layers"),
        (lambda: Stack([Dense(2, 2), Dense(2, 2)], ["", ""]).init(0), "parameter 'W'"),
        (lambda: Bidirectional(Recurrent(Elman(), 2, 3, backwards=True)), "each direction"),
    ],
)
def test_refuses_layers_that_cannot_be(build, message):
    with pytest.raises(InputError, match=message):
        build()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Wh": None}, "no parameter 'Wh' among 'Wx', 'b'; give a variable of shape"),
        ({"Wx": np.zeros((4, 20))}, r"Wx has shape \(4, 20\); this layer takes \(3, 20\)"),
        ({"b": np.zeros((20, 1))}, r"b has shape \(20, 1\)"),
        ({"x": pt.tensor(shape=(None, None, 2))}, r"x has shape \(None, None, 2\)"),
        ({"x": pt.dvector()}, "x has 1 axis; give"),
        ({"states": [pt.dmatrix()]}, "states has 1 variables; give 2"),
        ({"mask": pt.dvector()}, "mask has 1 axes"),
    ],
)
def test_refuses_variables_that_do_not_fit(change, message):
    layer = Recurrent(LSTM(), 5, 3)
    given = {"x": pt.dtensor3(), "mask": None, "states": None, **layer.init(rng=0)} | change
    x, mask, states = (given.pop(name) for name in ("x", "mask", "states"))
    weights = {name: value for name, value in given.items() if value is not None}
    with pytest.raises(InputError, match=message):
        layer(weights, x, mask=mask, states=states)


def test_a_pymc_model_takes_the_layer():
    pm = pytest.importorskip("pymc")
    layer = Recurrent(Elman(), 2, 3, truncate=1)
    coords = {"inputs": range(3), "units": range(2)}
    with pm.Model(coords=coords) as model:
        x = pm.Data("x", np.ones((4, 2, 3)))
        weights = {
            "Wx": pm.Normal("Wx", dims=("inputs", "units")),
            "Wh": pm.Normal("Wh", shape=(2, 2)),
            "b": pm.Normal("b", dims="units"),
        }
        pm.Normal("y", layer(weights, x)[0], observed=np.ones((4, 2, 2)))
    point = model.initial_point()
    results = [model.compile_dlogp(mode=mode)(point) for mode in ("JAX", "CVM")]
    assert_close(*results)


@pytest.mark.parametrize("cell", [Elman(), GRU(), LSTM()], ids=repr)
def test_first_values(cell):
    inputs, units = 40, 30
    values = Recurrent(cell, units=units, inputs=inputs).init(rng=0)
    assert not values["b"].any()
    # Glorot's bound, of the gates' weights as one matrix.
    bound = np.sqrt(6 / (inputs + cell.blocks * units))
    assert 0.98 * bound < np.abs(values["Wx"]).max() <= bound
    for rotation in np.split(values["Wh"], cell.blocks, axis=1):
        assert_close(rotation @ rotation.T, np.eye(units))
