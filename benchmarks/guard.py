"""A quick check before a release: is the project as fast as it was, and does it learn as well?

    python benchmarks/guard.py          # four minutes; exit status 1 if not

Each workload's ratio to a yardstick of the same run has to be at least a share of what the
committed results have. Ratios, and not times: they hold on a busier machine, and nearly so on
another one. The yardsticks are programs that no change of this project touches.

What is learned is compared in the same run with what PyTorch's own layers learn, from one seed.
"""

import argparse
from pathlib import Path

from rnn_graph.backend.processors import usable_processors
from rnn_graph.benchmark import suite
from rnn_graph.benchmark.report.result_tables import best_scores
from rnn_graph.benchmark.report.results import find_contender, is_measured, read_results
from rnn_graph.benchmark.selection import Selection

COMMITTED = sorted((Path(__file__).parent / "results").glob("cpu-*.json"))
LEAST_SHARE = 0.7  # of the committed ratio; less is more than noise and another machine explain
OURS = "rnn_graph jax float32"
YARDSTICKS = {
    "lm-step": "hand-written JAX",
    "lm-batch": "hand-written JAX",
    "char-lstm-batch": "hand-written JAX",
    "char-step": "NumPy reference",
    "tagger-word": "PyTorch eager",
    "generate": "hand-written JAX",
}
# By which share of PyTorch's best held-out score ours may be worse: what another seed may change.
MOST_BEHIND = {"learn-words": 0.02, "learn-chars": 0.02, "learn-tags": 0.02}


def times_as_fast(workload, yardstick: str) -> float:
    """How many times as fast as the yardstick ours is."""
    found = find_contender(workload, yardstick)
    if not found or find_contender(workload, OURS) is None:
        raise SystemExit(f"{workload['name']}: {OURS} or {yardstick} was not measured")
    return found["over_ours"]["median"]


def bests(workload) -> dict[str, float]:
    """The best held-out score of ours, and that of PyTorch."""
    missing = [f"{c['name']}: {c['reason']}" for c in workload["contenders"] if not is_measured(c)]
    if missing:
        raise SystemExit(f"{workload['name']}: {'; '.join(missing)}")
    return {c["kind"]: best_scores(workload, c)[0] for c in workload["contenders"]}


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
    worse = []
    for name, most_behind in MOST_BEHIND.items():
        found = suite.run(
            name,
            Selection(backends=("jax",), devices=("cpu",)),
            settings={"seeds": 1},
            threads=usable_processors(),
        )
        score, sign = bests(found), 1 if found["learning"]["higher_is_better"] else -1
        measure = found["learning"]["measure"]
        print(f"{name}: {measure} {score['ours']:.4g}; PyTorch: {score['peer']:.4g}")
        if sign * (score["ours"] - score["peer"]) < -most_behind * score["peer"]:
            worse.append(name)
    mistakes = {"slower than the committed results": slower, "learned less than PyTorch": worse}
    said = [f"{what}: {', '.join(names)}" for what, names in mistakes.items() if names]
    if said:
        raise SystemExit("; ".join(said))


if __name__ == "__main__":
    main()
