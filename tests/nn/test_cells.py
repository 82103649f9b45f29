from typing import NamedTuple

import numpy as np
import pytensor
import pytest
from pytensor import tensor as pt

from plain_cells import plain_layer
from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.finite_differences import central_differences
from rnn_graph.nn.basic import affine
from rnn_graph.nn.cells import CELLS, Elman
from rnn_graph.nn.through_time import recurrent_layer
from tolerances import assert_close

T, B, H = 5, 3, 2
# Full, padded at the end, and with a hole and a gap at the beginning.
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 1, 0, 1, 1]], dtype=float).T
STEP = 1e-5


class Case(NamedTuple):
    """A cell, which of its states the loss reads, the direction, and whether there is a batch."""

    cell: str
    read: tuple[int, ...] = (0,)
    backwards: bool = False
    batch: bool = True

    def __str__(self):
        direction = "backwards" if self.backwards else "forwards"
        return f"{self.cell}-{self.read}-{direction}-{'batch' if self.batch else 'sentence'}"


CASES = [
    *(Case(cell, backwards=backwards) for cell in CELLS for backwards in (False, True)),
    *(Case(cell, backwards=cell == "gru", batch=False) for cell in CELLS),
    Case("lstm", (0, 1)),
    Case("lstm", (1,), backwards=True),
]


def inputs_of(case):
    """Projected inputs, mask, initial states, weights, and what the loss weighs each state with."""
    rng = np.random.RandomState(4)
    cell = CELLS[case.cell]
    sentences = (B,) if case.batch else ()
    return (
        rng.standard_normal((T, *sentences, cell.blocks * H)),
        MASK if case.batch else MASK[:, 2],
        [rng.standard_normal((*sentences, H)) for _ in range(cell.states)],
        rng.standard_normal((H, cell.blocks * H)),
        {k: rng.standard_normal((T, *sentences, H)) for k in case.read},
    )


def symbolic(case, *, static=False):
    """Variables for `inputs_of(case)`'s first four."""
    projected, mask, initial, weights, _ = inputs_of(case)

    def variable(value):
        known = value.shape if static else [*[None] * (value.ndim - 1), value.shape[-1]]
        return pt.tensor(dtype="float64", shape=known)

    free = [variable(projected), pt.tensor(dtype="float64", shape=(None,) * mask.ndim)]
    fixed = pt.tensor(dtype="float64", shape=weights.shape)
    return *free, [variable(state) for state in initial], fixed


def states_and_gradients(case, backend):
    """The layer's states, and the gradients for projected inputs, initial states and weights."""
    projected, mask, initial, weights = symbolic(case)
    states = recurrent_layer(
        CELLS[case.cell], projected, initial, weights, mask, backwards=case.backwards
    )
    *values, weighed = inputs_of(case)
    loss = sum((states[k] * weight).sum() for k, weight in weighed.items())
    gradients = pytensor.grad(loss, [projected, *initial, weights])
    compiled = compile_function(
        [projected, mask, *initial, weights],
        [*states, *gradients],
        choose_backend(backend, dtype="float64"),
    )
    results = compiled(values[0], values[1], *values[2], values[3])
    return results[: len(states)], results[len(states) :]


def differences(case):
    """The same gradients, by finite differences of the plain loop."""
    projected, mask, initial, weights, weighed = inputs_of(case)

    def loss(projected, *initial_and_weights):
        *initial, weights = initial_and_weights
        states = plain_layer(case.cell, projected, mask, initial, weights, backwards=case.backwards)
        return sum((states[k] * weight).sum() for k, weight in weighed.items())

    values = [projected, *initial, weights]
    return [
        central_differences(lambda v, k=k: loss(*values[:k], v, *values[k + 1 :]), value, STEP)
        for k, value in enumerate(values)
    ]


def check_against_the_loop(case, backend):
    states, gradients = states_and_gradients(case, backend)
    projected, mask, initial, weights, _ = inputs_of(case)
    plain = plain_layer(case.cell, projected, mask, initial, weights, backwards=case.backwards)
    for found, expected in zip(states, plain, strict=True):
        assert_close(found, expected)
    for found, expected in zip(gradients, differences(case), strict=True):
        assert_close(found, expected, "differences")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_states_and_gradients_are_those_of_a_plain_loop(case):
    check_against_the_loop(case, "jax")


def gradients_through_scan(case):
    """PyTensor's own gradients of a scan over the same steps, all lengths known."""
    projected, mask, initial, weights = symbolic(case, static=True)
    cell = CELLS[case.cell]

    def step(projected, mask, *states):
        after = cell.advance(cell.enter(projected, states[0], weights), *states)
        return [pt.switch(mask[:, None] > 0, a, s) for a, s in zip(after, states, strict=True)]

    states = pytensor.scan(
        step,
        sequences=[projected, mask],
        outputs_info=initial,
        n_steps=T,
        go_backwards=case.backwards,
        return_list=True,
        return_updates=False,
    )
    *values, weighed = inputs_of(case)
    in_place = [states[k][::-1] if case.backwards else states[k] for k in weighed]
    loss = sum((s * w).sum() for s, w in zip(in_place, weighed.values(), strict=True))
    compiled = pytensor.function(
        [projected, mask, *initial, weights],
        pytensor.grad(loss, [projected, *initial, weights]),
        mode="JAX",
    )
    return compiled(values[0], values[1], *values[2], values[3])


@pytest.mark.parametrize(
    "case",
    [
        Case("elman", backwards=True),
        Case("gru"),
        Case("gru", backwards=True),
        Case("lstm", (0, 1)),
        Case("lstm", backwards=True),
    ],
    ids=str,
)
def test_gradients_are_those_that_pytensor_takes_through_a_scan(case):
    _, gradients = states_and_gradients(case, "jax")
    for found, expected in zip(gradients, gradients_through_scan(case), strict=True):
        assert_close(found, expected)


def test_any_length_and_any_number_of_sentences_go_through_one_function():
    case = Case("gru")
    projected, mask, initial, weights = symbolic(case)
    states = recurrent_layer(CELLS["gru"], projected, initial, weights, mask)
    compiled = compile_function(
        [projected, mask, *initial, weights], states, choose_backend("jax", dtype="float64")
    )
    rng = np.random.RandomState(0)
    for length, sentences in ((1, 1), (7, 2), (3, 4)):
        p = rng.standard_normal((length, sentences, 3 * H))
        m, h = np.ones((length, sentences)), rng.standard_normal((sentences, H))
        W = rng.standard_normal((H, 3 * H))
        (found,) = compiled(p, m, h, W)
        assert_close(found, plain_layer("gru", p, m, [h], W)[0])


def test_an_elman_cell_takes_any_activation():
    p, u, h = np.array([-1.0, 2.0]), np.array([0.5, -3.0]), np.zeros(2)
    (found,) = Elman(pt.sigmoid).advance(pt.as_tensor(p + u), pt.as_tensor(h))
    assert_close(found.eval(mode="FAST_COMPILE"), 1 / (1 + np.exp(-(p + u))))


@pytest.mark.parametrize("shape", [(4, 3), (4, 2, 3)], ids=["rows", "batch"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_affine_and_its_gradients(shape, dtype):
    rng = np.random.RandomState(1)
    values = [rng.standard_normal(s).astype(dtype) for s in (shape, (3, 2), (2,))]
    weighed = rng.standard_normal((*shape[:-1], 2)).astype(dtype)
    x = pt.tensor(dtype=dtype, shape=(*[None] * (len(shape) - 1), 3))
    W, b = pt.tensor(dtype=dtype, shape=(3, 2)), pt.tensor(dtype=dtype, shape=(2,))
    y = affine(x, W, b)
    gradients = pytensor.grad((y * weighed).sum(acc_dtype=dtype), [x, W, b])
    compiled = compile_function([x, W, b], [y, *gradients], choose_backend("jax", dtype=dtype))
    found = compiled(*values)
    assert all(result.dtype == dtype for result in found)
    x, W, b = values
    expected = [
        np.einsum("...n,nm->...m", x, W) + b,
        np.einsum("...m,nm->...n", weighed, W),
        np.einsum("kn,km->nm", x.reshape(-1, 3), weighed.reshape(-1, 2)),
        weighed.reshape(-1, 2).sum(axis=0),
    ]
    for result, value in zip(found, expected, strict=True):
        assert_close(result, value, dtype)
