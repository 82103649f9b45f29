"""All workloads by name, and a run of one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any

from rnn_graph.benchmark import learning
from rnn_graph.benchmark.contender import Contender, Task
from rnn_graph.benchmark.measuring import Entry, measure
from rnn_graph.benchmark.selection import Selection
from rnn_graph.benchmark.timing import Ratio
from rnn_graph.benchmark.workloads.minibatches import CHARACTERS, WORDS, minibatch_contenders
from rnn_graph.benchmark.workloads.minibatches import resized as resized_minibatches
from rnn_graph.benchmark.workloads.name_steps import name_contenders, name_task
from rnn_graph.benchmark.workloads.sentence_steps import (
    epoch_contenders,
    epoch_task,
    step_contenders,
    step_task,
)
from rnn_graph.benchmark.workloads.slots import tagger_contenders, tagger_task
from rnn_graph.benchmark.workloads.speaking import SpeakingTask, speaking_contenders
from rnn_graph.checks import require_countable
from rnn_graph.errors import InputError

GROWTH_FACTORS = (1, 2, 4)
QUICK_TURN = 0.2  # seconds
OF_SENTENCES = ("vocabulary_size", "hidden_dim", "bptt_truncate")


@dataclass(frozen=True)
class Workload:
    """A kind of work.

    Attributes
    ----------
    title
    task
        From the settings that it takes, and `seed`, to a `Task`.
    contenders
        From a task and a `Selection` to all who do it in its precisions and on its devices, the
        reference first.
    settings
        The names of the settings.
    growing
        The settings that a sweep multiplies, by the letters of the equations.
    """

    title: str
    task: Callable[..., Task]
    contenders: Callable[[Any, Selection], list[Contender]]
    settings: tuple[str, ...]
    growing: Mapping[str, str] = field(default_factory=dict)


_STEP = {"T": "length", "V": "vocabulary_size", "H": "hidden_dim"}
_MINIBATCH = {**_STEP, "B": "batch_size"}

WORKLOADS = {
    "lm-step": Workload(
        "A training step of the word model on one sentence",
        step_task,
        step_contenders,
        (*OF_SENTENCES, "length"),
        _STEP,
    ),
    "lm-step-full": Workload(
        "A training step of the word model on one sentence, without truncation",
        partial(step_task, bptt_truncate=None),
        step_contenders,
        ("vocabulary_size", "hidden_dim", "length"),
        _STEP,
    ),
    "lm-epoch": Workload(
        "Training the word model on sentences, one a step",
        epoch_task,
        epoch_contenders,
        (*OF_SENTENCES, "data"),
    ),
    "tagger-word": Workload(
        "Training the slot tagger, a word a step",
        partial(tagger_task, "word"),
        tagger_contenders,
        ("data",),
    ),
    "tagger-sentence": Workload(
        "Training the slot tagger, a sentence a step",
        partial(tagger_task, "sentence"),
        tagger_contenders,
        ("data",),
    ),
    "char-step": Workload(
        "Training the character RNN, a name a step",
        name_task,
        name_contenders,
        ("hidden_dim", "data"),
    ),
    "lm-batch": Workload(
        "A training step of the Elman language model on a minibatch of words",
        partial(resized_minibatches, WORDS),
        minibatch_contenders,
        tuple(_MINIBATCH.values()),
        _MINIBATCH,
    ),
    "char-lstm-batch": Workload(
        "A training step of the LSTM language model on a minibatch of characters",
        partial(resized_minibatches, CHARACTERS),
        minibatch_contenders,
        tuple(_MINIBATCH.values()),
        _MINIBATCH,
    ),
    "generate": Workload(
        "Drawing sentences from the word model",
        SpeakingTask,
        speaking_contenders,
        tuple(_STEP.values()),
        _STEP,
    ),
}

# Those that are timed, and those whose results are compared.
NAMES = (*WORKLOADS, *learning.LEARNING)


def check_settings(name: str, settings: Mapping[str, Any]) -> None:
    """Refuse settings that a workload does not have; who is timed has `rounds` and `quick`.

    Raises
    ------
    InputError
    """
    if name in WORKLOADS:
        known = (*WORKLOADS[name].settings, "rounds", "quick")
    else:
        known = learning.LEARNING[name].settings
    for setting in settings:
        if setting not in known:
            raise InputError(f"{name} has no --{setting.replace('_', '-')}; leave it out")
    require_countable(**{k: value for k, value in settings.items() if isinstance(value, int)})


def check_names(name: str, selection: Selection, settings: Mapping[str, Any]) -> None:
    """Refuse names of contenders that a workload does not have; what is learned has its own.

    Raises
    ------
    InputError
    """
    if name in WORKLOADS and selection.patterns:
        workload = WORKLOADS[name]
        selection.of(workload.contenders(workload.task(**settings), selection))


def run(
    name: str,
    selection: Selection,
    *,
    settings: Mapping[str, Any] | None = None,
    rounds: int = 5,
    quick: bool = False,
    threads: int,
    seed: int = 0,
    on_progress: Callable[[str], None] = lambda doing: None,
) -> dict[str, Any]:
    """Let everyone selected do a workload; what came of it, as results have it.

    Parameters
    ----------
    name
        Of `NAMES`.
    settings
        Other sizes, or data, than the workload's own.
    rounds, threads, on_progress
        As for `measure`; what is learned has no rounds.
    quick
        Short turns, of contenders that start side by side.

    Raises
    ------
    InputError
        If the workload has no such setting, or it cannot be used.
    """
    check_settings(name, settings or {})
    if name in learning.LEARNING:
        options = {"threads": threads, "seed": seed, "on_progress": on_progress}
        return learning.run(name, selection, settings=settings or {}, **options)
    workload = WORKLOADS[name]
    task = workload.task(**(settings or {}), seed=seed)
    if quick:
        task = replace(task, turn_seconds=QUICK_TURN)
    contenders = selection.of(workload.contenders(task, selection))
    entries = [Entry(contender, task) for contender in contenders]
    waiting = {"side_by_side": quick, "on_progress": on_progress}
    measure(entries, rounds=rounds, threads=threads, **waiting)
    return _described(name, task, rounds) | {"quick": quick} | _compared(entries)


def sweep(
    name: str,
    selection: Selection,
    *,
    settings: Mapping[str, Any] | None = None,
    rounds: int = 5,
    threads: int,
    seed: int = 0,
    on_progress: Callable[[str], None] = lambda doing: None,
) -> dict[str, Any]:
    """Let the sizes grow, one at a time: the first of ours, and the floor, as results have them.

    The parameters are those of `run`. The reference checks each size.
    """
    workload = WORKLOADS.get(name)
    if workload is None or not workload.growing:
        with_growth = ", ".join(name for name, other in WORKLOADS.items() if other.growing)
        raise InputError(f"{name} has no sizes that grow; give one of {with_growth}")
    settings = dict(settings or {})
    check_settings(name, settings)
    first = workload.task(**settings, seed=seed)
    rows = []
    for axis, setting in workload.growing.items():
        grown = [settings | {setting: factor * first.sizes[axis]} for factor in GROWTH_FACTORS]
        tasks = [workload.task(**sizes, seed=seed) for sizes in grown]
        everyone = [selection.of(workload.contenders(task, selection)) for task in tasks]
        entries = [_growing(*pair) for pair in zip(everyone, tasks, strict=True)]
        measure(list(chain(*entries)), rounds=rounds, threads=threads, on_progress=on_progress)
        for factor, of_a_size in zip(GROWTH_FACTORS, entries, strict=True):
            pairs = zip(of_a_size, entries[0], strict=True)
            rows += [_growth_row(axis, factor, entry, before) for entry, before in pairs]
    return _described(name, first, rounds) | {
        "reference": None,
        "ours": None,
        "contenders": [],
        "growth": rows,
    }


def _described(name: str, task: Task, rounds: int) -> dict[str, Any]:
    return {
        "name": name,
        "title": WORKLOADS[name].title,
        "sizes": dict(task.sizes),
        "unit": task.unit,
        "rounds": rounds,
    }


def _compared(entries: Sequence[Entry]) -> dict[str, Any]:
    measured = [entry for entry in entries if entry.is_measured]
    reference = next((e for e in measured if e.contender.kind == "reference"), None)
    ours = next((e for e in measured if e.contender.kind == "ours"), None)
    rows = []
    for entry in entries:
        ratios: dict[str, Any] = dict.fromkeys(("times_reference", "over_ours", "over_floor"))
        if entry.is_measured:
            floor = _floor(measured, entry)
            ratios = {
                "times_reference": reference and _ratio(reference, entry),
                "over_ours": ours and _ratio(entry, ours),
                "over_floor": floor and _ratio(entry, floor),
            }
        rows.append(entry.row() | ratios)
    return {
        "reference": reference and reference.contender.name,
        "ours": ours and ours.contender.name,
        "contenders": rows,
        "growth": [],
    }


def _floor(measured: Sequence[Entry], entry: Entry) -> Entry | None:
    """The fastest matrix products in the contender's precision and on its device."""
    products = [
        other
        for other in measured
        if other.contender.bound == "products"
        and other.contender.dtype == entry.contender.dtype
        and other.contender.device == entry.contender.device
    ]
    return min(products, key=lambda other: other.median, default=None)


def _ratio(entry: Entry, baseline: Entry) -> dict[str, Any]:
    return Ratio.of(entry.seconds, baseline.seconds).row(is_of_itself=entry is baseline)


def _growing(contenders: Sequence[Contender], task: Task) -> list[Entry]:
    """The reference, the first of ours, and the floors in the same precision."""
    ours = next((c for c in contenders if c.kind == "ours"), None)
    if ours is None:
        raise InputError("none of this project's contenders is selected; let one grow")
    alike = [c for c in contenders if (c.dtype, c.device) == (ours.dtype, ours.device)]
    floors = [c for c in alike if c.bound == "products"]
    reference = next(c for c in contenders if c.kind == "reference")
    return [Entry(contender, task) for contender in (reference, ours, *floors)]


def _growth_row(axis: str, factor: int, entry: Entry, first: Entry) -> dict[str, Any]:
    """How long it takes, and how many times as long as at the first size."""
    both = entry.is_measured and first.is_measured
    row = entry.row()
    return {name: row[name] for name in ("kind", "dtype", "device", "status", "reason")} | {
        "axis": axis,
        "size": entry.task.sizes[axis],
        "factor": factor,
        "contender": entry.contender.name,
        "steady_s": row["steady_s"],
        "times_as_long": Ratio.of(entry.seconds, first.seconds).median if both else None,
    }
