"""JSON that this project wrote, read back: of a bounded size, and of the shape that is expected."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from rnn_graph.errors import InputError
from rnn_graph.files.special_files import refuse_devices

LARGEST = 2**25  # bytes of a text
MOST_CONTAINERS = 2**19  # lists and objects in it, of which each takes thirty times its text


class Expected(NamedTuple):
    """What a value has to be."""

    description: str
    fits: Callable[[Any], bool]


class Maybe(NamedTuple):
    """Null, or what `shape` says."""

    shape: Any


class Optional(NamedTuple):
    """What `shape` says, if an object has it at all."""

    shape: Any


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not any("\ud800" <= symbol <= "\udfff" for symbol in value)


def one_of(*words: str) -> Expected:
    """One of some words."""
    return Expected(f"one of {', '.join(words)}", lambda value: value in words)


def values_are(*types: type) -> Callable[[Any], bool]:
    """Whether a value is an object whose values are of these types, text and numbers checked."""
    return lambda value: (
        isinstance(value, dict)
        and all(map(_is_text, value))
        and all(
            isinstance(entry, types)
            and (not isinstance(entry, str) or _is_text(entry))
            and (isinstance(entry, bool | str | None) or _is_number(entry))
            for entry in value.values()
        )
    )


TEXT = Expected("text", _is_text)
TRUTH = Expected("true or false", lambda value: isinstance(value, bool))
COUNT = Expected(
    "a whole number of at least 0",
    lambda value: isinstance(value, int) and _is_number(value) and 0 <= value < 2**63,
)
AMOUNT = Expected("a number of at least 0", lambda value: _is_number(value) and value >= 0)
NUMBER = Expected("a number", _is_number)
OBJECT = Expected("an object", lambda value: isinstance(value, dict))


def parsed(text: str | bytes, largest: int = LARGEST) -> Any:
    """The value of a JSON text of so many bytes at most.

    Raises
    ------
    ValueError
        If it is none, nests too deeply, or is larger than what this project writes.
    """
    if len(text) > largest:
        raise ValueError(f"{len(text):,} bytes of JSON; at most {largest:,} are read")
    marks = ("[", "{") if isinstance(text, str) else (b"[", b"{")
    if sum(map(text.count, marks)) > MOST_CONTAINERS:
        raise ValueError("more lists and objects than this project writes")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it nests too deeply") from None


def read_json(path: str | Path, remedy: str) -> Any:
    """The value of a JSON file.

    Raises
    ------
    InputError
        If the file cannot be read, or is none.
    """
    refuse_devices(path)
    try:
        with open(path, "rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; {remedy}") from None
    try:
        return parsed(data)
    except ValueError:
        raise InputError(f"{path} is not JSON; {remedy}") from None


def find_mistake(value: Any, shape: Any, place: str = "") -> str | None:
    """The first part of `value` that is not as `shape` says, in words; None if there is none.

    Parameters
    ----------
    value
        What `parsed` gave.
    shape
        An `Expected`, a `Maybe`, a list of one shape for all of a list's parts, or an object of
        shapes by name, beside which other names may stand.
    place
        What the value is called.
    """
    if isinstance(shape, Maybe):
        return None if value is None else find_mistake(value, shape.shape, place)
    if isinstance(shape, Expected):
        if shape.fits(value):
            return None
        return f"{place} is {_shortened(value)}; expected {shape.description}"
    if not isinstance(value, type(shape)):
        kind = "an object" if isinstance(shape, dict) else "a list"
        return f"{place or 'it'} is {_shortened(value)}; expected {kind}"
    if isinstance(shape, list):
        parts = ((part, shape[0], f"{place}[{index}]") for index, part in enumerate(value))
    else:
        there = {n: s for n, s in shape.items() if n in value or not isinstance(s, Optional)}
        missing = [name for name in there if name not in value]
        if missing:
            return f"{place or 'the file'} has no {missing[0]!r}"
        wanted = {n: s.shape if isinstance(s, Optional) else s for n, s in there.items()}
        parts = ((value[name], wanted[name], f"{place}.{name}".lstrip(".")) for name in wanted)
    return next(filter(None, (find_mistake(*part) for part in parts)), None)


def parsed_as(text: str | bytes, shape: Any) -> Any:
    """The value of a JSON text that is as `shape` says.

    Raises
    ------
    ValueError
        If it is no JSON, or not as `shape` says; the mistake in words.
    """
    try:
        value = parsed(text)
    except ValueError:
        raise ValueError("it is not JSON") from None
    if mistake := find_mistake(value, shape):
        raise ValueError(mistake)
    return value


def json_line(value: Any) -> bytes:
    """A value as a line of a file of JSON lines."""
    return f"{json.dumps(value)}\n".encode()


def _shortened(value: Any) -> str:
    try:
        text = ascii(value) if isinstance(value, str) else repr(value)
    except ValueError:  # a whole number of more digits than Python prints
        text = "a number of thousands of digits"
    return text if len(text) <= 40 else f"{text[:37]}..."
