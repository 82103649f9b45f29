import numpy as np
import pytensor
import pytest
from pytensor import tensor as pt

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.errors import InputError
from rnn_graph.optim.optimizers import (
    OPTIMIZERS,
    Rows,
    adam,
    chain,
    clip_by_global_norm,
    clip_by_value,
    momentum,
    moving_averages,
    named_optimizer,
    sgd,
)
from tolerances import assert_close


def parameter(name, value, dtype="float64"):
    value = np.asarray(value, dtype=dtype)
    return pytensor.shared(value, name=name, shape=value.shape)


def step_of(updates, inputs, dtype="float64", outputs=()):
    return compile_function(
        inputs, list(outputs), choose_backend("jax", dtype=dtype), updates=updates
    )


def plain_adam(theta, gradients, rates, decay, b1=0.9, b2=0.999, epsilon=1e-8):
    """The parameter after each step, as the two papers write it."""
    m, v, after = np.zeros_like(theta), np.zeros_like(theta), []
    for t, (g, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
        theta = theta - rate * decay * theta - rate * m_hat / (np.sqrt(v_hat) + epsilon)
        after.append(theta)
    return after


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_adam_follows_the_papers_over_twenty_steps(dtype):
    rng = np.random.RandomState(0)
    first = {"matrix": rng.standard_normal((2, 3)), "vector": rng.standard_normal(4)}
    parameters = [parameter(name, value, dtype) for name, value in first.items()]
    gradients = [p.type(f"{p.name}_gradient") for p in parameters]
    rate = pt.scalar("rate", dtype=dtype)
    updates = adam(weight_decay=0.3)(dict(zip(parameters, gradients, strict=True)), rate)
    assert all(new.dtype == old.dtype for old, new in updates.items())
    step = step_of(updates, [*gradients, rate], dtype)
    scales = 10.0 ** rng.randint(-3, 3, 20)  # steps of very different sizes
    values = [[s * rng.standard_normal(v.shape) for s in scales] for v in first.values()]
    rates = np.linspace(0.1, 0.01, 20)
    expected = [
        plain_adam(value, g, rates, 0.3) for value, g in zip(first.values(), values, strict=True)
    ]
    for t in range(20):
        step(*(g[t].astype(dtype) for g in values), np.array(rates[t], dtype=dtype))
        for p, after in zip(parameters, expected, strict=True):
            assert_close(p.get_value(), after[t], dtype)


def test_adam_with_weight_decay_comes_to_where_pytorchs_adamw_comes():
    """Five steps down Σθ⁴/4; torch.optim.AdamW(lr=0.1, weight_decay=0.2) of PyTorch 2.13."""
    theta = parameter("theta", [1.0, -2.0, 0.5])
    rate = pt.dscalar("rate")
    step = step_of(adam(weight_decay=0.2)({theta: theta**3}, rate), [rate])
    for _ in range(5):
        step(np.array(0.1))
    assert_close(theta.get_value(), [0.46643999111156753, -1.346434979813638, 0.06583836673739324])


@pytest.mark.parametrize(("largest", "is_clipped"), [(2.0, True), (50.0, False)])
def test_gradients_are_scaled_alike_and_only_if_they_are_too_long(largest, is_clipped):
    rng = np.random.RandomState(2)
    values = [3 * rng.standard_normal((2, 3)), 3 * rng.standard_normal(5)]
    norm = np.linalg.norm(np.concatenate([value.ravel() for value in values]))
    assert (norm > largest) == is_clipped
    parameters = [parameter(f"p{k}", value) for k, value in enumerate(values)]
    gradients = [p.type() for p in parameters]
    clipped = clip_by_global_norm(largest)(dict(zip(parameters, gradients, strict=True)))
    assert list(clipped) == parameters
    found = step_of({}, gradients, outputs=clipped.values())(*values)
    for result, value in zip(found, values, strict=True):
        assert_close(result, value * (largest / norm if is_clipped else 1))
    for result, value in zip(
        step_of({}, gradients, outputs=clipped.values())(*(0 * value for value in values)),
        values,
        strict=True,
    ):
        np.testing.assert_array_equal(result, 0 * value)


def test_moving_averages_take_the_parameters_as_they_are_after_the_step():
    theta, other = parameter("theta", [1.0, 2.0]), parameter("other", [0.0])
    decay, one = pt.dscalar("decay"), np.array(1.0)
    updates = sgd()({theta: theta, other: other}, 0.5 * one)
    averages = moving_averages(updates, [theta], decay)
    assert len(averages) == 1  # `other` has none
    (average,) = averages
    step = step_of(updates | averages, [decay])
    now, expected = np.array([1.0, 2.0]), np.zeros(2)
    for d in (0.0, 0.25, 0.9):
        step(np.array(d))
        now = now / 2
        expected = d * expected + (1 - d) * now
        assert_close(theta.get_value(), now)
        assert_close(average.get_value(), expected)


def test_a_row_that_occurs_twice_gets_both_gradients():
    table, rate = parameter("table", np.arange(8.0).reshape(4, 2)), pt.dscalar("rate")
    rows, gradients = pt.ivector("rows"), pt.dmatrix("gradients")
    step = step_of(sgd()({table: Rows(rows, gradients)}, rate), [rows, gradients, rate])
    g = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]])
    step(np.array([3, 0, 3], dtype=np.int32), g, np.array(0.5))
    expected = np.arange(8.0).reshape(4, 2)
    expected[0] -= [5, 10]
    expected[3] -= [50.5, 101]
    assert_close(table.get_value(), expected)


def test_the_other_rules_take_gradients_of_rows_as_those_of_the_table():
    """Momentum moves every row, of those that did not occur too."""
    rows, gradients, rate = pt.ivector("rows"), pt.dmatrix("gradients"), pt.dscalar("rate")
    first = np.arange(8.0).reshape(4, 2)
    tables = [parameter(name, first) for name in ("sparse", "dense")]
    optimizer = chain(clip_by_global_norm(3), momentum())
    updates = optimizer({tables[0]: Rows(rows, gradients)}, rate)
    dense = pt.zeros_like(tables[1])[rows].inc(gradients)
    updates |= optimizer({tables[1]: dense}, rate)
    step = step_of(updates, [rows, gradients, rate])
    for ids in ([3, 0, 3], [1, 1, 2]):
        step(np.array(ids, dtype=np.int32), np.array([[1, 2], [3, 4], [5, 6.0]]), np.array(0.5))
    assert_close(tables[0].get_value(), tables[1].get_value())
    assert (tables[0].get_value() != first).all()


def test_transformations_are_applied_from_left_to_right():
    """By value, then by norm: (3, -4) at most 3 is (3, -3), of norm 1 then."""
    theta, rate = parameter("theta", [0.0, 0.0]), pt.dscalar("rate")
    gradient = pt.constant(np.array([3.0, -4.0]))
    optimizer = chain(clip_by_value(3), clip_by_global_norm(1), sgd())
    step_of(optimizer({theta: gradient}, rate), [rate])(np.array(2.0))
    assert_close(theta.get_value(), -2 * np.array([1, -1]) / np.sqrt(2))
    named = named_optimizer("sgd", clip_norm=1.0, clip_value=3.0)
    step_of(named({theta: gradient}, rate), [rate])(np.array(2.0))
    assert_close(theta.get_value(), -4 * np.array([1, -1]) / np.sqrt(2))


def test_an_unknown_optimizer_is_refused():
    with pytest.raises(InputError, match="unknown optimizer 'newton'; give one of sgd, momentum"):
        named_optimizer("newton")


def plain_steps(name, theta, gradients, rates):
    """The parameter after each step, as the papers write it."""
    memory, after = np.zeros_like(theta), []
    for g, rate in zip(gradients, rates, strict=True):
        if name == "sgd":
            theta = theta - rate * g
        elif name == "momentum":
            memory = 0.9 * memory + g
            theta = theta - rate * memory
        elif name == "adagrad":
            memory = memory + g**2
            theta = theta - rate * g / (np.sqrt(memory) + 1e-10)
        elif name == "rmsprop":
            memory = 0.99 * memory + 0.01 * g**2
            theta = theta - rate * g / (np.sqrt(memory) + 1e-8)
        after.append(theta)
    return after


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["sgd", "momentum", "adagrad", "rmsprop"])
def test_the_other_rules_follow_their_papers_over_twenty_steps(name, dtype):
    rng = np.random.RandomState(1)
    first = rng.standard_normal((3, 2))
    theta, rate = parameter("theta", first, dtype), pt.scalar("rate", dtype=dtype)
    gradient = theta.type("gradient")
    updates = OPTIMIZERS[name]()({theta: gradient}, rate)
    assert all(new.dtype == old.dtype for old, new in updates.items())
    step = step_of(updates, [gradient, rate], dtype)
    gradients = rng.standard_normal((20, 3, 2)) * 10.0 ** rng.randint(-3, 3, (20, 1, 1))
    rates = np.linspace(0.1, 0.01, 20)
    for t, expected in enumerate(plain_steps(name, first, gradients, rates)):
        step(gradients[t].astype(dtype), np.array(rates[t], dtype=dtype))
        assert_close(theta.get_value(), expected, dtype)


# Of PyTorch 2.13 after five steps down Σθ⁴/4 from (1, -2, 0.5) at rate 0.1: SGD(momentum=0.9),
# Adagrad and RMSprop with their other settings as they come.
PYTORCH = {
    "momentum": [0.19467602124040406, 1.6762762698915226, 0.3599166434068566],
    "adagrad": [0.7340360959806568, -1.705628046884059, 0.28380513426459036],
    "rmsprop": [9.999999039944235e-08, -0.6806967037444186, 0.1207702092642799],
}


@pytest.mark.parametrize("name", sorted(PYTORCH))
def test_the_other_rules_come_to_where_pytorchs_come(name):
    theta, rate = parameter("theta", [1.0, -2.0, 0.5]), pt.dscalar("rate")
    step = step_of(OPTIMIZERS[name]()({theta: theta**3}, rate), [rate])
    for _ in range(5):
        step(np.array(0.1))
    assert_close(theta.get_value(), PYTORCH[name])
