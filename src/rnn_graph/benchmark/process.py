"""A contender's own process: threads, allocators and compiled code of the others are not in it."""

import contextlib
import importlib
import logging
import math
import multiprocessing
import os
import signal
import statistics
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from rnn_graph.allocation import keep_freed_memory
from rnn_graph.benchmark.contender import Contender, Findings, NotHere, Program, Task
from rnn_graph.benchmark.peers import jax_device, torch_device
from rnn_graph.benchmark.timing import WARM_UP, call_for, timed
from rnn_graph.errors import InputError

REMEDIES = {"torch": "pip install 'rnn-graph[bench]'"}
# Libraries read these when they are imported.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Every contender compiles anew.
COLD = {"JAX_ENABLE_COMPILATION_CACHE": "false", "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1"}
# Every contender multiplies float32 numbers as such; a GPU would round them to fewer bits.
EXACT_PRODUCTS = {"JAX_DEFAULT_MATMUL_PRECISION": "highest", "NVIDIA_TF32_OVERRIDE": "0"}


@dataclass(frozen=True)
class Start:
    """What a contender did before its first turn.

    Attributes
    ----------
    set_up_seconds
        Imports, and building the program.
    compile_seconds, first_call_seconds
    first_pass_seconds
        All pieces of a turn, after those that are checked; a compiler for single shapes is busy
        with the others meanwhile.
    first_pass_units
        Of work in it.
    found
        Over the checked pieces.
    """

    set_up_seconds: float
    compile_seconds: float
    first_call_seconds: float
    first_pass_seconds: float
    first_pass_units: int
    found: Findings


@dataclass(frozen=True)
class Absence:
    """Why a contender is not measured: `status` "missing" or "failed", and the reason."""

    status: str
    reason: str


class ContenderProcess:
    """The handle of a contender's process; start and turns are asked for one at a time."""

    def __init__(self, contender: Contender, task: Task, threads: int):
        threads = contender.threads or threads
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        arguments = contender, task, threads, other
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        variables = dict.fromkeys(THREAD_VARIABLES, str(threads)) | EXACT_PRODUCTS | COLD
        if contender.dtype == "float64":
            variables["JAX_ENABLE_X64"] = "1"
        with _environment(variables):
            self._process.start()
        other.close()

    def wait_for_start(self) -> Start | Absence:
        return self._receive()

    def turn(self) -> float | Absence:
        """Seconds a unit of work."""
        return self._ask("turn")

    def end(self) -> float | None:
        """Let the process end; its largest memory in megabytes, if the system tells."""
        answer = self._ask("end")
        self._process.join()
        return answer if isinstance(answer, float) and math.isfinite(answer) else None

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()

    def _ask(self, what: str):
        try:
            self._pipe.send(what)
        except OSError:
            return self._gone()
        return self._receive()

    def _receive(self):
        try:
            return self._pipe.recv()
        except (EOFError, OSError):
            return self._gone()

    def _gone(self) -> Absence:
        self._process.join()
        return Absence("failed", f"its process ended with status {self._process.exitcode}")


def _serve(contender: Contender, task: Task, threads: int, pipe: Connection) -> None:
    """Build the program; report its start; then take turns until told to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    _use_processors(threads)
    keep_freed_memory()
    # Libraries warn those who call them, which the users of a benchmark do not.
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    try:
        if contender.device == "gpu":
            jax_device("gpu") if "jax" in contender.libraries else torch_device("gpu")
        imported, _ = timed(lambda: [importlib.import_module(name) for name in contender.libraries])
        held = _memory("VmRSS")
        start, program = _start(contender, task, imported)
    except ModuleNotFoundError as error:
        remedy = REMEDIES.get(error.name or "", f"pip install {error.name}")
        pipe.send(Absence("missing", f"{error.name} is not installed ({remedy})"))
        return
    except (NotHere, InputError) as error:
        pipe.send(Absence("missing", str(error)))
        return
    except Exception as error:  # a peer's compiler can fail in any way
        message = str(error).strip().splitlines() or [""]
        pipe.send(Absence("failed", f"{type(error).__name__}: {message[0][:200]}"))
        return
    pipe.send(start)
    items = _items(contender, task)
    share = contender.share(task) if contender.share else 1.0
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here on
    while pipe.recv() == "turn":
        pipe.send(share * _turn(program, items, task))
    pipe.send(_memory("VmHWM") - held)


def _start(contender: Contender, task: Task, imported: float) -> tuple[Start, Program]:
    built, program = timed(lambda: contender.build(task))
    compiled, _ = timed(program.compile)
    first, loss = timed(lambda: program.run(0, 1))
    found = Findings([*loss, *_checked_pieces(program, task)], program.parameters())
    items = _items(contender, task)
    first_pass, _ = timed(lambda: program.run(0, items))
    times = imported + built, compiled, first, first_pass
    return Start(*times, task.units(items), found), program


def _items(contender: Contender, task: Task) -> int:
    """Pieces of a turn."""
    return min(contender.items or task.items, task.items)


def findings(program: Program, task: Task) -> Findings:
    """What a program that has not run yet finds over the checked pieces."""
    return Findings([*program.run(0, 1), *_checked_pieces(program, task)], program.parameters())


def _checked_pieces(program: Program, task: Task) -> list[float]:
    """The checked pieces after the first; where there are too few, the same ones again."""
    if task.items >= task.checked_items > 1:
        return [*program.run(1, task.checked_items)]
    pieces = (k % task.items for k in range(1, task.checked_items))
    return [loss for piece in pieces for loss in program.run(piece, piece + 1)]


def _turn(program: Program, items: int, task: Task) -> float:
    """Seconds a unit: the median of the passes through the pieces that a turn has time for.

    It begins with pieces that are not counted: caches and clocks get warm, and the threads of the
    last contender's BLAS, which spin on for a while after its last product, go to sleep.
    """
    done = 0

    def one_piece() -> None:
        nonlocal done
        program.run(done % items, done % items + 1)
        done += 1

    call_for(one_piece, WARM_UP)
    passes = call_for(lambda: program.run(0, items), task.turn_seconds)
    return statistics.median(passes) / task.units(items)


def _use_processors(count: int) -> None:
    """Let this process run on `count` processors, where the system can be told."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def _memory(entry: str) -> float:
    """A line of this process's status in megabytes; NaN where there is none."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(f"{entry}:"):
                return int(line.split()[1]) / 1024
    return math.nan


@contextlib.contextmanager
def _environment(variables: dict[str, str]):
    """Environment variables for processes started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
