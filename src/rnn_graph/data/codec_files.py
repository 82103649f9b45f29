"""The vocabularies of models in their files."""

from typing import Any

import numpy as np

from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.data.splitting import Splitting
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.vocabulary import Vocabulary
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import ModelFile

SEEN_LINES = "seen_lines"

Codec = Vocabulary | CharVocabulary | TagVocabulary


def codec_content(codec: Codec | None) -> ModelFile:
    """What goes into a model's file for its vocabulary, and for how text was split."""
    if codec is None:
        return ModelFile({})
    if isinstance(codec, Vocabulary):
        return ModelFile({}, _splitting_content(codec.splitting), list(codec.tokens))
    if isinstance(codec, TagVocabulary):
        configuration = {"labels": list(codec.labels), "lowercase": codec.lowercase}
        configuration |= _splitting_content(codec.splitting)
        return ModelFile({}, configuration, list(codec.words.tokens))
    configuration = {
        "unit": codec.unit,
        "lowercase": codec.lowercase,
        "characters": "".join(codec.symbols),
    }
    seen = {} if codec.seen_lines is None else {SEEN_LINES: codec.seen_lines}
    return ModelFile(seen, configuration)


def codec_of_file(content: ModelFile) -> Codec | None:
    """The vocabulary of a model's file; None if it has none.

    Raises
    ------
    InputError
        If it is damaged.
    """
    configuration = content.configuration
    if "characters" in configuration:
        return _characters(content)
    if content.tokens is None:
        return None
    splitting = Splitting.from_dict(configuration.get("splitting"))
    if "labels" not in configuration:
        return Vocabulary(content.tokens, splitting=splitting)
    labels = configuration["labels"]
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise InputError("labels are no list of strings; the file is damaged")
    lowercase = _boolean(configuration, "lowercase", True)
    words = Vocabulary(content.tokens)
    return TagVocabulary(words, tuple(labels), lowercase, splitting=splitting)


def _characters(content: ModelFile) -> CharVocabulary:
    configuration = content.configuration
    symbols = configuration["characters"]
    if not isinstance(symbols, str):
        raise InputError("characters are no string; the file is damaged")
    seen = content.arrays.get(SEEN_LINES)
    if seen is not None and (
        seen.ndim != 1 or seen.dtype != np.uint64 or (seen[1:] <= seen[:-1]).any()
    ):
        raise InputError(f"{SEEN_LINES} are no fingerprints; the file is damaged")
    # Files of minibatches of version 0.1 have no unit: theirs is running text.
    default = "text" if configuration.get("model") == "language-model" else "line"
    unit = str(configuration.get("unit", default))
    return CharVocabulary(tuple(symbols), unit, _boolean(configuration, "lowercase", False), seen)


def _splitting_content(splitting: Splitting | None) -> dict[str, Any]:
    return {} if splitting is None else {"splitting": splitting.as_dict()}


def _boolean(configuration: dict[str, Any], name: str, default: bool) -> bool:
    value = configuration.get(name, default)
    if not isinstance(value, bool):
        raise InputError(f"{name} is {value!r}; expected true or false")
    return value
