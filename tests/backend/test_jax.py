"""What is done to graphs before JAX compiles them; each result is that of a loop in NumPy."""

import numpy as np
import pytest
from pytensor import tensor as pt
from pytensor.scan.op import Scan
from pytensor.tensor.random.type import random_generator_type

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.backend.jax import Materialized, _is_length
from rnn_graph.nn.scan import scan_states
from tolerances import assert_close

ROWS, N = 4, 3
JAX = choose_backend("jax", dtype="float64")


def compiled_scan(read):
    """A scan with two states and an output; `read` chooses what is computed of them."""
    xs = pt.tensor("xs", dtype="float64", shape=(None, N))
    big = pt.tensor("big", dtype="float64", shape=(ROWS, N))
    small = pt.tensor("small", dtype="float64", shape=(N,))

    def step(x, big, small):
        return [big / 2 + x * small, small + big.sum(axis=0), big[0] - x]

    traces = scan_states(step, [xs], [big, small], [], xs.shape[0], outputs=1)
    return compile_function([xs, big, small], read(*traces), JAX)


def traces_of(xs, big, small):
    bigs, smalls, outputs = [], [], []
    for x in xs:
        big, small, output = big / 2 + x * small, small + big.sum(axis=0), big[0] - x
        bigs.append(big)
        smalls.append(small)
        outputs.append(output)
    return np.array(bigs), np.array(smalls), np.array(outputs)


def states_of(compiled):
    """How many states the compiled scan hands on without a record, and how many it records."""
    (info,) = (
        node.op.info for node in compiled.maker.fgraph.toposort() if isinstance(node.op, Scan)
    )
    return info.n_untraced_sit_sot, info.n_sit_sot


@pytest.mark.parametrize(
    ("read", "carried_and_recorded"),
    [
        (lambda big, small, output: [big[-1], small, output], (1, 1)),
        (lambda big, small, output: [big, small[-1], output], (1, 1)),
        (lambda big, small, output: [big[-1], small[-1], output], (2, 0)),
        (lambda big, small, output: [big[-1], 2 * big[-1], small[-1]], (2, 0)),
        (lambda big, small, output: [big, small, output], (0, 2)),
        (lambda big, small, output: [big[-1], big.sum(axis=0), small], (0, 2)),
        (lambda big, small, output: [big[0], small[:-1]], (0, 2)),
    ],
    ids=["last big", "last small", "both last", "twice", "whole", "last and whole", "others"],
)
def test_only_states_of_which_nothing_but_the_last_is_read_go_without_a_record(
    read, carried_and_recorded
):
    """PyTensor sees to it; a record of a model's parameters would cost more than the step."""
    compiled = compiled_scan(read)
    assert states_of(compiled) == carried_and_recorded
    rng = np.random.RandomState(0)
    for length in (2, 5):
        values = [rng.standard_normal(s) for s in ((length, N), (ROWS, N), (N,))]
        expected = read(*traces_of(*values))
        for found, value in zip(compiled(*values), expected, strict=True):
            assert_close(found, value)


def test_a_scan_of_one_step_and_one_without_sequences_keep_their_states():
    compiled = compiled_scan(lambda big, small, output: [big[-1], small[-1]])
    rng = np.random.RandomState(1)
    values = [rng.standard_normal(s) for s in ((1, N), (ROWS, N), (N,))]
    bigs, smalls, _ = traces_of(*values)
    for found, value in zip(compiled(*values), (bigs[-1], smalls[-1]), strict=True):
        assert_close(found, value)
    x = pt.dvector("x")
    (doubled,) = scan_states(lambda x: [2 * x], [], [x], [], 3)
    assert_close(compile_function([x], doubled[-1], JAX)(np.array([1.0, 5.0])), [8.0, 40.0])


def a_slice(x, n):
    return x[: n // 2]


def an_end(x, n):
    return x[n // 3 : n - 1]


def zeros(x, n):
    both = np if isinstance(x, np.ndarray) else pt
    return both.zeros(2 * n - 1) + x[0]


def zeros_before_the_last(x, n):
    both = np if isinstance(x, np.ndarray) else pt
    return both.concatenate([both.zeros(n // 2), x[both.maximum(n - 3, 0) :]])


@pytest.mark.parametrize("function", [a_slice, an_end, zeros, zeros_before_the_last])
def test_lengths_that_are_computed_from_lengths(function):
    x = pt.dvector("x")
    compiled = compile_function([x], function(x, x.shape[0]), JAX)
    for length in (5, 8):
        value = np.arange(10.0, 10 + length)
        assert_close(compiled(value), function(value, length))


def test_lengths_of_which_one_is_not_known_are_left_alone():
    """What depends on an input beside the length is computed when the function runs."""
    x, count = pt.dvector("x"), pt.lscalar("count")
    compiled = compile_function([x, count], [x.shape[0] // 2 + count, x[0]], JAX)
    for length, number in ((4, 1), (4, 7), (7, 0)):
        found, _ = compiled(np.ones(length), np.array(number))
        assert found == length // 2 + number


def test_a_scan_over_a_sequence_that_is_computed():
    """PyTensor cuts it to the number of steps, which JAX has to know when it compiles."""
    xs, state = pt.tensor("xs", dtype="float64", shape=(None, N)), pt.dvector("state")
    turned = pt.concatenate([xs[1:], xs[:1]])
    (states,) = scan_states(lambda x, h: [h / 2 + x], [turned], [state], [], xs.shape[0])
    compiled = compile_function([xs, state], states, JAX)
    values, h, expected = np.arange(4.0 * N).reshape(4, N), np.ones(N), []
    for x in np.roll(values, -1, axis=0):
        h = h / 2 + x
        expected.append(h)
    assert_close(compiled(values, np.ones(N)), expected)


@pytest.mark.parametrize(("columns", "is_laid_out"), [((3, 5), True), ((5, 3), False)])
def test_the_narrower_side_of_a_product_is_laid_out(columns, is_laid_out):
    left, right = (
        pt.tensor(name, dtype="float64", shape=(None, n))
        for name, n in zip("ab", columns, strict=True)
    )
    compiled = compile_function([left, right], left.T @ right, JAX)
    laid_out = [n for n in compiled.maker.fgraph.toposort() if isinstance(n.op, Materialized)]
    assert bool(laid_out) == (is_laid_out and JAX.platform == "cpu")
    rng = np.random.default_rng(0)
    values = [rng.random((7, n)) for n in columns]
    assert_close(compiled(*values), values[0].T @ values[1])


def test_random_generators_are_no_lengths():
    """They have no dtype, and stand among the inputs of graphs that draw, as PyMC's do."""
    assert not _is_length(random_generator_type())
