"""What the tests of the command line check a run's result with."""

import io
import json
import os
import re
import struct

import numpy as np
import pytest

from small_runs import BATCHES

# The smallest modern model, for what is neither in its figures nor in its files.
QUICK_BATCHES = (*BATCHES, "--epochs", 1)
VOCABULARY_SIZE = 12 + 3  # the words of the `text` fixture, and the markers
# What may stand before an error, once the text is read.
REPORT = re.compile(
    r".*: [\d,]+ (sentences|lines|characters), .*; a vocabulary of .*"
    r"|batch size \d+: the data do not fill one of \d+"
    r"|[\d,]+ words, \d+ labels|no --valid: .*|.* different (characters|ones)"
)

is_root = hasattr(os, "geteuid") and os.geteuid() == 0
needs_full_device = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")


def assert_refused(result, *parts, status=2):
    """One line of error on stderr, with every part in it whatever its case; nothing on stdout."""
    assert result.status == status, result
    assert result.out == ""
    assert "Traceback" not in result.err
    *before, line = result.err.splitlines()
    assert line.startswith("rnn-graph: "), result.err
    assert all(REPORT.fullmatch(said) for said in before), result.err
    for part in parts:
        assert str(part).lower() in line.lower()


def assert_done(result, *parts):
    assert result.status == 0, result.err
    assert "Traceback" not in result.err
    for part in parts:
        assert part in result.err


def one_json(output):
    """The one JSON value that stands there, and nothing else."""
    return json.loads(output, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def npy(array) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=True)
    return stream.getvalue()


def as_bytes(value) -> np.ndarray:
    encoded = value if isinstance(value, bytes) else json.dumps(value).encode()
    return np.frombuffer(encoded, dtype=np.uint8)


def header(shape, descr="<f4", version=b"\x01\x00") -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text


def assert_no_crash(results):
    for result in results:
        if result.status:
            assert_refused(result)
