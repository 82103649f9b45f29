"""Files of named arrays that other programs read: safetensors, PyTorch's own, and plain `.npz`."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as as_safetensors

from rnn_graph.errors import InputError
from rnn_graph.files.atomic import atomic_write
from rnn_graph.files.checked_json import parsed
from rnn_graph.files.model_file import (
    CONFIGURATION,
    VOCABULARY,
    ModelFile,
    checked_content,
    read_model_file,
    require_finite,
    write_model_file,
)
from rnn_graph.files.special_files import refuse_devices

SUFFIXES = {"safetensors": ".safetensors", "torch": ".pt", "numpy": ".npz"}


def write_tensor_file(path: str | Path, to: str, content: ModelFile) -> None:
    """Write arrays in the form `to`, a key of `SUFFIXES`.

    The safetensors file and the `.npz` have configuration and vocabulary too, as JSON; PyTorch's
    own file has the arrays alone.

    Raises
    ------
    InputError
        If it cannot be written there, or PyTorch is asked for and not installed.
    """
    arrays = {name: np.ascontiguousarray(value) for name, value in content.arrays.items()}
    if to == "numpy":
        write_model_file(path, ModelFile(arrays, content.configuration, content.tokens))
    elif to == "safetensors":
        metadata = {"format": "pt", CONFIGURATION: json.dumps(content.configuration)}
        if content.tokens is not None:
            metadata[VOCABULARY] = json.dumps(content.tokens)
        with atomic_write(path) as stream:
            stream.write(as_safetensors(arrays, metadata))
    else:
        _write_torch_file(path, arrays)


def read_arrays(path: str | Path) -> ModelFile:
    """Read a model file, or safetensors.

    Raises
    ------
    InputError
        As for `read_model_file` and `read_safetensors`.
    """
    refuse_devices(path)
    return read_safetensors(path) if _is_safetensors(path) else read_model_file(path)


def read_safetensors(path: str | Path) -> ModelFile:
    """The arrays of a safetensors file, and what it says of the model.

    Raises
    ------
    InputError
        If it is damaged, or has numbers of a type that NumPy lacks.
    """
    try:
        with safe_open(path, framework="numpy") as tensors:
            arrays = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118
            metadata = tensors.metadata() or {}
    except (SafetensorError, OSError, TypeError, ValueError) as error:
        raise InputError(
            f"{path} is no whole safetensors file of numbers that NumPy has ({error}); write it"
            " again, in float32"
        ) from None
    for name, array in arrays.items():
        require_finite(path, name, array)
    configuration = _parsed(path, metadata, CONFIGURATION, {})
    tokens = _parsed(path, metadata, VOCABULARY, None)
    return checked_content(path, arrays, configuration, tokens)


def _is_safetensors(path: str | Path) -> bool:
    """Whether a file begins as safetensors do: a length, then a JSON object."""
    try:
        with open(path, "rb") as stream:
            return stream.read(10)[8:] in (b'{"', b"{}")
    except OSError:
        return False


def _parsed(path: str | Path, metadata: dict[str, str], name: str, default: Any) -> Any:
    try:
        return parsed(metadata[name]) if name in metadata else default
    except ValueError:
        raise InputError(f"{path}: {name} is no JSON; the file is damaged") from None


def _write_torch_file(path: str | Path, arrays: dict[str, np.ndarray]) -> None:
    try:
        import torch
    except ImportError:
        raise InputError(
            "PyTorch writes its own files, and is not installed; install it (pip install torch), or"
            " give --to safetensors, which it reads too"
        ) from None
    with atomic_write(path) as stream:
        torch.save({name: torch.from_numpy(value) for name, value in arrays.items()}, stream)
