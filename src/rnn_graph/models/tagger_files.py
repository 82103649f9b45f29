"""Taggers to files and back: the project's own format, and the tutorial's folder of arrays."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import ModelFile, read_array_file, require_shapes
from rnn_graph.models.sequence_tagger import SequenceTagger, SequenceTaggerConfig
from rnn_graph.tutorials.rnnslu import RNNSLU

TaggerModel = RNNSLU | SequenceTagger

SLOT_TAGGER, SEQUENCE_TAGGER = "slot-rnn", "sequence-tagger"
TAGGER_KINDS = (SLOT_TAGGER, SEQUENCE_TAGGER)
SLOT_TAGGER_SHAPES = {
    "embeddings": ("ne + 1", "de"),
    "Wx": ("de · cs", "nh"),
    "Wh": ("nh", "nh"),
    "W": ("nh", "nc"),
    "bh": ("nh",),
    "b": ("nc",),
    "h0": ("nh",),
}


def tagger_content(model: TaggerModel) -> ModelFile:
    """What goes into a tagger's file."""
    kind = SLOT_TAGGER if isinstance(model, RNNSLU) else SEQUENCE_TAGGER
    configuration: dict[str, Any] = {"model": kind, **asdict(model.config)}
    vocabulary = model.vocabulary
    if vocabulary is None:
        return ModelFile(model.get_parameters(), configuration)
    configuration |= {"labels": list(vocabulary.labels), "lowercase": vocabulary.lowercase}
    return ModelFile(model.get_parameters(), configuration, vocabulary.words)


def build_tagger(path: str | Path, content: ModelFile, **computing: Any) -> TaggerModel:
    """The tagger of a file's content.

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
    dtype = computing.pop("dtype", None) or content.configuration.get("dtype", "float32")
    if content.configuration["model"] == SLOT_TAGGER:
        return _build_slot_tagger(path, content, dtype=dtype, **computing)
    vocabulary = _vocabulary(path, content)
    if vocabulary is None:
        raise InputError(f"{path} has no vocabulary; the file is damaged")
    settings = {field.name: content.configuration.get(field.name) for field in _CONFIG_FIELDS}
    for field in _CONFIG_FIELDS:
        if type(settings[field.name]) is not type(field.default):
            raise InputError(
                f"{path}: {field.name} is {settings[field.name]!r}; expected something like"
                f" {field.default!r}, the file is damaged"
            )
    config = SequenceTaggerConfig(**settings | {"dtype": dtype})
    model = SequenceTagger(vocabulary, config, rng=0, **computing)
    missing = set(model.parameters) - set(content.arrays)
    if missing:
        raise InputError(f"{path} has no array {min(missing)!r}; the file is damaged")
    model.set_parameters(content.arrays)
    return model


def is_slot_folder(path: str | Path) -> bool:
    """Whether `load_slot_folder` is to read it."""
    return Path(path, "embeddings.npy").exists()


def load_slot_folder(folder: str | Path, **computing: Any) -> RNNSLU:
    """The model of the tutorial's folder: seven arrays in `.npy` files, and no vocabulary.

    Raises
    ------
    InputError
        If one is missing or damaged, holds Python objects, or does not fit the others.
    """
    arrays = {name: read_array_file(Path(folder, f"{name}.npy")) for name in SLOT_TAGGER_SHAPES}
    stored = np.result_type(*arrays.values())
    dtype = computing.pop("dtype", None) or ("float64" if stored == np.float64 else "float32")
    content = ModelFile(arrays, {"model": SLOT_TAGGER})
    return _build_slot_tagger(folder, content, dtype=dtype, **computing)


_CONFIG_FIELDS = fields(SequenceTaggerConfig)


def _build_slot_tagger(path, content: ModelFile, **options: Any) -> RNNSLU:
    sizes = require_shapes(path, content.arrays, SLOT_TAGGER_SHAPES)
    window, remainder = divmod(sizes["de · cs"], sizes["de"])
    if remainder:
        raise InputError(
            f"{path}: Wx has {sizes['de · cs']} rows, embeddings {sizes['de']} columns; expected a"
            " whole number of embeddings a window"
        )
    vocabulary = _vocabulary(path, content)
    words = sizes["ne + 1"] - 1
    model = RNNSLU(
        sizes["nh"],
        sizes["nc"],
        words,
        sizes["de"],
        window,
        rng=0,
        vocabulary=vocabulary,
        **options,
    )
    model.set_parameters(content.arrays)
    return model


def _vocabulary(path, content: ModelFile) -> TagVocabulary | None:
    if content.vocabulary is None:
        return None
    labels = content.configuration.get("labels")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise InputError(f"{path}: labels are no list of strings; the file is damaged")
    lowercase = content.configuration.get("lowercase", True)
    return TagVocabulary(content.vocabulary, tuple(labels), bool(lowercase))
