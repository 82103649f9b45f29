"""Character models to files and back."""

from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import ModelFile, require_shapes
from rnn_graph.tutorials.char_model import CharModel
from rnn_graph.tutorials.char_rnn import CHAR_MODELS

CHAR_MODEL = "char-rnn"
SHAPES = {
    "Wx": ("n_x", "k · n_a"),
    "Wh": ("n_a", "k · n_a"),
    "b": ("k · n_a",),
    "Wy": ("n_a", "n_y"),
    "by": ("n_y",),
}
SEEN_LINES = "seen_lines"


def char_content(model: CharModel) -> ModelFile:
    """What goes into a character model's file."""
    configuration: dict[str, Any] = {
        "model": CHAR_MODEL,
        "cell": model.cell_name,
        "dtype": model.dtype,
    }
    arrays, vocabulary = model.get_parameters(), model.vocabulary
    if vocabulary is not None:
        configuration |= {
            "unit": vocabulary.unit,
            "lowercase": vocabulary.lowercase,
            "characters": "".join(vocabulary.symbols),
        }
        if vocabulary.seen_lines is not None:
            arrays[SEEN_LINES] = vocabulary.seen_lines
    return ModelFile(arrays, configuration)


def build_char_model(path: str | Path, content: ModelFile, **computing: Any) -> CharModel:
    """The character model of a file's content.

    Parameters
    ----------
    path
        For the messages.
    computing
        `backend`, `device` and `dtype` (None: the file's own).

    Raises
    ------
    InputError
        If arrays and configuration do not fit together.
    """
    configuration = content.configuration
    cell = configuration.get("cell")
    if not isinstance(cell, str) or cell not in CHAR_MODELS:
        raise InputError(f"{path}: cell is {cell!r}; this version knows {', '.join(CHAR_MODELS)}")
    sizes = require_shapes(path, content.arrays, SHAPES)
    kind = CHAR_MODELS[cell]
    if sizes["k · n_a"] != kind.cell.blocks * sizes["n_a"]:
        raise InputError(
            f"{path}: Wx has {sizes['k · n_a']} columns; expected {kind.cell.blocks} for each of"
            f" {sizes['n_a']} hidden units, the file is damaged"
        )
    vocabulary = _vocabulary(path, content)
    if vocabulary is not None and len(vocabulary) != sizes["n_x"]:
        raise InputError(
            f"{path} has {len(vocabulary)} characters for {sizes['n_x']} inputs; the file is"
            " damaged"
        )
    dtype = computing.pop("dtype", None) or configuration.get("dtype", "float32")
    try:
        model = kind(
            sizes["n_x"],
            sizes["n_a"],
            sizes["n_y"],
            vocabulary=vocabulary,
            rng=0,  # overwritten below
            dtype=dtype,
            **computing,
        )
        model.set_parameters(content.arrays)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return model


def _vocabulary(path: str | Path, content: ModelFile) -> CharVocabulary | None:
    configuration = content.configuration
    symbols = configuration.get("characters")
    if symbols is None:
        return None
    if not isinstance(symbols, str):
        raise InputError(f"{path}: characters are no string; the file is damaged")
    seen = content.arrays.get(SEEN_LINES)
    if seen is not None and (
        seen.ndim != 1 or seen.dtype != np.uint64 or (seen[1:] <= seen[:-1]).any()
    ):
        raise InputError(f"{path}: {SEEN_LINES} are no fingerprints; the file is damaged")
    lowercase = configuration.get("lowercase", False)
    if not isinstance(lowercase, bool):
        raise InputError(f"{path}: lowercase is {lowercase!r}; expected true or false")
    try:
        return CharVocabulary(
            tuple(symbols),
            str(configuration.get("unit", "line")),
            lowercase,
            seen,
        )
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
