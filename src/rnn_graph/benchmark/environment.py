"""What the numbers were measured on."""

import contextlib
import os
import platform
import shutil
import subprocess
import warnings
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.backend.processors import usable_processors
from rnn_graph.checks import memory_size
from rnn_graph.files.provenance import versions

PATIENCE = 10  # seconds, with programs that tell about the machine
# With these a user chooses the kernels of OpenBLAS, MKL, BLIS, oneDNN, PyTorch, NumPy and XLA.
# Otherwise the libraries choose by the processor.
KERNEL_VARIABLES = (
    *("OPENBLAS_CORETYPE", "MKL_ENABLE_INSTRUCTIONS", "MKL_DEBUG_CPU_TYPE", "MKL_CBWR"),
    *("BLIS_ARCH_TYPE", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY"),
    *("NPY_DISABLE_CPU_FEATURES", "XLA_FLAGS"),
)


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
        "blas": _blas(),
        "kernel_variables": _kernel_variables(),
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


def _blas() -> dict[str, str | None] | None:
    """NumPy's BLAS library, and the kernel in use; None if NumPy does not name its library.

    What NumPy was built with says which library, but not which of its kernels runs here: that
    `threadpoolctl` asks the library. Without it the kernel is None.
    """
    built = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    if not built.get("name"):
        return None
    library = " ".join(str(built[key]) for key in ("name", "version") if built.get(key))
    return {"library": library, "kernel": _blas_kernel()}


def _kernel_variables() -> dict[str, str]:
    """The variables of the environment that choose kernels, as far as they are set."""
    found = {name: os.environ[name] for name in KERNEL_VARIABLES if os.environ.get(name)}
    # What is no text in the system's encoding is no text in JSON.
    return {name: value.encode("utf-8", "replace").decode() for name, value in found.items()}


def _blas_kernel() -> str | None:
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of OpenMP libraries side by side, which others loaded
        loaded = [found for found in threadpool_info() if found.get("user_api") == "blas"]
    # A process may hold a library for NumPy and others for other packages.
    loaded.sort(key=lambda found: "numpy" not in found.get("filepath", "").lower())
    return loaded[0].get("architecture") if loaded else None


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
