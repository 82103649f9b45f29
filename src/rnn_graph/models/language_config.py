"""What a language model of minibatches is made of: sizes, parameters, first values."""

from dataclasses import dataclass

import numpy as np

from rnn_graph.checks import require_shares, require_sizes
from rnn_graph.errors import InputError
from rnn_graph.nn.cells import CELLS, Cell
from rnn_graph.nn.initializers import glorot_uniform, orthogonal
from rnn_graph.nn.outputs import OUTPUTS, Output
from rnn_graph.randomness import RandomSource, as_random_generator

EMBEDDING_RANGE = 0.1


@dataclass(frozen=True)
class LanguageModelConfig:
    """What a language model was compiled for; it cannot change afterwards.

    Attributes
    ----------
    vocabulary_size
        Tokens.
    cell
        "elman", "gru" or "lstm".
    hidden_dim
        Hidden units a layer.
    embedding_dim
        Numbers in a token's embedding.
    layers
        Recurrent layers, one upon the other.
    dropout
        Share of each layer's outputs that a training step leaves out.
    embedding_dropout
        The same of the embeddings.
    tie_weights
        Whether the output layer's weights are the embeddings.
    output
        "softmax", or "adaptive" for large vocabularies.
    context
        What a state reaches over: a "text", or a single "sentence".
    dtype
        "float32" or "float64".
    """

    vocabulary_size: int
    cell: str = "lstm"
    hidden_dim: int = 256
    embedding_dim: int = 256
    layers: int = 1
    dropout: float = 0.0
    embedding_dropout: float = 0.0
    tie_weights: bool = False
    output: str = "softmax"
    context: str = "text"
    dtype: str = "float32"

    def __post_init__(self) -> None:
        require_sizes(
            vocabulary_size=self.vocabulary_size,
            hidden_dim=self.hidden_dim,
            embedding_dim=self.embedding_dim,
            layers=self.layers,
        )
        require_shares(dropout=self.dropout, embedding_dropout=self.embedding_dropout)
        for name, known in (("cell", CELLS), ("output", OUTPUTS), ("context", CONTEXTS)):
            if getattr(self, name) not in known:
                raise InputError(
                    f"unknown {name} {getattr(self, name)!r}; give one of {', '.join(known)}"
                )
        if self.tie_weights and self.embedding_dim != self.hidden_dim:
            raise InputError(
                f"tied weights want as many embedding dimensions ({self.embedding_dim}) as hidden"
                f" units ({self.hidden_dim}); give the same number"
            )
        if self.tie_weights and self.output != "softmax":
            raise InputError(f"tied weights want the output softmax, not {self.output!r}")

    @property
    def output_layer(self) -> Output:
        return OUTPUTS[self.output](self.vocabulary_size, self.hidden_dim, tied=self.tie_weights)


CONTEXTS = ("text", "sentence")


def draw_language_model_parameters(
    config: LanguageModelConfig, rng: RandomSource = None
) -> dict[str, np.ndarray]:
    """First values: input weights as Glorot and Bengio draw them, recurrent ones orthogonal.

    Returns
    -------
    dict
        `embeddings (V, embedding_dim)`; for each layer k from 0 on `layer<k>_Wx (inputs,
        blocks · H)`, `layer<k>_Wh (H, blocks · H)`, `layer<k>_b (blocks · H)`, the blocks being
        those of the cell; and the output layer's. Float64.
    """
    generator, cell, units = as_random_generator(rng), CELLS[config.cell], config.hidden_dim
    values = {
        "embeddings": generator.uniform(
            -EMBEDDING_RANGE, EMBEDDING_RANGE, (config.vocabulary_size, config.embedding_dim)
        )
    }
    for layer in range(config.layers):
        inputs = units if layer else config.embedding_dim
        values |= {
            f"{layer_name(layer)}_Wx": _side_by_side(
                cell, lambda inputs=inputs: glorot_uniform(inputs, units, generator)
            ),
            f"{layer_name(layer)}_Wh": _side_by_side(cell, lambda: orthogonal(units, generator)),
            f"{layer_name(layer)}_b": cell.first_bias(units),
        }
    return values | config.output_layer.draw(generator)


def layer_name(layer: int) -> str:
    """What the names of a layer's parameters begin with."""
    return f"layer{layer}"


def _side_by_side(cell: Cell, draw) -> np.ndarray:
    return np.hstack([draw() for _ in range(cell.blocks)])
