"""Where random numbers come from: always an explicit argument, never global state."""

import numpy as np

RandomSource = int | np.random.Generator | np.random.RandomState | None


def as_random_generator(rng: RandomSource) -> np.random.Generator | np.random.RandomState:
    """Turn the `rng` argument of this package's functions into a generator.

    Parameters
    ----------
    rng
        A generator of either kind is returned as it is. An int seeds a `RandomState`: its stream
        is frozen by NumPy's compatibility policy, and `rng=10` draws the numbers that the old
        tutorials drew after `np.random.seed(10)`. None draws from the operating system's entropy.
    """
    if isinstance(rng, np.random.Generator | np.random.RandomState):
        return rng
    return np.random.RandomState(rng)
