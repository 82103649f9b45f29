"""The results file of a benchmark run: read, checked, and its figures as text."""

import math
from pathlib import Path
from typing import Any

from rnn_graph.errors import InputError
from rnn_graph.files.checked_json import (
    AMOUNT,
    COUNT,
    NUMBER,
    TEXT,
    TRUTH,
    Expected,
    Maybe,
    Optional,
    find_mistake,
    one_of,
    read_json,
    values_are,
)

FORMAT = "rnn-graph benchmark 1"
KINDS = ("reference", "ours", "literal", "peer", "floor")
START_UP = ("set_up_s", "compile_s", "first_call_s")
OURS = "this project"  # the mark of its bars and rows
USUAL = "float32"  # the precision that a name in a chart or a short table leaves out
NO_FIGURE = "–"
DOUBT = "?"
SMALLEST, LARGEST = 1e-30, 1e30  # of times and ratios, which a plot can show
DOUBTFUL = "the rounds differ too much, or are too few, to support a claim"


ABOVE_ZERO = Expected(
    "a number above 0", lambda value: AMOUNT.fits(value) and SMALLEST < value < LARGEST
)

TEXT_BY_NAME = Expected("text by name", values_are(str))
RATIO = {"median": ABOVE_ZERO, "low": ABOVE_ZERO, "high": ABOVE_ZERO, "is_supported": TRUTH}
CONTENDER = {
    "name": TEXT,
    "kind": one_of(*KINDS),
    "dtype": TEXT,
    "device": one_of("cpu", "gpu"),
    "status": one_of("measured", "missing", "failed", "wrong"),
    "reason": Maybe(TEXT),
    "remark": Optional(Maybe(TEXT)),
    "bound": Optional(Maybe(TEXT)),
    **{phase: Maybe(AMOUNT) for phase in START_UP},
    "seconds": Maybe([ABOVE_ZERO]),
    "steady_s": Maybe(ABOVE_ZERO),
    "peak_mb": Maybe(NUMBER),
    "times_reference": Maybe(RATIO),
    "over_ours": Maybe(RATIO),
    "over_floor": Maybe(RATIO),
}
MEASURED = CONTENDER | {"seconds": [ABOVE_ZERO], "steady_s": ABOVE_ZERO}
GROWTH = {
    "axis": TEXT,
    "size": ABOVE_ZERO,
    "factor": ABOVE_ZERO,
    "contender": TEXT,
    "kind": one_of(*KINDS),
    "steady_s": Maybe(ABOVE_ZERO),
    "times_as_long": Maybe(ABOVE_ZERO),
}
WORKLOAD = {
    "name": TEXT,
    "title": TEXT,
    "sizes": Expected("numbers and words by name", values_are(int, float, str, type(None))),
    "unit": TEXT,
    "rounds": COUNT,
    "quick": Optional(TRUTH),
    "reference": Maybe(TEXT),
    "ours": Maybe(TEXT),
    "contenders": [CONTENDER],
    "growth": [GROWTH],
}
# What is learned has these as well, from which files of before are free.
LEARNING = {"measure": TEXT, "higher_is_better": TRUTH, "same_scores": [NUMBER]}
LEARNER = {
    "runs": [
        {
            "seed": COUNT,
            "start_up_s": AMOUNT,
            "points": [{"epoch": COUNT, "seconds": ABOVE_ZERO, "score": NUMBER}],
            "same_score_s": ABOVE_ZERO,
        }
    ],
    "same_score_over_ours": Maybe(RATIO),
}
RESULTS = {
    "environment": {
        "date": TEXT,
        "commit": Maybe(TEXT),
        "machine": TEXT,
        "processor": TEXT,
        "cores": COUNT,
        "threads": COUNT,
        "memory_gb": Maybe(AMOUNT),
        "system": TEXT,
        "gpu": Maybe(TEXT),
        "blas": Optional(Maybe({"library": TEXT, "kernel": Maybe(TEXT)})),
        "kernel_variables": Optional(TEXT_BY_NAME),
        "versions": TEXT_BY_NAME,
    },
    "workloads": [WORKLOAD],
}


def read_results(path: str | Path) -> dict[str, Any]:
    """The results of a benchmark run, as they stand in its file.

    Raises
    ------
    InputError
        If the file cannot be read, or is not the results of a benchmark run.
    """
    remedy = "give a results file that `rnn-graph bench` wrote"
    results = read_json(path, remedy)
    found = results.get("format") if isinstance(results, dict) else None
    if found != FORMAT:
        raise InputError(f"{path}: its format is {found!r}, not {FORMAT!r}; {remedy}")
    mistake = find_mistake(results, RESULTS, "") or _find_incomplete(results)
    if mistake:
        raise InputError(f"{path}: {mistake}; {remedy}")
    return results


def _find_incomplete(results: dict[str, Any]) -> str | None:
    """The first contender that was measured, but whose times or curves are not there."""
    for number, workload in enumerate(results["workloads"]):
        learning = workload.get("learning")
        if learning is not None:
            mistake = find_mistake(learning, LEARNING, f"workloads[{number}].learning")
            if mistake:
                return mistake
        for index, contender in enumerate(workload["contenders"]):
            if is_measured(contender):
                place = f"workloads[{number}].contenders[{index}]"
                mistake = find_mistake(contender, MEASURED, place)
                if mistake or not contender["seconds"]:
                    return mistake or f"{place}.seconds is []; expected a number a round"
                if learning is not None:
                    mistake = find_mistake(contender, LEARNER, place) or _find_gap(
                        contender["runs"], len(learning["same_scores"]), place
                    )
                    if mistake:
                        return mistake
    return None


def _find_gap(runs: list[dict[str, Any]], seeds: int, place: str) -> str | None:
    """What a learner's curves lack: a seed, or an epoch that the first seed has."""
    if not runs or len(runs) != seeds:
        return f"{place}.runs has {len(runs)} seeds; expected {seeds or 'at least 1'}"
    for index, run in enumerate(runs):
        epochs = [point["epoch"] for point in run["points"]]
        if epochs != list(range(1, 1 + len(runs[0]["points"]))) or not epochs:
            return f"{place}.runs[{index}].points has epochs {epochs}; expected 1, 2, …"
    return None


def is_measured(contender: dict[str, Any]) -> bool:
    """Whether the contender has times."""
    return contender["status"] == "measured"


def find_contender(workload: dict[str, Any], name: str | None) -> dict[str, Any] | None:
    """The measured contender of that name; None if there is none."""
    named = (c for c in workload["contenders"] if c["name"] == name and is_measured(c))
    return next(named, None)


def measured_of(workload: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    """The measured contenders of these kinds, or of all, the fastest first."""
    found = [c for c in workload["contenders"] if is_measured(c) and c["kind"] in (kinds or KINDS)]
    return sorted(found, key=lambda contender: contender["steady_s"])


def label(contender: dict[str, Any], *, usual: str | None = None) -> str:
    """The contender's name, with the precision, and the GPU, if the name does not say so.

    The precision `usual` is left out.
    """
    dtype = [] if contender["dtype"] == usual else [contender["dtype"]]
    details = [*dtype, *(["GPU"] if contender["device"] == "gpu" else [])]
    name = contender["name"]
    return ", ".join([name, *(d for d in details if d.lower() not in name.lower())])


def reason_of_absence(entry: dict[str, Any]) -> str:
    """Why a contender, or a row of its growth, has no times."""
    reason = entry.get("reason") or "no reason was noted"
    return f"it failed: {reason}" if entry.get("status") == "failed" else reason


def why_not_measured(entry: dict[str, Any]) -> str:
    """One line on a contender, or a row of its growth, that has no times."""
    return f"not measured: {reason_of_absence(entry)}"


def start_up_seconds(contender: dict[str, Any]) -> float:
    """Set-up, compilation and first call together; what a contender does not do takes no time."""
    return sum(contender[phase] or 0.0 for phase in START_UP)


def catches_up_after(contender: dict[str, Any], other: dict[str, Any]) -> int | None:
    """Units of work after which `contender` has taken less time than `other`, start-up included.

    None if it never catches up.
    """
    gain = other["steady_s"] - contender["steady_s"]
    behind = start_up_seconds(contender) - start_up_seconds(other)
    if behind <= 0 and gain >= 0:
        return 0
    return math.ceil(behind / gain) if behind > 0 and gain > 0 else None


def format_number(value: float, digits: int = 3) -> str:
    """So many significant digits, without a power of ten.

    >>> [format_number(value) for value in (0.0123456, 9.999, 49.14, 1234)]
    ['0.0123', '10.0', '49.1', '1,230']
    """
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = max(digits - 1 - math.floor(math.log10(abs(rounded))), 0)
    return f"{rounded:,.{decimals}f}"


def format_seconds(seconds: float | None) -> str:
    """A time in s, ms or µs.

    >>> [format_seconds(seconds) for seconds in (12.345, 0.9999, 0.9996e-3, 2.1e-7, 0, None)]
    ['12.3 s', '1.00 s', '1.00 ms', '0.210 µs', '0 s', '–']
    """
    if seconds is None:
        return NO_FIGURE
    rounded = float(f"{seconds:.2e}")
    if rounded >= 1 or rounded == 0:
        return f"{format_number(rounded)} s"
    if rounded >= 1e-3:
        return f"{format_number(1e3 * rounded)} ms"
    return f"{format_number(1e6 * rounded)} µs"


def format_ratio(ratio: dict[str, Any] | None) -> str:
    """The median and the spread over rounds; `DOUBT` marks one that supports no claim.

    Two digits do below 1, so that a column of ratios stays narrow.

    >>> format_ratio({"median": 49.1, "low": 47, "high": 51.2, "is_supported": False})
    '49.1? (47.0–51.2)'
    """
    if ratio is None:
        return NO_FIGURE
    values = (ratio[name] for name in ("median", "low", "high"))
    median, low, high = (format_number(value, 2 if value < 0.995 else 3) for value in values)
    doubt = "" if ratio["is_supported"] else DOUBT
    spread = "" if low == median == high else f" ({low}–{high})"
    return f"{median}{doubt}{spread}"
