"""A training run on disk: its folder, checkpoints, history, and the model it writes."""

import errno
import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnn_graph.errors import InputError
from rnn_graph.files.atomic import check_outputs, only_user_of
from rnn_graph.files.checked_json import find_mistake
from rnn_graph.files.provenance import model_signature
from rnn_graph.train.checkpoints import (
    Checkpoint,
    CheckpointFolder,
    checkpoint_as_bytes,
    checkpoint_of_bytes,
)
from rnn_graph.train.history import HistoryFile, Log, TensorBoardLog
from rnn_graph.train.observer import Observer, Record
from rnn_graph.train.processes import Processes, check_in_first, from_first, in_any_process
from rnn_graph.train.settings import CHANGEABLE
from rnn_graph.train.trainer import CALLS_A_LOOK, POSITION, Trainer

HISTORY = "history.jsonl"
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
WAIT_FOR_SPACE, LONGEST_WAIT_FOR_SPACE = 2.0, 600.0  # seconds


@dataclass(frozen=True)
class RunSettings:
    """How a run is kept.

    Attributes
    ----------
    out
        The model file.
    resume
        Whether to go on from the newest checkpoint, if there is one.
    checkpoint_minutes, keep_checkpoints
        How often there is one, and how many stay.
    tensorboard, plot
        Where else the history goes, if anywhere.
    processes
        Which of how many share the run; the first one writes.
    """

    out: Path
    resume: bool = False
    checkpoint_minutes: float = 10.0
    keep_checkpoints: int = 3
    tensorboard: Path | None = None
    plot: Path | None = None
    processes: Processes = field(default_factory=Processes)

    @classmethod
    def of(cls, out: str | Path | None, **options: Any) -> "RunSettings | None":
        """The settings of a run that Python asks for; None if nothing is to be kept.

        Raises
        ------
        InputError
            If an option is given and `out` is not.
        """
        given = {name: value for name, value in options.items() if value is not None}
        if out is None:
            if given.get("resume") or "plot" in given or "tensorboard" in given:
                raise InputError(
                    "resume, plot and tensorboard belong to a run that is kept; give out too"
                )
            return None
        for name in ("tensorboard", "plot"):
            if name in given:
                given[name] = Path(given[name])
        return cls(out=Path(out), **given)

    @property
    def writes(self) -> bool:
        """Whether this process writes."""
        return self.processes.is_first

    @property
    def folder(self) -> Path:
        """For checkpoints, history and the text as numbers: `model.run` for `model.npz`."""
        return self.out.parent / f"{self.out.name.removesuffix('.npz')}.run"

    def check(self, inputs: list[Path]) -> None:
        """Find out now what cannot be written.

        Raises
        ------
        InputError
            If an output cannot be written, or is an input; if a number is out of its range.
        """
        if not 0 <= self.checkpoint_minutes < math.inf:
            raise InputError(f"checkpoint_minutes is {self.checkpoint_minutes}; give 0 or more")
        if self.writes:
            check_outputs([self.out, self.plot], inputs=inputs)

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """The run's folder; for a process that does not write one that goes away again.

        A folder that is new goes away as well if nothing comes of the run.

        Raises
        ------
        InputError
            If it cannot be made, or another process uses it.
        """
        if not self.writes:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                yield Path(folder)
            return
        is_new = not self.folder.exists()
        try:
            os.makedirs(self.folder, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot make the folder {self.folder}: {error.strerror}") from None
        try:
            with only_user_of(self.folder):
                yield self.folder
        except BaseException:
            if is_new and not CheckpointFolder(self.folder, keep=1).has_progress:
                shutil.rmtree(self.folder, ignore_errors=True)
            raise


class Run(Observer):
    """Writes what happens in training.

    Parameters
    ----------
    settings
    folder
        From `RunSettings.opened`.
    data_digest
        Tells the data from others.
    description
        How the model was trained, for its file: JSON values by name.
    save
        Writes the model with given parameters and training to a path.
    say
        Tells the user something.
    """

    def __init__(
        self,
        settings: RunSettings,
        folder: Path,
        *,
        data_digest: str,
        description: dict[str, Any],
        save: Callable[..., None],
        say: Callable[[str], None],
    ):
        self._settings, self._folder, self._digest = settings, folder, data_digest
        self._description, self._save_model, self._tell_user = description, save, say
        self._checkpoints = CheckpointFolder(folder, keep=settings.keep_checkpoints)
        self._last_checkpoint = time.monotonic()
        self._logs: list[Log] = []
        self._warned: set[str] = set()
        self._stops = False
        self._trainer: Trainer
        self._resumed_at: int | None = None
        self.interrupted: Callable[[], bool] = lambda: False
        self.saved = False

    def on_begin(self, trainer: Trainer) -> None:
        """Take up an earlier run if asked to; else make room for a new one.

        Raises
        ------
        InputError
            In all processes, if one of them cannot begin.
        """
        self._trainer, processes = trainer, self._settings.processes
        self._identity = _identity(trainer, self._digest)
        self._require_like_processes()
        checkpoint = self._newest() if self._settings.resume else None
        if checkpoint is not None:
            self._take_up(checkpoint)
        else:
            if self._settings.resume:
                self._say(f"{self._settings.folder} holds no checkpoint: training begins anew")
            check_in_first(processes, self._make_room)
        check_in_first(processes, self._open_logs)
        if checkpoint is None:
            self._write_checkpoint()  # to go on from, however soon the run is cut off

    def on_record(self, record: Record) -> None:
        for a_log in self._logs:
            try:
                a_log.add(record)
            except OSError as error:
                self._warn("the history was not written", error.strerror)

    def on_epoch(self, record: Record) -> None:
        if record.step and (record.is_best or record.held_out is None):
            self._warn_of("the model was not written", self._save)

    def on_step(self) -> None:
        """Write a checkpoint if it is time; several processes have to agree on it."""
        settings = self._settings
        if settings.processes.count > 1 and self._trainer.position.steps % CALLS_A_LOOK:
            return
        since = time.monotonic() - self._last_checkpoint
        is_due = settings.writes and since >= 60 * settings.checkpoint_minutes
        is_due, self._stops = in_any_process(is_due, self.interrupted())
        if is_due:
            self._write_checkpoint()

    def should_stop(self) -> bool:
        return self._stops

    def on_end(self) -> None:
        """Write the last checkpoint and the model."""
        self._write_checkpoint()
        if not self._settings.writes:
            return
        self._save_in_the_end()
        if self._stops:
            self._say(
                f"interrupted after {self._trainer.position.steps:,} of"
                f" {self._trainer.total_steps:,} steps; the model is in {self._settings.out}, and"
                " --resume goes on"
            )

    def close(self) -> None:
        """Close the logs."""
        for a_log in self._logs:
            with suppress(OSError):  # was said when it was written to
                a_log.close()

    @property
    def history_path(self) -> Path:
        return self._settings.folder / HISTORY

    def _say(self, line: str) -> None:
        """Tell the user, who has several processes before them maybe, once."""
        if self._settings.writes:
            self._tell_user(line)

    def _require_like_processes(self) -> None:
        """All processes have to train alike, on the same data."""
        first = json.loads(from_first(lambda: json.dumps(self._identity).encode()))
        (differ,) = in_any_process(first != self._identity)
        if differ:
            _require_same_run(first, self._identity, "process 0's run is another")
            raise InputError("another process has other settings or another text; see there")

    def _take_up(self, checkpoint: Checkpoint) -> None:
        then, now = (_without_changeable(i) for i in (checkpoint.identity, self._identity))
        _require_same_run(then, now, f"{self._settings.folder} holds another run")
        self._trainer.restore(dict(checkpoint.arrays), checkpoint.values)
        position = self._trainer.position
        self._resumed_at = position.steps
        self.saved = position.best is not None and self._settings.out.exists()
        check_in_first(
            self._settings.processes, lambda: self._checkpoints.clear(beyond=position.steps)
        )
        self._say(f"going on after {position.steps:,} of {self._trainer.total_steps:,} steps")

    def _open_logs(self) -> None:
        if self._settings.tensorboard is not None:
            self._logs.append(
                TensorBoardLog(self._settings.tensorboard, up_to_step=self._resumed_at)
            )
        self._logs.append(HistoryFile(self._folder / HISTORY, up_to_step=self._resumed_at))

    def _newest(self) -> Checkpoint | None:
        """The newest checkpoint, as the first process has it."""
        if self._settings.processes.count == 1:
            return self._checkpoints.newest(self._say, self._require_fitting)
        found = self._checkpoints.newest(self._say) if self._settings.writes else None
        data = from_first(lambda: b"" if found is None else checkpoint_as_bytes(found))
        return checkpoint_of_bytes(data) if data else None

    def _require_fitting(self, checkpoint: Checkpoint) -> None:
        """Raise `InputError` if a checkpoint of a run like this one is not as it ought to be."""
        then, now = (_without_changeable(i) for i in (checkpoint.identity, self._identity))
        if then == now:
            self._trainer.check_fits(checkpoint.arrays, checkpoint.values)

    def _make_room(self) -> None:
        """Remove the checkpoints of a finished run; refuse to remove those of another one."""
        found = self._checkpoints.newest(self._say, _require_position)
        if found is not None and not found.is_final and found.values["position"]["steps"]:
            raise InputError(
                f"{self._settings.folder} holds an unfinished run; go on with --resume, remove the"
                " folder to begin anew, or give another --out"
            )
        self._checkpoints.clear()

    def _write_checkpoint(self) -> None:
        arrays, values = self._trainer.state()  # of all processes
        self._last_checkpoint = time.monotonic()
        if not self._settings.writes:
            return
        checkpoint = Checkpoint(arrays, values, self._identity, self._trainer.is_done)
        self._warn_of(
            "no checkpoint was written",
            lambda: self._checkpoints.write(self._trainer.position.steps, checkpoint),
        )

    def _save(self) -> None:
        if not self._settings.writes:
            return
        position = self._trainer.position
        training = self._description | {
            "history": self._trainer.history,
            "tokens": position.seen,
            "seconds": position.seconds,
            "epochs": self._trainer.epochs,
        }
        self._save_model(
            self._settings.out, training=training, parameters=self._trainer.kept_parameters()
        )
        self.saved = True

    def _warn_of(self, what: str, write: Callable[[], Any]) -> None:
        """Write, and go on with a warning if that fails: hours of training are at stake."""
        try:
            write()
        except InputError as error:
            self._warn(what, str(error))

    def _warn(self, what: str, why: str | None) -> None:
        """Say so once: the same is tried again, and may fail again, at every step."""
        if what not in self._warned:
            self._warned.add(what)
            self._say(f"rnn-graph: warning: {what}: {why}; training goes on")

    def _save_in_the_end(self) -> None:
        """Write the model; where the disk is full, wait for space and try again.

        Raises
        ------
        InputError
            If there is none for long, or the user interrupts, or the model cannot be written.
        """
        deadline = time.monotonic() + LONGEST_WAIT_FOR_SPACE
        while True:
            try:
                return self._save()
            except InputError as error:
                is_full = getattr(error.__cause__, "errno", None) in NO_SPACE
                if not is_full or self.interrupted() or time.monotonic() > deadline:
                    raise
                self._warn("the model waits for space", f"{error} (Ctrl-C ends without it)")
            time.sleep(WAIT_FOR_SPACE)

    def rescue(self) -> bool:
        """Write the model as it stands, where training cannot go on; whether that was done."""
        if not self._settings.writes or not self._trainer.position.steps:
            return False
        with suppress(InputError):
            self._save()
            return True
        return False


def _require_position(checkpoint: Checkpoint) -> None:
    mistake = find_mistake(checkpoint.values, {"position": POSITION})
    if mistake:
        raise InputError(mistake)


def _identity(trainer: Trainer, data_digest: str) -> dict[str, Any]:
    """What a run is, as a checkpoint has it; what need not be the same later is `CHANGEABLE`."""
    identity = {
        **model_signature(trainer.model),
        **dict(trainer.recipe.settings),
        "recipe": trainer.recipe.name,
        "data": data_digest,
    }
    return json.loads(json.dumps(identity))


def _without_changeable(identity: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in identity.items() if name not in CHANGEABLE}


def _require_same_run(then: dict[str, Any], now: dict[str, Any], what: str) -> None:
    """Raise `InputError` naming what differs between two runs.

    Parameters
    ----------
    then, now
        What an earlier run, or that of another process, is, and what this one is.
    what
        What the message begins with.
    """
    differences = [
        "the data are other ones"
        if name == "data"
        else f"{name} is {now.get(name)!r} and was {then.get(name)!r}"
        # Another recipe has other settings, more than anyone reads.
        for name in (
            ["recipe"] if then.get("recipe") != now.get("recipe") else sorted({*then, *now})
        )
        if then.get(name) != now.get(name)
    ]
    if differences:
        raise InputError(
            f"{what}: {'; '.join(differences)}; give the same settings and data, or another --out"
        )
