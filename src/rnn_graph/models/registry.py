"""Models to files and back: the project's own format and the tutorial's."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph._version import __version__
from rnn_graph.data.vocabulary import Vocabulary
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import ModelFile, read_model_file, require_shapes, write_model_file
from rnn_graph.models.language_files import (
    LANGUAGE_MODEL,
    build_language_model,
    language_model_content,
)
from rnn_graph.models.language_model import LanguageModel
from rnn_graph.models.tagger_files import (
    TAGGER_KINDS,
    TaggerModel,
    build_tagger,
    is_slot_folder,
    load_slot_folder,
    tagger_content,
)
from rnn_graph.reference.rnn_numpy import RNNNumpy
from rnn_graph.tutorials.char_files import CHAR_MODEL, build_char_model, char_content
from rnn_graph.tutorials.char_model import CharModel
from rnn_graph.tutorials.rnn_theano import RNNTheano, WordModelConfig

WordModel = RNNTheano | RNNNumpy
Model = WordModel | CharModel | LanguageModel | TaggerModel

WORD_MODEL = "word-rnn"
WORD_MODEL_SHAPES = {"U": ("H", "V"), "V": ("V", "H"), "W": ("H", "H")}
TUTORIAL_BPTT_TRUNCATE = 4


def save_model(path: str | Path, model: Model, *, training: dict[str, Any] | None = None) -> None:
    """Write a model to one `.npz`: parameters, configuration, and `model.vocabulary`.

    Parameters
    ----------
    training
        How it was trained, as JSON can hold it; `rnn-graph info` shows it.
    """
    if isinstance(model, WordModel):
        content = _word_content(model)
    elif isinstance(model, CharModel):
        content = char_content(model)
    elif isinstance(model, LanguageModel):
        content = language_model_content(model)
    else:
        content = tagger_content(model)
    configuration = content.configuration | {"rnn_graph": __version__}
    if training:
        configuration["training"] = training
    write_model_file(path, replace(content, configuration=configuration))


def load_model(
    path: str | Path,
    *,
    backend: str = "auto",
    device: str = "auto",
    dtype: str | None = None,
    vocabulary: Vocabulary | None = None,
) -> Model:
    """Build the model that a file holds, of any kind.

    Parameters
    ----------
    path
        This project's own file; the tutorial's bare U, V, W; or the slot tagger's folder of seven
        arrays.
    backend
        As for `RNNTheano`; for word models also "numpy", the reference `RNNNumpy`.
    device, dtype
        As for `RNNTheano`; the file's own dtype if None.
    vocabulary
        The words behind the ids of a word model's file that has none.

    Raises
    ------
    InputError
        If the file is no model, or `vocabulary` is not of the model's size.
    """
    computing = {"backend": backend, "device": device, "dtype": dtype}
    if is_slot_folder(path):
        return load_slot_folder(path, **computing)
    content = read_model_file(path)
    kind = content.configuration.get("model", WORD_MODEL)
    if kind == WORD_MODEL:
        return _build_word_model(path, content, vocabulary, **computing)
    if kind == CHAR_MODEL:
        return build_char_model(path, content, **computing)
    if kind == LANGUAGE_MODEL:
        return build_language_model(path, content, **computing)
    if kind not in TAGGER_KINDS:
        known = ", ".join((WORD_MODEL, CHAR_MODEL, LANGUAGE_MODEL, *TAGGER_KINDS))
        raise InputError(f"{path} holds a {kind!r} model; this version knows {known}")
    return build_tagger(path, content, **computing)


def kind_of_model(path: str | Path) -> str:
    """What a model file, or the tutorial's folder of arrays, holds.

    Returns
    -------
    str
        "word", "char", "language" (of minibatches) or "tagger".
    """
    if is_slot_folder(path):
        return "tagger"
    kind = read_model_file(path).configuration.get("model", WORD_MODEL)
    names = {WORD_MODEL: "word", CHAR_MODEL: "char", LANGUAGE_MODEL: "language"}
    return names.get(kind, "tagger") if isinstance(kind, str) else "tagger"


def _word_content(model: WordModel) -> ModelFile:
    arrays = model.get_parameters()
    dtype = str(arrays["U"].dtype)
    config = WordModelConfig(model.word_dim, model.hidden_dim, model.bptt_truncate, dtype)
    return ModelFile(arrays, {"model": WORD_MODEL, **asdict(config)}, model.vocabulary)


def _build_word_model(path, content, vocabulary, *, backend, device, dtype) -> WordModel:
    sizes = require_shapes(path, content.arrays, WORD_MODEL_SHAPES)
    truncate = content.configuration.get("bptt_truncate", TUTORIAL_BPTT_TRUNCATE)
    if truncate is not None and not (isinstance(truncate, int) and truncate >= 0):
        raise InputError(f"{path}: bptt_truncate is {truncate!r}; expected a whole number or null")
    vocabulary = vocabulary or content.vocabulary
    if vocabulary is not None and len(vocabulary) != sizes["V"]:
        raise InputError(
            f"the vocabulary has {len(vocabulary)} words and the model of {path} {sizes['V']};"
            " give the vocabulary that the model was trained with"
        )
    options: dict[str, Any] = {
        "bptt_truncate": truncate,
        "vocabulary": vocabulary,
        "rng": 0,  # overwritten below
    }
    if backend == "numpy":
        model: WordModel = RNNNumpy(sizes["V"], sizes["H"], **options)
    else:
        stored = np.result_type(*(content.arrays[name] for name in WORD_MODEL_SHAPES))
        dtype = dtype or ("float64" if stored == np.float64 else "float32")
        model = RNNTheano(
            sizes["V"], sizes["H"], backend=backend, device=device, dtype=dtype, **options
        )
    model.set_parameters(content.arrays)
    return model


def save_model_parameters_theano(path: str | Path, model: WordModel) -> None:
    """Write the tutorial's file: the arrays U, V, W and nothing else."""
    write_model_file(path, ModelFile(model.get_parameters()))


def load_model_parameters_theano(path: str | Path, model: WordModel) -> None:
    """Replace a model's parameters by those of a file (the tutorial's or this project's).

    Raises
    ------
    InputError
        If the file's model has another size; `load_model` builds one that fits.
    """
    arrays = read_model_file(path).arrays
    sizes = require_shapes(path, arrays, WORD_MODEL_SHAPES)
    if (sizes["V"], sizes["H"]) != (model.word_dim, model.hidden_dim):
        raise InputError(
            f"{path} holds a model of {sizes['V']} words and {sizes['H']} hidden units, this one"
            f" has {model.word_dim} and {model.hidden_dim}; build a fitting one with load_model"
        )
    model.set_parameters(arrays)
