"""Checkpoints of a training run: written whole or not at all, the newest of them kept."""

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.files.atomic import UNFINISHED
from rnn_graph.files.model_file import ModelFile, read_model_file, write_model_file

NAME = re.compile(r"step-(\d{9,})\.npz")


@dataclass(frozen=True)
class Checkpoint:
    """What a run goes on from.

    Attributes
    ----------
    arrays
        All that changes in training.
    values
        What else does, as JSON can hold it.
    identity
        What the run is: hyperparameters and corpus, by name.
    is_final
        Whether the run had ended.
    """

    arrays: Mapping[str, np.ndarray]
    values: dict[str, Any]
    identity: dict[str, Any]
    is_final: bool


class CheckpointFolder:
    """The checkpoints of one run.

    Parameters
    ----------
    folder
        Is there.
    keep
        How many of the newest are kept.
    """

    def __init__(self, folder: Path, *, keep: int):
        self._folder, self._keep = folder, keep

    def write(self, step: int, checkpoint: Checkpoint) -> Path:
        """Write a checkpoint, then remove the oldest that are too many.

        Raises
        ------
        InputError
            If it cannot be written; those that were there stay.
        """
        path = self._folder / f"step-{step:09}.npz"
        write_model_file(path, _content(checkpoint))
        for old in self.paths()[self._keep :]:
            old.unlink(missing_ok=True)
        return path

    def paths(self) -> list[Path]:
        """The checkpoints that are there, newest first."""
        found = [path for path in self._folder.glob("step-*.npz") if NAME.fullmatch(path.name)]
        return sorted(found, key=_step_of, reverse=True)

    def newest(self, say: Callable[[str], None]) -> Checkpoint | None:
        """The newest checkpoint that is whole; None if there is none.

        Parameters
        ----------
        say
            Is told of each that is not.
        """
        for path in self.paths():
            try:
                return read_checkpoint(path)
            except InputError as error:
                say(f"{error}; taking the checkpoint before it")
        return None

    @property
    def has_progress(self) -> bool:
        """Whether there is a checkpoint from after the first step."""
        return any(_step_of(path) for path in self.paths())

    def clear(self, *, beyond: int = -1) -> None:
        """Remove all checkpoints from after a step, and what a run that was killed left of one.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        try:
            for path in self.paths():
                if _step_of(path) > beyond:
                    path.unlink(missing_ok=True)
            for path in self._folder.glob(UNFINISHED):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(
                f"cannot remove old checkpoints in {self._folder}: {error.strerror}"
            ) from None


def checkpoint_as_bytes(checkpoint: Checkpoint) -> bytes:
    """A checkpoint as it stands in a file, to be sent to another process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "checkpoint.npz")
        write_model_file(path, _content(checkpoint))
        return path.read_bytes()


def checkpoint_of_bytes(data: bytes) -> Checkpoint:
    """The checkpoint that `checkpoint_as_bytes` gave."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "checkpoint.npz")
        path.write_bytes(data)
        return read_checkpoint(path)


def _step_of(path: Path) -> int:
    return int(NAME.fullmatch(path.name)[1])


def _content(checkpoint: Checkpoint) -> ModelFile:
    described = {
        "values": checkpoint.values,
        "identity": checkpoint.identity,
        "is_final": checkpoint.is_final,
    }
    return ModelFile(dict(checkpoint.arrays), described)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read one checkpoint.

    Raises
    ------
    InputError
        If it is not whole.
    """
    content = read_model_file(path)
    try:
        return Checkpoint(arrays=content.arrays, **content.configuration)
    except TypeError:
        raise InputError(f"{path} is no checkpoint") from None
