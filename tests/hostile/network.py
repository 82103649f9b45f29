"""Two processes train while strangers connect; the losses are those of an undisturbed run.

python -m hostile.network [CONNECTIONS]     # in tests/; `make hostile` does it
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import cycle
from pathlib import Path

from hostile.strangers import STRANGERS, disturb
from rnn_graph.train.history import read_history
from small_runs import PROGRAM, as_process, command, write_data

PORT = 47_011
SECRET = "known to both processes"
LIMIT = 240  # seconds
THREADS = 10


def main(connections: int = 1_000) -> int:
    """Print what the strangers changed; 0 if it was a counter alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder)
        (folder / "secret").write_text(SECRET)
        alone, _, _ = trained(folder, folder / "alone.npz", 0)
        disturbed, tried, errors = trained(folder, folder / "disturbed.npz", connections)
    difference = max(abs(a - b) for a, b in zip(alone, disturbed, strict=True))
    away = re.search(r"turned away ([\d,]+) connections", errors)
    print(
        f"network: tried {tried:,} connections of {len(STRANGERS)} kinds, turned away while meeting"
        f" {away[1] if away else 0}, largest difference of {len(alone)} losses {difference:.1e},"
        f" failed {int(difference > 1e-6)}"
    )
    return int(difference > 1e-6 or away is None)


def trained(folder: Path, out: Path, connections: int) -> tuple[list[float], int, str]:
    """The losses of a run of two processes, how many connections were tried, and what it said."""
    first = start(folder, out, 0)
    tried = disturb_while(lambda: True, connections // 2)  # while process 0 waits for the other
    second = start(folder, out, 1)
    history = out.with_suffix(".run") / "history.jsonl"
    if connections:
        while first.poll() is None and not (history.exists() and history.stat().st_size):
            time.sleep(0.01)
        tried += disturb_while(lambda: first.poll() is None, connections - connections // 2)
    errors, more = (process.communicate(timeout=LIMIT)[1] for process in (first, second))
    if first.returncode or second.returncode:
        raise SystemExit(f"a process ended with an error:\n{errors}\n{more}")
    return [entry["loss"] for entry in read_history(history)], tried, errors


def start(folder: Path, out: Path, place: int) -> subprocess.Popen:
    options = ("--coordinator", f"127.0.0.1:{PORT}", "--num-processes", 2, "--process-id", place)
    options += ("--run-secret-file", folder / "secret")
    arguments = (*command(folder, "char", "modern", out), "--epochs", 100, *options)
    return subprocess.Popen(
        as_process(PROGRAM, *arguments),
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def disturb_while(goes_on: Callable[[], bool], count: int) -> int:
    """Connect so often, as strangers of all kinds in turn; how often there was an answer."""
    tried, kinds = 0, cycle(STRANGERS)
    with ThreadPoolExecutor(THREADS) as pool:
        while tried < count and goes_on():
            tried += sum(pool.map(_disturb_once, [next(kinds) for _ in range(THREADS)]))
    return tried


def _disturb_once(kind: str) -> int:
    with suppress(OSError), disturb(PORT, kind, SECRET.encode(), patience=0.5):
        return 1
    time.sleep(0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
