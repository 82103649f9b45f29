"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class BackendName(StrEnum):
    AUTO = "auto"
    NUMPY = "numpy"
    C = "c"
    NUMBA = "numba"
    JAX = "jax"


class DeviceName(StrEnum):
    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"


class DtypeName(StrEnum):
    FLOAT32 = "float32"
    FLOAT64 = "float64"


class FileFormat(StrEnum):
    AUTO = "auto"
    CSV = "csv"
    TEXT = "text"


class TokenizerName(StrEnum):
    NLTK = "nltk"
    WHITESPACE = "whitespace"


class DecodingErrors(StrEnum):
    STRICT = "strict"
    REPLACE = "replace"
    IGNORE = "ignore"


class ScheduleName(StrEnum):
    CONSTANT = "constant"
    LINEAR = "linear"


COMPUTING = "Computing"
READING = "Reading text"

Backend = Annotated[
    BackendName,
    typer.Option(
        help="What compiles the graph; numpy is the reference.", rich_help_panel=COMPUTING
    ),
]
Device = Annotated[
    DeviceName, typer.Option(help="Where it runs; gpu through JAX.", rich_help_panel=COMPUTING)
]
Dtype = Annotated[
    DtypeName | None,
    typer.Option(
        help="Precision; float32 if not given, float64 for the numpy backend.",
        rich_help_panel=COMPUTING,
    ),
]
LARGEST_SEED = 2**32 - 1  # as rnn_graph.randomness has it, which imports NumPy

Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Seeds every random number.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]

DataFile = Annotated[
    Path,
    typer.Option(
        "--data",
        help="Text (a document a line) or CSV, gzipped or not; - for standard input.",
        rich_help_panel=READING,
    ),
]
Format = Annotated[
    FileFormat,
    typer.Option("--format", help="auto: CSV if the name says so.", rich_help_panel=READING),
]
Column = Annotated[
    str, typer.Option(help="The CSV column with the documents.", rich_help_panel=READING)
]
PreSplit = Annotated[
    bool,
    typer.Option("--pre-split", help="Each line is one sentence.", rich_help_panel=READING),
]
Tokenizer = Annotated[
    TokenizerName,
    typer.Option(help="whitespace: words stand apart already.", rich_help_panel=READING),
]
Encoding = Annotated[str, typer.Option(help="Of the text.", rich_help_panel=READING)]
Errors = Annotated[
    DecodingErrors,
    typer.Option(help="What to do with bytes that are not text.", rich_help_panel=READING),
]
VocabularyFile = Annotated[
    Path | None,
    typer.Option("--vocabulary", help="For a bare .npz: its words, one a line, in order of ids."),
]
