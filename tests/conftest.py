"""Fixtures for all tests."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# No test asserts a time: the first example may import or compile something.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# What JAX compiles for one test, it need not for another: all processes of a run share a folder.
COMPILED = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
COMPILED_FOLDER = "JAX_COMPILATION_CACHE_DIR"
REAL_DATA_VARIABLE = "RNN_GRAPH_REAL_DATA"


@pytest.fixture
def real_data():
    """A function from a path below the folder of real data to the file; skips without it."""

    def find(path: str) -> Path:
        folder = os.environ.get(REAL_DATA_VARIABLE)
        if not folder:
            pytest.skip(f"{REAL_DATA_VARIABLE} names no folder of real data")
        found = Path(folder, path)
        if not found.exists():
            pytest.skip(f"there is no {found}")
        return found

    return find


def pytest_configure(config):
    """Let JAX, which is not imported yet, keep what it compiles; workers inherit it.

    Nor is what tests look at as wide as somebody's terminal.
    """
    os.environ.pop("COLUMNS", None)
    if COMPILED_FOLDER not in os.environ:
        config.compiled_folder = tempfile.mkdtemp(prefix="rnn_graph-compiled-")
        os.environ |= COMPILED | {COMPILED_FOLDER: config.compiled_folder}


def pytest_unconfigure(config):
    """Remove what JAX kept."""
    folder = getattr(config, "compiled_folder", None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
