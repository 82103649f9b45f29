"""Where random numbers come from: always an explicit argument, never global state."""

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.names import LARGEST_SEED

Generator = np.random.Generator | np.random.RandomState
RandomSource = int | Generator | None


def as_random_generator(rng: RandomSource) -> Generator:
    """Turn the `rng` argument of this package's functions into a generator.

    Parameters
    ----------
    rng
        A generator of either kind is returned as it is. An int seeds a `RandomState`: its stream
        is frozen by NumPy's compatibility policy, and `rng=10` draws the numbers that the old
        tutorials drew after `np.random.seed(10)`. None draws from the operating system's entropy.

    Raises
    ------
    InputError
        If it is something else.
    """
    if isinstance(rng, Generator):
        return rng
    is_whole = isinstance(rng, int | np.integer)
    if rng is not None and not (is_whole and 0 <= rng <= LARGEST_SEED):
        raise InputError(f"the seed is {rng!r}; give a whole number from 0 to {LARGEST_SEED}")
    return np.random.RandomState(rng)
