import json
import os
import platform
import subprocess
import sys
from dataclasses import replace

import pytest

from rnn_graph.benchmark import suite
from rnn_graph.benchmark.environment import KERNEL_VARIABLES, environment
from rnn_graph.benchmark.report.results import FORMAT, find_contender, read_results
from rnn_graph.benchmark.selection import QUICK, Selection
from rnn_graph.errors import InputError

SMALL = {"vocabulary_size": 30, "hidden_dim": 6, "length": 7}
FEW = Selection(
    backends=("jax",),
    dtypes=("float32",),
    patterns=("rnn_graph jax*", "floor: products, NumPy float32", "floor: *, GPU"),
)


@pytest.fixture(scope="module")
def step():
    return suite.run("lm-step", FEW, settings=SMALL, rounds=3, threads=1)


def test_a_run_is_what_reports_read(step, tmp_path):
    results = {"format": FORMAT, "environment": environment(1), "workloads": [step]}
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results))
    assert read_results(path) == results


def test_a_run_compares_with_reference_ours_and_floor(step):
    assert step["sizes"] == {"V": 30, "H": 6, "T": 7, "k": 4}
    assert (step["reference"], step["ours"]) == ("NumPy reference", "rnn_graph jax float32")
    ours = find_contender(step, step["ours"])
    reference = find_contender(step, step["reference"])
    floor = find_contender(step, "floor: products, NumPy float32")
    assert ours["over_ours"]["median"] == reference["times_reference"]["median"] == 1
    assert ours["times_reference"] == reference["over_ours"]
    assert floor["over_floor"]["median"] == 1
    assert ours["over_floor"] is not None
    assert reference["over_floor"] is None  # there is no floor in float64
    assert ours["compile_s"] > 0
    assert ours["first_call_s"] > ours["steady_s"]


def test_a_quick_run_has_short_turns_and_says_so(step, monkeypatch):
    turns = []

    def measured_by(entries, **_):
        turns.extend(entry.task.turn_seconds for entry in entries)

    monkeypatch.setattr(suite, "measure", measured_by)
    settings = {"settings": SMALL, "rounds": 1, "threads": 1}
    quick = suite.run("lm-step", QUICK, **settings, quick=True)
    assert (quick["quick"], step["quick"]) == (True, False)
    assert set(turns) == {suite.QUICK_TURN}
    turns.clear()
    suite.run("lm-step", QUICK, **settings)
    assert min(turns) > suite.QUICK_TURN


@pytest.mark.parametrize("name", list(suite.WORKLOADS))
def test_a_quick_run_compares_with_pytorch_and_the_floor_and_compiles_little(name):
    workload = suite.WORKLOADS[name]
    task = workload.task(seed=0)
    names = [contender.name for contender in QUICK.of(workload.contenders(task, QUICK))]
    assert {"NumPy reference", "rnn_graph jax float32", "PyTorch eager"} <= set(names)
    assert any(name.startswith("floor: ") for name in names)
    assert not any("GPU" in name or "compile" in name or "numba" in name for name in names)
    alone = replace(QUICK, patterns=("hand-written JAX",))
    if any(c.name == "hand-written JAX" for c in workload.contenders(task, QUICK)):
        found = [contender.name for contender in alone.of(workload.contenders(task, alone))]
        assert found == ["NumPy reference", "hand-written JAX"]


def test_what_is_learned_is_not_quick():
    with pytest.raises(InputError, match=r"^learn-words has no --quick; leave it out$"):
        suite.check_settings("learn-words", {"quick": True})


def test_the_environment_has_the_kernel_of_blas_and_what_forces_it():
    """A library chooses its kernel when it is loaded, so it takes a process."""
    program = (
        "import json; from rnn_graph.benchmark.environment import environment\n"
        "print(json.dumps(environment(1)))"
    )
    forced = {name: value for name, value in os.environ.items() if name not in KERNEL_VARIABLES}
    forced |= {"OPENBLAS_CORETYPE": "Haswell"}
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=forced)
    recorded = json.loads(found.stdout)
    assert recorded["kernel_variables"] == {"OPENBLAS_CORETYPE": "Haswell"}
    blas = recorded["blas"]
    assert set(blas) == {"library", "kernel"}
    if "openblas" in blas["library"] and platform.machine() == "x86_64":
        assert blas["kernel"] in (None, "Haswell")


def test_without_threadpoolctl_the_kernel_is_not_known(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    recorded = environment(1)["blas"]
    assert recorded is None or recorded["kernel"] is None


def test_a_process_imports_no_contenders_libraries_on_its_own():
    """They would be there before the set-up is timed."""
    program = (
        "import sys, rnn_graph.benchmark.process, rnn_graph.benchmark.suite\n"
        "print(*sorted({'jax', 'numba', 'pytensor', 'torch'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_a_gpu_that_is_not_there_is_not_measured(step):
    on_gpu = [c for c in step["contenders"] if c["device"] == "gpu"]
    assert {c["name"] for c in on_gpu} >= {"rnn_graph jax float32, GPU"}
    for contender in on_gpu:
        if contender["status"] != "measured":
            assert contender["status"] == "missing"
            assert "GPU" in contender["reason"] or "torch" in contender["reason"]


def test_a_sweep_multiplies_one_size_at_a_time(monkeypatch):
    monkeypatch.setattr(suite, "GROWTH_FACTORS", (1, 2))
    fewer = replace(suite.WORKLOADS["lm-step"], growing={"H": "hidden_dim"})
    monkeypatch.setitem(suite.WORKLOADS, "lm-step", fewer)
    ours = replace(FEW, patterns=("rnn_graph jax*",))  # a process each
    found = suite.sweep("lm-step", ours, settings=SMALL, rounds=1, threads=1)
    ours = [row for row in found["growth"] if row["contender"] == "rnn_graph jax float32"]
    assert [(row["axis"], row["size"], row["factor"]) for row in ours] == [
        ("H", 6, 1),
        ("H", 12, 2),
    ]
    assert [row["times_as_long"] == 1 for row in ours] == [True, False]
    assert {row["status"] for row in found["growth"]} == {"measured"}
    assert {row["kind"] for row in found["growth"]} == {"reference", "ours"}


def test_a_name_that_nobody_has():
    with pytest.raises(InputError, match=r"^no contender is called 'Torch'; there are NumPy ref"):
        suite.run("lm-step", Selection(patterns=("Torch",)), settings=SMALL, threads=1)


def test_a_sweep_wants_someone_of_ours():
    nobody = Selection(backends=(), devices=("cpu",))
    with pytest.raises(InputError, match="none of this project's contenders is selected"):
        suite.sweep("lm-step", nobody, settings=SMALL, threads=1)


def test_settings_that_a_workload_does_not_have():
    with pytest.raises(InputError, match=r"^char-step has no --batch-size; leave it out$"):
        suite.check_settings("char-step", {"batch_size": 3})


def test_workloads_without_sizes_do_not_grow():
    with pytest.raises(InputError, match=r"^tagger-word has no sizes that grow; give one of lm-st"):
        suite.sweep("tagger-word", FEW, threads=1)
