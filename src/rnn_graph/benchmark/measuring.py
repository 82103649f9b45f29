"""Contenders that take turns at a task, checked before they are timed."""

import contextlib
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnn_graph.benchmark.contender import Contender, Findings, Task
from rnn_graph.benchmark.process import Absence, ContenderProcess, Start

# By how much a contender may differ from the reference; see `largest_error`.
LARGEST_ERROR = {"float32": 2e-3, "float64": 1e-8}


@dataclass
class Entry:
    """A contender, the task that it does, and what came of it.

    Attributes
    ----------
    start
        Before the first turn; None if it was not measured.
    absence
        Why it was not measured.
    seconds
        A unit of the task, in each round.
    peak_mb
        Its largest memory in its turns, less what its libraries held, in megabytes.
    """

    contender: Contender
    task: Task
    start: Start | None = None
    absence: Absence | None = None
    seconds: list[float] = field(default_factory=list)
    peak_mb: float | None = None

    @property
    def is_measured(self) -> bool:
        return self.absence is None and bool(self.seconds)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def _start_up(self, start: Start) -> dict[str, float | None]:
        """Seconds before the steady state; a floor has none, and who compiles nothing no compile_s.

        What the pieces after the first took longer than later ones went into compiling for shapes
        not met before.
        """
        if self.contender.kind == "floor":
            return dict.fromkeys(("set_up_s", "compile_s", "first_call_s"))
        later = start.early_seconds - self.median * start.early_units
        compiled = start.compile_seconds + max(later, 0.0) if start.compiles else None
        return {
            "set_up_s": start.set_up_seconds,
            "compile_s": compiled,
            "first_call_s": start.first_call_seconds,
        }

    def row(self) -> dict[str, Any]:
        """The entry as the results have it."""
        start = self.start
        measured = dict.fromkeys(
            ("set_up_s", "compile_s", "first_call_s", "seconds", "steady_s", "peak_mb")
        )
        if self.is_measured and start is not None:
            measured = {
                **self._start_up(start),
                "seconds": self.seconds,
                "steady_s": self.median,
                "peak_mb": self.peak_mb,
            }
        return described(self.contender, self.absence) | measured


def described(contender: Contender, absence: Absence | None) -> dict[str, Any]:
    """Who a contender is and whether it was measured, as results have it."""
    return {
        "name": contender.name,
        "kind": contender.kind,
        "dtype": contender.dtype,
        "device": contender.device,
        "status": absence.status if absence else "measured",
        "reason": absence.reason if absence else None,
        "remark": contender.remark,
        "bound": contender.bound,
    }


def measure(
    entries: Sequence[Entry],
    *,
    rounds: int,
    threads: int,
    side_by_side: bool = False,
    on_progress: Callable[[str], None] = lambda doing: None,
) -> None:
    """Start all contenders, check them, and let them take turns, round after round.

    What slows the machine for a while so slows them all. In `entries` a task's reference comes
    before the task's other contenders.

    Parameters
    ----------
    rounds
        Turns of each contender.
    threads
        Of each contender.
    side_by_side
        Whether all start at once, which takes less time but says little about how long each takes.
    on_progress
        Called with what is being done.
    """
    with contextlib.ExitStack() as stack:
        processes = []

        def begun(entry: Entry) -> ContenderProcess:
            process = ContenderProcess(entry.contender, entry.task, threads)
            stack.callback(process.kill)
            return process

        starting = map(begun, entries)
        if side_by_side:
            starting = list(starting)
        for number, (entry, process) in enumerate(zip(entries, starting, strict=True), start=1):
            on_progress(f"starting {entry.contender.name} ({number} of {len(entries)})")
            started = process.wait_for_start()
            if isinstance(started, Start):
                entry.start = started
                entry.absence = _disagreement(entry, entries)
            else:
                entry.absence = started
            if entry.absence is None:
                processes.append((entry, process))
            else:
                process.kill()
        for number in range(rounds):
            for entry, process in processes:
                if entry.absence is None:
                    on_progress(f"round {number + 1} of {rounds}: {entry.contender.name}")
                    seconds = process.turn()
                    if isinstance(seconds, Absence):
                        entry.absence = seconds
                    else:
                        entry.seconds.append(seconds)
        for entry, process in processes:
            if entry.absence is None:
                entry.peak_mb = process.end()


def _disagreement(entry: Entry, entries: Sequence[Entry]) -> Absence | None:
    """Why the entry may not be timed: it computes something else than it should."""
    contender, task = entry.contender, entry.task
    if entry.start is None or contender.kind in ("reference", "floor"):
        return None
    if contender.expected is None:
        reference = next(e for e in entries if e.task is task and e.contender.kind == "reference")
        if reference.start is None:
            return Absence("missing", f"{reference.contender.name} is not there to check it by")
        expected = reference.start.found
    else:
        expected = contender.expected(task)
    worst, error = largest_error(entry.start.found, expected, task.initial_parameters())
    allowed = LARGEST_ERROR[contender.dtype]
    if error <= allowed:
        return None
    return Absence(
        "wrong",
        f"it computes something else than the reference: {worst} differs by {error:.1e},"
        f" and {allowed:.0e} is allowed",
    )


def largest_error(
    found: Findings, expected: Findings, initial: dict[str, np.ndarray]
) -> tuple[str, float]:
    """What differs most from what is expected, "loss" or a parameter, and by how much.

    A loss counts in proportion to itself, a parameter in proportion to how far it should have
    moved from `initial`.
    """
    errors = _errors(found, expected, initial)
    worst = max(errors, key=lambda name: errors[name])
    return worst, errors[worst]


def _errors(found: Findings, expected: Findings, initial: dict[str, np.ndarray]) -> dict:
    """The largest error of the losses, and of each parameter."""
    if len(found.losses) != len(expected.losses):
        return {"the number of losses": np.inf}
    losses, right = np.array(found.losses), np.array(expected.losses)
    errors = {"loss": _largest(losses - right, right)}
    for name, first in initial.items():
        value, right = found.parameters.get(name), expected.parameters[name]
        is_there = value is not None and value.shape == right.shape
        errors[name] = (
            _largest(_beyond_rounding(value, right), right - first) if is_there else np.inf
        )
    return errors


def _beyond_rounding(value: np.ndarray, right: np.ndarray) -> np.ndarray:
    """By how much more than its last digits a value differs."""
    return np.maximum(np.abs(value - right) - 4 * np.spacing(np.abs(value)), 0)


def _largest(difference: np.ndarray, whole: np.ndarray) -> float:
    """The largest difference, in proportion to the largest number; infinite if one is NaN."""
    largest, most = np.abs(difference).max(), np.abs(whole).max()
    if largest == 0:  # as where nothing had to move
        return 0.0
    share = largest / most if most else np.inf
    return float(share) if np.isfinite(share) else np.inf
