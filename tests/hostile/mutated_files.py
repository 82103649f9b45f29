"""Thousands of damaged files of every format: each is read, or refused in one line.

    python -m hostile.mutated_files [FILES [SEED]]      # in tests/; `make hostile` does it

Each format has a process of its own, with a limit on memory; each file a limit on time.
"""

import multiprocessing
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

from hostile.mutations import mutated
from hostile.readers import Reader, readers
from rnn_graph.errors import InputError

MOST_MEMORY = 2**32  # bytes, beyond what the process had before
MOST_SECONDS = 20  # for a file


def main(files: int = 20_000, seed: int = 0) -> int:
    """Print counts of tried, read, refused and failed; 0 if none failed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        formats = readers(folder)
        each = -(-files // len(formats))
        tasks = [(reader.name, folder, each, seed) for reader in formats]
        context = multiprocessing.get_context("fork")
        totals = dict.fromkeys(("tried", "read", "refused", "failed"), 0)
        with context.Pool(2, maxtasksperchild=1) as pool:
            for reader_name, counts, failures in pool.imap(_try_format, tasks, chunksize=1):
                print(f"{reader_name:32}", *(f"{n} {counts[n]:6,}" for n in totals), flush=True)
                for failure in failures[:3]:
                    print(failure)
                totals = {n: totals[n] + counts[n] for n in totals}
    print("mutated files:", ", ".join(f"{name} {count:,}" for name, count in totals.items()))
    return int(totals["failed"] > 0)


def _try_format(task) -> tuple[str, dict[str, int], list[str]]:
    name, folder, files, seed = task
    reader = next(reader for reader in readers(folder) if reader.name == name)
    draw = random.Random(f"{seed} {name}")
    counts = {"tried": 0, "read": 0, "refused": 0, "failed": 0}
    failures = []
    warnings.simplefilter("ignore")
    _limit_memory()
    with tempfile.TemporaryDirectory(dir=folder) as own:
        for _ in range(files):
            data = reader.whole(mutated(reader.content, draw))
            outcome = _try_file(reader, Path(own, reader.name), data)
            counts["tried"] += 1
            counts[outcome if outcome in counts else "failed"] += 1
            if outcome not in counts:
                failures.append(f"{outcome}\n    of {data[:300]!r}")
    return name, counts, failures


def _try_file(reader: Reader, path: Path, data: bytes) -> str:
    """Either "read" or "refused", or what went wrong."""
    path.write_bytes(data)
    signal.signal(signal.SIGALRM, _raise_timeout)
    signal.alarm(MOST_SECONDS)
    begin = time.monotonic()
    try:
        reader.read(path)
    except InputError as error:
        return "refused" if "\n" not in str(error) else f"more than one line: {error}"
    except BaseException:
        return f"after {time.monotonic() - begin:.1f} s: {traceback.format_exc(limit=-4)}"
    finally:
        signal.alarm(0)
    return "read"


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MOST_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _raise_timeout(*_) -> None:
    raise TimeoutError(f"it took more than {MOST_SECONDS} seconds")


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
