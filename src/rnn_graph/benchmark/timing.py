"""How contenders are timed: set-up, compilation, first call and steady state apart."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

# Seconds of a contender's turn, before counting and while counting.
WARM_UP = 0.2
TURN = 0.3


@dataclass
class Contender:
    """A program that does the work.

    Attributes
    ----------
    name
        For the table.
    run
        Does the work once and returns when it is done.
    compile_seconds, first_call_seconds
        Measured before.
    seconds
        Per call, one number a round: the round's median.
    """

    name: str
    run: Callable[[], object]
    compile_seconds: float = 0.0
    first_call_seconds: float = 0.0
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds that `work()` takes, and what it returns."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def time_in_rounds(contenders: Sequence[Contender], rounds: int) -> None:
    """Let the contenders take turns, so that what slows the machine slows them all.

    Each turn begins with calls that are not counted: caches and clocks get warm, and the threads
    of the last contender's BLAS, which spin on for a while after its last product, go to sleep.
    """
    for _ in range(rounds):
        for contender in contenders:
            call_for(contender.run, WARM_UP)
            contender.seconds.append(statistics.median(call_for(contender.run, TURN)))


def call_for(work: Callable[[], object], seconds: float) -> list[float]:
    """Call again and again until `seconds` have passed; how long each call took."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        times.append(timed(work)[0])
    return times


def median_ratio(contender: Contender, baseline: Contender) -> float:
    """The median, over rounds, of the baseline's time over the contender's in the same round."""
    return statistics.median(
        b / c for b, c in zip(baseline.seconds, contender.seconds, strict=True)
    )


def machine() -> str:
    """What the numbers were measured on."""
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
