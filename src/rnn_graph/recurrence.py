"""The one place that calls scan."""

from collections.abc import Callable, Sequence

import pytensor
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable


def unroll(
    step: Callable[..., TensorVariable],
    sequences: Sequence[TensorVariable],
    initial_state: TensorVariable,
    weights: Sequence[TensorVariable],
    steps: TensorVariable,
    *,
    backwards: bool = False,
) -> TensorVariable:  # [T, ...], [...] -> [T, ...]
    """Apply a cell to sequences, step after step.

    Parameters
    ----------
    step
        `step(*elements of the sequences, state, *weights) → next state`.
    sequences
        Variables whose first axis is time.
    initial_state
        The state before the first step.
    weights
        What every step uses whole.
    steps
        T, read off an *input* of the graph (`x.shape[0]`): JAX wants to know it when it compiles,
        and the length of a computed variable can be an expression that it cannot see through.
    backwards
        Begin with the last elements.

    Returns
    -------
    TensorVariable
        The state after each step; place t belongs to element t of the sequences, also backwards.
    """
    if backwards:
        # Not `[::-1]`, whose length JAX could not see either.
        last_to_first = steps - 1 - positions(steps)
        sequences = [sequence[last_to_first] for sequence in sequences]
    states = pytensor.scan(
        step,
        sequences=list(sequences),
        outputs_info=[initial_state],
        non_sequences=list(weights),
        n_steps=steps,
        strict=True,
        return_updates=False,
    )
    return states[::-1] if backwards else states


def repeat(
    step: Callable[..., list[TensorVariable]],
    initial_states: Sequence[TensorVariable],
    weights: Sequence[TensorVariable],
    times: int,
) -> list[TensorVariable]:
    """Apply `step(*states, *weights) → next states` a fixed number of times; the last states."""
    traces = pytensor.scan(
        step,
        outputs_info=list(initial_states),
        non_sequences=list(weights),
        n_steps=times,
        strict=True,
        return_updates=False,
    )
    return [trace[-1] for trace in traces]


def shifted(states: TensorVariable, initial_state: TensorVariable) -> TensorVariable:
    """The state before each step: `initial_state`, then all of `states` but the last."""
    return pt.concatenate([initial_state[None], states[:-1]])


def positions(length: TensorVariable) -> TensorVariable:  # [] -> [length]
    """0, 1, …, length - 1 as int64.

    `pt.arange(length)` alone types its start as int8, in which JAX then counts to 127 at most.
    """
    zero, one = (pt.constant(value, dtype="int64") for value in (0, 1))
    return pt.arange(zero, length, one)
