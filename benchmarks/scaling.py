"""What several devices say to each other in a step of training, and what a step then takes.

    python benchmarks/scaling.py                 # all workloads, on 1, 2 and 4 devices of the CPU
    python benchmarks/scaling.py lm-batch
    python benchmarks/scaling.py --estimates     # for many GPUs, from these bytes: nothing is run

Bytes are read off the compiled program. The devices are parts of this machine's CPU: a step cannot
become faster by them, and what it loses is the price of sharing.
"""

import argparse
import json
import math
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

from rnn_graph.benchmark.workloads.minibatches import CHARACTERS, WORDS

# Workloads: the task, and options of its model.
WORKLOADS = {
    "lm-batch": (WORDS, {}),
    "lm-batch, adaptive output": (WORDS, {"output": "adaptive"}),
    "lm-batch, 2 minibatches an update": (WORDS, {"accumulate": 2}),
    "char-lstm-batch": (CHARACTERS, {}),
}
# (devices of each process, processes)
WAYS = ((1, 1), (2, 1), (4, 1), (1, 2))
STEPS, ROUNDS = 8, 5
SIZES = {"f64": 8, "f32": 4, "s32": 4, "u32": 4, "bf16": 2, "f16": 2, "pred": 1, "s64": 8}
COLLECTIVES = ("all-reduce", "all-gather", "reduce-scatter", "collective-permute", "all-to-all")
COLLECTIVE = re.compile(rf"= (.*?) ({'|'.join(COLLECTIVES)})(?:-start)?\(")
ARRAY = re.compile(r"([a-z]+\d*)\[([\d,]*)\]")

# Estimates for GPUs. Of an H100: half of its peak in float32, and a node of a CUDA graph.
FLOPS_A_SECOND, SECONDS_A_NODE = 33e12, 1.5e-6
# Nodes of a step in its loops, which run one after another (benchmarks/gpu_launches.py).
NODES = {"lm-batch": 2 * 35 * 6, "char-lstm-batch": 64 * 6 + 64 * 7}
LINKS = {"NVLink, 450 GB/s": 450e9, "InfiniBand, 50 GB/s": 50e9, "Ethernet, 12.5 GB/s": 12.5e9}
SECONDS_A_STAGE = 5e-6  # of a tree of devices, up and down
GPUS = (8, 64, 1024)


def seconds_of_a_step(workload: str, batch_size: int) -> float:
    """An estimate for one GPU: its products, and the nodes of its loops."""
    task = replace(WORKLOADS[workload][0], batch_size=batch_size)
    operations = sum(2 * count * m * k * n for count, m, k, n in task.products())
    return operations / task.items / FLOPS_A_SECOND + NODES[workload] * SECONDS_A_NODE


def seconds_of_gradients(exchanged: int, devices: int, bandwidth: float) -> float:
    """An estimate for gradients that all devices add up: each sends and receives them twice."""
    sent = 2 * (devices - 1) / devices * exchanged
    return sent / bandwidth + 2 * math.log2(devices) * SECONDS_A_STAGE


def print_estimates() -> None:
    """The share of a step in which GPUs compute, with so many sequences on each."""
    titles = [f"{name}, {n} GPUs" for name in LINKS for n in GPUS]
    print("| workload | sequences a GPU | ms a step alone |", " | ".join(titles), "|")
    print("| --- | --: | --: |", " | ".join(["--:"] * len(titles)), "|")
    for workload in NODES:
        task = WORKLOADS[workload][0]
        parameters = 4 * sum(array.size for array in task.initial_parameters().values())
        for batch_size in (task.batch_size, 512):
            alone = seconds_of_a_step(workload, batch_size)
            shares = [
                alone / (alone + seconds_of_gradients(parameters, devices, bandwidth))
                for bandwidth in LINKS.values()
                for devices in GPUS
            ]
            cells = [workload, str(batch_size), f"{1e3 * alone:.2f}"]
            print("|", " | ".join([*cells, *(f"{share:.2f}" for share in shares)]), "|")


def exchanged_bytes(program: str) -> dict[str, int]:
    """Bytes that each kind of collective operation of a compiled program yields."""
    found: dict[str, int] = {}
    for results, kind in COLLECTIVE.findall(program):
        for dtype, shape in ARRAY.findall(results):
            count = SIZES[dtype]
            for length in filter(None, shape.split(",")):
                count *= int(length)
            found[kind] = found.get(kind, 0) + count
    return found


def measure(workload: str, processes: int, place: int, port: int) -> dict[str, object]:
    """Bytes and seconds of a step, in this process and on all of its devices."""
    import jax

    if processes > 1:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(f"localhost:{port}", processes, place)
    from rnn_graph import LanguageModel
    from rnn_graph.backend.devices import choose_backend
    from rnn_graph.backend.jax import PlacingJAXLinker
    from rnn_graph.backend.memory import keep_freed_memory
    from rnn_graph.data.batches import Segment
    from rnn_graph.train.minibatch_steps import MinibatchSteps
    from rnn_graph.train.processes import share_batches
    from rnn_graph.train.recipes import find_recipe

    keep_freed_memory()
    programs: list[dict[str, int]] = []
    jit_compile = PlacingJAXLinker.jit_compile

    def read_compiled(linker, function):
        jitted, read = jit_compile(linker, function), []

        def run(*arguments):
            if not read:
                read.append(exchanged_bytes(jitted.lower(*arguments).compile().as_text()))
                programs.extend(read)
            return jitted(*arguments)

        return run

    PlacingJAXLinker.jit_compile = read_compiled
    task, options = WORKLOADS[workload]
    accumulate = options.get("accumulate", 1)
    network = {name: value for name, value in options.items() if name != "accumulate"}
    backend = share_batches(choose_backend("jax", "cpu"), None, task.batch_size)
    model = LanguageModel(
        None,
        vocabulary_size=task.vocabulary_size,
        cell=task.cell,
        hidden_dim=task.hidden_dim,
        rng=0,
        backend=backend,
        **network,
    )
    recipe = find_recipe("word", "modern").changed(optimizer="sgd", accumulate=accumulate)
    batches = SimpleNamespace(batch_size=task.batch_size, carries_state=True)
    steps, ids = MinibatchSteps(model, recipe, batches), task.minibatches()
    steps.load(Segment(0, ids[:, :-1], ids[:, 1:]))

    def run() -> float:
        start = time.perf_counter()
        losses = [steps.run(range(k, k + 1), k, 0.1)[0] for k in range(STEPS)]
        float(losses[-1])
        return (time.perf_counter() - start) / STEPS

    run()
    seconds = statistics.median(run() for _ in range(ROUNDS))
    total = {kind: sum(p.get(kind, 0) for p in programs) for kind in COLLECTIVES}
    return {"seconds": seconds, "bytes": {kind: n for kind, n in total.items() if n}}


def measured(workload: str, devices: int, processes: int) -> dict[str, object]:
    """`measure` in processes of their own."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    flags = f"--xla_force_host_platform_device_count={devices}"
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    arguments = [[workload, str(processes), str(place), str(port)] for place in range(processes)]
    started = [
        subprocess.Popen(
            [sys.executable, __file__, "--in-this-process", *those],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for those in arguments
    ]
    outputs = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise SystemExit(f"{workload} on {devices} devices of {processes} processes failed")
    return json.loads(outputs[0].splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", help=f"of {', '.join(WORKLOADS)}")
    parser.add_argument("--estimates", action="store_true", help="of many GPUs; nothing is run")
    parser.add_argument("--in-this-process", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.in_this_process:
        workload, *numbers = options.in_this_process
        print(json.dumps(measure(workload, *map(int, numbers))))
        return
    if options.estimates:
        print_estimates()
        return
    if unknown := set(options.workloads) - set(WORKLOADS):
        parser.error(f"unknown: {', '.join(unknown)}; give one of {', '.join(WORKLOADS)}")
    print(
        "| workload | processes | devices of each | exchanged in a step | ms a step | of 1 device |"
    )
    print("| --- | --: | --: | --- | --: | --: |")
    for workload in options.workloads or WORKLOADS:
        alone = None
        for devices, processes in WAYS:
            found = measured(workload, devices, processes)
            alone = alone or found["seconds"]
            exchanged = ", ".join(f"{kind} {n:,} B" for kind, n in found["bytes"].items())
            print(
                f"| {workload} | {processes} | {devices} | {exchanged or 'nothing'} |"
                f" {1e3 * found['seconds']:.1f} | {found['seconds'] / alone:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
