"""What JAX compiles for one start is there for the next."""

import os
import subprocess
import sys

import pytest

from rnn_graph.backend.cache import keep_compiled_code

COMMAND = [sys.executable, "-m", "rnn_graph", "generate", "-n", "1", "--backend", "jax"]


@pytest.fixture
def environment(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    return kept | {"RNN_GRAPH_CACHE": str(tmp_path / "cache")}


def files_in(folder):
    return {path.name for path in folder.glob("*")}


def test_compiled_code_is_kept_and_found_again(environment, model, tmp_path):
    command = [*COMMAND, model]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    (folder,) = (tmp_path / "cache").glob("compiled-*")
    kept = files_in(folder)
    assert kept
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert {name for name in files_in(folder) if not name.endswith("atime")} <= kept


def test_the_environment_has_the_say(monkeypatch):
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "elsewhere")
    keep_compiled_code()
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == "elsewhere"
