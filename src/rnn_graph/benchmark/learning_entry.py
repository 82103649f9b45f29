"""What contenders have learned, as results have it."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from rnn_graph.benchmark.contender import Contender
from rnn_graph.benchmark.learner import Point, StartUp
from rnn_graph.benchmark.measuring import described
from rnn_graph.benchmark.process import Absence
from rnn_graph.benchmark.timing import Ratio


@dataclass
class LearningEntry:
    """A contender, and what it has learned.

    Attributes
    ----------
    absence
        Why it has no results.
    set_up
        Seconds of imports and of building the model, for each seed.
    start_ups, curves
        For each seed.
    """

    contender: Contender
    absence: Absence | None = None
    set_up: list[float] = field(default_factory=list)
    start_ups: list[StartUp] = field(default_factory=list)
    curves: list[list[Point]] = field(default_factory=list)

    @property
    def epoch_seconds(self) -> list[float]:
        """For each seed the median over its epochs, without the first step and what it compiles."""
        found = []
        for start_up, curve in zip(self.start_ups, self.curves, strict=True):
            ends = [start_up.seconds, *(point.seconds for point in curve)]
            found.append(statistics.median(end - begin for begin, end in pairwise(ends)))
        return found

    @property
    def compile_seconds(self) -> list[float | None]:
        """For each seed; None where nothing is compiled.

        What the first epoch took longer than most after it went into compiling for other lengths.
        """
        found: list[float | None] = []
        for start_up, curve, epoch in zip(
            self.start_ups, self.curves, self.epoch_seconds, strict=True
        ):
            if start_up.compile_seconds is None:
                found.append(None)
            else:
                longer = curve[0].seconds - start_up.seconds - epoch
                found.append(start_up.compile_seconds + max(longer, 0.0))
        return found

    @property
    def start_up_seconds(self) -> list[float]:
        """For each seed what compilation and the first step take."""
        pairs = zip(self.compile_seconds, self.start_ups, strict=True)
        return [(compiled or 0.0) + start.first_step_seconds for compiled, start in pairs]

    def take(self, answer: Any, seed: int) -> None:
        """Take in the answer to a turn of the last seed."""
        if isinstance(answer, Absence):
            self.absence = Absence(answer.status, f"with seed {seed}: {answer.reason}")
        elif isinstance(answer, Point):
            self.curves[-1].append(answer)
        else:
            start_up, point = answer
            self.start_ups.append(start_up)
            self.curves.append([point])

    def row(self) -> dict[str, Any]:
        """A contender with its times as those of other workloads have them."""
        row: dict[str, Any] = {
            **described(self.contender, self.absence),
            **dict.fromkeys(("set_up_s", "compile_s", "first_call_s", "seconds", "steady_s")),
            **dict.fromkeys(("peak_mb", "times_reference", "over_ours", "over_floor")),
            "runs": [],
            "same_score_over_ours": None,
        }
        if self.absence is None:
            compiled = [seconds for seconds in self.compile_seconds if seconds is not None]
            row |= {
                "set_up_s": statistics.median(self.set_up),
                "compile_s": statistics.median(compiled) if compiled else None,
                "first_call_s": statistics.median(s.first_step_seconds for s in self.start_ups),
                "seconds": self.epoch_seconds,
                "steady_s": statistics.median(self.epoch_seconds),
            }
        return row


def first_of_ours(entries: Sequence[LearningEntry]) -> LearningEntry | None:
    """The entry of this project that others are compared with; None if there is none."""
    return next((e for e in entries if e.contender.kind == "ours" and not e.absence), None)


def rows_of(
    entries: Sequence[LearningEntry], seeds: Sequence[int], higher_is_better: bool
) -> tuple[list[dict[str, Any]], list[float]]:
    """The contenders as results have them; for each seed the score that all of them reach."""
    sign = -1 if higher_is_better else 1  # less is better
    there = [entry for entry in entries if entry.absence is None]
    bests = [[min(c, key=lambda p: sign * p.score) for c in e.curves] for e in there]
    same = [
        max(of_seed, key=lambda p: sign * p.score).score for of_seed in zip(*bests, strict=True)
    ]

    def reaching(entry: LearningEntry) -> list[float]:
        return [
            next(p.seconds for p in curve if sign * p.score <= sign * score)
            for curve, score in zip(entry.curves, same, strict=True)
        ]

    ours = first_of_ours(entries)
    rows = []
    for entry in entries:
        row = entry.row()
        if entry.absence is None:
            since_start = reaching(entry)
            start_ups = entry.start_up_seconds
            row["runs"] = [
                {
                    "seed": seed,
                    "start_up_s": start_up,
                    "points": [point._asdict() for point in curve],
                    "same_score_s": seconds,
                }
                for seed, start_up, curve, seconds in zip(
                    seeds, start_ups, entry.curves, since_start, strict=True
                )
            ]
            if ours is not None:
                an_epoch = Ratio.of(entry.epoch_seconds, ours.epoch_seconds)
                same_score = Ratio.of(since_start, reaching(ours))
                row["over_ours"] = an_epoch.row(is_of_itself=entry is ours)
                row["same_score_over_ours"] = same_score.row(is_of_itself=entry is ours)
        rows.append(row)
    return rows, same
