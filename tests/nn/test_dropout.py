import numpy as np
import pytensor
import pytest
from pytensor import tensor as pt

from plain_cells import plain_layer
from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.nn import Bidirectional, Dropout, Embedding, Recurrent, Stack
from rnn_graph.nn.dropout import dropout
from tolerances import assert_close, each_backend

SHAPE = (50, 8, 16)


def masks(backend, share, keys):
    values, key = pt.tensor3("values", dtype="float32"), pt.scalar("key", dtype="uint32")
    dropped = dropout(values, share, key)
    gradient = pytensor.grad(dropped.sum(), values)
    compiled = compile_function([values, key], [dropped, gradient], choose_backend(backend))
    ones = np.ones(SHAPE, dtype="float32")
    found = []
    for number in keys:
        mask, gradient = map(np.asarray, compiled(ones, np.uint32(number)))
        np.testing.assert_array_equal(gradient, mask)
        found.append(mask)
    return found


def reference_hash(number):
    """C. Wellons' lowbias32, in Python's own numbers."""
    number ^= number >> 16
    number = number * 0x7FEB352D % 2**32
    number ^= number >> 15
    number = number * 0x846CA68B % 2**32
    return number ^ number >> 16


def reference_mask(shape, share, key):
    """The mask of a key, 0 or 1 / (1 - share)."""
    spread = reference_hash(key) * 0x9E3779B9
    hashes = [reference_hash((place + spread) % 2**32) for place in range(np.prod(shape))]
    return (np.array(hashes).reshape(shape) >= share * 2**32) / (1 - share)


@each_backend()
def test_a_mask_is_the_hash_of_place_and_key(backend):
    (mask,) = masks(backend, 0.3, [4_000_000_000])
    assert_close(mask, reference_mask(SHAPE, 0.3, 4_000_000_000), "float32")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_so_many_are_left_out_everywhere_and_independently(share):
    found = np.array(masks("jax", share, range(40))) == 0  # [40, 50, 8, 16]
    deviation = np.sqrt(share * (1 - share))
    count = found.size
    assert abs(found.mean() - share) < 5 * deviation / np.sqrt(count)
    for axis in range(4):
        others = tuple(k for k in range(4) if k != axis)
        means = found.mean(axis=others)
        spread = deviation / np.sqrt(count / found.shape[axis])
        assert np.abs(means - share).max() < 5 * spread
        first, second = (
            np.take(found, range(*ends), axis=axis).astype(float) - share
            for ends in ((0, found.shape[axis] - 1), (1, found.shape[axis]))
        )
        correlation = (first * second).mean() / deviation**2
        assert abs(correlation) < 5 / np.sqrt(first.size)


def run_with_key(layer, values, x, key):
    """A layer's output with a key, and with none."""
    weights = {name: pt.as_tensor(value) for name, value in values.items()}
    variable, number = pt.as_tensor(x).type(), pt.scalar("key", dtype="uint32")
    outputs = [layer(weights, variable, key=given)[0] for given in (number, None)]
    return pytensor.function([variable, number], outputs, mode="JAX")(x, np.uint32(key))


def test_locked_dropout_leaves_out_the_same_units_at_all_steps():
    x = np.random.RandomState(0).standard_normal((6, 3, 8))
    dropped, whole = run_with_key(Dropout(0.5, locked=True), {}, x, 7)
    assert_close(dropped, x * reference_mask((3, 8), 0.5, 7))
    assert_close(whole, x)


def test_row_dropout_leaves_out_an_id_wherever_it_occurs():
    layer = Embedding(9, 4, row_dropout=0.4)
    values = layer.init(rng=0)
    ids = np.array([[0, 3, 3], [8, 0, 5]], dtype=np.int32)
    dropped, whole = run_with_key(layer, values, ids, 11)
    mask = reference_mask((9,), 0.4, 11)
    assert 0 < np.count_nonzero(mask[ids]) < ids.size
    assert_close(dropped, values["embeddings"][ids] * mask[ids][..., None])
    assert_close(whole, values["embeddings"][ids])


@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
def test_weight_dropout_is_that_of_a_plain_loop_with_fewer_weights(cell):
    layer = Recurrent(cell, 5, 3, weight_dropout=0.5)
    network = Stack([Bidirectional(layer), Recurrent(cell, 4, 10, weight_dropout=0.3)])
    values = network.init(rng=0)
    x = np.random.RandomState(1).standard_normal((6, 2, 3))

    def plain(shares):
        """Layer by layer; each takes the next key."""
        below, key, outputs = x, 20, {}
        for name, share in shares.items():
            p = {letter: values[f"{name}_{letter}"] for letter in ("Wx", "Wh", "b")}
            Wh = p["Wh"] * reference_mask(p["Wh"].shape, share, key)
            units, key = len(Wh), key + 1
            zeros = [np.zeros((2, units))] * layer.state_count
            outputs[name], *_ = plain_layer(
                cell,
                below @ p["Wx"] + p["b"],
                np.ones((6, 2)),
                zeros,
                Wh,
                backwards="backward" in name,
            )
            if name == "layer0_backward":
                below = np.concatenate([outputs["layer0_forward"], outputs[name]], axis=-1)
        return outputs["layer1"]

    names = ("layer0_forward", "layer0_backward", "layer1")
    dropped, whole = run_with_key(network, values, x, 20)
    assert_close(dropped, plain(dict(zip(names, (0.5, 0.5, 0.3), strict=True))))
    assert_close(whole, plain(dict.fromkeys(names, 0.0)))
