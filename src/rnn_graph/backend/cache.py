"""Where compiled code is kept, so that the next start need not compile it again."""

import atexit
import hashlib
import os
import platform
import shutil
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from rnn_graph.errors import InputWarning

PYTENSOR_FLAGS = "PYTENSOR_FLAGS"
FOLDER_VARIABLE = "JAX_COMPILATION_CACHE_DIR"
# JAX keeps by itself what took a second or more; many of these functions take less, each.
KEEP_ALL = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


def keep_compiled_code() -> None:
    """Have JAX and PyTensor, not imported yet, keep compiled code where it can be written.

    JAX keeps it in the user's cache folder, PyTensor in its own; both in `RNN_GRAPH_CACHE` if that
    is set. What the environment says of their folders stays. `JAX_ENABLE_COMPILATION_CACHE=false`
    turns JAX's off.

    Warns
    -----
    InputWarning
        If PyTensor's folder cannot be written: its code is kept until the process ends.
    """
    named = os.environ.get("RNN_GRAPH_CACHE")
    if FOLDER_VARIABLE not in os.environ:
        folder = Path(named or user_cache_path("rnn_graph")) / f"compiled-{_processor_digest()}"
        os.environ |= KEEP_ALL | {FOLDER_VARIABLE: str(folder)}
    if not _pytensor_is_configured():
        usual = Path("~/.pytensor").expanduser()
        if named:
            _keep_pytensors_code(Path(named) / "pytensor")
        elif os.name != "nt" and not _can_be_made(usual):
            folder = Path(tempfile.mkdtemp(prefix="rnn-graph-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            _keep_pytensors_code(folder)
            warnings.warn(
                f"{usual} cannot be written, compiled code is lost in the end; set RNN_GRAPH_CACHE"
                " to a folder to keep it in",
                InputWarning,
                stacklevel=2,
            )


def _pytensor_is_configured() -> bool:
    """Whether the user may have named PyTensor's folder."""
    in_a_file = "PYTENSORRC" in os.environ or Path("~/.pytensorrc").expanduser().exists()
    return in_a_file or "compiledir" in os.environ.get(PYTENSOR_FLAGS, "")


def _keep_pytensors_code(folder: Path) -> None:
    flags = os.environ.get(PYTENSOR_FLAGS)
    ours = f"base_compiledir={folder}"
    os.environ[PYTENSOR_FLAGS] = f"{flags},{ours}" if flags else ours


def _can_be_made(folder: Path) -> bool:
    """Whether a folder can be written, or made and written."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return there.is_dir() and os.access(there, os.R_OK | os.W_OK | os.X_OK)


def _processor_digest() -> str:
    """Tells processors apart that share a home but not their instructions."""
    known = [platform.machine(), platform.processor()]
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        known += sorted({line for line in lines if line.startswith(("flags", "Features", "model"))})
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:12]
