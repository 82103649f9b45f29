"""Damaged files of every format are read, or refused.

A slice of what `make hostile` tries.
"""

import random
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostile.mutations import mutated
from hostile.readers import readers
from hostile.strategies import files_like
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


@pytest.mark.parametrize("name", names())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_that_is_nearly_of_a_format_is_read_or_refused(formats, tmp_path, name, data):
    reader = formats[name]
    path = tmp_path / reader.name
    path.write_bytes(reader.whole(data.draw(files_like(reader))))
    with warnings.catch_warnings(), suppress(InputError):
        warnings.simplefilter("ignore")
        reader.read(path)
