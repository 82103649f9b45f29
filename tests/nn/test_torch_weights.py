"""PyTorch's own layers on exported weights, and layers from PyTorch's first values."""

import numpy as np
import pytensor
import pytest
from pytensor import tensor as pt

from rnn_graph.errors import InputError
from rnn_graph.nn import (
    Bidirectional,
    Dropout,
    Elman,
    Recurrent,
    ResetBeforeGRU,
    Stack,
    from_torch,
    to_torch,
)

torch = pytest.importorskip("torch")

T, B, N, H = 7, 3, 4, 5
LAYERS = {"elman": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
X = np.random.RandomState(0).standard_normal((T, B, N)).astype("float32")

networks = pytest.mark.parametrize(
    ("cell", "layers", "bidirectional"),
    [(cell, layers, both) for cell in LAYERS for layers in (1, 2) for both in (False, True)],
)


def ours(cell, layers, bidirectional, **options):
    """A stack of recurrent layers with dropout between them."""
    parts = []
    for k in range(layers):
        inputs = N if k == 0 else H * (2 if bidirectional else 1)
        layer = Recurrent(cell, H, inputs, **options)
        parts += [Bidirectional(layer) if bidirectional else layer, Dropout(0.5)]
    return Stack(parts)


def theirs(cell, layers, bidirectional, **options):
    torch.manual_seed(3)
    return LAYERS[cell](N, H, layers, bidirectional=bidirectional, **options)


def outputs(layer, parameters):
    """Of the layer, and its last states, [T, B, …] and [B, H] …"""
    x = pt.tensor3("x", dtype="float32")
    y, states = layer({n: pt.constant(v) for n, v in parameters.items()}, x)
    return pytensor.function([x], [y, *states], mode="JAX")(X)


def torch_outputs(layer):
    """The same of a layer of PyTorch's; the states as we have them, layer by layer."""
    with torch.no_grad():
        y, last = layer(torch.from_numpy(X))
    states = last if isinstance(last, tuple) else (last,)
    return [y.numpy(), *(kind[k].numpy() for k in range(len(states[0])) for kind in states)]


def assert_equal(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6, rtol=0)


@networks
def test_pytorch_computes_the_same_on_exported_weights(cell, layers, bidirectional):
    layer = ours(cell, layers, bidirectional)
    rng = np.random.RandomState(1)
    parameters = {
        name: rng.uniform(-0.5, 0.5, value.shape).astype("float32")
        for name, value in layer.init(rng=0).items()
    }
    other = theirs(cell, layers, bidirectional)
    weights = to_torch(layer, parameters)
    other.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    assert_equal(torch_outputs(other), outputs(layer, parameters))
    again, found = from_torch(weights)
    assert {f"layer{k}" for k in range(layers)} == set(again.names)
    assert_equal(outputs(again, found), outputs(layer, parameters))


@networks
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "plain"])
def test_layers_of_pytorch_s_weights_compute_the_same(cell, layers, bidirectional, bias):
    other = theirs(cell, layers, bidirectional, bias=bias)
    weights = {name: value.numpy() for name, value in other.state_dict().items()}
    layer, parameters = from_torch(weights)
    assert_equal(outputs(layer, parameters), torch_outputs(other))
    back = to_torch(layer, parameters)
    other.load_state_dict(
        {name: torch.from_numpy(value) for name, value in back.items() if name in weights}
    )
    assert_equal(outputs(layer, parameters), torch_outputs(other))


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (Recurrent(ResetBeforeGRU(), H, N), "ResetBeforeGRU"),
        (Recurrent(Elman(pt.sigmoid), H, N), "Elman"),
        (Recurrent("gru", H, N, learn_initial=True), "first states"),
        (Recurrent("gru", H, N, backwards=True), "backwards"),
    ],
    ids=["reset before", "sigmoid", "first states", "backwards"],
)
def test_what_pytorch_lacks(layer, said):
    with pytest.raises(InputError, match=said):
        to_torch(layer, layer.init(rng=0))


def without(name):
    def change(weights):
        del weights[name]

    return change


def with_array(name, shape):
    def change(weights):
        weights[name] = np.zeros(shape, "float32")

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without("weight_ih_l0"), "weight_ih_l0"),
        (without("weight_hh_l1"), "weight_hh_l1"),
        (without("bias_hh_l0"), "bias_hh_l0"),
        (without("weight_ih_l1"), "skip a layer"),
        (with_array("weight_hr_l0", (2, H)), "proj_size"),
        (with_array("decoder.weight", (2, H)), "decoder.weight"),
        (with_array("weight_hh_l0", (7, H)), r"\(7, 5\)"),
        (with_array("bias_ih_l0", (3,)), r"\(3,\)"),
    ],
)
def test_weights_that_are_not_those_of_a_layer(change, said):
    weights = {name: v.numpy() for name, v in theirs("lstm", 3, False).state_dict().items()}
    change(weights)
    with pytest.raises(InputError, match=said):
        from_torch(weights)
