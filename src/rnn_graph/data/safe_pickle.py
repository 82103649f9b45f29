"""Pickles of NumPy arrays, read without running what a pickle may ask for.

What NumPy's arrays are pickled as, calls of functions of NumPy, is answered by functions of this
module; no other name in a pickle is looked up.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.data.pickle_machine import Buildable, Global, Machine, Program, Refused, require
from rnn_graph.errors import InputError

# A byte can become 70 bytes of objects, and a thousand such bytes one of a gzip file.
LARGEST_PICKLE = 2**25  # bytes, unzipped

HARMLESS_DTYPE = re.compile(r"b1|[iu][1248]|f[248]")


class PickledArray(Buildable):
    """A place for an array: a pickle makes it first and says later what it holds.

    Attributes
    ----------
    values
        The array, read-only; None if the pickle never said.
    """

    __slots__ = ("values",)

    def __init__(self):
        self.values: np.ndarray | None = None

    def build(self, state: tuple) -> None:
        _, shape, dtype, is_fortran, data = state
        self.values = _array(data, dtype, shape, "F" if is_fortran else "C")


def unpickle_arrays(data: bytes, path: str | Path) -> Any:
    """Read a pickle of nested containers with arrays of numbers, of any protocol.

    Parameters
    ----------
    data
        The pickle.
    path
        Where it is from, for the messages.

    Returns
    -------
    object
        Lists, tuples, dictionaries with strings or integers as keys, strings, bytes, integers,
        booleans, None, and a `PickledArray` for each array. Strings of Python 2 are taken as
        Latin-1. NumPy's scalars become plain numbers.

    Raises
    ------
    InputError
        If the pickle is damaged, too large, or asks for anything else; nothing of that is run.
    """
    if len(data) > LARGEST_PICKLE:
        raise InputError(
            f"{path} holds more than {LARGEST_PICKLE >> 20} MiB unzipped; give a smaller pickle,"
            " or the sentences as text"
        )
    program = Program(data)
    try:
        return Machine(program, GLOBALS).run()
    except Refused as refusal:
        raise InputError(
            f"{path} {refusal}, which is not run; expected a pickle of lists, tuples, dictionaries,"
            " strings, integers and NumPy arrays of numbers"
        ) from None
    except (ValueError, TypeError, LookupError, MemoryError):
        raise InputError(
            f"{path} is a damaged pickle (byte {program.position} of {len(data)}); make or"
            " download it again"
        ) from None


class _DType(Buildable):
    """A type of numbers in two steps: kind and size, then the order of the bytes."""

    __slots__ = ("values",)

    def __init__(self, code: str, align: bool = False, copy: bool = True):
        if not HARMLESS_DTYPE.fullmatch(code):
            raise Refused(f"has an array of dtype {code[:20]!a}")
        self.values = np.dtype(code)

    def build(self, state: tuple) -> None:
        byte_order, *structure = state[1:5]
        if structure != [None] * 3:
            raise Refused("has an array with fields")
        self.values = self.values.newbyteorder(require(byte_order, str))


def _array(data: bytes | str, dtype: _DType, shape: tuple[int, ...], order: str) -> np.ndarray:
    """Read numbers out of bytes, which Python 2 calls a string."""
    raw = data.encode("latin1") if isinstance(data, str) else require(data, bytes)
    if any(require(size, int) < 0 for size in require(shape, tuple)):
        raise ValueError("negative size")
    return np.frombuffer(raw, require(dtype, _DType).values).reshape(shape, order=order)


def _reconstruct(kind: type, shape: tuple[int], code: str | bytes) -> PickledArray:
    if kind is not PickledArray or shape != (0,):
        raise Refused("makes an array that is none of NumPy's")
    return PickledArray()


def _from_buffer(data: bytes, dtype: _DType, shape: tuple[int, ...], order: str) -> PickledArray:
    array = PickledArray()
    array.values = _array(data, dtype, shape, order)
    return array


def _scalar(dtype: _DType, data: bytes | str) -> int | float:
    return _array(data, dtype, (), "C").item()


def _encode(text: str, encoding: str) -> bytes:
    """Bytes the way Python 3 writes them in protocols of Python 2."""
    if encoding != "latin1":
        raise Refused("asks for an encoding other than Latin-1")
    return require(text, str).encode("latin1")


def _no_bytes() -> bytes:
    return b""


GLOBALS: dict[tuple[str, str], Global] = {
    ("numpy", "ndarray"): PickledArray,
    ("numpy", "dtype"): _DType,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
}
for _core in ("numpy.core", "numpy._core"):  # NumPy 1 and 2
    GLOBALS[f"{_core}.multiarray", "_reconstruct"] = _reconstruct
    GLOBALS[f"{_core}.multiarray", "scalar"] = _scalar
    GLOBALS[f"{_core}.numeric", "_frombuffer"] = _from_buffer
