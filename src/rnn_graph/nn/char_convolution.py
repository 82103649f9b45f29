"""Features of words from their characters."""

from dataclasses import dataclass

import numpy as np
from pytensor import tensor as pt

from rnn_graph.checks import require_sizes
from rnn_graph.nn.basic import affine
from rnn_graph.nn.initializers import glorot_uniform
from rnn_graph.nn.layer import Layer, described, parameter
from rnn_graph.randomness import as_random_generator

WIDTH = 3  # characters that the convolution sees


@dataclass(frozen=True, repr=False)
class CharConvolution(Layer):
    """Features of a word from its characters: a convolution, and its largest value for each unit.

    `y[u] = max_c max(0, Σ_j E[x_{c+j}] W_j + b)[u]` over the characters c of the word, with j = −1,
    0, 1. Its parameters: `char_embeddings (ids, embedding)`, uniform in ±√(3 / embedding) at first;
    `char_W (3 · embedding, units)`, drawn as Glorot and Bengio do; `char_b (units)`, zero.

    X. Ma, E. Hovy, "End-to-end sequence labeling via bi-directional LSTM-CNNs-CRF", ACL (2016).

    Parameters
    ----------
    ids
        Number of character ids; the id 0 stands for no character, before and behind a word.
    units
        Features of a word.
    embedding
        Length of a character's vector.

    Raises
    ------
    InputError
        If a size is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> import pytensor.tensor as pt
    >>> from rnn_graph.nn import CharConvolution
    >>> layer = CharConvolution(ids=27, units=6)
    >>> words = pt.matrix("words", dtype="int32", shape=(2, 5))  # [words, characters + 2]
    >>> features, _ = layer(layer.init(rng=0), words)
    >>> spelled = np.array([[0, 3, 1, 2, 0], [0, 9, 20, 0, 0]], dtype="int32")
    >>> pytensor.function([words], features, mode="JAX")(spelled).shape
    (2, 6)
    """

    ids: int
    units: int
    embedding: int = 25

    def __post_init__(self) -> None:
        require_sizes(ids=self.ids, units=self.units, embedding=self.embedding)

    __repr__ = described

    def init(self, rng=None, dtype="float64"):
        generator, width = as_random_generator(rng), WIDTH * self.embedding
        largest = np.sqrt(3 / self.embedding)
        return {
            "char_embeddings": generator.uniform(
                -largest, largest, (self.ids, self.embedding)
            ).astype(dtype),
            "char_W": glorot_uniform(width, self.units, generator).astype(dtype),
            "char_b": np.zeros(self.units, dtype),
        }

    def __call__(self, parameters, x, *, mask=None, states=None, key=None):
        """Ids [..., characters + 2], with a zero before and behind each word, -> [..., units]."""
        width = WIDTH * self.embedding
        table = parameter(parameters, "char_embeddings", (self.ids, self.embedding))
        W = parameter(parameters, "char_W", (width, self.units))
        b = parameter(parameters, "char_b", (self.units,))
        # There are fewer characters than places: each is projected once for each neighbor.
        total = 0
        for j in range(WIDTH):
            rows = W[j * self.embedding : (j + 1) * self.embedding]
            projected = affine(table, rows, b if j == 0 else None)
            total += projected[x[..., j : j + 1 - WIDTH or None]]
        is_character = pt.gt(x[..., 1:-1], 0).astype(total.dtype)[..., None]
        return (pt.maximum(total, 0) * is_character).max(axis=-2), []
