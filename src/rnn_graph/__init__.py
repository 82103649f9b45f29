"""The classic recurrent-network tutorials as compiled symbolic graphs on PyTensor.

The names below are imported when they are first used: `import rnn_graph` alone loads neither
PyTensor nor JAX nor NLTK.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from rnn_graph._version import __version__

if TYPE_CHECKING:
    from rnn_graph.char_vocabulary import CharVocabulary
    from rnn_graph.generation import generate_sentence
    from rnn_graph.models.char_rnn import CharGRU, CharLSTM, CharRNN
    from rnn_graph.models.files import (
        load_model,
        load_model_parameters_theano,
        save_model,
        save_model_parameters_theano,
    )
    from rnn_graph.models.gradient_check import gradient_check_theano
    from rnn_graph.models.language_model import LanguageModel
    from rnn_graph.models.rnn_theano import RNNTheano
    from rnn_graph.models.rnnslu import RNNSLU
    from rnn_graph.models.sequence_tagger import SequenceTagger
    from rnn_graph.reference.rnn_numpy import RNNNumpy
    from rnn_graph.training import train_with_sgd
    from rnn_graph.vocabulary import Vocabulary
    from rnn_graph.windows import contextwin, minibatch

_HOMES = {
    "CharGRU": "models.char_rnn",
    "CharLSTM": "models.char_rnn",
    "CharRNN": "models.char_rnn",
    "CharVocabulary": "char_vocabulary",
    "LanguageModel": "models.language_model",
    "RNNNumpy": "reference.rnn_numpy",
    "RNNSLU": "models.rnnslu",
    "RNNTheano": "models.rnn_theano",
    "SequenceTagger": "models.sequence_tagger",
    "Vocabulary": "vocabulary",
    "contextwin": "windows",
    "generate_sentence": "generation",
    "gradient_check_theano": "models.gradient_check",
    "load_model": "models.files",
    "load_model_parameters_theano": "models.files",
    "minibatch": "windows",
    "save_model": "models.files",
    "save_model_parameters_theano": "models.files",
    "train_with_sgd": "training",
}

__all__ = [  # noqa: RUF022 - sorted as the eye reads
    "__version__",
    "CharGRU",
    "CharLSTM",
    "CharRNN",
    "CharVocabulary",
    "LanguageModel",
    "RNNNumpy",
    "RNNSLU",
    "RNNTheano",
    "SequenceTagger",
    "Vocabulary",
    "contextwin",
    "generate_sentence",
    "gradient_check_theano",
    "load_model",
    "load_model_parameters_theano",
    "minibatch",
    "save_model",
    "save_model_parameters_theano",
    "train_with_sgd",
]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(__all__) | set(globals()))
