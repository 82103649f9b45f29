"""Faults while models train: each costs a line, never a traceback, a hang, or what was trained.

    python -m hostile.faults        # in tests/; `make hostile` does it

A disk that fills is a tmpfs, which root alone can mount; without it these faults are skipped, and
said to be.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rnn_graph import load_model
from small_runs import PROGRAM, RUNS, as_process, command, write_data

LIMIT = 120  # seconds
DISK = 4_000  # KiB
LONG = {"word": ("--epochs", 60), "char": ("--epochs", 60), "tagger": ("--epochs", 40)}


def main() -> int:
    """Print each fault and whether it was held; 0 if all were."""
    failed = tried = skipped = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder)
        for task, recipe in RUNS:
            for fault in FAULTS:
                found = fault(folder, task, recipe)
                tried += found is not None
                skipped += found is None
                failed += bool(found)
                said = {None: "skipped: no tmpfs can be mounted", "": "held"}.get(found, found)
                print(f"{task + ' ' + recipe:18}  {fault.__doc__:44}  {said}", flush=True)
    print(f"faults: tried {tried}, held {tried - failed}, failed {failed}, skipped {skipped}")
    return int(failed > 0)


def a_full_disk(folder: Path, task: str, recipe: str) -> str | None:
    """The disk fills, and has space again"""
    with small_disk(folder) as disk:
        if disk is None:
            return None
        out, fill = disk / "m.npz", disk / "fill"

        def break_it() -> None:
            while _written(fill, 1):
                pass

        return outcome(folder, task, recipe, out, break_it, fill.unlink, status=0)


def a_deleted_text(folder: Path, task: str, recipe: str) -> str | None:
    """The text is deleted"""
    own = folder / "own"
    own.mkdir(exist_ok=True)
    write_data(own)

    def break_it() -> None:
        for path in own.iterdir():
            path.unlink()

    return outcome(own, task, recipe, folder / f"deleted-{task}-{recipe}.npz", break_it, status=0)


def changed_tokens(folder: Path, task: str, recipe: str) -> str | None:
    """What was stored of the text is overwritten"""
    out = folder / f"changed-{task}-{recipe}.npz"
    tokens = out.with_suffix(".run") / "tokens"

    def break_it() -> None:
        if tokens.exists():
            tokens.write_bytes(b"\xff" * 3)

    return outcome(folder, task, recipe, out, break_it)


def closed_output(folder: Path, task: str, recipe: str) -> str | None:
    """Stdout and stderr are closed"""
    out = folder / f"closed-{task}-{recipe}.npz"
    arguments = as_process(PROGRAM, *command(folder, task, recipe, out))
    script = 'exec "$@" >&- 2>&-'
    status = subprocess.run(["bash", "-c", script, "bash", *arguments], timeout=LIMIT).returncode
    return "" if out.exists() and status in (0, 1) else f"status {status}, no model"


FAULTS = (a_full_disk, a_deleted_text, changed_tokens, closed_output)


def outcome(
    folder: Path,
    task: str,
    recipe: str,
    out: Path,
    break_it: Callable[[], None],
    mend: Callable[[], None] = lambda: None,
    status: int | None = None,
) -> str:
    """What is wrong after a fault that begins when training has begun; "" for nothing."""
    arguments = (*command(folder, task, recipe, out), *LONG[task], "--checkpoint-minutes", 0.01)
    if recipe == "tutorial" and task == "char":
        arguments = tuple(a for a in arguments if a not in ("--iterations", 96))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(as_process(PROGRAM, *arguments), **pipes)
    history = out.with_suffix(".run") / "history.jsonl"
    end = time.monotonic() + LIMIT
    while process.poll() is None and not (history.exists() and history.stat().st_size):
        if time.monotonic() > end:
            process.kill()
            return "training did not begin"
        time.sleep(0.01)
    break_it()
    time.sleep(2)
    mend()
    try:
        said, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        return f"it hangs: {process.communicate()[0][-300:]!r}"
    if "Traceback" in said:
        return f"a traceback: {said[-600:]}"
    if status is not None and process.returncode != status:
        return f"status {process.returncode}: {said[-300:]!r}"
    try:
        load_model(out)
    except ValueError as error:
        return f"no model: {error}; {said[-300:]!r}"
    return ""


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A disk of few bytes; None where it cannot be had."""
    disk = folder / "disk"
    disk.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        yield None
        return
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def _written(path: Path, kibibytes: int) -> bool:
    try:
        with open(path, "ab") as stream:
            stream.write(bytes(1024 * kibibytes))
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
