"""From a file to a trained language model of minibatches: a run that can be taken up again."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rnn_graph.checkpoints import (
    Checkpoint,
    CheckpointFolder,
    checkpoint_as_bytes,
    checkpoint_of_bytes,
    require_same_run,
)
from rnn_graph.cli.console import log
from rnn_graph.cli.language_corpus import LanguageCorpus
from rnn_graph.cli.progress import TrainingProgress, deferred_interrupt
from rnn_graph.distributed import from_first, in_any_process
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.files import check_outputs
from rnn_graph.history import HistoryFile, Log, TensorBoardLog, read_history
from rnn_graph.language_training import (
    STEPS_A_LOOK,
    LanguageTrainer,
    LanguageTrainingSettings,
    Record,
    Watching,
)
from rnn_graph.metrics import perplexity
from rnn_graph.models.files import save_model
from rnn_graph.models.language_model import LanguageModel
from rnn_graph.plotting import plot_histories
from rnn_graph.signature import signature
from rnn_graph.training import Step

HISTORY = "history.jsonl"


@dataclass(frozen=True)
class RunSettings:
    """How a run is kept.

    Attributes
    ----------
    out
        The model file.
    folder
        Of checkpoints, history and the text as numbers.
    resume
        Whether to go on from the newest checkpoint.
    checkpoint_minutes, keep_checkpoints
        How often there is one, and how many stay.
    tensorboard, plot
        Where else the history goes, if anywhere.
    writes
        Whether this process writes: the first one of several.
    processes
        How many share the run.
    """

    out: Path
    folder: Path
    resume: bool = False
    checkpoint_minutes: float = 10.0
    keep_checkpoints: int = 3
    tensorboard: Path | None = None
    plot: Path | None = None
    writes: bool = True
    processes: int = 1


@dataclass(frozen=True)
class LanguageTrainingResult:
    """What `rnn-graph train` reports of minibatches; losses in nats a token.

    Attributes
    ----------
    loss
        Mean over the last part of the last epoch, while training.
    held_out_loss
        The least of all evaluations, which is that of the model in the file.
    """

    model: str
    loss: float | None
    perplexity: float | None
    held_out_loss: float | None
    held_out_perplexity: float | None
    tokens: int
    tokens_per_second: float
    epochs: float
    interrupted: bool
    history: str
    signature: dict[str, Any]


def run_folder(out: Path) -> Path:
    """Where a run keeps what its model file is made from: `model.run` for `model.npz`."""
    return out.with_suffix(".run")


def train_and_save_language_model(
    model: LanguageModel,
    corpus: LanguageCorpus,
    settings: LanguageTrainingSettings,
    run: RunSettings,
    *,
    data: str,
) -> LanguageTrainingResult:
    """Train with a progress bar; write checkpoints, history and the best or last model."""
    trainer = LanguageTrainer(model, corpus.training, settings, held_out=corpus.held_out)
    recorder = _Recorder(trainer, corpus, run, data)
    recorder.begin()
    unit = "words" if model.reads_words else "characters"
    total = settings.epochs * len(corpus.training)
    with (
        TrainingProgress(total, _describe_loss(unit), unit=unit) as progress,
        deferred_interrupt() as interrupted,
        recorder.open_logs(),
    ):
        recorder.tell, recorder.interrupted = progress.say, interrupted
        progress.begin_at(trainer.position.seen)
        watching = Watching(
            on_tokens=lambda tokens, nats: progress.on_step(Step(tokens, nats)),
            on_record=recorder.on_record,
            on_evaluation=recorder.on_evaluation,
            on_step=recorder.on_step,
            should_stop=recorder.should_stop,
        )
        try:
            trainer.run(watching)
        except TrainingDiverged as error:
            kept = f"{run.out} holds the best model so far" if recorder.saved else "no model yet"
            raise TrainingDiverged(f"{error} ({kept})") from None
        recorder.end()
    return recorder.result()


class _Recorder:
    """Writes what happens in a run."""

    def __init__(
        self, trainer: LanguageTrainer, corpus: LanguageCorpus, run: RunSettings, data: str
    ):
        self._trainer, self._run = trainer, run
        self._checkpoints = CheckpointFolder(run.folder, keep=run.keep_checkpoints)
        self._signature = signature(
            trainer.model,
            **asdict(trainer.settings),
            devices=trainer.model.backend.device_count,
        )
        self._identity = _identity(trainer, corpus)
        self._data = data
        self._last_checkpoint = time.monotonic()
        self._logs: list[Log] = []
        self._last: Record | None = None
        self._resumed_at: int | None = None
        self._stops = False
        self.interrupted: Callable[[], bool] = lambda: False
        self.saved = False
        self.tell: Callable[[str], None] = log

    def say(self, line: str) -> None:
        """Tell the user, who has several processes before them maybe, once."""
        if self._run.writes:
            self.tell(line)

    def begin(self) -> None:
        """Take up an earlier run if asked to; else make room for a new one."""
        if not self._run.resume:
            if self._run.writes:
                self._refuse_unfinished()
                self._checkpoints.clear()
            self._write_checkpoint()  # to go on from, however soon the run is cut off
            return
        checkpoint = self._newest()
        if checkpoint is None:
            raise InputError(
                f"there is no checkpoint in {self._run.folder}; leave out --resume to begin"
            )
        require_same_run(checkpoint.identity, self._identity)
        self._trainer.restore(dict(checkpoint.arrays), checkpoint.values)
        position = self._trainer.position
        self._resumed_at = position.steps
        self.say(f"going on after {position.steps:,} of {self._trainer.total_steps:,} steps")

    @contextmanager
    def open_logs(self) -> Iterator[None]:
        """Where records go, while training."""
        if self._run.writes:
            self._logs.append(HistoryFile(self._run.folder / HISTORY, up_to_step=self._resumed_at))
            if self._run.tensorboard is not None:
                self._logs.append(TensorBoardLog(self._run.tensorboard))
        try:
            yield
        finally:
            for a_log in self._logs:
                a_log.close()

    def on_record(self, record: Record) -> None:
        self._last = record
        for a_log in self._logs:
            a_log.add(record)

    def on_evaluation(self, record: Record, is_best: bool) -> None:
        held_out = ""
        if record.held_out is not None:
            held_out = (
                f", held out {record.held_out:.4f} nats, perplexity"
                f" {perplexity(record.held_out):,.2f}{' (best)' if is_best else ''}"
            )
        self.say(
            f"epoch {record.epoch:g}: loss {record.loss:.4f} nats, {record.bits:.4f} bits,"
            f" perplexity {perplexity(record.loss):,.2f}{held_out};"
            f" {record.tokens_per_second:,.0f} tokens/s"
        )
        if is_best:
            self._save_or_warn()

    def on_step(self) -> None:
        """Write a checkpoint if it is time; several processes have to agree on it."""
        if self._run.processes > 1 and self._trainer.position.steps % STEPS_A_LOOK:
            return
        since = time.monotonic() - self._last_checkpoint
        is_due = self._run.writes and since >= 60 * self._run.checkpoint_minutes
        is_due, self._stops = in_any_process(is_due, self.interrupted())
        if is_due:
            self._write_checkpoint()

    def should_stop(self) -> bool:
        return self._stops

    def end(self) -> None:
        """Write the last checkpoint and, unless the best one is written, the model."""
        self._write_checkpoint()
        if not self._run.writes:
            return
        if self._trainer.best is None or not self._run.out.exists():
            self._save()
        if self._stops:
            self.say(
                f"interrupted after {self._trainer.position.steps:,} steps; the model is in"
                f" {self._run.out}, and --resume goes on"
            )
        if self._run.plot is not None:
            history = self._run.folder / HISTORY
            plot_histories(self._run.plot, {self._run.out.stem: read_history(history)})
            self.say(f"loss curve in {self._run.plot}")

    def result(self) -> LanguageTrainingResult:
        position, last = self._trainer.position, self._last
        best = position.best_loss
        loss = last.loss if last is not None else None
        return LanguageTrainingResult(
            model=str(self._run.out),
            loss=loss,
            perplexity=None if loss is None else perplexity(loss),
            held_out_loss=best,
            held_out_perplexity=None if best is None else perplexity(best),
            tokens=position.seen,
            tokens_per_second=position.seen / max(position.seconds, 1e-9),
            epochs=position.epoch + position.step_in_epoch / self._steps_per_epoch,
            interrupted=self._stops,
            history=str(self._run.folder / HISTORY),
            signature=self._signature,
        )

    @property
    def _steps_per_epoch(self) -> int:
        return self._trainer.minibatches.steps_per_epoch

    def _newest(self) -> Checkpoint | None:
        """The newest checkpoint, as the first process has it."""
        if self._run.processes == 1:
            return self._checkpoints.newest(self.say)
        found = self._checkpoints.newest(self.say) if self._run.writes else None
        data = from_first(lambda: b"" if found is None else checkpoint_as_bytes(found))
        return checkpoint_of_bytes(data) if data else None

    def _refuse_unfinished(self) -> None:
        found = self._checkpoints.newest(self.say)
        if found is None or found.is_final or not found.values["position"]["steps"]:
            return
        if found.identity == self._identity:
            raise InputError(
                f"{self._run.folder} holds this very run, unfinished; go on with --resume, or"
                " remove the folder to begin anew"
            )
        self.say(f"the checkpoints of another run in {self._run.folder} are replaced")

    def _write_checkpoint(self) -> None:
        arrays, values = self._trainer.state()  # of all processes
        self._last_checkpoint = time.monotonic()
        if not self._run.writes:
            return
        checkpoint = Checkpoint(arrays, values, self._identity, self._trainer.is_done)
        self._warn_of(
            "no checkpoint was written",
            lambda: self._checkpoints.write(self._trainer.position.steps, checkpoint),
        )

    def _save(self) -> None:
        training = {
            "data": self._data,
            "signature": self._signature,
            "held_out_loss": self._trainer.position.best_loss,
            "seconds": self._trainer.position.seconds,
            "tokens": self._trainer.position.seen,
        }
        if self._run.writes:
            save_model(self._run.out, self._trainer.model, training=training)
            self.saved = True

    def _save_or_warn(self) -> None:
        self._warn_of("the model was not written", self._save)

    def _warn_of(self, what: str, write: Callable[[], Any]) -> None:
        """Write, and go on with a warning if that fails: hours of training are at stake."""
        try:
            write()
        except InputError as error:
            self.say(f"rnn-graph: warning: {what}: {error}; training goes on")


@contextmanager
def prepared_folder(run: RunSettings, inputs: list[Path]) -> Iterator[None]:
    """Make the run's folder; find out now what cannot be written.

    A folder that is new goes away again if nothing comes of the run.

    Raises
    ------
    InputError
        If an output cannot be written, or is an input; if there is nothing to resume.
    """
    check_outputs([run.out, run.plot], inputs=inputs)
    is_new = not run.folder.exists()
    if run.resume and run.writes and is_new:
        raise InputError(f"there is no {run.folder} to resume; leave out --resume to begin")
    try:
        os.makedirs(run.folder, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {run.folder}: {error.strerror}") from None
    try:
        yield
    except BaseException:
        if is_new and not CheckpointFolder(run.folder, keep=1).has_progress:
            shutil.rmtree(run.folder, ignore_errors=True)
        raise
    finally:
        if not run.writes:
            shutil.rmtree(run.folder, ignore_errors=True)


def _identity(trainer: LanguageTrainer, corpus: LanguageCorpus) -> dict[str, Any]:
    """What has to be the same for a checkpoint to fit; `None` stands as in JSON."""
    return {
        **asdict(trainer.model.config),
        **asdict(trainer.settings),
        "backend": trainer.model.backend.name,
        "corpus": corpus.digest,
    }


def _describe_loss(unit: str) -> Callable[[float], str]:
    def describe(loss: float) -> str:
        return f"ppl {perplexity(loss):,.2f} {loss / 0.6931471805599453:.3f} bits"

    return describe
