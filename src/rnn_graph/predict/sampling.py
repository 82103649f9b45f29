"""Drawing from a model's predictions."""

from collections.abc import Callable, Sequence

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.randomness import Generator

MOST_SAMPLED = 50  # characters of a name


def sample_from_logits(
    logits: np.ndarray,
    rng: Generator,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    forbidden: Sequence[int] = (),
) -> np.ndarray:  # [..., V] -> [...]
    """Draw an index in proportion to exp(logits / temperature), in float64, along the last axis.

    Parameters
    ----------
    logits
        Unnormalized log-probabilities; not changed.
    temperature
        Below 1 for likelier indices, above 1 for wilder ones; 0 takes the likeliest.
    top_k
        Draw among this many of the likeliest.
    top_p
        Draw among the fewest likeliest whose probabilities sum to this (Holtzman et al.,
        "The curious case of neural text degeneration", 2020).
    forbidden
        Indices that are never drawn.

    Raises
    ------
    InputError
        If the logits are not finite.
    """
    settings = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "forbidden": forbidden}
    return choose_from_logits(logits, rng.random(np.shape(logits)[:-1]), **settings)


def choose_from_logits(
    logits: np.ndarray,
    uniforms: np.ndarray,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    forbidden: Sequence[int] = (),
) -> np.ndarray:  # [..., V], [...] -> [...]
    """`sample_from_logits` with given random numbers from 0 to below 1."""
    logits = np.array(logits, dtype=np.float64)
    logits[..., list(forbidden)] = -np.inf
    largest = logits.max(axis=-1, keepdims=True)
    if not np.isfinite(largest).all():  # NaN is the largest of all
        raise InputError("the model's predictions are not finite; its training diverged")
    if temperature == 0:
        return logits.argmax(axis=-1)
    weights = np.exp((logits - largest) / temperature)
    size = weights.shape[-1]
    if top_k is not None and top_k < size:
        unlikely = np.argpartition(weights, -top_k, axis=-1)[..., : size - top_k]
        np.put_along_axis(weights, unlikely, 0, axis=-1)
    if top_p is not None:
        order = np.argsort(-weights, axis=-1, kind="stable")
        cumulative = np.cumsum(np.take_along_axis(weights, order, axis=-1), axis=-1)
        # Those before which the sum is reached already; never the first.
        reached = cumulative[..., :-1] >= top_p * cumulative[..., -1:]
        unlikely = np.concatenate([np.zeros_like(reached[..., :1]), reached], axis=-1)
        np.put_along_axis(
            weights, order, np.where(unlikely, 0, np.take_along_axis(weights, order, axis=-1)), -1
        )
    cumulative = np.cumsum(weights, axis=-1)
    drawn = np.asarray(uniforms)[..., None] * cumulative[..., -1:]
    return (cumulative <= drawn).sum(axis=-1)


def check_sampling(temperature: float, top_k: int | None, top_p: float | None) -> None:
    """Raise `InputError` unless the settings of `sample_from_logits` are in their ranges."""
    if not 0 <= temperature < np.inf:
        raise InputError(f"temperature is {temperature}; give a number of at least 0")
    if top_k is not None and top_k < 1:
        raise InputError(f"top_k is {top_k}; give at least 1")
    if top_p is not None and not 0 < top_p <= 1:
        raise InputError(f"top_p is {top_p}; give a number above 0, up to 1")


def sample_by_steps(step: Callable, state, *, newline: int, seed: int) -> list[int]:
    """`sample` for any model: `step(id or None, state) → (probabilities of the next id, state)`."""
    character, ids = None, []
    while character != newline and len(ids) < MOST_SAMPLED:
        probabilities, state = step(character, state)
        draw = np.random.RandomState(seed + 2 * len(ids))
        character = int(draw.choice(len(probabilities), p=probabilities))
        ids.append(character)
    return ids if character == newline else [*ids, newline]
