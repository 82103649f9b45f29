"""What a GPU is given to do for a step of each workload, compiled without a GPU.

    python benchmarks/gpu_launches.py                    # for an H100
    python benchmarks/gpu_launches.py lm-batch --json

It takes JAX's CUDA plugin, and no driver. The functions are those that `rnn-graph bench` times,
with the package's own options for XLA. Nothing is run: there are no times here.
"""

import argparse
import importlib.util
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rnn_graph.backend.gpu import PLUGINS
from rnn_graph.benchmark.selection import Selection
from rnn_graph.benchmark.suite import WORKLOADS

# How many pieces of each workload are one call of its function, or more.
ITEMS = {
    "lm-step": 1,
    "lm-step-full": 1,
    "lm-batch": 8,
    "char-lstm-batch": 8,
    "tagger-word": 512,
    "char-step": 32,
    "generate": 1,
}
OURS = Selection(("jax",), ("float32",), ("cpu",), ("rnn_graph jax float32",))
H100 = Path(__file__).with_name("h100.txtpb")

GRAPH, LOOP, BRANCH = "kCommandBuffer", "kWhile", "kConditional"
# These wait for the host, or hand it something.
OF_THE_HOST = re.compile(r"k(Host|Infeed|Outfeed|Send|Recv|CopyDone|.*[Cc]allback)")
NO_WORK = re.compile(r"k\w*(Done|WaitForStreams)")
WITHOUT_LOGS = {"JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}
WITHOUT_CACHE = {"JAX_ENABLE_COMPILATION_CACHE": "false"}  # of what is found there XLA says nothing


@dataclass
class Thunk:
    """A node of the program that XLA hands to a GPU.

    Attributes
    ----------
    number, kind
    inside
        Of a loop its body, of a graph and of a branch their parts.
    section
        Of a loop, which part is being read.
    """

    number: int
    kind: str
    inside: list["Thunk"] = field(default_factory=list)
    section: str = ""


@dataclass
class Work:
    """What a call of a function is for a GPU.

    Attributes
    ----------
    operations
        Kernels, copies and calls of libraries, those in loops as often as they run.
    graphs
        CUDA graphs, each launched at once.
    outside
        Operations that are in no graph, and are launched one by one.
    host
        Transfers from the host or to it, among them the condition of a loop of unknown length.
    loops
        "trips × operations of one of them", with the loops inside of it in brackets.
    """

    operations: int = 0
    graphs: int = 0
    outside: int = 0
    host: int = 0
    loops: list[str] = field(default_factory=list)

    @property
    def launches(self) -> int:
        """What the host launches: graphs, and operations outside of them."""
        return self.graphs + self.outside


def thunks_of(listing: str) -> list[Thunk]:
    """The nodes of a program, from XLA's listing of thunks.

    A line is `number: kind [order] …`; what is inside of a node is indented, that of a loop after
    the lines `condition:` and `body:`.
    """
    found: list[Thunk] = []
    above: list[tuple[int, Thunk]] = []
    for line in listing.splitlines():
        text = line.strip()
        if text in ("condition:", "body:"):
            before = "" if text == "condition:" else "condition:"
            loop = next(t for _, t in reversed(above) if t.kind == LOOP and t.section == before)
            loop.section = text
            continue
        match = re.match(r"(\s*)(\d+): (k\w+)", line)
        if match is None:
            continue
        indent, thunk = len(match[1]), Thunk(int(match[2]), match[3])
        while above and above[-1][0] >= indent:
            above.pop()
        if not above:
            found.append(thunk)
        elif above[-1][1].section != "condition:":
            above[-1][1].inside.append(thunk)
        above.append((indent, thunk))
    return found


def count(thunks: Sequence[Thunk], trips: Mapping[int, int]) -> Work:
    """What a run of these nodes is.

    Parameters
    ----------
    thunks
    trips
        How often the body of a loop runs, by the loop's number; loops of unknown length are not
        there, and count once.
    """
    work = Work(loops=list(_loops(thunks, trips)))
    _count(work, thunks, trips, times=1, in_graph=False)
    return work


def _count(work: Work, thunks, trips, *, times: int, in_graph: bool) -> None:
    for thunk in thunks:
        inside = {"times": times, "in_graph": in_graph}
        alone = 0 if in_graph else times
        if thunk.kind == GRAPH:
            work.graphs += times
            inside["in_graph"] = True
        elif thunk.kind == LOOP:
            inside["times"] = times * trips.get(thunk.number, 1)
            work.host += 0 if thunk.number in trips else alone
        elif thunk.kind == BRANCH:
            work.host += alone
        elif OF_THE_HOST.match(thunk.kind):
            work.host += times
        elif not thunk.inside and not NO_WORK.fullmatch(thunk.kind):
            work.operations += times
            work.outside += alone
        _count(work, thunk.inside, trips, **inside)


def _loops(thunks: Sequence[Thunk], trips: Mapping[int, int]) -> Iterator[str]:
    for thunk in thunks:
        inner = list(_loops(thunk.inside, trips))
        if thunk.kind != LOOP:
            yield from inner
            continue
        operations = count(thunk.inside, trips).operations
        within = f" ({', '.join(inner)})" if inner else ""
        yield f"{trips.get(thunk.number, '?')} × {operations}{within}"


def trips_of(metadata: str, text: str) -> dict[int, int]:
    """How often each loop runs, by its number, from XLA's list of thunks and its program."""
    known = dict(re.findall(r'%?([\w.-]+) = .* while\(.*"known_trip_count":\{"n":"(\d+)"\}', text))
    loops = re.findall(
        r'profile_annotation: "([^"]+)"(?:\s+thunk_id: (\d+))?\s*\}\s*thunk_kind: "kWhile"',
        metadata,
    )
    return {int(number or 0): int(known[name]) for name, number in loops if name in known}


def compiled_for(target: str, jitted: Any, types: Sequence[Any]) -> tuple[Work, dict[str, int]]:
    """A function as XLA compiles it for a GPU.

    Parameters
    ----------
    target
        The GPU's description, a `GpuTargetConfigProto` of XLA as text.
    jitted
        What `jax.jit` made.
    types
        `jax.ShapeDtypeStruct` of each argument.

    Returns
    -------
    work : Work
    memory : dict
        Bytes of "arguments" and "results", of results that are "aliased" with arguments, and of
        "scratch".
    """
    import jax
    from jax.experimental import topologies

    gpu = {"platform": "cuda", "target_config": target, "topology": "1x1x1"}
    (there,) = topologies.get_topology_desc(**gpu).devices
    sharding = jax.sharding.SingleDeviceSharding(there)
    types = [jax.ShapeDtypeStruct(t.shape, t.dtype, sharding=sharding) for t in types]
    with tempfile.TemporaryDirectory() as folder:
        compiled = jitted.lower(*types).compile(compiler_options={"xla_dump_to": folder})
        # After all passes, or as it was before where no pass changed anything.
        listing = max(Path(folder).glob("*.thunk_sequence*.txt"))
        (metadata,) = Path(folder).glob("*.thunk_metadata.txt")
        trips = trips_of(metadata.read_text(), compiled.as_text())
        work = count(thunks_of(listing.read_text()), trips)
    sizes = compiled.memory_analysis()
    return work, {
        "arguments": sizes.argument_size_in_bytes,
        "results": sizes.output_size_in_bytes,
        "aliased": sizes.alias_size_in_bytes,
        "scratch": sizes.temp_size_in_bytes,
    }


def row_of(name: str, target: str) -> dict[str, Any]:
    """What a workload's functions are for a GPU.

    Returns
    -------
    dict
        "workload", "unit"; a unit "operations", "launches", "graphs", "outside" and "host" as of
        `Work`; "loops"; and "memory" of the function with the most operations.
    """
    from gpu_functions import recording

    workload = WORKLOADS[name]
    task = workload.task(seed=0)
    (ours,) = (c for c in workload.contenders(task, OURS) if c.name in OURS.patterns)
    items = ITEMS.get(name, 1)
    with recording() as functions:
        program = ours.build(task)
        program.compile()
        program.run(0, items)
    found = [
        (times / task.units(items), *compiled_for(target, function.jitted, types))
        for function in functions
        for types, times in function.calls.items()
    ]
    sums = {
        name: round(sum(share * getattr(work, name) for share, work, _ in found), 4)
        for name in ("operations", "launches", "graphs", "outside", "host")
    }
    loops = [loop for _, work, _ in found for loop in work.loops]
    _, _, memory = max(found, key=lambda one: one[1].operations)
    return {"workload": name, "unit": task.unit, **sums, "loops": loops, "memory": memory}


COLUMNS = {
    "operations": "operations",
    "launches": "launches",
    "graphs": "CUDA graphs",
    "outside": "outside of graphs",
    "host": "host transfers",
}
MEMORY = ("arguments", "results", "aliased", "scratch")


def as_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as Markdown."""
    lines = [
        ["workload", *COLUMNS.values(), "loops: trips × operations", *MEMORY],
        ["---", *["--:"] * len(COLUMNS), "---", *["--:"] * len(MEMORY)],
    ]
    lines += [
        [
            f"{row['workload']}, a {row['unit']}",
            *(f"{row[name]:.4g}" for name in COLUMNS),
            ", ".join(row["loops"]) or "none",
            *(_size(row["memory"][name]) for name in MEMORY),
        ]
        for row in rows
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


def require_plugin() -> None:
    """End, with what to install, if JAX's CUDA plugin is not here."""
    if not any(importlib.util.find_spec(name) for name in PLUGINS):
        jaxlib = version("jaxlib")
        raise SystemExit(
            "JAX's CUDA plugin is not installed; pip install"
            f" jax-cuda12-plugin=={jaxlib} jax-cuda12-pjrt=={jaxlib} (no GPU is needed)"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(WORKLOADS))
    parser.add_argument(
        "--target", type=Path, default=H100, help="the description of a GPU; an H100's if not given"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    names = options.workloads or list(ITEMS)
    if unknown := [name for name in names if name not in WORKLOADS]:
        parser.error(f"unknown workloads: {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
    require_plugin()
    os.environ |= WITHOUT_LOGS | WITHOUT_CACHE
    rows = [row_of(name, options.target.read_text()) for name in names]
    print(json.dumps(rows, indent=2) if options.json else as_table(rows))


if __name__ == "__main__":
    main()
