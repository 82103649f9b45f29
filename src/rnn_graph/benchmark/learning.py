"""Workloads of results: who has learned how much, after how many epochs and seconds."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from rnn_graph.benchmark.learner import LearningTask
from rnn_graph.benchmark.learner_process import TURN, WEIGHTS, serve_learner
from rnn_graph.benchmark.learning_entry import LearningEntry, first_of_ours, rows_of
from rnn_graph.benchmark.measuring import LARGEST_ERROR
from rnn_graph.benchmark.process import Absence, ContenderProcess
from rnn_graph.benchmark.selection import Selection
from rnn_graph.benchmark.workloads.learning_contenders import learning_contenders
from rnn_graph.benchmark.workloads.learning_tasks import tag_task, text_task
from rnn_graph.names import LARGEST_SEED

SEEDS = 3
OF_ALL = ("seeds", "epochs", "data", "hidden_dim", "cell")


@dataclass(frozen=True)
class LearningWorkload:
    """Something to learn.

    Attributes
    ----------
    title
    task
        From the settings that it takes, but for `seeds`, and `seed`, to a `LearningTask`.
    settings
        The names of the settings.
    """

    title: str
    task: Callable[..., LearningTask]
    settings: tuple[str, ...]


LEARNING = {
    "learn-words": LearningWorkload(
        "Learning a language model of words",
        partial(text_task, "word"),
        (*OF_ALL, "vocabulary_size", "layers"),
    ),
    "learn-chars": LearningWorkload(
        "Learning a language model of characters",
        partial(text_task, "char"),
        (*OF_ALL, "layers"),
    ),
    "learn-tags": LearningWorkload("Learning to tag", tag_task, OF_ALL),
}


def run(
    name: str,
    selection: Selection,
    *,
    settings: Mapping[str, Any],
    threads: int,
    seed: int = 0,
    on_progress: Callable[[str], None] = lambda doing: None,
) -> dict[str, Any]:
    """Let everyone selected learn from each seed; what came of it, as results have it.

    Contenders are checked first: from a peer's weights this project's model has to get the peer's
    score. Then they take turns, an epoch each; what slows the machine slows them all.

    Parameters
    ----------
    name
        Of `LEARNING`.
    settings
        Those of the workload; `seeds` is how many there are, from `seed` on.
    threads
        Of each contender.
    on_progress
        Called with what is being done.

    Raises
    ------
    InputError
        If a setting or the data cannot be used.
    """
    workload = LEARNING[name]
    settings = dict(settings)
    count = settings.pop("seeds", SEEDS)
    seeds = [(seed + k) % (LARGEST_SEED + 1) for k in range(count)]
    task = workload.task(**settings, seed=seed)
    contenders = selection.of(learning_contenders(task, selection))
    entries = [LearningEntry(contender) for contender in contenders]
    on_progress("comparing scores of the same weights")
    _check(entries, task, threads)
    for number, one in enumerate(seeds, start=1):
        tell = partial(_tell, on_progress, f"seed {number} of {count}")
        _learn(entries, task.with_seed(one), threads, tell)
    rows, same_scores = rows_of(entries, seeds, task.higher_is_better)
    ours = first_of_ours(entries)
    return {
        "name": name,
        "title": workload.title,
        "sizes": dict(task.sizes),
        "unit": "epoch",
        "rounds": count,
        "reference": None,
        "ours": ours and ours.contender.name,
        "contenders": rows,
        "growth": [],
        "learning": {
            "measure": task.measure,
            "higher_is_better": task.higher_is_better,
            "same_scores": same_scores,
        },
    }


def _tell(on_progress: Callable[[str], None], seed: str, doing: str) -> None:
    on_progress(f"{seed}, {doing}")


def _check(entries: Sequence[LearningEntry], task: LearningTask, threads: int) -> None:
    """Find out who is there, and compare the peers' scores of their weights with this project's."""
    with contextlib.ExitStack() as stack:

        def answer(entry: LearningEntry, asked: Any) -> Any:
            process = ContenderProcess(entry.contender, task, threads, serve_learner)
            stack.callback(process.kill)
            started = process.wait_for_start()
            return started if isinstance(started, Absence) else process.ask(asked)

        for entry in entries:
            if entry.contender.kind != "peer":
                continue
            found = answer(entry, WEIGHTS)
            ours = first_of_ours(entries)
            if isinstance(found, Absence):
                entry.absence = found
            elif ours is not None:
                weights, figures = found
                expected = answer(ours, weights)
                if isinstance(expected, Absence):
                    ours.absence = expected
                else:
                    entry.absence = disagreement(figures, expected)


def disagreement(found: Mapping[str, float], expected: Mapping[str, float]) -> Absence | None:
    """Why a peer's scores may not be compared with this project's; None if they may.

    Parameters
    ----------
    found, expected
        Figures of the held-out score of the same weights, the peer's and this project's.
    """
    allowed = LARGEST_ERROR["float32"]
    for name, right in expected.items():
        value = found[name]
        if value == right:  # or None, which both are where a perplexity is beyond all floats
            continue
        if None in (value, right) or abs(value - right) > allowed * abs(right):
            return Absence(
                "wrong",
                f"of its first weights it finds {name} {value}, and this project {right}",
            )
    return None


def _learn(
    entries: Sequence[LearningEntry],
    task: LearningTask,
    threads: int,
    on_progress: Callable[[str], None],
) -> None:
    """Train everyone who is there from one seed, an epoch in turns."""
    with contextlib.ExitStack() as stack:
        processes = []
        for entry in entries:
            if entry.absence is not None:
                continue
            on_progress(f"starting {entry.contender.name}")
            process = ContenderProcess(entry.contender, task, threads, serve_learner)
            stack.callback(process.kill)
            started = process.wait_for_start()
            if isinstance(started, Absence):
                entry.absence = started
            else:
                entry.set_up.append(started)
                processes.append((entry, process))
        epochs = task.recipe["epochs"]
        for epoch in range(1, epochs + 1):
            for entry, process in processes:
                if entry.absence is None:
                    on_progress(f"epoch {epoch} of {epochs}: {entry.contender.name}")
                    entry.take(process.ask(TURN), task.seed)
