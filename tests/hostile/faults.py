"""Faults while models train: each costs a line, never a traceback, a hang, or what was trained.

    python -m hostile.faults        # in tests/; `make hostile` does it

A disk that fills is a tmpfs, which root alone can mount; without it these faults are skipped, and
said to be.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rnn_graph import load_model
from small_runs import PROGRAM, RUNS, as_process, command, write_data

LIMIT = 480  # seconds; without kept code the C backend takes minutes to compile a tagger
DISK = 4_000  # KiB
LONG = {"word": 60, "char": 400, "tagger": 40}  # epochs


def main() -> int:
    """Print each fault and whether it was held; 0 if all were."""
    failed = tried = skipped = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder)
        for task, recipe in RUNS:
            for fault in FAULTS:
                try:
                    found = fault(folder, task, recipe)
                except subprocess.TimeoutExpired as error:
                    found = f"it goes on after {LIMIT} s: {error.stderr}"
                tried += found is not None
                skipped += found is None
                failed += bool(found)
                said = {None: "skipped: no tmpfs can be mounted", "": "held"}.get(found, found)
                print(f"{task + ' ' + recipe:18}  {fault.__doc__:46}  {said}", flush=True)
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
    return changed_text(folder, task, recipe, "deleted", Path.unlink)


def changed_tokens(folder: Path, task: str, recipe: str) -> str | None:
    """What was stored of the text is overwritten"""
    out = folder / f"changed-{task}-{recipe}.npz"
    tokens = out.with_suffix(".run") / "tokens"

    def break_it() -> None:
        if tokens.exists():
            tokens.write_bytes(b"\xff" * 3)

    return outcome(folder, task, recipe, out, break_it)


def overwritten_text(folder: Path, task: str, recipe: str) -> str | None:
    """The text is overwritten"""
    return changed_text(
        folder, task, recipe, "overwritten", lambda path: path.write_bytes(b"\xff\xfe\0" * 999)
    )


def closed_output(folder: Path, task: str, recipe: str) -> str | None:
    """Stdout and stderr are closed"""
    return redirected(folder, task, recipe, ">&- 2>&-")


def full_output(folder: Path, task: str, recipe: str) -> str | None:
    """Stdout and stderr are on a full disk"""
    return redirected(folder, task, recipe, ">/dev/full 2>/dev/full")


def two_at_once(folder: Path, task: str, recipe: str) -> str | None:
    """A second run writes the same model"""
    out, said = folder / f"twice-{task}-{recipe}.npz", []

    def break_it() -> None:
        said.append(run(as_process(PROGRAM, *command(folder, task, recipe, out))))

    found = outcome(folder, task, recipe, out, break_it, status=0, stands_still=True)
    refused = said[0].returncode == 2 and said[0].stderr.startswith("rnn-graph: ")
    return found or ("" if refused else f"the second run: {said[0].stderr[-300:]!r}")


def little_memory(folder: Path, task: str, recipe: str) -> str | None:
    """Little memory"""
    for gibibytes in (0.3, 1, 2.1, 3):
        out = folder / f"memory-{task}-{recipe}-{gibibytes}.npz"
        arguments = as_process(PROGRAM, *command(folder, task, recipe, out))
        limit = f'ulimit -v {int(gibibytes * 2**20)}; exec "$@"'
        ended = run(["bash", "-c", limit, "bash", *arguments])
        if ended.returncode and not _one_line(ended.stderr):
            return f"{gibibytes} GiB, status {ended.returncode}: {ended.stderr[-600:]!r}"
    return ""


def read_only_home(folder: Path, task: str, recipe: str) -> str | None:
    """The home folder is read-only, with each backend"""
    with small_disk(folder, "ro") as disk:
        if disk is None:
            return None
        home = os.environ | {"HOME": str(disk)}
        for variable in ("XDG_CACHE_HOME", "PYTENSOR_FLAGS", "JAX_COMPILATION_CACHE_DIR"):
            home.pop(variable, None)
        for backend in ("c", "numba", "jax"):
            out = folder / f"home-{task}-{recipe}-{backend}.npz"
            arguments = (*command(folder, task, recipe, out), "--backend", backend)
            ended = run(as_process(PROGRAM, *arguments), env=home)
            refused = ended.returncode == 2 and _one_line(ended.stderr)
            if not refused and (ended.returncode or "Traceback" in ended.stderr):
                return f"{backend}, status {ended.returncode}: {ended.stderr[-600:]!r}"
    return ""


FAULTS = (
    *(a_full_disk, a_deleted_text, overwritten_text, changed_tokens, closed_output, full_output),
    *(two_at_once, little_memory, read_only_home),
)


def changed_text(
    folder: Path, task: str, recipe: str, how: str, change: Callable[[Path], object]
) -> str:
    """What is wrong after a change of all files that a run is trained on."""
    own = folder / how
    own.mkdir(exist_ok=True)
    write_data(own)

    def break_it() -> None:
        for path in own.iterdir():
            change(path)

    return outcome(own, task, recipe, folder / f"{how}-{task}-{recipe}.npz", break_it, status=0)


def redirected(folder: Path, task: str, recipe: str, where: str) -> str:
    """What is wrong after training whose output goes where a shell's words say."""
    out = folder / f"redirected-{task}-{recipe}.npz"
    arguments = as_process(PROGRAM, *command(folder, task, recipe, out))
    shell = ["bash", "-c", f'exec "$@" {where}', "bash", *arguments]
    status = subprocess.run(shell, timeout=LIMIT).returncode
    trained = out.exists()
    out.unlink(missing_ok=True)
    return "" if trained and status in (0, 1) else f"status {status}, no model"


def run(arguments: list[str], **options) -> subprocess.CompletedProcess:
    """A process that ended in time, with what it said."""
    return subprocess.run(arguments, capture_output=True, text=True, timeout=LIMIT, **options)


def _one_line(said: str) -> bool:
    """Whether an error is a line of ours, after what was reported before."""
    return "Traceback" not in said and said.splitlines()[-1:][0].startswith("rnn-graph: ")


def outcome(
    folder: Path,
    task: str,
    recipe: str,
    out: Path,
    break_it: Callable[[], None],
    mend: Callable[[], None] = lambda: None,
    status: int | None = None,
    stands_still: bool = False,
) -> str:
    """What is wrong after a fault that begins when training has begun; "" for nothing.

    A run that `stands_still` meanwhile cannot be over before.
    """
    arguments = (*command(folder, task, recipe, out), "--epochs", LONG[task])
    arguments += ("--checkpoint-minutes", 0.01)
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
    if stands_still:
        process.send_signal(signal.SIGSTOP)
    break_it()
    process.send_signal(signal.SIGCONT)
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
def small_disk(folder: Path, access: str = "rw") -> Iterator[Path | None]:
    """A disk of few bytes, "rw" or "ro"; None where it cannot be had."""
    disk = folder / "disk"
    disk.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"{access},size={DISK}k", "tmpfs", str(disk)]
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
