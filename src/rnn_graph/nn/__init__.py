"""Layers of recurrent networks, for graphs of one's own.

The names below are imported when they are first used: `rnn_graph.nn.initializers` alone, which is
NumPy, does not load PyTensor.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnn_graph.nn.basic import Dense, Embedding, Window
    from rnn_graph.nn.cells import GRU, LSTM, Cell, Elman, ResetBeforeGRU
    from rnn_graph.nn.char_convolution import CharConvolution
    from rnn_graph.nn.composed import Bidirectional, Stack
    from rnn_graph.nn.crf import CRF
    from rnn_graph.nn.dropout import Dropout
    from rnn_graph.nn.layer import Layer
    from rnn_graph.nn.outputs import AdaptiveSoftmax, Softmax
    from rnn_graph.nn.recurrent import Recurrent
    from rnn_graph.nn.torch_weights import from_torch, to_torch

_HOMES = {
    "AdaptiveSoftmax": "outputs",
    "Bidirectional": "composed",
    "CRF": "crf",
    "Cell": "cells",
    "CharConvolution": "char_convolution",
    "Dense": "basic",
    "Dropout": "dropout",
    "Elman": "cells",
    "Embedding": "basic",
    "GRU": "cells",
    "LSTM": "cells",
    "ResetBeforeGRU": "cells",
    "Layer": "layer",
    "Recurrent": "recurrent",
    "Softmax": "outputs",
    "Stack": "composed",
    "Window": "basic",
    "from_torch": "torch_weights",
    "to_torch": "torch_weights",
}

__all__ = [  # noqa: RUF022 - sorted as the eye reads
    "AdaptiveSoftmax",
    "Bidirectional",
    "CRF",
    "Cell",
    "CharConvolution",
    "Dense",
    "Dropout",
    "Elman",
    "Embedding",
    "GRU",
    "LSTM",
    "Layer",
    "Recurrent",
    "ResetBeforeGRU",
    "Softmax",
    "Stack",
    "Window",
    "from_torch",
    "to_torch",
]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(__all__) | set(globals()))
