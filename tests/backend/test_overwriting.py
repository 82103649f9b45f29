"""New values overwrite old ones, without a copy of them."""

import re

import numpy as np
import pytensor
from pytensor import tensor as pt

from rnn_graph import RNNSLU, RNNTheano, contextwin
from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.nn.scan import scan_states
from rnn_graph.tutorials.windows import last_word_steps

JAX = choose_backend("jax", "cpu")
N = 40  # square matrices, large enough
RATE = np.float32(0.1)


def copied(text, *shapes):
    """Those of the shapes of which the program makes a copy as they are."""
    found = set(re.findall(r"f32\[([\d,]+)\]\{[\d,]+\} copy\(%(?:get-tuple|[A-Za-z]+\.1\))", text))
    return found & {",".join(map(str, shape)) for shape in shapes}


def trained(weights, x):
    """A step of two layers: the gradient of the first reads the weights of the second."""
    first, second = weights
    hidden = pt.tanh(x @ first)
    error = hidden @ second - x
    d_second, d_hidden = hidden.T @ error, error @ second.T
    return first - RATE * x.T @ (d_hidden * (1 - hidden**2)), second - RATE * d_second


def trained_in_numpy(weights, x):
    first, second = weights
    hidden = np.tanh(x @ first)
    error = hidden @ second - x
    d_first = x.T @ (error @ second.T * (1 - hidden**2))
    return first - RATE * d_first, second - RATE * hidden.T @ error


def drawn(*shapes):
    generator = np.random.default_rng(0)
    return [generator.normal(0, 0.1, shape).astype("float32") for shape in shapes]


def test_a_function_overwrites_what_else_reads(programs):
    *values, x = drawn((N, N), (N, N), (3, N))
    weights = [pytensor.shared(value, shape=value.shape) for value in values]
    for variable, value in zip(weights, values, strict=True):
        JAX.assign(variable, value)
    given = pt.tensor("x", dtype="float32", shape=x.shape)
    updates = dict(zip(weights, trained(weights, given), strict=True))
    step = compile_function([given], [], JAX, updates=updates)
    before = [variable.get_value(borrow=True) for variable in weights]
    expected = trained_in_numpy([np.array(value) for value in before], x)
    step(x)
    assert all(value.is_deleted() for value in before)
    assert not copied(programs[-1], (N, N))
    for variable, value in zip(weights, expected, strict=True):
        np.testing.assert_allclose(variable.get_value(), value, rtol=1e-5, atol=1e-6)


def test_a_loop_overwrites_what_else_reads(programs):
    *values, xs = drawn((N, N), (N, N), (5, 3, N))
    given = pt.tensor("xs", dtype="float32", shape=xs.shape)
    first = [pt.tensor(dtype="float32", shape=(N, N)) for _ in range(2)]
    traces = scan_states(
        lambda x, *weights: list(trained(weights, x)), [given], first, [], given.shape[0]
    )
    run = compile_function([given, *first], [trace[-1] for trace in traces], JAX)
    expected = values
    for x in xs:
        expected = trained_in_numpy(expected, x)
    for found, value in zip(run(xs, *values), expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-5, atol=1e-6)
    loop = programs[-1][: programs[-1].index("\nENTRY")]
    assert not copied(loop, (N, N))


def test_a_step_of_the_word_model_copies_no_parameter(programs):
    model = RNNTheano(500, 40, rng=0, backend="jax", device="cpu")
    model.sgd_step(np.arange(10), np.arange(10), 0.1)
    assert not copied(programs[-1], (500, 40), (40, 500))


def test_steps_of_the_slot_tagger_copy_no_parameter(programs):
    tagger = RNNSLU(nh=40, nc=50, ne=60, de=30, cs=3, rng=0, backend="jax", device="cpu")
    rows = last_word_steps(np.arange(8), np.arange(8), 3, 5)
    tagger.train_on_steps(rows, 0.1)
    assert not copied(programs[-1], (61, 30), (40, 90), (40, 50))
    tagger.sentence_train(contextwin(range(8), 3), np.arange(8), 0.1, normalize=True)
    assert not copied(programs[-1], (61, 30), (40, 90), (40, 50))
