"""Fixtures for all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No test asserts a time: the first example may import or compile something.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

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
