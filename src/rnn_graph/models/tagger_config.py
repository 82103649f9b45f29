"""What a tagger is made of."""

from dataclasses import dataclass

from rnn_graph.checks import check_window, require_memory, require_shares, require_sizes
from rnn_graph.data.label_schemes import NO_SCHEME, SCHEMES
from rnn_graph.errors import InputError
from rnn_graph.names import TAGGER_OUTPUTS
from rnn_graph.nn.basic import Dense, Window
from rnn_graph.nn.cells import CELLS
from rnn_graph.nn.composed import Bidirectional, Stack
from rnn_graph.nn.dropout import Dropout
from rnn_graph.nn.layer import Layer
from rnn_graph.nn.recurrent import Recurrent


@dataclass(frozen=True)
class SequenceTaggerConfig:
    """What a tagger was compiled for; it cannot change afterwards.

    Attributes
    ----------
    cell
        "elman", "gru" or "lstm".
    hidden_dim
        Hidden units a direction.
    embedding_dim
        Numbers in a word's embedding.
    window
        Words whose embeddings a step sees, odd; 1: the word alone.
    bidirectional
        Whether a second layer reads from the end.
    dropout, embedding_dropout
        Shares of the recurrent layers' outputs and of the embeddings that a training step leaves
        out.
    char_features
        Numbers from a word's characters beside its embedding (`rnn_graph.nn.CharConvolution`); of a
        word that is not known, its own characters'. 0 for none.
    output
        "softmax": the most probable label of each word; "crf": the best sequence of labels.
    label_scheme
        The scheme of the labels (`rnn_graph.data.label_schemes`), which the sequences of a CRF keep
        to; "none" for any sequence.
    recurrent_bias
        Whether `h W_h` has a bias of its own, as in PyTorch's layers; see `Recurrent`.
    dtype
        "float32" or "float64".
    """

    cell: str = "gru"
    hidden_dim: int = 200
    embedding_dim: int = 100
    window: int = 3
    bidirectional: bool = True
    dropout: float = 0.0
    embedding_dropout: float = 0.0
    char_features: int = 0
    output: str = "softmax"
    label_scheme: str = NO_SCHEME
    recurrent_bias: bool = False
    dtype: str = "float32"

    def __post_init__(self) -> None:
        require_sizes(hidden_dim=self.hidden_dim, embedding_dim=self.embedding_dim)
        require_shares(dropout=self.dropout, embedding_dropout=self.embedding_dropout)
        if self.char_features:
            require_sizes(char_features=self.char_features)
        check_window(self.window)
        if self.cell not in CELLS:
            raise InputError(f"unknown cell {self.cell!r}; give one of {', '.join(CELLS)}")
        inputs = self.window * (self.embedding_dim + self.char_features)
        directions = 2 if self.bidirectional else 1
        require_memory(
            directions * CELLS[self.cell].blocks * self.hidden_dim * (inputs + self.hidden_dim),
            hidden_dim=self.hidden_dim,
            embedding_dim=self.embedding_dim,
            window=self.window,
        )
        if self.output not in TAGGER_OUTPUTS:
            raise InputError(
                f"unknown output {self.output!r}; give one of {', '.join(TAGGER_OUTPUTS)}"
            )
        if self.label_scheme not in (NO_SCHEME, *SCHEMES):
            raise InputError(
                f"unknown label scheme {self.label_scheme!r}; give one of"
                f" {', '.join((NO_SCHEME, *SCHEMES))}"
            )

    def network(self, labels: int) -> Stack:
        """Numbers for each word → windows of them → recurrent layers → labels."""
        width = self.window * (self.embedding_dim + self.char_features)
        recurrent = Recurrent(self.cell, self.hidden_dim, width, recurrent_bias=self.recurrent_bias)
        outputs = self.hidden_dim * (2 if self.bidirectional else 1)
        layers: list[tuple[str, Layer]] = [
            ("", Dropout(self.embedding_dropout)),
            ("", Window(self.window)),
            ("", Bidirectional(recurrent)) if self.bidirectional else ("forward", recurrent),
            ("", Dropout(self.dropout)),
            ("", Dense(labels, outputs)),
        ]
        names, layers = zip(*layers, strict=True)
        return Stack(layers, names)
