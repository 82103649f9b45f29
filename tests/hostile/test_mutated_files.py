"""Damaged files of every format are read, or refused.

A slice of what `make hostile` tries.
"""

import random
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

import pytest

from hostile.mutations import mutated
from hostile.readers import readers
from rnn_graph.errors import InputError

FILES = 40  # of each format


@pytest.fixture(scope="module")
def formats(tmp_path_factory):
    return {reader.name: reader for reader in readers(tmp_path_factory.mktemp("formats"))}


def names():
    with tempfile.TemporaryDirectory() as folder:
        return [reader.name for reader in readers(Path(folder))]


@pytest.mark.parametrize("name", names())
def test_a_damaged_file_is_read_or_refused(formats, tmp_path, name):
    reader, draw = formats[name], random.Random(name)
    path = tmp_path / reader.name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers as Python 2 wrote them, say
        path.write_bytes(reader.whole(reader.content))
        reader.read(path)
        for _ in range(FILES):
            path.write_bytes(reader.whole(mutated(reader.content, draw)))
            with suppress(InputError):
                reader.read(path)
