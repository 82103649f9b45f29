"""Reversals in time move to the smaller factor; each result is NumPy's."""

import numpy as np
import pytest
from pytensor import tensor as pt
from pytensor.tensor.subtensor import Subtensor

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend

JAX = choose_backend("jax", "cpu")
T, B, NARROW, WIDE = 5, 2, 3, 7


def drawn(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def given(name, *shape):
    return pt.tensor(name, dtype="float32", shape=shape)


def turned_round(compiled):
    """The shapes of what the function takes from the last place to the first."""
    return [
        node.outputs[0].type.shape
        for node in compiled.maker.fgraph.apply_nodes
        if isinstance(node.op, Subtensor)
    ]


def test_rows_are_added_by_ids_in_reverse():
    values, table = given("values", T, B, WIDE), given("table", 4, WIDE)
    ids = pt.tensor("ids", dtype="int32", shape=(T, B))
    compiled = compile_function([table, values, ids], table[ids].inc(values[::-1]), JAX)
    assert turned_round(compiled) == [(T, B)]
    arrays = drawn(4, WIDE), drawn(T, B, WIDE), np.arange(T * B, dtype="int32").reshape(T, B) % 4
    expected = arrays[0].copy()
    np.add.at(expected, arrays[2], arrays[1][::-1])
    np.testing.assert_allclose(compiled(*arrays), expected, rtol=1e-5)


def test_rows_that_are_assigned_keep_their_order():
    """Of two for one place the last one stays."""
    values, table = given("values", T, WIDE), given("table", 4, WIDE)
    ids = pt.tensor("ids", dtype="int32", shape=(T,))
    compiled = compile_function([table, values, ids], table[ids].set(values[::-1]), JAX)
    assert turned_round(compiled) == [(T, WIDE)]
    found = compiled(drawn(4, WIDE), drawn(T, WIDE), np.zeros(T, dtype="int32"))
    np.testing.assert_array_equal(found[0], drawn(T, WIDE)[0])


@pytest.mark.parametrize(("left", "right"), [(NARROW, WIDE), (WIDE, NARROW)])
def test_a_sum_over_steps_turns_the_narrow_factor_round(left, right):
    a, b = given("a", T, B, left), given("b", T, B, right)
    product = a.reshape((-1, left)).T @ b[::-1].reshape((-1, right))
    compiled = compile_function([a, b], product, JAX)
    assert turned_round(compiled) == [(T, B, NARROW)]
    arrays = drawn(T, B, left), drawn(T, B, right)
    expected = np.einsum("tbn,tbm->nm", arrays[0], arrays[1][::-1])
    np.testing.assert_allclose(compiled(*arrays), expected, rtol=1e-4, atol=1e-5)
