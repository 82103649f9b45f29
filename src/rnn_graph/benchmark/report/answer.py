"""The answer that a workload gives, in one sentence.

The wording follows the figures. "Times as fast" is said where every round agrees, "slower" where
every round says so, and "about as fast" where the rounds lie on both sides. Where the rounds differ
too much for one figure (see `Ratio.is_supported`) their range stands alone.
"""

from typing import Any

from rnn_graph.benchmark.report.result_tables import (
    Spread,
    best_scores,
    time_to_same_score,
)
from rnn_graph.benchmark.report.results import (
    find_contender,
    format_number,
    format_seconds,
    label,
    measured_of,
)
from rnn_graph.benchmark.report.yardsticks import (
    PYTORCH,
    fastest_pytorch,
    floor_of,
    inverse,
    ours_by_device,
    pytorch_as_written,
    ratio_of,
)

SUBJECTS = {
    "step": "a training step",
    "word": "a word of training text",
    "sentence": "a drawn sentence",
}
PLACES = {"cpu": "on the CPU", "gpu": "on the GPU"}
FLOORS = {
    "products": "the time of its matrix products alone",
    "memory": "the time in which memory moves its numbers once",
}
# What is measured, and the unit of it, by the measure that results name.
MEASURES = {
    "perplexity": ("perplexity", ""),
    "nats a character": ("loss", " nats a character"),
    "F1, %": ("F1", " %"),
}
AXES = {"T": "length", "V": "vocabulary", "H": "number of hidden units", "B": "batch size"}
NOT_HERE = "This project was not measured here"


def answer(workload: dict[str, Any]) -> str:
    """A sentence on this project's part in a workload; where it ran on two devices, one on each."""
    if workload.get("learning"):
        return _learned(workload)
    if workload["growth"] and not workload["contenders"]:
        return _grown(workload)
    found = ours_by_device(workload)
    if not found:
        return _without_ours(workload)
    is_named = len(found) > 1 or found[0]["device"] == "gpu"
    return " ".join(_timed(workload, ours, is_named=is_named) for ours in found)


def compared(ratio: dict[str, Any], name: str) -> str:
    """How fast this project is beside `name`.

    Parameters
    ----------
    ratio
        The time of `name` over this project's.

    Examples
    --------
    >>> def of(median, low, high, is_supported=True):
    ...     found = {"median": median, "low": low, "high": high, "is_supported": is_supported}
    ...     return compared(found, "PyTorch")
    >>> of(1.9, 1.62, 2.2)
    '1.9 times as fast as PyTorch (1.6 to 2.2)'
    >>> of(0.8, 0.75, 0.82)
    'slower than PyTorch (1.2 times its time, 1.2 to 1.3)'
    >>> of(1.1, 0.95, 1.3)
    'about as fast as PyTorch (0.95 to 1.3 times)'
    >>> of(1.9, 1.4, 2.6, is_supported=False)
    '1.4 to 2.6 times as fast as PyTorch'
    """
    low, high, is_supported = ratio["low"], ratio["high"], ratio["is_supported"]
    if high < 1:
        turned = inverse(ratio)
        if low == high:
            return f"slower than {name} ({_figure(turned['median'])} times its time)"
        if is_supported:
            times = f"{_figure(turned['median'])} times its time, {_range(turned)}"
            return f"slower than {name} ({times})"
        return f"slower than {name} ({_range(turned)} times its time)"
    if low <= 1:
        if is_supported or low == high:
            return f"about as fast as {name} ({_range(ratio)} times)"
        return f"no clear difference from {name} ({_range(ratio)} times as fast)"
    return _times(ratio, f"as fast as {name}")


def _times(ratio: dict[str, Any], what: str) -> str:
    """So many times what; the range alone where the rounds support no one figure."""
    if ratio["low"] == ratio["high"]:
        return f"{_figure(ratio['median'])} times {what}"
    if ratio["is_supported"]:
        return f"{_figure(ratio['median'])} times {what} ({_range(ratio)})"
    return f"{_range(ratio)} times {what}"


def _timed(workload: dict[str, Any], ours: dict[str, Any], *, is_named: bool) -> str:
    place = f"{PLACES[ours['device']]} " if is_named else ""
    once = "in one round " if len(ours["seconds"]) == 1 else ""
    takes = f"{once}{place}{_subject(workload)} takes {format_seconds(ours['steady_s'])}"
    beside = [*_beside_pytorch(workload, ours), *_beside_floor(workload, ours)]
    return _sentence(takes + (f": {', '.join(beside)}" if beside else ""))


def _beside_pytorch(workload: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """Beside PyTorch as written, and beside its fastest program where that is another one."""
    written = pytorch_as_written(workload, ours["device"])
    fastest = fastest_pytorch(workload, ours["device"])
    others = {f"{PYTORCH} as written": written}
    if fastest is not written:
        others[f"the fastest {PYTORCH}"] = fastest
    ratios = {name: ratio_of(other, ours) for name, other in others.items() if other}
    return [compared(ratio, name) for name, ratio in ratios.items() if ratio]


def _beside_floor(workload: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """Beside the matrix products; where nobody took these alone, beside the memory."""
    for bound, text in FLOORS.items():
        floor = floor_of(workload, ours, bound)
        ratio = floor and ratio_of(ours, floor)
        if ratio:
            return [_times(ratio, text)]
    return []


def _without_ours(workload: dict[str, Any]) -> str:
    found = measured_of(workload, "peer", "literal", "reference")
    if not found:
        return f"{NOT_HERE}, and neither was anyone else."
    time = format_seconds(found[0]["steady_s"])
    return f"{NOT_HERE}; {label(found[0])} takes {time} for {_subject(workload)}."


def _learned(workload: dict[str, Any]) -> str:
    """The time to the score that all reach, and the best scores."""
    ours = find_contender(workload, workload["ours"])
    if not ours:
        return f"{NOT_HERE}."
    peers = (c for c in measured_of(workload, "peer") if c["device"] == ours["device"])
    peer = next(peers, None)
    measure, unit = MEASURES.get(workload["learning"]["measure"], (None, None))
    if measure is None:
        measure, unit = workload["learning"]["measure"], ""
    best = f"the best held-out {measure} is {_score(workload, ours, unit)}"
    if not peer:
        return _sentence(best)
    best = f"{best}, that of {PYTORCH} {_score(workload, peer, unit)}"
    seconds = format_seconds(time_to_same_score(ours))
    takes = f"training to the score that all reach takes {seconds}"
    ratio = peer["same_score_over_ours"]
    return _sentence(f"{takes}{f': {compared(ratio, PYTORCH)}' if ratio else ''}; {best}")


def _score(workload: dict[str, Any], contender: dict[str, Any], unit: str) -> str:
    """The best score, mean over the seeds, and its range."""
    spread = Spread.of(best_scores(workload, contender))
    mean, low, high = map(format_number, spread)
    return f"{mean}{unit}" + (f" ({low} to {high})" if low != high else "")


def _grown(workload: dict[str, Any]) -> str:
    """How many times as long this project takes at the largest of each size."""
    rows = [r for r in workload["growth"] if r["kind"] == "ours" and r["times_as_long"] is not None]
    largest = {row["axis"]: row for row in sorted(rows, key=lambda row: row["factor"])}
    if not largest:
        return f"{NOT_HERE}."
    parts = [
        f"{_figure(row['times_as_long'])} times as long at {row['factor']:g} times the"
        f" {AXES.get(axis, 'size')} ({axis})"
        for axis, row in largest.items()
    ]
    return _sentence(f"{_subject(workload)} takes {', '.join(parts)}")


def _subject(workload: dict[str, Any]) -> str:
    return SUBJECTS.get(workload["unit"], f"a {workload['unit']}")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _range(ratio: dict[str, Any]) -> str:
    return f"{_figure(ratio['low'])} to {_figure(ratio['high'])}"


def _figure(value: float) -> str:
    """Two digits; three where two would say 1, lest 1.02 read as no difference."""
    text = format_number(value, 2)
    return format_number(value) if text == "1.0" else text
