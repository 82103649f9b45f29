"""The one place that calls scan."""

from collections.abc import Callable, Sequence
from itertools import count

import pytensor
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

import rnn_graph.backend.plain_modes  # noqa: F401 - for scans compiled by `pytensor.function`

# PyTensor keeps one node for all equal nodes inside of operations, and its C backend rewrites the
# inner graph of a scan for good: a function for JAX would then find products of BLAS in its own
# scans. Scans of different names are not equal.
_numbers = count()


def scan_states(
    step: Callable[..., list[TensorVariable]],
    sequences: Sequence[TensorVariable],
    initial_states: Sequence[TensorVariable],
    weights: Sequence[TensorVariable],
    steps: TensorVariable,
    *,
    outputs: int = 0,
    backwards: bool = False,
) -> list[TensorVariable]:  # [T, ...] …, [...] … -> [T, ...] …
    """Apply a function to sequences, step after step.

    Parameters
    ----------
    step
        `step(*elements of the sequences, *states, *weights) → [*next states, *outputs]`.
    sequences
        Variables whose first axis is time.
    initial_states
        The states before the first step.
    weights
        What every step uses whole.
    steps
        T, read off an *input* of the graph (`x.shape[0]`): JAX wants to know it when it compiles,
        and the length of a computed variable can be an expression that it cannot see through.
    outputs
        How many values each step yields besides its states.
    backwards
        Begin with the last elements.

    Returns
    -------
    list of TensorVariable
        The states and outputs of each step; place t belongs to element t of the sequences, also
        backwards.
    """
    weights = list(weights)
    if backwards:
        # The steps pick their elements themselves: a reversed sequence would be a copy of it.
        step = _picking(step, len(sequences), len(initial_states))
        weights = [*sequences, *weights]
        sequences = [steps - 1 - positions(steps)]
    traces = pytensor.scan(
        step,
        sequences=list(sequences),
        outputs_info=[*initial_states, *[None] * outputs],
        non_sequences=weights,
        n_steps=steps,
        strict=True,
        return_list=True,
        return_updates=False,
        name=f"steps{next(_numbers)}",
    )
    return [trace[::-1] for trace in traces] if backwards else traces


def repeat(
    step: Callable[..., list[TensorVariable]],
    initial_states: Sequence[TensorVariable],
    weights: Sequence[TensorVariable],
    times: int,
) -> list[TensorVariable]:
    """Apply `step(*states, *weights) → next states` a fixed number of times; the last states."""
    return [trace[-1] for trace in scan_states(step, [], initial_states, weights, times)]


def shifted(
    states: TensorVariable, initial_state: TensorVariable, *, backwards: bool = False
) -> TensorVariable:
    """The state before each step: `initial_state`, and all of `states` but the last one reached."""
    if backwards:
        return pt.concatenate([states[1:], initial_state[None]])
    return pt.concatenate([initial_state[None], states[:-1]])


def positions(length: TensorVariable) -> TensorVariable:  # [] -> [length]
    """0, 1, …, length - 1 as int64.

    `pt.arange(length)` alone types its start as int8, in which JAX then counts to 127 at most.
    """
    zero, one = (pt.constant(value, dtype="int64") for value in (0, 1))
    return pt.arange(zero, length, one)


def _picking(step: Callable[..., list[TensorVariable]], sequences: int, states: int):
    """`step` for a scan over places, to which the sequences are given whole."""

    def step_at(place, *rest):
        whole, weights = rest[states : states + sequences], rest[states + sequences :]
        return step(*(sequence[place] for sequence in whole), *rest[:states], *weights)

    return step_at
