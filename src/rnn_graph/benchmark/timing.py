"""How long work takes, and what the times of two contenders that took turns say."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

WARM_UP = 0.2  # seconds of calls that are not counted, at the beginning of a turn

# What it takes to call one contender faster than another.
FEWEST_ROUNDS = 3
WIDEST_SPREAD = 1.5


@dataclass(frozen=True)
class Ratio:
    """Ratios of two contenders' times in the same round: their median, least and largest."""

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, seconds: Sequence[float], baseline_seconds: Sequence[float]) -> "Ratio":
        """How many times as long as the baseline's, round by round."""
        ratios = [s / b for s, b in zip(seconds, baseline_seconds, strict=True)]
        return cls(statistics.median(ratios), min(ratios), max(ratios), len(ratios))

    @property
    def is_supported(self) -> bool:
        """Whether there are rounds enough, and they agree well enough, to name a ratio."""
        return self.rounds >= FEWEST_ROUNDS and self.high <= WIDEST_SPREAD * self.low

    def row(self, *, is_of_itself: bool) -> dict[str, Any]:
        """The ratio as results have it; that of a contender to itself is beyond doubt."""
        return {
            "median": self.median,
            "low": self.low,
            "high": self.high,
            "is_supported": is_of_itself or self.is_supported,
        }


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds that `work()` takes, and what it returns."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def call_for(work: Callable[[], object], seconds: float) -> list[float]:
    """Call again and again until `seconds` have passed; how long each call took."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        times.append(timed(work)[0])
    return times
