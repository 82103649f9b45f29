"""What the numbers were measured on."""

import contextlib
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rnn_graph.benchmark.processors import usable_processors
from rnn_graph.checks import memory_size
from rnn_graph.files.provenance import versions

PATIENCE = 10  # seconds, with programs that tell about the machine


def environment(threads: int) -> dict[str, Any]:
    """Machine, versions, date and commit, for a result of a benchmark."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": usable_processors(),
        "threads": threads,
        "memory_gb": _memory(),
        "system": platform.system(),
        "gpu": _gpu(),
        "versions": versions() | _versions_of_peers(),
    }


def _versions_of_peers() -> dict[str, str]:
    with contextlib.suppress(PackageNotFoundError):
        return {"torch": version("torch")}
    return {}


def _commit() -> str | None:
    """The checkout's commit; None if the package is not run from a checkout."""
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():
        return None
    commit = _output("git", "-C", str(root), "rev-parse", "--short", "HEAD")
    has_changes = _output("git", "-C", str(root), "status", "--porcelain", "--untracked-files=no")
    return f"{commit} with changes" if commit and has_changes else commit


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> float | None:
    found = memory_size()
    return None if found is None else round(found / 2**30, 1)


def _gpu() -> str | None:
    names = _output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    return ", ".join(names.splitlines()) if names else None


def _output(program: str, *arguments: str) -> str | None:
    """What a program prints; None if it is not there, or fails."""
    path = shutil.which(program)
    if path is None:
        return None
    try:
        found = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return None
    return found.stdout.strip() or None if found.returncode == 0 else None
