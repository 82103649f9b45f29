"""Tests of the backend import modules of benchmarks/, which is no package."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))


@pytest.fixture
def programs(monkeypatch):
    """The compiled code of all functions that are called, as XLA prints it."""
    from rnn_graph.backend.jax import PlacingJAXLinker  # imports JAX

    texts = []
    jit_compile = PlacingJAXLinker.jit_compile

    def recording(linker, function):
        jitted = jit_compile(linker, function)

        def run(*arguments):
            texts.append(jitted.lower(*arguments).compile().as_text())
            return jitted(*arguments)

        return run

    monkeypatch.setattr(PlacingJAXLinker, "jit_compile", recording)
    return texts
