import subprocess
import sys

import pytest

import rnn_graph

HEAVY = ("pytensor", "jax", "nltk", "matplotlib", "numba", "scipy", "numpy")


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    assert not modules_after("import rnn_graph") & set(HEAVY)


def test_the_command_line_loads_nothing_heavy_before_a_command_runs():
    assert not modules_after("import rnn_graph.cli") & set(HEAVY)


def test_the_datasets_load_no_nltk_before_they_are_drawn():
    assert not modules_after("import rnn_graph.datasets") & {"nltk", "pytensor", "jax", "pooch"}


@pytest.mark.parametrize("name", rnn_graph.__all__)
def test_every_public_name_is_there(name):
    assert getattr(rnn_graph, name) is not None
    assert name in dir(rnn_graph)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'rnn_graph' has no attribute 'LSTM'"):
        rnn_graph.LSTM  # noqa: B018
