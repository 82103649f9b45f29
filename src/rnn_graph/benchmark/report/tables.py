"""Benchmark results as tables of text, the same ones for the terminal, Markdown and HTML."""

from dataclasses import dataclass
from typing import Any

from rnn_graph.benchmark.report.results import (
    DOUBT,
    DOUBTFUL,
    NO_FIGURE,
    OURS,
    USUAL,
    catches_up_after,
    find_contender,
    format_number,
    format_ratio,
    format_seconds,
    label,
    measured_of,
    start_up_seconds,
)
from rnn_graph.benchmark.report.yardsticks import (
    floor_of,
    ours_by_device,
    pytorch_as_written,
    ratio_of,
)

PHASES = {"set-up": "set_up_s", "compile": "compile_s", "first call": "first_call_s"}
RATIOS = {"× floor": "over_floor", "× ours": "over_ours", "× reference": "times_reference"}
SHORT_NOTES = {
    "× PyTorch": "× PyTorch: how many times as fast as PyTorch as written",
    "× floor": "× floor: the time over that of the matrix products alone",
}


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
    optional_columns
        So many, from the right, are left out where there is no room for them.
    """

    headers: tuple[str, ...]
    rows: list[tuple[str, ...]]
    notes: list[str]
    text_columns: int = 1
    optional_columns: int = 0


def contender_table(workload: dict[str, Any]) -> Table:
    """All figures: a row for each contender that was measured, the fastest first.

    Columns in which nobody has a figure are left out.
    """
    contenders = measured_of(workload)
    columns = {"contender": [label(contender) for contender in contenders]}
    columns[f"time per {workload['unit']}"] = [format_seconds(c["steady_s"]) for c in contenders]
    columns["all rounds"] = [_span_of_rounds(contender) for contender in contenders]
    columns["× PyTorch"] = [format_ratio(_times_pytorch(workload, c)) for c in contenders]
    columns |= {
        header: [format_ratio(contender[name]) for contender in contenders]
        for header, name in RATIOS.items()
    }
    columns |= {
        header: [format_seconds(contender[name]) for contender in contenders]
        for header, name in PHASES.items()
    }
    columns["peak MB"] = [_megabytes(contender["peak_mb"]) for contender in contenders]
    kept = _with_figures(columns)
    rows = list(zip(*kept.values(), strict=True))
    return Table(tuple(kept), rows, _contender_notes(workload, contenders))


def short_table(workload: dict[str, Any]) -> Table:
    """The most important figures, for 80 columns: who ran, the fastest first, and how fast."""
    contenders = measured_of(workload)
    columns = {
        "contender": [
            label(c, usual=USUAL) + (f" ({OURS})" if c["kind"] == "ours" else "")
            for c in contenders
        ],
        "time": [format_seconds(contender["steady_s"]) for contender in contenders],
        "× PyTorch": [_median(_times_pytorch(workload, c)) for c in contenders],
        "× floor": [_median(contender["over_floor"]) for contender in contenders],
    }
    more = {
        "start-up": [format_seconds(start_up_seconds(c) or None) for c in contenders],
        "peak MB": [_megabytes(contender["peak_mb"]) for contender in contenders],
        "× reference": [_median(contender["times_reference"]) for contender in contenders],
    }
    kept = _with_figures(columns | more)
    rows = list(zip(*kept.values(), strict=True))
    notes = [text for header, text in SHORT_NOTES.items() if header in kept]
    if any(DOUBT in cell for row in rows for cell in row[1:]):
        notes.append(f"{DOUBT}: {DOUBTFUL}")
    return Table(tuple(kept), rows, notes, optional_columns=len(kept.keys() & more.keys()))


def growth_table(workload: dict[str, Any]) -> Table:
    """A row for each size that grows and contender, with a column for each factor of growth."""
    cells: dict[tuple[str, str], dict[float, str]] = {}
    sizes: dict[str, list[float]] = {}
    for row in workload["growth"]:
        sizes.setdefault(row["axis"], []).append(row["size"])
        line = cells.setdefault((row["axis"], row["contender"]), {})
        line[row["factor"]] = _grown(row)
    factors = sorted({factor for line in cells.values() for factor in line})
    rows = [
        (_span(axis, sizes[axis]), contender, *(line.get(factor, NO_FIGURE) for factor in factors))
        for (axis, contender), line in cells.items()
        if any(cell != NO_FIGURE for cell in line.values())
    ]
    headers = ("size", "contender", *(f"× {factor:g}" for factor in factors))
    notes = ["in parentheses: how many times as long it takes as at the first size"]
    return Table(headers, rows, notes if rows else [], text_columns=2)


def short_growth_table(workload: dict[str, Any]) -> Table:
    """The same for 80 columns: the time at the first size, and how many times as long after."""
    rows: dict[tuple[str, str], dict[float, str]] = {}
    smallest: dict[str, float] = {}
    for row in workload["growth"]:
        smallest[row["axis"]] = min(row["size"], smallest.get(row["axis"], row["size"]))
    for row in sorted(workload["growth"], key=lambda row: row["factor"]):
        if row["steady_s"] is not None:
            times = row["times_as_long"]
            size = f"{row['axis']} = {smallest[row['axis']]:,}"
            line = rows.setdefault((size, row["contender"]), {})
            line[row["factor"]] = (
                format_seconds(row["steady_s"])
                if not line or times is None
                else format_number(times)
            )
    factors = sorted({factor for line in rows.values() for factor in line})
    return Table(
        ("size", "contender", "time", *(f"× {factor:g}" for factor in factors[1:])),
        [(*key, *(line.get(f, NO_FIGURE) for f in factors)) for key, line in rows.items()],
        ["× 2, × 4: how many times as long at so many times the size"] if rows else [],
        text_columns=2,
    )


def sizes_line(workload: dict[str, Any]) -> str:
    """The sizes of the work, and how often it was timed, in one line."""
    sizes = [
        f"{name} = {'none' if size is None else size}" for name, size in workload["sizes"].items()
    ]
    times = "seeds" if workload.get("learning") else "rounds"
    return ", ".join([*sizes, f"{times}: {workload['rounds']}"])


def _contender_notes(workload: dict[str, Any], contenders: list[dict[str, Any]]) -> list[str]:
    """What is to be known about these figures alone; the report's method has the rest."""
    notes = []
    if any(_is_doubtful(workload, contender) for contender in contenders):
        notes.append(f"{DOUBT}: {DOUBTFUL}")
    notes += _catching_up(workload)
    notes += _over_memory(workload)
    remarked: dict[str, list[str]] = {}
    for contender in contenders:
        if contender.get("remark"):
            remarked.setdefault(contender["remark"], []).append(label(contender))
    return notes + [f"{'; '.join(names)}: {remark}" for remark, names in remarked.items()]


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
    notes = []
    for ours in ours_by_device(workload):
        limit = floor_of(workload, ours, "memory")
        if limit:
            times = format_number(ours["steady_s"] / limit["steady_s"])
            notes.append(
                f"{label(ours)} takes {times} times as long as the memory to move the numbers that"
                " have to be read or written once"
            )
    return notes


def _times_pytorch(workload: dict[str, Any], contender: dict[str, Any]) -> dict[str, Any] | None:
    """How many times as fast as PyTorch as written, on the contender's device."""
    pytorch = pytorch_as_written(workload, contender["device"])
    return pytorch and ratio_of(pytorch, contender)


def _is_doubtful(workload: dict[str, Any], contender: dict[str, Any]) -> bool:
    ratios = [_times_pytorch(workload, contender), *(contender[name] for name in RATIOS.values())]
    return any(ratio and not ratio["is_supported"] for ratio in ratios)


def _with_figures(columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """The columns in which anyone has a figure."""
    return {
        header: cells
        for number, (header, cells) in enumerate(columns.items())
        if number == 0 or any(cell != NO_FIGURE for cell in cells)
    }


def _median(ratio: dict[str, Any] | None) -> str:
    """The ratio without its range, marked if it supports no claim."""
    if ratio is None:
        return NO_FIGURE
    doubt = "" if ratio["is_supported"] else DOUBT
    return f"{format_number(ratio['median'], 2 if ratio['median'] < 0.995 else 3)}{doubt}"


def _span_of_rounds(contender: dict[str, Any]) -> str:
    low, high = (format_seconds(end(contender["seconds"])) for end in (min, max))
    return NO_FIGURE if low == high else f"{low} – {high}"


def _megabytes(amount: float | None) -> str:
    return NO_FIGURE if amount is None else f"{amount:,.0f}"


def _grown(row: dict[str, Any]) -> str:
    if row["steady_s"] is None:
        return NO_FIGURE
    times = row["times_as_long"]
    return format_seconds(row["steady_s"]) + ("" if times is None else f" ({format_number(times)})")


def _span(axis: str, sizes: list[float]) -> str:
    low, high = min(sizes), max(sizes)
    return f"{axis} = {low:,}" if low == high else f"{axis} = {low:,}–{high:,}"
