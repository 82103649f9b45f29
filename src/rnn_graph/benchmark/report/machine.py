"""What the figures of a report were measured on, and with."""

from collections.abc import Sequence
from typing import Any

from rnn_graph.benchmark.report.results import format_number

OF_A_RUN = ("date", "commit")  # what differs between runs on one machine with the same libraries


def processor_line(environment: dict[str, Any]) -> str:
    """The processor and the threads, which a ratio belongs to, in a few words."""
    threads = environment["threads"]
    return f"{environment['processor']}, {threads} thread{'s' if threads > 1 else ''}"


def machines(results: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """By what is said of it, each machine with its libraries, and when it ran what."""
    found: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    for run in results:
        alike = {k: v for k, v in run["environment"].items() if k not in OF_A_RUN}
        runs = next((runs for environment, runs in found if environment == alike), None)
        if runs is None:
            found.append((alike, [run]))
        else:
            runs.append(run)
    return [_described(environment, runs) for environment, runs in found]


def blas_text(environment: dict[str, Any]) -> str:
    """NumPy's BLAS library, the kernel in use, and whether the environment forces it."""
    if "blas" not in environment:
        return "not recorded in these runs"
    blas = environment["blas"]
    if blas is None:
        return "NumPy does not name its library"
    if blas["kernel"] is None:
        return f"{blas['library']}; kernel not known (`threadpoolctl`, which asks, is not there)"
    return f"{blas['library']}, kernel {blas['kernel']}"


def kernel_variables_text(environment: dict[str, Any]) -> str:
    """The variables of the environment that choose kernels."""
    if "kernel_variables" not in environment:
        return "not recorded in these runs"
    variables = environment["kernel_variables"]
    if not variables:
        return "none: every library chose by the processor"
    return ", ".join(f"{name}={value}" for name, value in variables.items())


def _described(environment: dict[str, Any], runs: Sequence[dict[str, Any]]) -> dict[str, str]:
    memory = environment["memory_gb"]
    versions = environment["versions"].items()
    return {
        "Processor": f"{environment['processor']} ({environment['machine']})",
        "Cores": f"{environment['cores']}; threads of each contender: {environment['threads']}",
        "BLAS of NumPy": blas_text(environment),
        "Kernels forced by the environment": kernel_variables_text(environment),
        "GPU": environment["gpu"] or "none",
        "Memory": "not known" if memory is None else f"{format_number(memory)} GB",
        "System": environment["system"],
        "Versions": ", ".join(f"{name} {version}" for name, version in versions),
        "Runs": "; ".join(map(_run_text, runs)),
    }


def _run_text(run: dict[str, Any]) -> str:
    environment = run["environment"]
    names = ", ".join(dict.fromkeys(workload["name"] for workload in run["workloads"]))
    commit = environment["commit"] or "unknown"
    return f"{environment['date']}, commit {commit}: {names or 'no workload'}"
