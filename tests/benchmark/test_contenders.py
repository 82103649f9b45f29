"""Every contender of every workload computes what the reference computes."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rnn_graph.backend.devices import installed_backends
from rnn_graph.benchmark import floors as floors_module
from rnn_graph.benchmark import suite
from rnn_graph.benchmark.contender import NotHere
from rnn_graph.benchmark.measuring import LARGEST_ERROR, largest_error
from rnn_graph.benchmark.process import findings
from rnn_graph.benchmark.selection import Selection
from rnn_graph.benchmark.workloads import minibatches, name_steps, sentence_steps, slots

ROOT = Path(__file__).parents[2]
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
# The backends' own tests compare the models on each with the reference; here JAX stands for all,
# and one more for the literal port, which JAX cannot differentiate.
ON_JAX = Selection(backends=("jax",), devices=("cpu",))
LITERALLY = [name for name in ("c", "numba") if name in installed_backends()][:1]
# Float32 where there is a published step of it; the models' own tests have it too.
IN_FLOAT64 = Selection(backends=("jax",), dtypes=("float64",), devices=("cpu",))
ON_TWO = Selection(backends=("jax", *LITERALLY), devices=("cpu",))


@pytest.fixture(autouse=True)
def _few_pieces(monkeypatch):
    monkeypatch.setattr(sentence_steps, "SENTENCES", 4)
    monkeypatch.setattr(slots, "STEPS", 24)
    monkeypatch.setattr(name_steps, "NAMES", 5)
    monkeypatch.setattr(minibatches, "MINIBATCHES", 3)


def contenders(name):
    task = suite.WORKLOADS[name].task(**TASKS[name], seed=1)
    everyone = suite.WORKLOADS[name].contenders(task, ON_TWO if name == "lm-step" else IN_FLOAT64)
    # JAX has one device here; tests/cli/test_processes.py compares two with one.
    alone = (c for c in everyone if "a device a processor" not in c.name)
    return task, [c for c in alone if c.kind != "floor"]


def assert_same(task, reference, others):
    expected = findings(reference.build(task), task)
    for contender in others:
        try:
            program = contender.build(task)
        except NotHere as reason:  # a peer, where the tests run without the repository
            pytest.skip(str(reason))
        program.compile()
        right = contender.expected(task) if contender.expected else expected
        worst, error = largest_error(findings(program, task), right, task.initial_parameters())
        assert error <= LARGEST_ERROR[contender.dtype], f"{contender.name}: {worst}"


@pytest.mark.parametrize("name", suite.WORKLOADS)
def test_all_find_the_same(name):
    task, (reference, *others) = contenders(name)
    assert reference.kind == "reference"
    ours = [c for c in others if "torch" not in c.libraries]
    assert "rnn_graph jax float64" in {c.name for c in ours}
    assert_same(task, reference, ours)


# What PyTorch's compiler says of PyTorch.
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", suite.WORKLOADS)
def test_pytorch_finds_the_same(name):
    pytest.importorskip("torch", reason="torch is not here; pip install 'rnn-graph[bench]'")
    task, (reference, *others) = contenders(name)
    assert_same(task, reference, [c for c in others if "torch" in c.libraries])


@pytest.mark.parametrize("sizes", [{"length": 1}, {"length": 3, "bptt_truncate": 0}])
def test_a_step_in_which_something_does_not_move(sizes):
    task = suite.WORKLOADS["lm-step"].task(**SMALL, **sizes)
    reference, *others = suite.WORKLOADS["lm-step"].contenders(task, ON_JAX)
    assert_same(task, reference, [c for c in others if c.kind == "ours"])


@pytest.mark.parametrize("script", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda p: p.name)
def test_the_scripts_answer(script):
    found = subprocess.run([sys.executable, script, "--help"], capture_output=True, check=False)
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("name", suite.WORKLOADS)
def test_a_task_moves_every_parameter(name):
    """So that a parameter that is left alone would be noticed."""
    task, (reference, *_) = contenders(name)
    after = findings(reference.build(task), task).parameters
    for parameter, first in task.initial_parameters().items():
        assert np.abs(after[parameter] - first).max() > 1e-5, parameter


@pytest.mark.parametrize("name", suite.WORKLOADS)
def test_the_floor_runs(name, monkeypatch):
    monkeypatch.setattr(floors_module, "COPIED_NUMBERS", 1000)
    task = suite.WORKLOADS[name].task(**TASKS[name], seed=1)
    everyone = suite.WORKLOADS[name].contenders(task, ON_JAX)
    floors = [c for c in everyone if c.kind == "floor" and "torch" not in c.libraries]
    for contender in floors:
        assert list(contender.build(task).run(0, 1)) == []
        assert contender.share is None or contender.share(task) > 0
    assert {c.bound for c in floors} == ({"products", "memory"} if task.products() else {"memory"})


@pytest.mark.parametrize("name", suite.WORKLOADS)
def test_what_contenders_import_is_there(name):
    """A contender whose library is missing is left out of the results without an error."""
    _, everyone = contenders(name)
    wanted = {module for c in everyone for module in c.libraries if module.startswith("rnn_graph")}
    assert wanted
    assert all(importlib.util.find_spec(module) for module in wanted)
