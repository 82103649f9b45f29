"""Checkpoints of a training run: written whole or not at all, the newest of them kept."""

import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.files.atomic import remove_unfinished
from rnn_graph.files.checked_json import OBJECT, TEXT, TRUTH, find_mistake
from rnn_graph.files.model_file import ModelFile, read_model_file, write_model_file

NAME = re.compile(r"step-(\d{9,18})\.npz", re.ASCII)
DESCRIPTION = {"values": OBJECT, "identity": OBJECT, "is_final": TRUTH, "digest": TEXT}


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

    def newest(
        self, say: Callable[[str], None], check: Callable[[Checkpoint], None] = lambda _: None
    ) -> Checkpoint | None:
        """The newest checkpoint that is whole; None if there is none.

        Parameters
        ----------
        say
            Is told of each that is not.
        check
            Raises `InputError` for one that cannot be gone on from.
        """
        for path in self.paths():
            try:
                found = read_checkpoint(path)
                try:
                    check(found)
                except InputError as error:
                    raise InputError(f"{path}: {error}; the file is damaged") from None
                return found
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
            remove_unfinished(self._folder)
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
    digest = _digest(checkpoint.arrays, described)
    return ModelFile(dict(checkpoint.arrays), described | {"digest": digest})


def _digest(arrays: Mapping[str, np.ndarray], described: Mapping[str, Any]) -> str:
    """Of names, types, shapes and bytes of all arrays, and of what else there is."""
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {arrays[name].shape}\n".encode())
        digest.update(array.data.cast("B") if array.size else b"")
    digest.update(json.dumps(described, sort_keys=True).encode())
    return digest.hexdigest()


def read_checkpoint(path: Path) -> Checkpoint:
    """Read one checkpoint.

    Raises
    ------
    InputError
        If it is not whole.
    """
    content = read_model_file(path)
    described = dict(content.configuration)
    mistake = find_mistake(described, DESCRIPTION)
    if mistake or described.keys() - DESCRIPTION.keys():
        raise InputError(f"{path} is no checkpoint ({mistake or 'it has other names'})")
    if described.pop("digest") != _digest(content.arrays, described):
        raise InputError(f"{path} does not hold what was written to it; the file is damaged")
    return Checkpoint(arrays=content.arrays, **described)
