"""Options that several commands share, alone and in groups."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.errors import InputError

LARGEST_SEED = 2**32 - 1  # as rnn_graph.randomness has it, which imports NumPy


class BackendName(StrEnum):
    AUTO = "auto"
    NUMPY = "numpy"
    C = "c"
    NUMBA = "numba"
    JAX = "jax"


DeviceName = StrEnum("DeviceName", {"AUTO": "auto", "CPU": "cpu", "GPU": "gpu"})
DtypeName = StrEnum("DtypeName", {"FLOAT32": "float32", "FLOAT64": "float64"})
TAGGED_FORMATS = {"CONLL": "conll", "BOS_EOS": "bos-eos", "PAIR": "pair", "PICKLE": "pickle"}
FileFormat = StrEnum("FileFormat", {"AUTO": "auto", "CSV": "csv", "TEXT": "text"} | TAGGED_FORMATS)
TaggedFormat = StrEnum("TaggedFormat", {"AUTO": "auto"} | TAGGED_FORMATS)
PartName = StrEnum("PartName", {"TRAIN": "train", "VALID": "valid", "TEST": "test"})
RecipeName = StrEnum("RecipeName", {"WORD": "word", "SENTENCE": "sentence", "MODERN": "modern"})
CellName = StrEnum("CellName", {"ELMAN": "elman", "GRU": "gru", "LSTM": "lstm"})
CharCellName = StrEnum(
    "CharCellName", {"RNN": "rnn", "ELMAN": "elman", "LSTM": "lstm", "GRU": "gru"}
)
UnitName = StrEnum("UnitName", {"LINE": "line", "TEXT": "text"})
TokenizerName = StrEnum("TokenizerName", {"NLTK": "nltk", "WHITESPACE": "whitespace"})
DecodingErrors = StrEnum(
    "DecodingErrors", {"STRICT": "strict", "REPLACE": "replace", "IGNORE": "ignore"}
)
_SCHEDULES = ("constant", "linear", "cosine", "step", "plateau")
ScheduleName = StrEnum("ScheduleName", {name.upper(): name for name in _SCHEDULES})

Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Seeds every random number.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
VocabularyFile = Annotated[
    Path | None,
    typer.Option("--vocabulary", help="For a bare .npz: its words, one a line, in order of ids."),
]

_reading = functools.partial(typer.Option, rich_help_panel="Reading text")
_computing = functools.partial(typer.Option, rich_help_panel="Computing")

DataFile = Annotated[
    Path,
    _reading(
        "--data", help="Text (a document a line) or CSV, gzipped or not; - for standard input."
    ),
]


@dataclass(frozen=True)
class Decoding:
    """How bytes become text."""

    encoding: Annotated[str, _reading(help="Of the text.")] = "utf-8"
    errors: Annotated[DecodingErrors, _reading(help="What to do with bytes that are not text.")] = (
        DecodingErrors.STRICT
    )


@dataclass(frozen=True)
class Reading(Decoding):
    """How a text file becomes sentences: the keywords of `read_sentences`."""

    file_format: Annotated[
        FileFormat,
        _reading("--format", help="auto: by the name; conll and the rest hold tagged sentences."),
    ] = FileFormat.AUTO
    column: Annotated[str, _reading(help="The CSV column with the documents.")] = "body"
    pre_split: Annotated[bool, _reading("--pre-split", help="Each line is one sentence.")] = False
    tokenizer: Annotated[TokenizerName, _reading(help="whitespace: words stand apart already.")] = (
        TokenizerName.NLTK
    )


@dataclass(frozen=True)
class TaggedReading(Decoding):
    """How a file becomes tagged sentences: keywords of `read_tagged_sentences`."""

    file_format: Annotated[
        TaggedFormat, _reading("--format", help="auto: by name and content.")
    ] = TaggedFormat.AUTO


@dataclass(frozen=True)
class Computing:
    """What computes, where, and how precisely."""

    backend: Annotated[
        BackendName, _computing(help="What compiles the graph; numpy is the reference.")
    ] = BackendName.AUTO
    device: Annotated[DeviceName, _computing(help="Where it runs; gpu through JAX.")] = (
        DeviceName.AUTO
    )
    dtype: Annotated[
        DtypeName | None,
        _computing(help="Precision; float32 if not given, float64 for the numpy backend."),
    ] = None


def refuse_given(options: dict[str, object], why: str) -> None:
    """Refuse options that were given (are not None) where they have no meaning."""
    for name, value in options.items():
        if value is not None:
            raise InputError(f"--{name.replace('_', '-')} {why}; leave it out")


def chosen(options: dict[str, object], **defaults: object) -> dict[str, object]:
    """The options, with defaults for those that were not given."""
    return {name: defaults[name] if value is None else value for name, value in options.items()}


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
