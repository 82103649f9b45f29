"""The first values of parameters."""

import numpy as np

from rnn_graph.checks import check_window, require_memory, require_sizes
from rnn_graph.randomness import Generator, RandomSource, as_random_generator


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
    require_sizes(word_dim=word_dim, hidden_dim=hidden_dim)
    numbers = hidden_dim * (2 * word_dim + hidden_dim)
    require_memory(numbers, word_dim=word_dim, hidden_dim=hidden_dim)
    generator = as_random_generator(rng)

    def uniform(incoming: int, *shape: int) -> np.ndarray:
        bound = np.sqrt(1 / incoming)
        return generator.uniform(-bound, bound, shape)

    return {
        "U": uniform(word_dim, hidden_dim, word_dim),
        "V": uniform(hidden_dim, word_dim, hidden_dim),
        "W": uniform(hidden_dim, hidden_dim, hidden_dim),
    }


def draw_slot_tagger_parameters(
    nh: int, nc: int, ne: int, de: int, cs: int, rng: RandomSource = None
) -> dict[str, np.ndarray]:
    """Draw `embeddings`, `Wx`, `Wh`, `W` in this order: 0.2 · uniform(−1, 1); all else is zero.

    Parameters
    ----------
    nh, nc, ne, de, cs
        Hidden units, labels, words, numbers a word, words a window (odd).
    rng
        See `as_random_generator`.

    Returns
    -------
    dict
        `embeddings (ne + 1, de)` with the padding in the last row, `Wx (de · cs, nh)`,
        `Wh (nh, nh)`, `W (nh, nc)`, `bh (nh)`, `b (nc)`, `h0 (nh)`; float64.

    Raises
    ------
    InputError
        If a size is below 1, or the window's is even.
    """
    require_sizes(nh=nh, nc=nc, ne=ne, de=de)
    check_window(cs)
    require_memory(nh * (de * cs + nh), hidden_dim=nh, embedding_dim=de, window=cs)
    generator = as_random_generator(rng)
    shapes = {"embeddings": (ne + 1, de), "Wx": (de * cs, nh), "Wh": (nh, nh), "W": (nh, nc)}
    drawn = {name: 0.2 * generator.uniform(-1, 1, shape) for name, shape in shapes.items()}
    return drawn | {"bh": np.zeros(nh), "b": np.zeros(nc), "h0": np.zeros(nh)}


def draw_char_rnn_parameters(
    n_a: int, n_x: int, n_y: int, rng: RandomSource = None
) -> dict[str, np.ndarray]:
    """Draw `Wax`, `Waa`, `Wya` in this order, normal with deviation 0.01; the biases are zero.

    Parameters
    ----------
    n_a, n_x, n_y
        Hidden units, inputs, outputs.
    rng
        See `as_random_generator`.

    Returns
    -------
    dict
        `Wax (n_a, n_x)`, `Waa (n_a, n_a)`, `Wya (n_y, n_a)`, `b (n_a, 1)`, `by (n_y, 1)`; float64.

    Raises
    ------
    InputError
        If a size is below 1.
    """
    require_sizes(n_a=n_a, n_x=n_x, n_y=n_y)
    generator = as_random_generator(rng)
    require_memory(n_a * n_a, hidden_dim=n_a)
    shapes = {"Wax": (n_a, n_x), "Waa": (n_a, n_a), "Wya": (n_y, n_a)}
    drawn = {name: 0.01 * generator.standard_normal(shape) for name, shape in shapes.items()}
    return drawn | {"b": np.zeros((n_a, 1)), "by": np.zeros((n_y, 1))}


def draw_char_lstm_parameters(
    n_a: int, n_x: int, n_y: int, rng: RandomSource = None
) -> dict[str, np.ndarray]:
    """Draw `Wf`, `Wi`, `Wo`, `Wc`, `Wy` in this order, uniform in ±1/√n_a.

    The forget gate's bias is 1, so that the cell remembers from the start (F. Gers et al., 2000);
    the others are zero.

    Parameters
    ----------
    n_a, n_x, n_y, rng
        As for `draw_char_rnn_parameters`.

    Returns
    -------
    dict
        `Wf`, `Wi`, `Wo`, `Wc (n_a, n_a + n_x)`, `Wy (n_y, n_a)`, `bf`, `bi`, `bo`,
        `bc (n_a, 1)`, `by (n_y, 1)`; float64.

    Raises
    ------
    InputError
        If a size is below 1.
    """
    require_sizes(n_a=n_a, n_x=n_x, n_y=n_y)
    generator = as_random_generator(rng)
    require_memory(4 * n_a * n_a, hidden_dim=n_a)
    bound = n_a**-0.5
    shapes = dict.fromkeys(("Wf", "Wi", "Wo", "Wc"), (n_a, n_a + n_x)) | {"Wy": (n_y, n_a)}
    drawn = {name: generator.uniform(-bound, bound, shape) for name, shape in shapes.items()}
    biases = {name: np.zeros((n_a, 1)) for name in ("bi", "bo", "bc")}
    return drawn | biases | {"bf": np.ones((n_a, 1)), "by": np.zeros((n_y, 1))}


def glorot_uniform(rows: int, columns: int, generator: Generator) -> np.ndarray:
    """Uniform in ±√(6 / (rows + columns)).

    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS (2010).
    """
    bound = np.sqrt(6 / (rows + columns))
    return generator.uniform(-bound, bound, (rows, columns))


def lecun_normal(rows: int, columns: int, generator: Generator) -> np.ndarray:
    """Normal with deviation 1/√rows: its product with inputs of variance 1 has variance 1.

    Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, "Efficient BackProp", in Neural Networks: Tricks of
    the Trade (1998).
    """
    return generator.standard_normal((rows, columns)) / np.sqrt(rows)


def orthogonal(size: int, generator: Generator) -> np.ndarray:
    """A random rotation or reflection, (size, size).

    A. Saxe, J. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks", ICLR (2014).
    """
    q, r = np.linalg.qr(generator.standard_normal((size, size)))
    return q * np.sign(np.diag(r))
