"""How the step's time grows with the sentence, the vocabulary and the hidden units."""

from dataclasses import replace
from typing import Any

import numpy as np

from rnn_graph.benchmark.lm_step import LEARNING_RATE, StepSizes
from rnn_graph.benchmark.timing import Contender, machine, median_ratio, time_in_rounds
from rnn_graph.compiling import installed_backends
from rnn_graph.models.rnn_theano import RNNTheano
from rnn_graph.randomness import as_random_generator
from rnn_graph.signature import versions

AXES = {"T": "length", "V": "word_dim", "H": "hidden_dim"}


def measure_growth(
    sizes: StepSizes,
    factors: tuple[int, ...],
    *,
    backends: list[str] | None = None,
    dtypes: tuple[str, ...] = ("float32",),
    device: str = "auto",
    rounds: int = 5,
    seed: int = 0,
) -> dict[str, Any]:
    """Time the step with T, V and H each multiplied by `factors`, the other two as they are.

    Uses the first of `backends` and of `dtypes`.
    """
    backend, dtype = (backends or installed_backends())[0], dtypes[0]
    baseline = _contender(sizes, backend, device, dtype, seed)
    measured = {
        (axis, factor): _contender(
            replace(sizes, **{field: factor * getattr(sizes, field)}), backend, device, dtype, seed
        )
        for axis, field in AXES.items()
        for factor in factors
        if factor != 1
    }
    time_in_rounds([baseline, *measured.values()], rounds)
    rows = []
    for axis, field in AXES.items():
        for factor in factors:
            contender = measured.get((axis, factor), baseline)
            rows.append(
                {
                    "axis": axis,
                    "size": factor * getattr(sizes, field),
                    "factor": factor,
                    "steady_ms": contender.median * 1e3,
                    "times_as_long": 1 / median_ratio(contender, baseline),
                }
            )
    return {
        "workload": "lm-step growth",
        "sizes": vars(sizes),
        "contender": f"{backend} {dtype}",
        "machine": machine(),
        "versions": versions(),
        "rows": rows,
    }


def _contender(sizes: StepSizes, backend: str, device: str, dtype: str, seed: int) -> Contender:
    generator = as_random_generator(seed)
    x, y = np.floor(generator.random((2, sizes.length)) * sizes.word_dim).astype(np.int32)
    model = RNNTheano(
        sizes.word_dim,
        sizes.hidden_dim,
        sizes.bptt_truncate,
        rng=generator,
        backend=backend,
        device=device,
        dtype=dtype,
    )
    model.sgd_step(x, y, LEARNING_RATE)
    return Contender(str(sizes), lambda: model.sgd_step(x, y, LEARNING_RATE))
