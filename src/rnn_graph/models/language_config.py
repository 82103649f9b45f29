"""What a language model of minibatches is made of: sizes, parameters, first values."""

from dataclasses import dataclass

import numpy as np

from rnn_graph.checks import require_above_zero, require_memory, require_shares, require_sizes
from rnn_graph.errors import InputError
from rnn_graph.nn.basic import Embedding
from rnn_graph.nn.cells import CELLS
from rnn_graph.nn.composed import Stack
from rnn_graph.nn.dropout import Dropout
from rnn_graph.nn.layer import Layer
from rnn_graph.nn.outputs import OUTPUTS, AdaptiveSoftmax, Output, Softmax
from rnn_graph.nn.recurrent import Recurrent
from rnn_graph.randomness import RandomSource, as_random_generator


@dataclass(frozen=True)
class LanguageModelConfig:
    """What a language model was compiled for; it cannot change afterwards.

    Attributes
    ----------
    vocabulary_size
        Tokens.
    cell
        "elman", "gru", "lstm", or "gru-tutorial", whose reset gate is applied to the state before
        the product and whose gates are hard.
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
    locked_dropout
        Whether both leave out the same units at all steps of a minibatch.
    token_dropout
        Share of the tokens whose embeddings a training step leaves out.
    weight_dropout
        Share of the recurrent weights that a training step leaves out.
    tie_weights
        Whether the output layer's weights are the embeddings.
    embedding_scale
        What embeddings are multiplied by when they are looked up.
    output
        "softmax", or "adaptive" for large vocabularies.
    context
        What a state reaches over: a "text", or a single "sentence".
    recurrent_bias
        Whether `h W_h` has a bias of its own, as in PyTorch's layers; see `Recurrent`.
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
    locked_dropout: bool = False
    token_dropout: float = 0.0
    weight_dropout: float = 0.0
    tie_weights: bool = False
    embedding_scale: float = 1.0
    output: str = "softmax"
    context: str = "text"
    recurrent_bias: bool = False
    dtype: str = "float32"

    def __post_init__(self) -> None:
        require_sizes(
            vocabulary_size=self.vocabulary_size,
            hidden_dim=self.hidden_dim,
            embedding_dim=self.embedding_dim,
            layers=self.layers,
        )
        require_shares(**self._shares)
        require_above_zero(embedding_scale=self.embedding_scale)
        for name, known in (("cell", CELLS), ("output", OUTPUTS), ("context", CONTEXTS)):
            if getattr(self, name) not in known:
                raise InputError(
                    f"unknown {name} {getattr(self, name)!r}; give one of {', '.join(known)}"
                )
        require_memory(
            self.vocabulary_size * self.embedding_dim
            + self.layers * CELLS[self.cell].blocks * self.hidden_dim**2,
            vocabulary_size=self.vocabulary_size,
            hidden_dim=self.hidden_dim,
            embedding_dim=self.embedding_dim,
            layers=self.layers,
        )
        if self.tie_weights and self.embedding_dim != self.hidden_dim:
            raise InputError(
                f"tied weights want as many embedding dimensions ({self.embedding_dim}) as hidden"
                f" units ({self.hidden_dim}); give the same number"
            )
        if self.tie_weights and self.output != "softmax":
            raise InputError(f"tied weights want the output softmax, not {self.output!r}")

    @property
    def _shares(self) -> dict[str, float]:
        """What training steps leave out."""
        names = ("dropout", "embedding_dropout", "token_dropout", "weight_dropout")
        return {name: getattr(self, name) for name in names}

    @property
    def drops(self) -> bool:
        """Whether a training step leaves anything out."""
        return any(self._shares.values())

    @property
    def network(self) -> Stack:
        """Embeddings → recurrent layers, one upon the other; dropout after each."""
        embedding = Embedding(
            self.vocabulary_size,
            self.embedding_dim,
            # As the output layer's weights, embeddings are drawn as these are.
            deviation=self.embedding_dim**-0.5 if self.tie_weights else 1.0,
            scale=self.embedding_scale,
            row_dropout=self.token_dropout,
        )
        layers: list[tuple[str, Layer]] = [
            ("", embedding),
            ("", Dropout(self.embedding_dropout, self.locked_dropout)),
        ]
        for k in range(self.layers):
            inputs = self.hidden_dim if k else self.embedding_dim
            recurrent = Recurrent(
                self.cell,
                self.hidden_dim,
                inputs,
                recurrent_bias=self.recurrent_bias,
                weight_dropout=self.weight_dropout,
            )
            layers.append((f"layer{k}", recurrent))
            layers.append(("", Dropout(self.dropout, self.locked_dropout)))
        names, layers = zip(*layers, strict=True)
        return Stack(layers, names)

    @property
    def output_layer(self) -> Output:
        if self.output == "adaptive":
            return AdaptiveSoftmax(self.vocabulary_size, self.hidden_dim)
        return Softmax(self.vocabulary_size, self.hidden_dim, tied=self.tie_weights)


CONTEXTS = ("text", "sentence")


def draw_language_model_parameters(
    config: LanguageModelConfig, rng: RandomSource = None
) -> dict[str, np.ndarray]:
    """First values: those of the layers, chosen by measurement (`benchmarks/NOTES.md`).

    Returns
    -------
    dict
        `embeddings (V, embedding_dim)`; for each layer k from 0 on `layer<k>_Wx (inputs,
        blocks · H)`, `layer<k>_Wh (H, blocks · H)`, `layer<k>_b (blocks · H)`, the blocks being
        those of the cell; and the output layer's. Float64.
    """
    generator = as_random_generator(rng)
    return config.network.init(generator) | config.output_layer.init(generator)
