"""The tutorial's step: one sentence through the word model, backward, and into the parameters."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_graph.benchmark.timing import Contender, machine, median_ratio, time_in_rounds, timed
from rnn_graph.compiling import installed_backends
from rnn_graph.models.rnn_theano import RNNTheano
from rnn_graph.randomness import as_random_generator
from rnn_graph.reference.rnn_numpy import RNNNumpy
from rnn_graph.signature import versions

LEARNING_RATE = 0.005
LARGEST_ERROR = {"float32": 1e-4, "float64": 1e-10}


@dataclass(frozen=True)
class StepSizes:
    """How large the step is."""

    word_dim: int = 8000
    hidden_dim: int = 100
    length: int = 45
    bptt_truncate: int | None = 4


def measure_step(
    sizes: StepSizes,
    *,
    backends: list[str] | None = None,
    dtypes: tuple[str, ...] = ("float32", "float64"),
    device: str = "auto",
    rounds: int = 5,
    seed: int = 0,
) -> dict[str, Any]:
    """Time a step of the NumPy reference, of every backend, and of its matrix products alone.

    Every contender's loss and updated parameters are compared with the reference's first.

    Raises
    ------
    ArithmeticError
        If a contender computes something else.
    """
    generator = as_random_generator(seed)
    x, y = np.floor(generator.random((2, sizes.length)) * sizes.word_dim).astype(np.int32)
    settings = (sizes.word_dim, sizes.hidden_dim, sizes.bptt_truncate)

    reference = RNNNumpy(*settings, rng=seed)
    baseline = Contender("numpy float64", lambda: reference.sgd_step(x, y, LEARNING_RATE))
    baseline.first_call_seconds, expected_loss = timed(baseline.run)
    expected = reference.get_parameters()

    contenders = [baseline]
    for dtype in dtypes:
        for backend in backends or installed_backends():
            model = RNNTheano(
                *settings,
                rng=seed,
                backend=backend,
                device=device if backend == "jax" else "auto",
                dtype=dtype,
            )
            contender = Contender(
                f"{backend} {dtype}", lambda model=model: model.sgd_step(x, y, LEARNING_RATE)
            )
            contender.compile_seconds, _ = timed(
                lambda model=model: model.compiled_sgd_step(sizes.length)
            )
            contender.first_call_seconds, loss = timed(contender.run)
            _require_same(contender.name, loss, model, expected_loss, expected, dtype)
            contenders.append(contender)
        contenders += _matrix_products(sizes, dtype, generator)
    time_in_rounds(contenders, rounds)
    return {
        "workload": "lm-step",
        "sizes": vars(sizes),
        "machine": machine(),
        "versions": versions(),
        "rounds": rounds,
        "contenders": [
            {
                "name": c.name,
                "compile_s": c.compile_seconds,
                "first_call_s": c.first_call_seconds,
                "steady_ms": c.median * 1e3,
                "fastest_round_ms": min(c.seconds) * 1e3,
                "slowest_round_ms": max(c.seconds) * 1e3,
                "times_numpy": median_ratio(c, baseline),
                "times_floor": 1 / median_ratio(c, _floor(contenders, c)),
            }
            for c in contenders
        ],
    }


FLOOR = "three matrix products"


def _matrix_products(sizes: StepSizes, dtype: str, generator) -> list[Contender]:
    """Logits, their gradient to the states, and the output weights' gradient; nothing else.

    In NumPy, and in JAX in the layout of either the equations or the compiled model.
    """
    T, V, H = sizes.length, sizes.word_dim, sizes.hidden_dim
    states, deltas, weights = (
        generator.random(shape).astype(dtype) for shape in ((T, H), (T, V), (V, H))
    )

    def products(states, deltas, weights):
        return states @ weights.T, deltas @ weights, deltas.T @ states

    floors = [Contender(f"{FLOOR}, numpy {dtype}", lambda: products(states, deltas, weights))]
    if "jax" in installed_backends():
        import jax

        def products_transposed(states, deltas, weights):
            return states @ weights, deltas @ weights.T, states.T @ deltas

        for layout, function, stored in (
            ("(V, H)", products, weights),
            ("(H, V)", products_transposed, np.ascontiguousarray(weights.T)),
        ):
            compiled = jax.jit(function)
            arrays = [jax.device_put(a) for a in (states, deltas, stored)]
            contender = Contender(
                f"{FLOOR}, jax {layout} {dtype}",
                lambda f=compiled, arrays=arrays: jax.block_until_ready(f(*arrays)),
            )
            contender.first_call_seconds, _ = timed(contender.run)
            floors.append(contender)
    return floors


def _floor(contenders: list[Contender], of: Contender) -> Contender:
    """The fastest matrix products in the contender's precision."""
    dtype = of.name.split()[-1]
    floors = [c for c in contenders if c.name.startswith(FLOOR) and c.name.endswith(dtype)]
    return min(floors or [of], key=lambda c: c.median)


def _require_same(name, loss, model, expected_loss, expected, dtype) -> None:
    errors = {"loss": abs(loss - expected_loss) / abs(expected_loss)}
    for parameter, value in model.get_parameters().items():
        errors[parameter] = np.abs(value - expected[parameter]).max() / np.abs(value).max()
    worst = max(errors, key=errors.get)
    if not errors[worst] <= LARGEST_ERROR[dtype]:
        raise ArithmeticError(
            f"{name} does not compute what the reference computes: {worst} differs by"
            f" {errors[worst]:.1e}"
        )
