"""A contender's own process: threads, allocators and compiled code of the others are not in it."""

import contextlib
import importlib
import logging
import math
import multiprocessing
import os
import signal
import statistics
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rnn_graph.backend.memory import keep_freed_memory, return_freed_memory
from rnn_graph.backend.processors import use_processors
from rnn_graph.benchmark.contender import Contender, Findings, NotHere, Program, Task
from rnn_graph.benchmark.peers import jax_device, torch_device
from rnn_graph.benchmark.timing import WARM_UP, call_for, timed
from rnn_graph.errors import InputError

REMEDIES = {"torch": "pip install 'rnn-graph[bench]'"}
# Libraries read these when they are imported.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Every contender compiles anew; PyTensor does in an empty folder.
COLD = {"JAX_ENABLE_COMPILATION_CACHE": "false", "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1"}
# A processor's contenders leave a GPU alone, and a GPU's leave room in its memory for each other.
NO_GPU = {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
SHARED_GPU = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
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
    early_seconds, early_units
        The pieces between the first call and the first turn: the others that are checked, and one
        turn's.
    compiles
        Whether the program does.
    found
        Over the checked pieces.
    """

    set_up_seconds: float
    compile_seconds: float
    first_call_seconds: float
    early_seconds: float
    early_units: int
    compiles: bool
    found: Findings


@dataclass(frozen=True)
class Absence:
    """Why a contender is not measured: `status` "missing" or "failed", and the reason."""

    status: str
    reason: str


# What a process does: with the contender, its task, the threads, and the way to the parent.
Serve = Callable[[Contender, Any, int, Connection], None]


class ContenderProcess:
    """The handle of a contender's process; start and turns are asked for one at a time.

    Parameters
    ----------
    serve
        What the process does; None: it does the task's pieces of work, turn after turn.
    """

    def __init__(self, contender: Contender, task: Any, threads: int, serve: Serve | None = None):
        threads = contender.threads or threads
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._folder = tempfile.TemporaryDirectory(prefix="rnn_graph-bench-")
        arguments = contender, task, threads, other
        self._process = context.Process(
            target=_while_there_is_a_parent, args=(serve or _serve, *arguments), daemon=True
        )
        with _environment(_variables(contender, threads, self._folder.name)), _deaf_to_ctrl_c():
            self._process.start()
        other.close()

    def wait_for_start(self) -> Any:
        """A `Start`, or what else the process begins with; an `Absence` if it cannot."""
        return self._receive()

    def turn(self) -> float | Absence:
        """Seconds a unit of work."""
        return self.ask("turn")

    def end(self) -> float | None:
        """Let the process end; its largest memory in megabytes, if the system tells."""
        answer = self.ask("end")
        self._process.join()
        self._folder.cleanup()
        return answer if isinstance(answer, float) and math.isfinite(answer) else None

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()
        self._folder.cleanup()

    def ask(self, what: Any) -> Any:
        """Send something; what the process answers, an `Absence` if it fails or is gone."""
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


@contextlib.contextmanager
def contender_at_work(threads: int, pipe: Connection) -> Iterator[None]:
    """The surroundings of a contender in its process; what fails inside is sent as an `Absence`."""
    use_processors(threads)
    keep_freed_memory()
    # Libraries warn those who call them, which the users of a benchmark do not.
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    try:
        yield
    except ModuleNotFoundError as error:
        remedy = REMEDIES.get(error.name or "", f"pip install {error.name}")
        pipe.send(Absence("missing", f"{error.name} is not installed ({remedy})"))
    except (NotHere, InputError) as error:
        pipe.send(Absence("missing", str(error)))
    except Exception as error:  # a peer's compiler can fail in any way
        pipe.send(failure(error))


def _while_there_is_a_parent(serve: Serve, *arguments) -> None:
    with contextlib.suppress(EOFError, OSError):
        serve(*arguments)


def _serve(contender: Contender, task: Task, threads: int, pipe: Connection) -> None:
    """Build the program; report its start; then take turns until told to end."""
    start = None
    with contender_at_work(threads, pipe):
        imported, _ = timed(lambda: import_libraries(contender))
        held = _memory("VmRSS")
        start, program = _start(contender, task, imported)
    if start is None:
        return
    pipe.send(start)
    items = _items(contender, task)
    share = contender.share(task) if contender.share else 1.0
    return_freed_memory()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here on
    while pipe.recv() == "turn":
        try:
            pipe.send(share * _turn(program, items, task))
        except Exception as error:
            pipe.send(failure(error))
    pipe.send(_memory("VmHWM") - held if contender.device == "cpu" else math.nan)


def failure(error: Exception) -> Absence:
    """What an exception says, in a line."""
    message = str(error).strip().splitlines() or [""]
    return Absence("failed", f"{type(error).__name__}: {message[0][:200]}")


def import_libraries(contender: Contender) -> None:
    """Import the contender's libraries, and make sure of its device."""
    for name in contender.libraries:
        importlib.import_module(name)
    if contender.device == "gpu":
        jax_device("gpu") if "jax" in contender.libraries else torch_device("gpu")


def _start(contender: Contender, task: Task, imported: float) -> tuple[Start, Program]:
    built, program = timed(lambda: contender.build(task))
    compiled, _ = timed(program.compile)
    first, loss = timed(lambda: program.run(0, 1))
    checked, losses = timed(lambda: _checked_pieces(program, task))
    found = Findings([*loss, *losses], deepcopy(program.parameters()))  # before they change again
    items = _items(contender, task)
    first_pass, _ = timed(lambda: program.run(0, items))
    early_units = task.units(min(task.checked_items, task.items)) + task.units(items)
    times = imported + built, compiled, first, checked + first_pass
    return Start(*times, early_units, program.compiles, found), program


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


def _memory(entry: str) -> float:
    """A line of this process's status in megabytes; NaN where there is none."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(f"{entry}:"):
                return int(line.split()[1]) / 1024
    return math.nan


def _variables(contender: Contender, threads: int, folder: str) -> dict[str, str]:
    """What the contender's process finds in its environment."""
    flags = os.environ.get("PYTENSOR_FLAGS")
    variables = dict.fromkeys(THREAD_VARIABLES, str(threads)) | EXACT_PRODUCTS | COLD
    variables["PYTENSOR_FLAGS"] = ",".join(filter(None, [flags, f"base_compiledir={folder}"]))
    variables |= NO_GPU if contender.device == "cpu" else SHARED_GPU
    return variables | ({"JAX_ENABLE_X64": "1"} if contender.dtype == "float64" else {})


@contextlib.contextmanager
def _deaf_to_ctrl_c():
    """Processes started meanwhile ignore Ctrl-C: this one ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
