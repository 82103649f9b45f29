"""Who was not measured, of all workloads of a report, by the reason."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rnn_graph.benchmark.report.results import (
    USUAL,
    is_measured,
    label,
    reason_of_absence,
)

# What went wrong comes before what is not there.
STATUSES = ("wrong", "failed", "missing")
WENT_WRONG = {"wrong": "computing something else", "failed": "failed"}


class Absences(NamedTuple):
    """Contenders that are missing for one reason.

    Attributes
    ----------
    processor
        Of the run; None if all runs of the report are of one.
    contenders
        By name, the workloads in which it was not measured.
    """

    processor: str | None
    status: str
    reason: str
    contenders: dict[str, list[str]]

    @property
    def cause(self) -> str:
        """The reason, behind the processor if there are several."""
        return f"{self.processor}: {self.reason}" if self.processor else self.reason

    def names(self) -> str:
        """Each contender with its workloads."""
        return "; ".join(f"{name} ({', '.join(of)})" for name, of in self.contenders.items())


def absences(results: Sequence[dict[str, Any]]) -> list[Absences]:
    """Everyone who was not measured, grouped by processor and reason."""
    processors = {run["environment"]["processor"] for run in results}
    found: dict[tuple, Absences] = {}
    for run in results:
        processor = run["environment"]["processor"] if len(processors) > 1 else None
        for name, workload, entry in _missing(run):
            status, reason = entry.get("status", "missing"), reason_of_absence(entry)
            group = found.setdefault(
                (processor, status, reason), Absences(processor, status, reason, {})
            )
            workloads = group.contenders.setdefault(name, [])
            if workload not in workloads:
                workloads.append(workload)
    return sorted(found.values(), key=lambda group: STATUSES.index(group.status))


def counted(groups: Sequence[Absences]) -> str:
    """How many were not measured, and how many of them went wrong; each workload counts."""
    counts = dict.fromkeys(STATUSES, 0)
    for group in groups:
        counts[group.status] += sum(map(len, group.contenders.values()))
    wrong = [f"{counts[status]} {what}" for status, what in WENT_WRONG.items() if counts[status]]
    return f"{sum(counts.values())}" + (f" ({', '.join(wrong)})" if wrong else "")


def _missing(run: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for workload in run["workloads"]:
        for contender in workload["contenders"]:
            if not is_measured(contender):
                yield label(contender, usual=USUAL), workload["name"], contender
        for row in workload["growth"]:
            if row["steady_s"] is None:
                size = f"{workload['name']} at {row['axis']} = {row['size']:,}"
                yield row["contender"], size, row
