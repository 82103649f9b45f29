"""Benchmark results as tables of text, the same ones for the terminal, Markdown and HTML."""

from dataclasses import dataclass
from typing import Any

from rnn_graph.benchmark.report.results import (
    DOUBT,
    DOUBTFUL,
    NO_FIGURE,
    catches_up_after,
    find_contender,
    format_number,
    format_ratio,
    format_seconds,
    is_measured,
    label,
    why_not_measured,
)

PHASES = {"set-up": "set_up_s", "compile": "compile_s", "first call": "first_call_s"}
RATIOS = {"× reference": "times_reference", "× ours": "over_ours", "× floor": "over_floor"}


@dataclass(frozen=True)
class Table:
    """A table for people.

    Attributes
    ----------
    headers
    rows
        A cell for each of the headers.
    notes
        Lines below the table: what the columns mean, and why figures are missing.
    text_columns
        So many columns, from the left, hold words; the others hold figures.
    """

    headers: tuple[str, ...]
    rows: list[tuple[str, ...]]
    notes: list[str]
    text_columns: int = 1


def contender_table(workload: dict[str, Any]) -> Table:
    """A row for each contender, with its start-up, steady time, memory and ratios.

    Columns in which nobody has a figure are left out.
    """
    contenders = workload["contenders"]
    columns = {"contender": [label(contender) for contender in contenders]}
    columns |= {
        header: [format_seconds(contender[name]) for contender in contenders]
        for header, name in PHASES.items()
    }
    columns[f"steady per {workload['unit']}"] = [_steady(contender) for contender in contenders]
    columns["peak MB"] = [_megabytes(contender["peak_mb"]) for contender in contenders]
    columns |= {
        header: [format_ratio(contender[name]) for contender in contenders]
        for header, name in RATIOS.items()
    }
    columns = {
        header: cells for header, cells in columns.items() if any(c != NO_FIGURE for c in cells)
    }
    return Table(
        headers=tuple(columns),
        rows=list(zip(*columns.values(), strict=True)),
        notes=_contender_notes(workload, set(columns)),
    )


def growth_table(workload: dict[str, Any]) -> Table:
    """A row for each size that grows and contender, with a column for each factor of growth."""
    cells: dict[tuple[str, str], dict[float, str]] = {}
    sizes: dict[str, list[float]] = {}
    gaps: dict[str, list[str]] = {}
    for row in workload["growth"]:
        sizes.setdefault(row["axis"], []).append(row["size"])
        line = cells.setdefault((row["axis"], row["contender"]), {})
        line[row["factor"]] = _grown(row)
        if row["steady_s"] is None:
            why = f"{row['contender']}: {why_not_measured(row)}"
            gaps.setdefault(why, []).append(f"{row['axis']} = {row['size']:,}")
    factors = sorted({factor for line in cells.values() for factor in line})
    rows = [
        (_span(axis, sizes[axis]), contender, *(line.get(factor, NO_FIGURE) for factor in factors))
        for (axis, contender), line in cells.items()
    ]
    headers = ("size", "contender", *(f"× {factor:g}" for factor in factors))
    notes = ["in parentheses: how many times as long it takes as at the first size"]
    notes += [f"{why} (at {', '.join(places)})" for why, places in gaps.items()]
    return Table(headers, rows, notes, text_columns=2)


def environment_line(environment: dict[str, Any]) -> str:
    """What the figures were measured on, and with, in one line."""
    memory = environment["memory_gb"]
    parts = [
        f"{environment['processor']} ({environment['machine']}, {environment['system']})",
        f"cores: {environment['cores']}",
        f"threads: {environment['threads']}",
        *([] if memory is None else [f"{format_number(memory)} GB"]),
        f"GPU: {environment['gpu'] or 'none'}",
        environment["date"],
        f"commit {environment['commit'] or 'unknown'}",
        ", ".join(f"{name} {version}" for name, version in environment["versions"].items()),
    ]
    return "; ".join(parts)


def sizes_line(workload: dict[str, Any]) -> str:
    """The sizes of the work, and how often it was timed, in one line."""
    sizes = [
        f"{name} = {'none' if size is None else size}" for name, size in workload["sizes"].items()
    ]
    times = "seeds" if workload.get("learning") else "rounds"
    return ", ".join([*sizes, f"{times}: {workload['rounds']}"])


def _contender_notes(workload: dict[str, Any], headers: set[str]) -> list[str]:
    notes = []
    meanings = {
        "× reference": f"how many times as fast as {workload['reference']}",
        "× ours": f"its time over that of {workload['ours']}",
        "× floor": "its time over that of the floor, the least work there is to do, in its"
        " precision and on its device",
    }
    explained = [f"{header}: {text}" for header, text in meanings.items() if header in headers]
    if explained:
        notes.append(f"{'; '.join(explained)}; in parentheses the lowest and highest round")
    if any(_is_doubtful(contender) for contender in workload["contenders"]):
        notes.append(f"{DOUBT}: {DOUBTFUL}")
    notes += _catching_up(workload)
    notes += _over_memory(workload)
    remarked: dict[str, list[str]] = {}
    for contender in workload["contenders"]:
        if contender.get("remark"):
            remarked.setdefault(contender["remark"], []).append(label(contender))
    notes += [f"{'; '.join(names)}: {remark}" for remark, names in remarked.items()]
    absent: dict[str, list[str]] = {}
    for contender in workload["contenders"]:
        if not is_measured(contender):
            absent.setdefault(why_not_measured(contender), []).append(label(contender))
    return notes + [f"{'; '.join(names)}: {why}" for why, names in absent.items()]


def _catching_up(workload: dict[str, Any]) -> list[str]:
    """After how much work the start-up of ours has paid, where the ratio supports a claim."""
    ours = find_contender(workload, workload["ours"])
    reference = find_contender(workload, workload["reference"])
    if not ours or not reference or ours is reference:
        return []
    ratio = ours["times_reference"]
    units = catches_up_after(ours, reference)
    if not ratio or not ratio["is_supported"] or not units:
        return []
    return [
        f"set-up, compilation and first call included, {label(ours)} has caught up with"
        f" {label(reference)} after {units:,} {workload['unit']}{'s' if units > 1 else ''}"
    ]


def _over_memory(workload: dict[str, Any]) -> list[str]:
    """How near ours is to the limit that the memory sets."""
    ours = find_contender(workload, workload["ours"])
    if not ours:
        return []
    limits = [
        contender
        for contender in workload["contenders"]
        if contender.get("bound") == "memory"
        and is_measured(contender)
        and (contender["dtype"], contender["device"]) == (ours["dtype"], ours["device"])
    ]
    return [
        f"{label(ours)} takes {format_number(ours['steady_s'] / limit['steady_s'])} times as long"
        " as the memory to move the numbers that have to be read or written once"
        for limit in limits
    ]


def _is_doubtful(contender: dict[str, Any]) -> bool:
    ratios = (contender[name] for name in RATIOS.values())
    return any(ratio and not ratio["is_supported"] for ratio in ratios)


def _steady(contender: dict[str, Any]) -> str:
    if is_measured(contender):
        return format_seconds(contender["steady_s"])
    return contender["status"]


def _megabytes(amount: float | None) -> str:
    return NO_FIGURE if amount is None else f"{amount:,.0f}"


def _grown(row: dict[str, Any]) -> str:
    if row["steady_s"] is None:
        return row.get("status", "missing")
    times = row["times_as_long"]
    return format_seconds(row["steady_s"]) + ("" if times is None else f" ({format_number(times)})")


def _span(axis: str, sizes: list[float]) -> str:
    low, high = min(sizes), max(sizes)
    return f"{axis} = {low:,}" if low == high else f"{axis} = {low:,}–{high:,}"
