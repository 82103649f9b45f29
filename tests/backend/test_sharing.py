"""What devices that share a minibatch send to each other."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_graph.backend.processors import usable_processors

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MEASURE = """
import json, sys
from dataclasses import replace
import scaling
from rnn_graph import LanguageModel

sizes = dict(vocabulary_size=50, hidden_dim=8, batch_size=4, length=6)
scaling.WORKLOADS = {"small": (replace(scaling.WORDS, cell=sys.argv[1], **sizes), {"layers": 2})}
model = LanguageModel(None, vocabulary_size=50, hidden_dim=8, cell=sys.argv[1], layers=2)
found = scaling.measure("small", 1, 0, 0)["bytes"]
print(json.dumps({"sent": found, "parameters": 4 * model.parameter_count}))
"""


@pytest.mark.parametrize("cell", ["elman", "gru", "gru-tutorial", "lstm"])
def test_they_send_gradients_alone(cell):
    """Not states or logits, of which there are more the larger the minibatch is."""
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    output = subprocess.run(
        [sys.executable, "-c", MEASURE, cell],
        env=os.environ | flags | {"PYTHONPATH": str(BENCHMARKS)},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    found = json.loads(output.splitlines()[-1])
    assert found["sent"].keys() == {"all-reduce"}
    # Of a small table its gradient is sent as that of its projection, which may be wider.
    assert 0.9 < found["sent"]["all-reduce"] / found["parameters"] < 2


@pytest.mark.skipif(usable_processors() < 2, reason="one processor")
@pytest.mark.parametrize(("devices", "found"), [(2, 2), (1, 1), (4096, 1), (None, 1)])
def test_a_cpu_becomes_devices_if_it_has_the_processors(devices, found):
    split = "from rnn_graph.train.processes import split_cpu; import jax"
    program = f"{split}; split_cpu({devices}); print(len(jax.devices())); split_cpu({devices})"
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": ""}
    command = [sys.executable, "-c", program]
    assert int(subprocess.check_output(command, env=environment)) == found
