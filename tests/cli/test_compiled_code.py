"""What JAX compiles for one start is there for the next."""

import os
import subprocess
import sys

import pytest

from rnn_graph.backend.cache import keep_compiled_code

COMMAND = [
    sys.executable,
    "-m",
    "rnn_graph",
    "generate",
    "-n",
    "1",
    "--backend",
    "jax",
    "--seed",
    "0",
]


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


def test_where_the_home_takes_no_files_compiled_code_lasts_until_the_end(
    environment, text, tmp_path
):
    home, kept = tmp_path / "home", tmp_path / "kept"
    home.write_text("no folder")
    nowhere = {"HOME": str(home), "TMPDIR": str(kept), "RNN_GRAPH_CACHE": ""}
    kept.mkdir()
    options = ("--length", "5", "--hidden-dim", "3", "--vocabulary-size", "8", "--backend", "c")
    gradcheck = [sys.executable, "-m", "rnn_graph", "gradcheck", *options]
    without = {name: value for name, value in environment.items() if name != "PYTENSOR_FLAGS"}
    ended = subprocess.run(gradcheck, env=without | nowhere, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "set RNN_GRAPH_CACHE" in ended.stderr
    assert list(kept.glob("rnn-graph-*")) == []


def test_one_variable_names_the_place_of_all_compiled_code(monkeypatch, tmp_path):
    for variable in ("JAX_COMPILATION_CACHE_DIR", "PYTENSOR_FLAGS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("RNN_GRAPH_CACHE", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    keep_compiled_code()
    assert os.environ["PYTENSOR_FLAGS"] == f"base_compiledir={tmp_path / 'pytensor'}"
    monkeypatch.setenv("PYTENSOR_FLAGS", "floatX=float64,compiledir=mine")
    keep_compiled_code()
    assert os.environ["PYTENSOR_FLAGS"] == "floatX=float64,compiledir=mine"
