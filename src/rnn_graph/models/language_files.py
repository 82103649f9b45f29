"""Language models of minibatches to files and back."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.data.vocabulary import Vocabulary
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import ModelFile
from rnn_graph.models.language_config import LanguageModelConfig
from rnn_graph.models.language_model import LanguageModel

LANGUAGE_MODEL = "language-model"

_SETTINGS = [field for field in fields(LanguageModelConfig) if field.name != "vocabulary_size"]


def language_model_content(model: LanguageModel) -> ModelFile:
    """What goes into a language model's file."""
    configuration = {"model": LANGUAGE_MODEL, **asdict(model.config)}
    if isinstance(model.vocabulary, Vocabulary):
        return ModelFile(model.get_parameters(), configuration, model.vocabulary)
    configuration |= {
        "lowercase": model.vocabulary.lowercase,
        "characters": "".join(model.vocabulary.symbols),
    }
    return ModelFile(model.get_parameters(), configuration)


def build_language_model(path: str | Path, content: ModelFile, **computing: Any) -> LanguageModel:
    """The language model of a file's content.

    Parameters
    ----------
    path
        For the messages.
    computing
        `backend`, `device` and `dtype` (None: the file's own).

    Raises
    ------
    InputError
        If arrays, configuration and vocabulary do not fit together.
    """
    settings = {field.name: content.configuration.get(field.name) for field in _SETTINGS}
    for field in _SETTINGS:
        value = settings[field.name]
        if type(value) is not type(field.default):
            raise InputError(
                f"{path}: {field.name} is {value!r}; expected something like {field.default!r},"
                " the file is damaged"
            )
    settings["dtype"] = computing.pop("dtype", None) or settings["dtype"]
    try:
        model = LanguageModel(_vocabulary(content), rng=0, **settings, **computing)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    missing = set(model.parameters) - set(content.arrays)
    if missing:
        raise InputError(f"{path} has no array {min(missing)!r}; the file is damaged")
    for name, parameter in model.parameters.items():
        found = content.arrays[name].shape
        if found != parameter.shape:
            raise InputError(
                f"{path}: {name} has shape {found}; expected {parameter.shape}, the file is damaged"
            )
    model.set_parameters(content.arrays)
    return model


def _vocabulary(content: ModelFile) -> Vocabulary | CharVocabulary:
    if content.vocabulary is not None:
        return content.vocabulary
    characters = content.configuration.get("characters")
    if not isinstance(characters, str):
        raise InputError("it has neither words nor characters; the file is damaged")
    lowercase = bool(content.configuration.get("lowercase", False))
    return CharVocabulary(tuple(characters), "text", lowercase)
