"""What a step is for a GPU: how XLA's listings are read, and how much may be launched."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

import gpu_launches
from gpu_launches import as_table, count, thunks_of, trips_of
from rnn_graph.backend.gpu import PLUGINS

HAS_PLUGIN = any(importlib.util.find_spec(name) for name in PLUGINS)

# As XLA writes it: a loop of loops in a graph, with a kernel before it.
IN_A_GRAPH = """\
000: kCustomKernel [source | next=001] loop_fusion grid: [4, 1, 1]
001: kCommandBuffer [prev=000 | sink]
    002: kCopy  [source | next=003] kCopy
    003: kWhile [prev=002 | sink]
condition:
        004: kCustomKernel [source | sink] compare grid: [1, 1, 1]
      body:
        005: kGemm  [source | next=006]
        006: kWhile [prev=005 | next=009]
condition:
            007: kCustomKernel [source | sink] compare grid: [1, 1, 1]
          body:
            008: kCustomKernel [source | sink] tanh grid: [1, 1, 1]
        009: kDynamicSliceFusion [prev=006 | sink] params=1, results=1
            010: kCopy [source | sink] kCopy
"""
ALONE = """\
001: kWhile [source | next=004]
condition:
    002: kCustomKernel [source | sink] compare grid: [1, 1, 1]
  body:
    003: kCustomKernel [source | sink] tanh grid: [1, 1, 1]
004: kOutfeed [prev=001 | sink]
"""


def test_of_a_graph_all_parts_are_launched_at_once():
    work = count(thunks_of(IN_A_GRAPH), {3: 20, 6: 5})
    assert (work.graphs, work.outside, work.launches) == (1, 1, 2)
    assert work.operations == 1 + 1 + 20 * (1 + 5 + 1)
    assert work.loops == ["20 × 7 (5 × 1)"]
    assert work.host == 0


def test_what_is_in_no_graph_is_launched_by_itself():
    work = count(thunks_of(ALONE), {1: 30})
    assert (work.graphs, work.outside, work.operations) == (0, 30, 30)
    assert work.host == 1, "the outfeed"


def test_a_loop_of_unknown_length_asks_the_host():
    work = count(thunks_of(ALONE), {})
    assert (work.outside, work.host, work.loops) == (1, 2, ["? × 1"])
    in_a_graph = count(thunks_of(IN_A_GRAPH), {})
    assert in_a_graph.host == 0, "a graph looks at the condition itself"


def test_the_lengths_of_loops_are_read():
    metadata = """\
thunk_metadata {
  thunk_info {
    profile_annotation: "while.6"
    thunk_id: 3
  }
  thunk_kind: "kWhile"
}
thunk_metadata {
  thunk_info {
    profile_annotation: "while.7"
    thunk_id: 6
  }
  thunk_kind: "kWhile"
}
"""
    text = """\
  %while.6 = (s32[], f32[8]) while(%tuple), body=%b, backend_config={"known_trip_count":{"n":"20"}}
  %while.7 = (s32[], f32[8]) while(%tuple), body=%c, backend_config={}
"""
    assert trips_of(metadata, text) == {3: 20}


def test_a_table_has_a_line_for_each_workload():
    counts = {"operations": 208, "launches": 1, "graphs": 1, "outside": 0, "host": 0}
    memory = {"arguments": 6_400_000, "results": 6_400_000, "aliased": 4_200, "scratch": 0}
    row = {"workload": "lm-step", "unit": "step", **counts, "loops": ["45 × 4"], "memory": memory}
    *_, line = as_table([row]).splitlines()
    assert line == (
        "| lm-step, a step | 208 | 1 | 1 | 0 | 0 | 45 × 4 | 6.4 MB | 6.4 MB | 4.2 kB | 0.0 kB |"
    )


def found(*arguments: str) -> subprocess.CompletedProcess:
    script = Path(gpu_launches.__file__)
    return subprocess.run(
        [sys.executable, script, *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(HAS_PLUGIN, reason="JAX's CUDA plugin is here")
def test_without_the_plugin_the_script_says_what_to_install():
    answer = found("lm-step")
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert "pip install jax-cuda12-plugin==" in line


@pytest.fixture(scope="module")
def rows():
    if not HAS_PLUGIN:
        pytest.skip("JAX's CUDA plugin is not here; benchmarks/gpu_launches.py says how to get it")
    answer = found("lm-step", "lm-step-full", "lm-batch", "char-lstm-batch", "--json")
    assert answer.returncode == 0, answer.stderr
    return {row["workload"]: row for row in json.loads(answer.stdout)}


def is_one_graph(row) -> bool:
    return row["graphs"] <= 1 and not row["outside"]


def test_a_step_is_few_launches(rows):
    assert is_one_graph(rows["lm-step"]) or rows["lm-step"]["launches"] <= 70
    assert is_one_graph(rows["lm-step-full"])
    assert is_one_graph(rows["lm-batch"])
    assert is_one_graph(rows["char-lstm-batch"])


def test_a_step_transfers_nothing(rows):
    assert [row["host"] for row in rows.values()] == [0] * len(rows)


def test_a_step_overwrites_what_it_updates(rows):
    """The only new results are a few numbers: losses, counts."""
    news = [row["memory"]["results"] - row["memory"]["aliased"] for row in rows.values()]
    assert max(news) < 1000
