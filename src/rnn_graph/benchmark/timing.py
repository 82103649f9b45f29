"""How contenders are timed: set-up, compilation, first call and steady state apart."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass
class Contender:
    """A program that does the work.

    Attributes
    ----------
    name
        For the table.
    run
        Does the work once and returns when it is done.
    calls_a_round
        How often a round calls it.
    compile_seconds, first_call_seconds
        Measured before.
    seconds
        Per call, one number a round: the round's median.
    """

    name: str
    run: Callable[[], object]
    calls_a_round: int = 20
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
    """Let the contenders take turns, so that what slows the machine slows them all."""
    for _ in range(rounds):
        for contender in contenders:
            times = [timed(contender.run)[0] for _ in range(contender.calls_a_round)]
            contender.seconds.append(statistics.median(times))


def median_ratio(contender: Contender, baseline: Contender) -> float:
    """The median, over rounds, of the baseline's time over the contender's in the same round."""
    return statistics.median(
        b / c for b, c in zip(baseline.seconds, contender.seconds, strict=True)
    )


def machine() -> str:
    """What the numbers were measured on."""
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
