"""The first values of parameters."""

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.randomness import RandomSource, as_random_generator


def draw_word_model_parameters(
    word_dim: int, hidden_dim: int, rng: RandomSource = None
) -> dict[str, np.ndarray]:
    """Draw U, V, W in this order, uniform in ±1/√n with n the number of incoming connections.

    Parameters
    ----------
    word_dim
        The number of words in the vocabulary, `V`.
    hidden_dim
        The number of hidden units, `H`.
    rng
        See `as_random_generator`.

    Returns
    -------
    dict
        `U (H, V)`, `V (V, H)`, `W (H, H)`, float64.

    Raises
    ------
    InputError
        If a dimension is below 1.
    """
    for name, size in (("word_dim", word_dim), ("hidden_dim", hidden_dim)):
        if size < 1:
            raise InputError(f"{name} is {size}; give a whole number of at least 1")
    generator = as_random_generator(rng)

    def uniform(incoming: int, *shape: int) -> np.ndarray:
        bound = np.sqrt(1 / incoming)
        return generator.uniform(-bound, bound, shape)

    return {
        "U": uniform(word_dim, hidden_dim, word_dim),
        "V": uniform(hidden_dim, word_dim, hidden_dim),
        "W": uniform(hidden_dim, hidden_dim, hidden_dim),
    }
