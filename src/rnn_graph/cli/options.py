"""Options that several commands share, alone and in groups."""

import functools
import inspect
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from rnn_graph import names
from rnn_graph.errors import InputError


def choice(name: str, values: Iterable[str]) -> type[StrEnum]:
    """An enumeration of option values."""
    return StrEnum(name, {value.upper().replace("-", "_"): value for value in values})


BackendName = choice("BackendName", ("auto", "numpy", "c", "numba", "jax"))
DeviceName = choice("DeviceName", names.DEVICES)
PrecisionName = choice("PrecisionName", names.PRECISIONS)
DtypeName = choice("DtypeName", names.DTYPES)
TextFormat = choice("TextFormat", ("auto", "csv", "text"))
FileFormat = choice("FileFormat", ("auto", "text", *names.TAGGED_FORMATS))
TaggedFormat = choice("TaggedFormat", ("auto", *names.TAGGED_FORMATS))
PartName = choice("PartName", ("train", "valid", "test"))
SchemeName = choice("SchemeName", (*names.SCHEMES, *names.OTHER_NAMES_OF_SCHEMES))
TokenizerName = choice("TokenizerName", names.TOKENIZERS)
UnknownName = choice("UnknownName", names.UNKNOWN)
DecodingErrors = choice("DecodingErrors", ("strict", "replace", "ignore"))

Seed = Annotated[
    int, typer.Option(min=0, max=names.LARGEST_SEED, help="Seed of every random number.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
VocabularyFile = Annotated[
    Path | None,
    typer.Option("--vocabulary", help="Word list for a bare .npz: one per line, by id."),
]

_reading = functools.partial(typer.Option, rich_help_panel="Reading text")
_computing = functools.partial(typer.Option, rich_help_panel="Computing")

Unknown = Annotated[
    UnknownName, _reading(metavar="NAME", help="Unknown words or characters: skip or error.")
]
DataFile = Annotated[
    Path, typer.Option("--data", help="Text or CSV, may be compressed; - for standard input.")
]


@dataclass(frozen=True)
class Decoding:
    """How bytes become text."""

    encoding: Annotated[str, _reading(help="Encoding of the text.")] = "utf-8"
    errors: Annotated[
        DecodingErrors, _reading(metavar="NAME", help="Invalid bytes: strict, replace or ignore.")
    ] = DecodingErrors.STRICT


@dataclass(frozen=True)
class Reading(Decoding):
    """How a text file becomes sentences; None: as the model was trained, or the default."""

    file_format: Annotated[
        TextFormat | None, _reading("--format", metavar="NAME", help="csv or text.")
    ] = None
    column: Annotated[str | None, _reading(help="CSV column with the documents (body).")] = None
    delimiter: Annotated[
        str | None, _reading(help="Delimiter of CSV fields (default: comma, ; or tab).")
    ] = None
    pre_split: Annotated[
        bool | None, _reading("--pre-split", help="Each line is one sentence.")
    ] = None
    tokenizer: Annotated[
        TokenizerName | None,
        _reading(metavar="NAME", help="nltk, whitespace, or characters."),
    ] = None

    def given(self) -> dict[str, Any]:
        """The keywords that were given."""
        return {name: plain(value) for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class AnyReading(Reading):
    """How a file becomes sentences, whether their words have labels or not."""

    file_format: Annotated[
        FileFormat | None,
        _reading("--format", metavar="NAME", help="csv, text, or a format of tagged files."),
    ] = None


@dataclass(frozen=True)
class LabeledWords:
    """Which columns of a file hold words and labels, and how labels are written.

    None: as the file's content suggests.
    """

    word_column: Annotated[
        str | None, _reading(metavar="N", help="Column of the words: from 1, or its name.")
    ] = None
    label_column: Annotated[
        str | None, _reading(metavar="N", help="Column of the labels; -1 is the last.")
    ] = None
    scheme: Annotated[
        SchemeName | None,
        _reading(
            metavar="NAME",
            case_sensitive=False,
            help="Rewrite labels as bio, iob1, iobes or bilou.",
        ),
    ] = None

    def given(self) -> dict[str, Any]:
        """Keywords of `read_tagged_sentences`."""
        return {name: plain(value) for name, value in vars(self).items()}


@dataclass(frozen=True)
class TaggedReading(LabeledWords, Decoding):
    """How a file becomes tagged sentences: keywords of `read_tagged_sentences`."""

    file_format: Annotated[
        TaggedFormat,
        _reading("--format", metavar="NAME", help="conll, csv, bos-eos, pair, slash, pickle."),
    ] = TaggedFormat.AUTO
    delimiter: Annotated[
        str | None, _reading(help="Delimiter of CSV fields (default: comma, ; or tab).")
    ] = None


@dataclass(frozen=True)
class Computing:
    """What computes, where, and how precisely."""

    backend: Annotated[
        BackendName, _computing(metavar="NAME", help="auto, jax, numba, c, or numpy.")
    ] = BackendName.AUTO
    device: Annotated[DeviceName, _computing(metavar="NAME", help="auto, cpu or gpu.")] = (
        DeviceName.AUTO
    )
    dtype: Annotated[
        DtypeName | None, _computing(metavar="NAME", help="float32 (default) or float64.")
    ] = None
    precision: Annotated[
        PrecisionName | None,
        _computing(metavar="NAME", help="Products on a GPU: highest (default) or tf32."),
    ] = None

    def __post_init__(self) -> None:
        from rnn_graph.checks import require_room_for_libraries

        require_room_for_libraries()
        # JAX reads these when it is imported. Without the first, it starts a GPU to find a CPU.
        if self.device == DeviceName.CPU:
            if self.precision is not None:
                raise InputError("products are exact on a CPU; leave out --precision")
            os.environ["JAX_PLATFORMS"] = "cpu"
        if self.precision is not None:
            os.environ["JAX_DEFAULT_MATMUL_PRECISION"] = names.PRECISIONS[self.precision]

    def given(self) -> dict[str, Any]:
        """The keywords of `load_model`."""
        keywords = vars(self).items()
        return {name: plain(value) for name, value in keywords if name != "precision"}


def plain(value: Any) -> Any:
    """A member of an enumeration as the string that it is."""
    return str(value) if isinstance(value, StrEnum) else value


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take groups of options: its parameters that are one of the dataclasses above.

    The command line sees the fields of the group as options of their own.
    """
    parameters: dict[str, inspect.Parameter] = {}
    groups: dict[str, type] = {}
    for name, parameter in inspect.signature(command).parameters.items():
        if not is_dataclass(parameter.annotation):
            parameters[name] = parameter
            continue
        groups[name] = parameter.annotation
        for field in fields(parameter.annotation):
            parameters[field.name] = inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=field.type,
            )

    @functools.wraps(command)
    def with_single_options(**values) -> None:
        for name, group in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        command(**values)

    keyword_only = (p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters.values())
    with_single_options.__signature__ = inspect.Signature(keyword_only)
    with_single_options.__annotations__ = {n: p.annotation for n, p in parameters.items()}
    return with_single_options
