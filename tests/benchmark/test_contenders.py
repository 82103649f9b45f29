"""Every contender of every workload computes what the reference computes."""

import importlib.util

import numpy as np
import pytest

from rnn_graph.benchmark import suite
from rnn_graph.benchmark.contender import NotHere
from rnn_graph.benchmark.measuring import LARGEST_ERROR, largest_error
from rnn_graph.benchmark.process import findings
from rnn_graph.benchmark.selection import Selection
from rnn_graph.benchmark.workloads import minibatches, names, sentences, slots
from rnn_graph.compiling import installed_backends

SMALL = {"vocabulary_size": 30, "hidden_dim": 6}
MINIBATCH = {**SMALL, "batch_size": 3, "length": 5}


TASKS = {
    "lm-step": {**SMALL, "length": 7},
    "lm-step-full": {**SMALL, "length": 7},
    "lm-epoch": SMALL,
    "tagger-word": {},
    "tagger-sentence": {},
    "char-step": {"hidden_dim": 6},
    "lm-batch": MINIBATCH,
    "char-lstm-batch": MINIBATCH,
    "generate": {**SMALL, "length": 5},
}
# A backend's own tests compare its models with the reference; here one stands for all, but for the
# step that all of them are timed on.
ON_JAX = Selection(backends=("jax",), devices=("cpu",))
ON_ALL = Selection(backends=tuple(installed_backends()), devices=("cpu",))


@pytest.fixture(autouse=True)
def _few_pieces(monkeypatch):
    monkeypatch.setattr(sentences, "SENTENCES", 4)
    monkeypatch.setattr(slots, "STEPS", 24)
    monkeypatch.setattr(names, "NAMES", 5)
    monkeypatch.setattr(minibatches, "MINIBATCHES", 3)


def contenders(name):
    task = suite.WORKLOADS[name].task(**TASKS[name], seed=1)
    everyone = suite.WORKLOADS[name].contenders(task, ON_ALL if name == "lm-step" else ON_JAX)
    return task, [c for c in everyone if c.kind != "floor"]


# What PyTorch's compiler says of PyTorch.
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", suite.WORKLOADS)
def test_all_find_the_same(name):
    task, (reference, *others) = contenders(name)
    assert reference.kind == "reference"
    expected = findings(reference.build(task), task)
    checked = []
    for contender in others:
        if any(importlib.util.find_spec(library) is None for library in contender.libraries):
            continue
        try:
            program = contender.build(task)
        except NotHere:  # a peer, where the tests run without the repository
            continue
        program.compile()
        right = contender.expected(task) if contender.expected else expected
        worst, error = largest_error(findings(program, task), right, task.initial_parameters())
        assert error <= LARGEST_ERROR[contender.dtype], f"{contender.name}: {worst}"
        checked.append(contender.name)
    assert "rnn_graph jax float64" in checked


@pytest.mark.parametrize("name", suite.WORKLOADS)
def test_a_task_moves_every_parameter(name):
    """So that a parameter that is left alone would be noticed."""
    task, (reference, *_) = contenders(name)
    after = findings(reference.build(task), task).parameters
    for parameter, first in task.initial_parameters().items():
        assert np.abs(after[parameter] - first).max() > 1e-5, parameter


@pytest.mark.parametrize("name", suite.WORKLOADS)
def test_the_floor_runs(name):
    task = suite.WORKLOADS[name].task(**TASKS[name], seed=1)
    everyone = suite.WORKLOADS[name].contenders(task, ON_JAX)
    floors = [c for c in everyone if c.name == "floor: products, NumPy float32"]
    for contender in floors:
        assert list(contender.build(task).run(0, 1)) == []
    assert floors
    assert task.numbers_moved() > 0
