"""Tokens a second of minibatch language models: this project and PyTorch, eager and compiled.

    python benchmarks/lm_batch.py                    # both workloads
    python benchmarks/lm_batch.py char-lstm-batch --rounds 7

`lm-batch` is an Elman model of words (V = 10,000, H = 200, B = 20, T = 35), `char-lstm-batch` an
LSTM of characters (V = 65, H = 256, B = 32, T = 64); float32, plain SGD with the gradients' norm
clipped to 1, the state carried from minibatch to minibatch. Random ids, the same for all.

Each contender lives in a process of its own, so that threads and memory are apart, and takes its
turns while the others wait. All begin with the same parameters; their losses over the first steps
have to agree before anything is timed. Memory is the process's peak while it is timed, less what
it held once its libraries were imported (Linux alone). The adaptive output has other parameters,
and is compared with this project alone; its ids are drawn after Zipf's law, as words are, for it
depends on how often they are rare.
"""

import argparse
import contextlib
import json
import math
import multiprocessing
import os
import statistics
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from rnn_graph.benchmark.timing import WARM_UP, call_for, machine
from rnn_graph.signature import versions

WORKLOADS = {
    "lm-batch": {"cell": "elman", "V": 10_000, "H": 200, "B": 20, "T": 35},
    "char-lstm-batch": {"cell": "lstm", "V": 65, "H": 256, "B": 32, "T": 64},
}
OURS, ADAPTIVE = "rnn_graph jax", "rnn_graph jax, adaptive output"
EAGER, COMPILED = "PyTorch eager", "PyTorch compile"
LIBRARIES = {
    **dict.fromkeys((OURS, ADAPTIVE), ("jax", "rnn_graph.language_steps")),
    **dict.fromkeys((EAGER, COMPILED), ("torch",)),
}
LEARNING_RATE = 0.5
BATCHES, CHECKED_STEPS, CLOSE = 8, 5, 1e-4
TURN = 2.0  # seconds


def minibatches(workload) -> np.ndarray:  # [K, T + 1, B]
    """Ids after Zipf's law, as words are."""
    rng, size = np.random.default_rng(0), workload["V"]
    weights = 1 / np.arange(1, size + 1)
    shape = BATCHES, workload["T"] + 1, workload["B"]
    return rng.choice(size, shape, p=weights / weights.sum()).astype(np.int32)


def language_model(workload, output: str = "softmax"):
    from rnn_graph import LanguageModel, Vocabulary
    from rnn_graph.vocabulary import SENTENCE_END, SENTENCE_START, UNKNOWN_TOKEN

    words = [f"w{k}" for k in range(workload["V"] - 3)]
    vocabulary = Vocabulary([*words, SENTENCE_START, SENTENCE_END, UNKNOWN_TOKEN])
    settings = {"cell": workload["cell"], "hidden_dim": workload["H"], "output": output}
    return LanguageModel(vocabulary, **settings, rng=1, backend="jax", device="cpu")


def build(name: str, workload, parameters):
    """A contender's step: from the number of a minibatch to its mean loss."""
    ids = minibatches(workload)
    if name in (OURS, ADAPTIVE):
        from rnn_graph.language_steps import StepSettings, TrainingSteps
        from rnn_graph.minibatches import Segment

        model = language_model(workload, "adaptive" if name == ADAPTIVE else "softmax")
        steps = TrainingSteps(
            model, StepSettings("sgd", 1.0), batch_size=workload["B"], carries_state=True
        )
        steps.load(Segment(0, ids[:, :-1], ids[:, 1:]))
        return lambda k: float(steps.run(k % BATCHES, k, LEARNING_RATE)[0])
    import torch

    from peers.torch_language_model import TorchLanguageModel

    torch.set_num_threads(os.cpu_count() or 1)
    peer = TorchLanguageModel(workload["cell"], parameters, compiled=name == COMPILED)
    tensors = torch.from_numpy(ids.astype(np.int64))

    def step(k):
        return peer.step(tensors[k % BATCHES, :-1], tensors[k % BATCHES, 1:], LEARNING_RATE)

    return step


def serve(name: str, workload, parameters, pipe) -> None:
    """Build a contender; report its first losses, then the seconds a step of each turn."""
    for library in LIBRARIES[name]:
        import_module(library)
    before = memory("VmRSS")
    step = build(name, workload, parameters)
    done = CHECKED_STEPS
    pipe.send([step(k) for k in range(CHECKED_STEPS)])

    def once():
        nonlocal done
        done += 1
        step(done)

    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here on
    while pipe.recv():
        call_for(once, WARM_UP)
        pipe.send(statistics.median(call_for(once, TURN)))
    pipe.send(memory("VmHWM") - before)


def memory(entry: str) -> float:
    """A line of this process's status in megabytes; NaN where there is none."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(f"{entry}:"):
                return int(line.split()[1]) / 1024
    return math.nan


def contenders(name: str) -> dict[str, bool]:
    """Names, and whether each is installed here."""
    has_torch = find_spec("torch") is not None
    found = {OURS: True, EAGER: has_torch, COMPILED: has_torch}
    return found | ({ADAPTIVE: True} if name == "lm-batch" else {})


def measure(name: str, rounds: int) -> dict[str, dict]:
    workload = WORKLOADS[name]
    parameters = language_model(workload).get_parameters()
    context = multiprocessing.get_context("spawn")
    pipes, losses, seconds = {}, {}, {}
    result = {}
    for contender, is_installed in contenders(name).items():
        if not is_installed:
            result[contender] = {"missing": "not installed"}
            continue
        pipe, other = context.Pipe()
        arguments = (contender, workload, parameters, other)
        context.Process(target=serve, args=arguments, daemon=True).start()
        other.close()
        try:
            losses[contender] = pipe.recv()
        except EOFError:
            result[contender] = {"missing": "it failed; see above"}
            continue
        pipes[contender] = pipe
    for contender in set(losses) - {ADAPTIVE, OURS}:
        worst = np.abs(np.subtract(losses[contender], losses[OURS])).max()
        if worst > CLOSE:
            raise SystemExit(f"{contender} differs by {worst:.2g} nats: nothing is timed")
    for _ in range(rounds):
        for contender, pipe in pipes.items():
            pipe.send(True)
            seconds.setdefault(contender, []).append(pipe.recv())
    tokens = workload["B"] * workload["T"]
    for contender, pipe in pipes.items():
        pipe.send(False)
        ratios = [a / b for a, b in zip(seconds[contender], seconds[OURS], strict=True)]
        result[contender] = {
            "milliseconds": 1e3 * statistics.median(seconds[contender]),
            "tokens_per_second": tokens / statistics.median(seconds[contender]),
            "over_ours": statistics.median(ratios),
            "spread": [min(ratios), max(ratios)],
            "megabytes": pipe.recv(),
        }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", choices=[*WORKLOADS, []], help="all if none")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = {name: measure(name, options.rounds) for name in options.workloads or WORKLOADS}
    if options.json:
        print(json.dumps({"result": found, "machine": machine(), "versions": versions()}))
        return
    for name, rows in found.items():
        print(f"{name}, {machine()}")
        for contender, row in rows.items():
            if "missing" in row:
                print(f"  {contender:31} {row['missing']}")
                continue
            low, high = row["spread"]
            print(
                f"  {contender:31} {row['milliseconds']:6.1f} ms a step,"
                f" {row['tokens_per_second']:8,.0f} tokens/s, its time over ours"
                f" {row['over_ours']:.2f} ({low:.2f} to {high:.2f}), {row['megabytes']:,.0f} MB"
            )


if __name__ == "__main__":
    main()
