"""Model files: one `.npz` of arrays, configuration (JSON) and vocabulary, read without pickles."""

import io
import json
import lzma
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy_format

from rnn_graph.errors import InputError
from rnn_graph.files.atomic import atomic_write
from rnn_graph.files.checked_json import parsed
from rnn_graph.files.other_programs import what_it_is
from rnn_graph.files.special_files import refuse_devices

CONFIGURATION = "configuration"
VOCABULARY = "vocabulary"

# Trained parameters hardly compress; what shrinks more than this was made to fill a memory.
LARGEST_EXPANSION = 20
HARMLESS_SIZE = 2**26  # bytes of all arrays
MOST_MEMBERS = 10_000
LARGEST_AXIS = 2**48
# A damaged member may ask for more memory than there is.
DAMAGES = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, MemoryError)

HEADER_READERS = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
    (3, 0): npy_format.read_array_header_2_0,  # differs in the encoding of field names alone
}


@dataclass(frozen=True)
class ModelFile:
    """The content of a model file.

    Attributes
    ----------
    arrays
        Parameters by name.
    configuration
        What the model was built with and how it was trained; empty for the tutorial's bare files.
    tokens
        The vocabulary in the order of ids; None for the tutorial's bare files.
    """

    arrays: dict[str, np.ndarray]
    configuration: dict[str, Any] = field(default_factory=dict)
    tokens: list[str] | None = None


def write_model_file(path: str | Path, content: ModelFile) -> None:
    """Write a model file: under a temporary name first, then renamed.

    Raises
    ------
    InputError
        If it cannot be written there.
    """
    arrays = dict(content.arrays)
    if content.configuration:
        arrays[CONFIGURATION] = _json_as_bytes(content.configuration)
    if content.tokens is not None:
        arrays[VOCABULARY] = _json_as_bytes(content.tokens)
    with atomic_write(path) as stream:
        np.savez(stream, **arrays)


def read_model_file(path: str | Path) -> ModelFile:
    """Read a model file and check that it is whole.

    Raises
    ------
    InputError
        If the file is missing, damaged, no `.npz`, holds Python objects or values that are not
        finite, or claims more data than it has.
    """
    refuse_devices(path)
    try:
        if (known := what_it_is(path)) is not None:
            raise InputError(
                f"{path} is {known}; give a model that `rnn-graph train` wrote, or safetensors of"
                " PyTorch's layers"
            )
        with open(path, "rb") as stream, zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            _require_reasonable(path, members)
            arrays = {
                member.filename.removesuffix(".npy"): _read_member(path, archive, member)
                for member in members
            }
    # A damaged member may be an OSError, an encrypted or an unknown one a RuntimeError.
    except (OSError, *DAMAGES, ValueError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        if isinstance(error, OSError) and error.strerror:
            raise InputError(f"cannot read {path}: {error.strerror}; check the path") from None
        raise InputError(
            f"{path} is no whole .npz file ({_line(error)}); give one that `rnn-graph train` wrote,"
            " or download it again"
        ) from None
    configuration = _bytes_as_json(path, CONFIGURATION, arrays.pop(CONFIGURATION, None), {})
    tokens = _bytes_as_json(path, VOCABULARY, arrays.pop(VOCABULARY, None), None)
    return checked_content(path, arrays, configuration, tokens)


def checked_content(
    path: str | Path, arrays: dict[str, np.ndarray], configuration: Any, tokens: Any
) -> ModelFile:
    """Arrays with what was read from JSON; `InputError` if that is something else than it ought."""
    if not isinstance(configuration, dict):
        raise InputError(f"{path}: {CONFIGURATION} is no JSON object; the file is damaged")
    if tokens is not None and not (
        tokens and isinstance(tokens, list) and all(isinstance(t, str) for t in tokens)
    ):
        raise InputError(f"{path}: {VOCABULARY} is no list of words; the file is damaged")
    return ModelFile(arrays, configuration, tokens)


def require_finite(path: str | Path, name: str, array: np.ndarray) -> None:
    """Refuse parameters of a training that diverged."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(
            f"{path}: {name} has values that are NaN or infinite; its training diverged, use an"
            " earlier file"
        )


def read_array_folder(folder: str | Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The arrays of a folder of `.npy` files, by name.

    Raises
    ------
    InputError
        As for `read_model_file`.
    """
    return {name: _read_array_file(Path(folder, f"{name}.npy")) for name in names}


def require_shapes(
    arrays: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[str, ...]], path: str | Path = ""
) -> dict[str, int]:
    """Check parameters against shapes such as `{"U": ("H", "V"), "W": ("H", "H")}`.

    Returns
    -------
    dict
        The size that each letter stands for.

    Raises
    ------
    InputError
        If an array is missing, has another number of axes, or two sizes disagree.
    """
    where = f"{path}: " if path else ""
    sizes: dict[str, int] = {}
    for name, axes in shapes.items():
        if name not in arrays:
            raise InputError(
                f"{where}there is no array {name!r} (only {', '.join(sorted(arrays)) or 'none'});"
                f" this kind of model wants {', '.join(shapes)}"
            )
        shape = arrays[name].shape
        expected = ", ".join(axes)
        if len(shape) != len(axes) or 0 in shape:
            raise InputError(f"{where}{name} has shape {shape}; expected ({expected})")
        for axis, size in zip(axes, shape, strict=True):
            if sizes.setdefault(axis, size) != size:
                raise InputError(
                    f"{where}{name} has shape {shape}, but its {axis} is {sizes[axis]} in the"
                    f" arrays before it; expected ({expected})"
                )
    return sizes


def _read_array_file(path: Path) -> np.ndarray:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; check the path") from None
    return _read_array(path, path.stem, lambda: io.BytesIO(data), len(data))


def _read_member(path: str | Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    name = member.filename.removesuffix(".npy")
    return _read_array(path, name, lambda: archive.open(member), member.file_size)


def _require_reasonable(path: str | Path, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse an archive that was made to fill a memory, before anything of it is read."""
    if len(members) > MOST_MEMBERS:
        raise InputError(f"{path} has {len(members):,} arrays; no model has so many")
    size, held = (
        sum(getattr(member, name) for member in members) for name in ("file_size", "compress_size")
    )
    if size > max(HARMLESS_SIZE, LARGEST_EXPANSION * held):
        raise InputError(
            f"{path} would expand from {held:,} bytes to {size:,}; no trained parameters do"
        )


def _read_array(
    path: str | Path, name: str, open_stream: Callable[[], BinaryIO], size: int
) -> np.ndarray:
    with open_stream() as stream:
        try:
            shape, dtype = _read_header(stream)
        except (ValueError, SyntaxError, OverflowError, tokenize.TokenError) as error:
            raise InputError(f"{path}: {name} is no NumPy array ({_line(error)})") from None
        if dtype.hasobject:
            raise InputError(
                f"{path}: {name} holds Python objects, which could run code when read; only arrays"
                " of numbers are loaded"
            )
        if dtype.kind not in "biuf":
            raise InputError(f"{path}: {name} holds values of type {dtype}; expected real numbers")
        claimed = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if claimed != size - stream.tell():
            raise InputError(
                f"{path}: {name} claims shape {shape}, {claimed} bytes, and has"
                f" {size - stream.tell()}; the file is damaged"
            )
    with open_stream() as stream:
        array = npy_format.read_array(stream, allow_pickle=False)
    require_finite(path, name, array)
    return array


def _read_header(stream: BinaryIO) -> tuple[tuple[int, ...], np.dtype]:
    version = npy_format.read_magic(stream)
    if version not in HEADER_READERS:
        raise ValueError(f"unknown version {version} of the format")
    shape, _, dtype = HEADER_READERS[version](stream)
    if any(isinstance(size, bool) or not 0 <= size < LARGEST_AXIS for size in shape):
        raise ValueError("its shape is no shape")
    return shape, dtype


def _json_as_bytes(value: Any) -> np.ndarray:
    return np.frombuffer(json.dumps(value, allow_nan=False).encode(), dtype=np.uint8)


def _bytes_as_json(path: str | Path, name: str, array: np.ndarray | None, default: Any) -> Any:
    if array is None:
        return default
    try:
        return parsed(array.astype(np.uint8).tobytes())
    except ValueError as error:
        raise InputError(f"{path}: {name} is damaged ({_line(error)})") from None


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
