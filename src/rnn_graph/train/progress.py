"""What a user sees of training: a bar, lines and samples; and a Ctrl-C that loses nothing."""

import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
from rich.text import Text

from rnn_graph.train.observer import Observer, Record

# The loss on display forgets with this many tokens, the rate with this many seconds.
LOSS_MEMORY = 5_000
REFRESH_INTERVAL = 0.2


class ProgressBar(Observer):
    """A bar with the loss, tokens a second and the time left, and lines above it.

    In a terminal and in Jupyter it moves; elsewhere there are the lines alone.

    Parameters
    ----------
    unit
        What tokens are called: "words", "characters", "labels".
    sample
        Something that the model does by now, in a line or several; None for nothing.
    enabled
        Whether to write anything at all.
    console
        Where to; standard error (in Jupyter the cell) if None.
    """

    def __init__(
        self,
        unit: str,
        *,
        sample: Callable[[], str] | None = None,
        enabled: bool = True,
        console: Console | None = None,
    ):
        self._unit, self._sample, self._enabled = unit, sample, enabled
        self._console = console or Console(stderr=not _in_notebook(), quiet=not enabled)
        self._progress = Progress(
            TextColumn("{task.fields[done]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[loss]}"),
            _TimeLeft(),
            console=self._console,
            transient=True,
            disable=not enabled or not (self._console.is_terminal or self._console.is_jupyter),
        )
        self._loss, self._weight = 0.0, 0.0

    def __enter__(self) -> "ProgressBar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, line: str) -> None:
        """Print a line above the bar; on a terminal it breaks at blanks."""
        if self._enabled:
            is_whole = not self._console.is_terminal
            self._console.print(line, highlight=False, soft_wrap=is_whole, markup=False)

    def on_begin(self, trainer) -> None:
        self._trainer = trainer
        self._task = self._progress.add_task(
            "", total=1.0, done="", rate="", loss="compiling", left=None
        )
        # The first steps compile: the rate is measured from after them.
        self._measured_from: tuple[float, int, int] | None = None
        self._shown = time.monotonic()

    def on_losses(self, losses: list[tuple[int, float]]) -> None:
        tokens, nats = sum(n for n, _ in losses), sum(loss for _, loss in losses)
        now, position = time.monotonic(), self._trainer.position
        if self._measured_from is None:
            self._measured_from = now, position.steps, position.seen
        if not tokens:
            return
        self._weight = min(self._weight + tokens, LOSS_MEMORY)
        self._loss += min(1.0, tokens / self._weight) * (nats / tokens - self._loss)
        if now - self._shown > REFRESH_INTERVAL:
            self._shown = now
            self._show(now)

    def on_epoch(self, record: Record) -> None:
        parts = [f"epoch {record.epoch:.3g}"]
        if record.loss is not None:
            parts.append(f"loss {record.loss:.4f} nats, perplexity {readable(record.perplexity)}")
        if record.on_training is not None:
            parts.append(f"on all training data {described(record.on_training)}")
        if record.held_out is not None:
            best = " (best)" if record.is_best else ""
            parts.append(f"held out {described(record.held_out)}{best}")
        if record.tokens:
            parts.append(f"{record.tokens_per_second:,.0f} {self._unit}/s")
        self.say("; ".join(parts))
        if self._sample is not None and record.step and self._enabled:
            self.say(self._sample())

    def _show(self, now: float) -> None:
        since, first_step, first_token = self._measured_from
        position, total = self._trainer.position, self._trainer.total_steps
        seconds, steps = now - since, position.steps - first_step
        left = seconds / steps * (total - position.steps) if steps else None
        rate = (position.seen - first_token) / max(seconds, 1e-9)
        self._progress.update(
            self._task,
            completed=position.steps / total,
            done=f"{position.steps / total:4.0%}",
            rate=f"{rate:,.0f} {self._unit}/s" if steps else "",
            loss=f"loss {self._loss:.3f}",
            left=left,
        )


class _TimeLeft(ProgressColumn):
    """The time left by the rate of the steps that were not compiling."""

    def render(self, task) -> Text:
        left = task.fields["left"]
        if left is None:
            return Text("")
        minutes, seconds = divmod(round(left), 60)
        hours, minutes = divmod(minutes, 60)
        return Text(f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}")


def described(figures: dict[str, Any]) -> str:
    """The figures of an evaluation in a few words."""
    if "f1" in figures:
        accuracy = f"{figures['accuracy']:.2f} % of labels right"
        return f"F1 {figures['f1']:.2f}, {accuracy}" if figures["phrases"] else accuracy
    return f"loss {figures['loss']:.4f} nats, perplexity {readable(figures['perplexity'])}"


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
    if threading.current_thread() is not threading.main_thread():
        yield interruption  # no other thread may handle signals
        return

    def on_interrupt(_signal: int, _frame: object) -> None:
        interruption.requested = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, previous)


def readable(perplexity: float | None, form: str = ",.2f") -> str:
    """A perplexity, which is None in figures of JSON where no float is as large."""
    return "infinite" if perplexity in (None, math.inf) else f"{perplexity:{form}}"


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and shell.get_ipython().__class__.__name__ == "ZMQInteractiveShell"
