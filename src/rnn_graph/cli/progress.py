"""The progress of training on stderr, and a Ctrl-C that loses nothing."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from rnn_graph.cli.console import error_console
from rnn_graph.train.observer import Step

# The loss on display forgets with this many words, the rate with this many seconds.
LOSS_MEMORY = 5_000
REFRESH_INTERVAL = 0.2


class TrainingProgress:
    """A bar with words a second, loss and time left, fed by the steps of training.

    Parameters
    ----------
    total_words
        Words of all epochs together.
    describe
        What to say of a mean loss, in nats a word.
    unit
        What is counted, if not words.
    """

    def __init__(self, total_words: int, describe: Callable[[float], str], *, unit: str = "words"):
        console = error_console()
        self._progress = Progress(
            TextColumn("{task.fields[done]}"),
            BarColumn(bar_width=None),
            TextColumn(f"{{task.fields[rate]:,.0f}} {unit}/s"),
            TextColumn("{task.fields[loss]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=total_words, done="", rate=0.0, loss="")
        self._describe = describe
        self._total = total_words
        self._words = self._before = 0
        self._loss = 0.0
        self._started = self._shown = time.monotonic()

    def __enter__(self) -> "TrainingProgress":
        self._progress.start()
        self._started = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin_at(self, words: int) -> None:
        """Count on from an earlier part of the run."""
        self._words = self._before = words

    def on_step(self, step: Step) -> None:
        loss = step.loss / step.words
        weight = min(1.0, step.words / min(LOSS_MEMORY, self._words + step.words))
        self._loss += weight * (loss - self._loss)
        self._words += step.words
        now = time.monotonic()
        if now - self._shown > REFRESH_INTERVAL:
            self._shown = now
            self._progress.update(
                self._task,
                completed=self._words,
                done=f"{self._words / self._total:4.0%}",
                rate=(self._words - self._before) / (now - self._started),
                loss=self._describe(self._loss),
            )

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        self._progress.console.print(line, highlight=False, soft_wrap=True, markup=False)


class Interruption:
    """Whether Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.requested = False

    def __call__(self) -> bool:
        return self.requested


@contextmanager
def deferred_interrupt() -> Iterator[Interruption]:
    """Let the first Ctrl-C ask for an end; a second one interrupts at once, as ever."""
    interruption = Interruption()

    def on_interrupt(_signal: int, _frame: object) -> None:
        interruption.requested = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, previous)
