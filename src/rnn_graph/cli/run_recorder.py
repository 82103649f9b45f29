"""What is written of a run of minibatches: checkpoints, history, the model."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rnn_graph.cli.console import log
from rnn_graph.cli.run_folder import RunSettings
from rnn_graph.data.corpus import LanguageCorpus
from rnn_graph.errors import InputError
from rnn_graph.files.provenance import signature
from rnn_graph.models.registry import save_model
from rnn_graph.plots.curves import plot_histories
from rnn_graph.predict.metrics import perplexity
from rnn_graph.train.checkpoints import (
    Checkpoint,
    CheckpointFolder,
    checkpoint_as_bytes,
    checkpoint_of_bytes,
    require_same_run,
)
from rnn_graph.train.history import HistoryFile, Log, TensorBoardLog, read_history
from rnn_graph.train.observer import Record
from rnn_graph.train.processes import check_in_first, from_first, in_any_process
from rnn_graph.train.trainer import STEPS_A_LOOK, LanguageTrainer

HISTORY = "history.jsonl"


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


class RunRecorder:
    """Writes what happens in a run."""

    def __init__(
        self,
        trainer: LanguageTrainer,
        corpus: LanguageCorpus,
        run: RunSettings,
        folder: Path,
        data: str,
    ):
        self._trainer, self._run, self._folder = trainer, run, folder
        self._checkpoints = CheckpointFolder(folder, keep=run.keep_checkpoints)
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
        self._warned: set[str] = set()
        self.interrupted: Callable[[], bool] = lambda: False
        self.saved = False
        self.tell: Callable[[str], None] = log

    def say(self, line: str) -> None:
        """Tell the user, who has several processes before them maybe, once."""
        if self._run.writes:
            self.tell(line)

    def begin(self) -> None:
        """Take up an earlier run if asked to; else make room for a new one.

        Raises
        ------
        InputError
            In all processes, if one of them cannot begin.
        """
        self._require_like_processes()
        check_in_first(self._run.processes, self._open_tensorboard)
        if self._run.resume:
            self._take_up()
        else:
            check_in_first(self._run.processes, self._make_room)
            self._write_checkpoint()  # to go on from, however soon the run is cut off
        check_in_first(self._run.processes, self._open_history)
        cut = getattr(self._trainer.minibatches, "cut_sentences", 0)
        if cut:
            longest = self._trainer.settings.sequence_length
            self.say(f"{cut:,} sentences have more than {longest:,} words; the rest is left out")

    def _require_like_processes(self) -> None:
        """All processes have to train alike, on the same text."""
        first = json.loads(from_first(lambda: json.dumps(self._identity).encode()))
        (differ,) = in_any_process(first != self._identity)
        if differ:
            require_same_run(first, self._identity, "process 0's run is another")
            raise InputError("another process has other settings or another text; see there")

    def _take_up(self) -> None:
        checkpoint = self._newest()
        if checkpoint is None:
            raise InputError(
                f"there is no checkpoint in {self._run.folder}; leave out --resume to begin"
            )
        require_same_run(checkpoint.identity, self._identity, "the checkpoint is of another run")
        self._trainer.restore(dict(checkpoint.arrays), checkpoint.values)
        position = self._trainer.position
        self._resumed_at = position.steps
        self.saved = position.best_loss is not None and self._run.out.exists()
        check_in_first(self._run.processes, lambda: self._checkpoints.clear(beyond=position.steps))
        self.say(f"going on after {position.steps:,} of {self._trainer.total_steps:,} steps")

    def _open_tensorboard(self) -> None:
        if self._run.tensorboard is not None:
            self._logs.append(TensorBoardLog(self._run.tensorboard, up_to_step=self._resumed_at))

    def _open_history(self) -> None:
        self._logs.append(HistoryFile(self._folder / HISTORY, up_to_step=self._resumed_at))

    def close(self) -> None:
        """Close the logs."""
        for a_log in self._logs:
            with suppress(OSError):  # was said when it was written to
                a_log.close()

    def on_record(self, record: Record) -> None:
        self._last = record
        for a_log in self._logs:
            try:
                a_log.add(record)
            except OSError as error:
                self._warn(f"the history was not written: {error.strerror}")

    def on_evaluation(self, record: Record, is_best: bool) -> None:
        held_out = ""
        if record.held_out is not None:
            held_out = (
                f", held out {record.held_out:.4f} nats, perplexity"
                f" {perplexity(record.held_out):,.2f}{' (best)' if is_best else ''}"
            )
        loss = "no token was predicted"
        if record.loss is not None:
            loss = (
                f"loss {record.loss:.4f} nats, {record.bits:.4f} bits, perplexity"
                f" {perplexity(record.loss):,.2f}"
            )
        self.say(
            f"epoch {record.epoch:g}: {loss}{held_out}; {record.tokens_per_second:,.0f} tokens/s"
        )
        if is_best:
            self._save_or_warn()

    def on_step(self) -> None:
        """Write a checkpoint if it is time; several processes have to agree on it."""
        if self._run.processes.count > 1 and self._trainer.position.steps % STEPS_A_LOOK:
            return
        since = time.monotonic() - self._last_checkpoint
        is_due = self._run.writes and since >= 60 * self._run.checkpoint_minutes
        is_due, self._stops = in_any_process(is_due, self.interrupted())
        if is_due:
            self._write_checkpoint()

    def should_stop(self) -> bool:
        return self._stops

    def end(self) -> None:
        """Write the last checkpoint, and the best model, or the last if none was evaluated."""
        self._write_checkpoint()
        if not self._run.writes:
            return
        if self._trainer.best is not None:
            self._trainer.model.set_parameters(self._trainer.best)
        self._save()
        if self._stops:
            self.say(
                f"interrupted after {self._trainer.position.steps:,} steps; the model is in"
                f" {self._run.out}, and --resume goes on"
            )
        if self._run.plot is not None:
            history = self._folder / HISTORY
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
        if self._run.processes.count == 1:
            return self._checkpoints.newest(self.say)
        found = self._checkpoints.newest(self.say) if self._run.writes else None
        data = from_first(lambda: b"" if found is None else checkpoint_as_bytes(found))
        return checkpoint_of_bytes(data) if data else None

    def _make_room(self) -> None:
        """Remove the checkpoints of another run; refuse to remove those of this very one."""
        found = self._checkpoints.newest(self.say)
        if found is not None and not found.is_final and found.values["position"]["steps"]:
            if found.identity == self._identity:
                raise InputError(
                    f"{self._run.folder} holds this very run, unfinished; go on with --resume, or"
                    " remove the folder to begin anew"
                )
            self.say(f"the checkpoints of another run in {self._run.folder} are replaced")
        self._checkpoints.clear()

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
            self._warn(f"{what}: {error}")

    def _warn(self, what: str) -> None:
        if what not in self._warned:
            self._warned.add(what)
            self.say(f"rnn-graph: warning: {what}; training goes on")


def _identity(trainer: LanguageTrainer, corpus: LanguageCorpus) -> dict[str, Any]:
    """What has to be the same for a checkpoint to fit; `None` stands as in JSON."""
    return {
        **asdict(trainer.model.config),
        **asdict(trainer.settings),
        "backend": trainer.model.backend.name,
        "corpus": corpus.digest,
    }
