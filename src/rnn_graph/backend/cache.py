"""Where JAX keeps what it compiles, so that the next start need not compile it again."""

import hashlib
import os
import platform
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

FOLDER_VARIABLE = "JAX_COMPILATION_CACHE_DIR"
# JAX keeps by itself what took a second or more; many of these functions take less, each.
KEEP_ALL = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


def keep_compiled_code() -> None:
    """Have JAX, not imported yet, keep compiled code in the user's cache folder.

    A folder that the environment names already stays the one. `JAX_ENABLE_COMPILATION_CACHE=false`
    turns it off.
    """
    if FOLDER_VARIABLE not in os.environ:
        cache = Path(os.environ.get("RNN_GRAPH_CACHE") or user_cache_path("rnn_graph"))
        folder = cache / f"compiled-{_processor_digest()}"
        os.environ |= KEEP_ALL | {FOLDER_VARIABLE: str(folder)}


def _processor_digest() -> str:
    """Tells processors apart that share a home but not their instructions."""
    known = [platform.machine(), platform.processor()]
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        known += sorted({line for line in lines if line.startswith(("flags", "Features", "model"))})
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:12]
