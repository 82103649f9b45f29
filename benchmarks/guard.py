"""A quick check before a release: is the project still as fast, compared with what does not change?

    python benchmarks/guard.py          # two minutes; exit status 1 if not

Each workload's ratio to a yardstick of the same run has to be at least a share of what the
committed results have. Ratios, and not times: they hold on a busier machine, and nearly so on
another one. The yardsticks are programs that no change of this project touches.
"""

import argparse
from pathlib import Path

from rnn_graph.benchmark import suite
from rnn_graph.benchmark.processors import usable_processors
from rnn_graph.benchmark.report.results import find_contender, read_results
from rnn_graph.benchmark.selection import Selection

COMMITTED = sorted((Path(__file__).parent / "results").glob("cpu-*.json"))
LEAST_SHARE = 0.7  # of the committed ratio; less is more than noise and another machine explain
OURS = "rnn_graph jax float32"
YARDSTICKS = {
    "lm-step": "hand-written JAX",
    "lm-batch": "hand-written JAX",
    "char-lstm-batch": "hand-written JAX",
    "char-step": "NumPy reference",
    "tagger-word": "NumPy reference",
    "generate": "NumPy reference",
}


def times_as_fast(workload, yardstick: str) -> float:
    """How many times as fast as the yardstick ours is."""
    found = find_contender(workload, yardstick)
    if not found or find_contender(workload, OURS) is None:
        raise SystemExit(f"{workload['name']}: {OURS} or {yardstick} was not measured")
    return found["over_ours"]["median"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    runs = [read_results(path)["workloads"] for path in COMMITTED]
    committed = {work["name"]: work for run in runs for work in run if work["contenders"]}
    slower = []
    for name, yardstick in YARDSTICKS.items():
        found = suite.run(
            name,
            Selection(backends=("jax",), devices=("cpu",), patterns=(OURS, yardstick)),
            rounds=options.rounds,
            threads=usable_processors(),
        )
        now, before = (times_as_fast(work, yardstick) for work in (found, committed[name]))
        print(f"{name}: {now:.2f} times as fast as {yardstick}; committed: {before:.2f}")
        if now < LEAST_SHARE * before:
            slower.append(name)
    if slower:
        raise SystemExit(f"slower than the committed results: {', '.join(slower)}")


if __name__ == "__main__":
    main()
