"""The classic recurrent-network tutorials as compiled symbolic graphs on PyTensor.

The names below are imported when they are first used: `import rnn_graph` alone loads neither
PyTensor nor JAX nor NLTK.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from rnn_graph._version import __version__

if TYPE_CHECKING:
    from rnn_graph.data.char_vocabulary import CharVocabulary
    from rnn_graph.data.sentences import Corpus, read_sentences
    from rnn_graph.data.tagged_files import read_tagged_sentences
    from rnn_graph.data.vocabulary import Vocabulary
    from rnn_graph.models.language_model import LanguageModel
    from rnn_graph.models.registry import (
        export_model,
        load_model,
        load_model_parameters_theano,
        save_model,
        save_model_parameters_theano,
    )
    from rnn_graph.models.sequence_tagger import SequenceTagger
    from rnn_graph.predict.generation import generate_sentence
    from rnn_graph.reference.rnn_numpy import RNNNumpy
    from rnn_graph.train.language import train_language_model
    from rnn_graph.train.tagger import train_tagger
    from rnn_graph.tutorials.char_rnn import CharGRU, CharLSTM, CharRNN
    from rnn_graph.tutorials.gradient_check import gradient_check_theano
    from rnn_graph.tutorials.rnn_theano import RNNTheano
    from rnn_graph.tutorials.rnnslu import RNNSLU
    from rnn_graph.tutorials.training import train_with_sgd
    from rnn_graph.tutorials.windows import contextwin, minibatch

_HOMES = {
    "CharGRU": "tutorials.char_rnn",
    "CharLSTM": "tutorials.char_rnn",
    "CharRNN": "tutorials.char_rnn",
    "CharVocabulary": "data.char_vocabulary",
    "Corpus": "data.sentences",
    "LanguageModel": "models.language_model",
    "RNNNumpy": "reference.rnn_numpy",
    "RNNSLU": "tutorials.rnnslu",
    "RNNTheano": "tutorials.rnn_theano",
    "SequenceTagger": "models.sequence_tagger",
    "Vocabulary": "data.vocabulary",
    "contextwin": "tutorials.windows",
    "export_model": "models.registry",
    "generate_sentence": "predict.generation",
    "gradient_check_theano": "tutorials.gradient_check",
    "load_model": "models.registry",
    "load_model_parameters_theano": "models.registry",
    "minibatch": "tutorials.windows",
    "read_sentences": "data.sentences",
    "read_tagged_sentences": "data.tagged_files",
    "save_model": "models.registry",
    "save_model_parameters_theano": "models.registry",
    "train_language_model": "train.language",
    "train_tagger": "train.tagger",
    "train_with_sgd": "tutorials.training",
}

__all__ = [  # noqa: RUF022 - sorted as the eye reads
    "__version__",
    "CharGRU",
    "CharLSTM",
    "CharRNN",
    "CharVocabulary",
    "Corpus",
    "LanguageModel",
    "RNNNumpy",
    "RNNSLU",
    "RNNTheano",
    "SequenceTagger",
    "Vocabulary",
    "contextwin",
    "export_model",
    "generate_sentence",
    "gradient_check_theano",
    "load_model",
    "load_model_parameters_theano",
    "minibatch",
    "read_sentences",
    "read_tagged_sentences",
    "save_model",
    "save_model_parameters_theano",
    "train_language_model",
    "train_tagger",
    "train_with_sgd",
]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(__all__) | set(globals()))
