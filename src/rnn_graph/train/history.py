"""The history of a training run: a JSON object a line, and TensorBoard events."""

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from rnn_graph.errors import InputError
from rnn_graph.files.atomic import atomic_write
from rnn_graph.files.checked_json import (
    AMOUNT,
    COUNT,
    NUMBER,
    Maybe,
    Optional,
    json_line,
    parsed_as,
)
from rnn_graph.files.special_files import refuse_devices
from rnn_graph.train.observer import Record

Entry = dict[str, Any]
FIGURES = {name: Optional(Maybe(NUMBER)) for name in ("loss", "f1", "accuracy")}
ENTRY = {
    "step": COUNT,
    "tokens": COUNT,
    **{name: Optional(AMOUNT) for name in ("epoch", "seconds")},
    **{name: Optional(Maybe(NUMBER)) for name in ("loss", "recent_loss")},
    **{name: Optional(Maybe(FIGURES)) for name in ("held_out", "on_training")},
}


class Log(Protocol):
    """What is told of each record."""

    def add(self, record: Record) -> None: ...

    def close(self) -> None: ...


class HistoryFile:
    """Records as JSON lines.

    Parameters
    ----------
    path
    up_to_step
        Records of an earlier part of the run that are kept: those up to this step; None for a run
        that begins.
    """

    def __init__(self, path: Path, *, up_to_step: int | None = None):
        entries: list[Entry] = []
        if up_to_step is not None and path.exists():
            with suppress(InputError):  # a history that is damaged does not end the run
                entries = [entry for entry in read_history(path) if entry["step"] <= up_to_step]
        with atomic_write(path) as stream:
            stream.writelines(json_line(entry) for entry in entries)
        self._stream = open(path, "ab", buffering=0)  # noqa: SIM115 - closed by close()
        self._unwritten = b""

    def add(self, record: Record) -> None:
        """Write a record; what could not be written is tried again with the next one."""
        self._unwritten += json_line(record.as_dict())
        written = self._stream.write(self._unwritten)
        self._unwritten = self._unwritten[written:]

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


class TensorBoardLog:
    """Records as TensorBoard events, through tensorboardX.

    Parameters
    ----------
    folder
        For the events.
    up_to_step
        Events of an earlier part of the run that count: those up to this step; None for a run that
        begins.

    Raises
    ------
    InputError
        If tensorboardX is not installed, or the folder cannot be written.
    """

    SCALARS = ("loss", "perplexity", "bits", "tokens_per_second", "learning_rate")

    def __init__(self, folder: Path, *, up_to_step: int | None = None):
        try:
            from tensorboardX.event_file_writer import EventsWriter
            from tensorboardX.proto.event_pb2 import Event, SessionLog
        except ImportError:
            raise InputError(
                "TensorBoard events want tensorboardX; pip install 'rnn-graph[tensorboard]'"
            ) from None
        # Its own SummaryWriter writes in a thread, and waits without end for one that failed.
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = EventsWriter(str(folder / "events"))
            if up_to_step is not None:
                begins = SessionLog(status=SessionLog.START)
                self._writer.write_event(Event(step=up_to_step + 1, session_log=begins))
            self._writer.flush()
        except OSError as error:
            raise InputError(f"cannot write {folder}: {error.strerror}") from None

    def add(self, record: Record) -> None:
        """Write a record's numbers."""
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.summary import scalar

        scalars = {name: getattr(record, name) for name in self.SCALARS}
        scalars |= {f"held_out/{name}": value for name, value in (record.held_out or {}).items()}
        for name, value in scalars.items():
            if value is not None:
                event = Event(step=record.step, wall_time=time.time(), summary=scalar(name, value))
                self._writer.write_event(event)
        self._writer.flush()

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


def read_history(path: str | Path) -> list[Entry]:
    """The records of a history file; a last line that was cut off is left out.

    Raises
    ------
    InputError
        If the file is missing, or is no history.
    """
    refuse_devices(path)
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; check the path") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is no history: it is not text; give a .jsonl file") from None
    return list(_entries(path, lines))


def _entries(path, lines: list[str]) -> Iterable[Entry]:
    for number, line in enumerate(lines, 1):
        try:
            entry = parsed_as(line, ENTRY)
        except ValueError as mistake:
            if number == len(lines) and not line.endswith("\n"):
                return
            raise InputError(
                f"{path}, line {number}: no record of a training run ({mistake}); give a history"
                " that `rnn-graph train` wrote"
            ) from None
        yield entry
