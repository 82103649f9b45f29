"""From command-line options to models and corpora."""

from pathlib import Path
from typing import Any

from rnn_graph.cli.console import log
from rnn_graph.cli.options import BackendName, Computing, DeviceName, DtypeName, Reading
from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.data.sentences import Corpus, read_sentences
from rnn_graph.data.text_files import read_documents
from rnn_graph.data.vocabulary import Vocabulary
from rnn_graph.errors import InputError
from rnn_graph.models.language_model import LanguageModel
from rnn_graph.models.registry import Model, WordModel, load_model
from rnn_graph.models.tagger_files import TaggerModel
from rnn_graph.tutorials.char_model import CharModel
from rnn_graph.tutorials.char_rnn import CHAR_MODELS


def build_word_model(vocabulary: Vocabulary, *, computing: Computing, **settings: Any) -> WordModel:
    """A new word model on the backend that was asked for."""
    _check_numpy(computing)
    if computing.backend == BackendName.NUMPY:
        from rnn_graph.reference.rnn_numpy import RNNNumpy

        return RNNNumpy(len(vocabulary), vocabulary=vocabulary, **settings)
    from rnn_graph.tutorials.rnn_theano import RNNTheano

    return RNNTheano(
        len(vocabulary),
        vocabulary=vocabulary,
        backend=computing.backend,
        device=computing.device,
        dtype=computing.dtype or "float32",
        **settings,
    )


def build_char_model(
    cell: str, vocabulary: CharVocabulary, *, hidden_dim: int, seed: int, computing: Computing
) -> CharModel:
    """A new character model on the backend that was asked for."""
    return CHAR_MODELS[cell](
        len(vocabulary),
        hidden_dim,
        vocabulary=vocabulary,
        rng=seed,
        backend=computing.backend,
        device=computing.device,
        dtype=computing.dtype or "float32",
    )


def load_word_model(path: Path, vocabulary_file: Path | None, computing: Computing) -> WordModel:
    """The model of a file, with the words of `vocabulary_file` if that is given."""
    _check_numpy(computing)
    vocabulary = read_vocabulary(vocabulary_file) if vocabulary_file else None
    model = load_model(path, vocabulary=vocabulary, **vars(computing))
    _require_kind(path, model, WordModel, "word model", "word")
    if model.vocabulary is None:
        raise InputError(
            f"{path} has no vocabulary; give its words with --vocabulary FILE, one a line"
        )
    return model


def load_tagger(path: Path, computing: Computing) -> TaggerModel:
    """The tagger of a file, with its words and labels."""
    return _load_whole(path, computing, TaggerModel, "tagger", "tagger")


def load_char_model(path: Path, computing: Computing) -> CharModel:
    """The character model of a file, with its characters."""
    return _load_whole(path, computing, CharModel, "character model", "char")


def load_language_model(path: Path, computing: Computing) -> LanguageModel:
    """The language model of a file that minibatches trained."""
    return _load_whole(path, computing, LanguageModel, "language model", "word --batch-size")


def _load_whole(path: Path, computing: Computing, kind, name: str, command: str) -> Any:
    """The model of a file that has all that its kind reads text with."""
    refuse_numpy(computing, f"{name}s")
    model = load_model(path, **vars(computing))
    _require_kind(path, model, kind, name, command)
    if model.vocabulary is None:
        raise InputError(
            f"{path} has numbers alone, and no vocabulary to read text with; give a file that"
            f" `rnn-graph train {command}` wrote"
        )
    return model


def _require_kind(path: Path, model: Model, kind, name: str, command: str) -> None:
    if not isinstance(model, kind):
        without = " without --batch-size" if isinstance(model, LanguageModel) else ""
        raise InputError(
            f"{path} holds a {type(model).__name__}, no {name}; give a file that"
            f" `rnn-graph train {command}` wrote{without}"
        )


def refuse_numpy(computing: Computing, models: str) -> None:
    """Refuse the reference, for models of which it reads no files."""
    if computing.backend == BackendName.NUMPY:
        raise InputError(f"{models} have no numpy backend; give --backend jax, numba or c")


def read_vocabulary(path: Path) -> Vocabulary:
    """A vocabulary from a text file: a word a line, in order of ids."""
    return Vocabulary(line.rstrip("\r\n") for line in read_documents(path, file_format="text"))


def read_corpus(path: Path, reading: Reading) -> Corpus:
    """The sentences of a file, read once."""
    corpus = Corpus(read_sentences(path, **vars(reading)))
    log(
        f"{path}: {len(corpus):,} sentences, {corpus.token_count:,} tokens with markers,"
        f" {corpus.type_count:,} types"
    )
    return corpus


def _check_numpy(computing: Computing) -> None:
    if computing.backend != BackendName.NUMPY:
        return
    if computing.dtype == DtypeName.FLOAT32:
        raise InputError("the numpy backend computes in float64; leave out --dtype float32")
    if computing.device == DeviceName.GPU:
        raise InputError("the numpy backend has no GPU; give --backend jax")
