"""Where a run of minibatches is kept, and what is checked before it begins."""

import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rnn_graph.errors import InputError
from rnn_graph.files.atomic import check_outputs, only_user_of
from rnn_graph.train.checkpoints import CheckpointFolder
from rnn_graph.train.processes import Processes


@dataclass(frozen=True)
class RunSettings:
    """How a run is kept.

    Attributes
    ----------
    out
        The model file.
    processes
        Which of how many share the run; the first one writes.
    resume
        Whether to go on from the newest checkpoint.
    checkpoint_minutes, keep_checkpoints
        How often there is one, and how many stay.
    tensorboard, plot
        Where else the history goes, if anywhere.
    """

    out: Path
    processes: Processes
    resume: bool = False
    checkpoint_minutes: float = 10.0
    keep_checkpoints: int = 3
    tensorboard: Path | None = None
    plot: Path | None = None

    @property
    def writes(self) -> bool:
        """Whether this process writes."""
        return self.processes.is_first

    @property
    def folder(self) -> Path:
        """For checkpoints, history and the text as numbers: `model.run` for `model.npz`."""
        return self.out.parent / f"{self.out.name.removesuffix('.npz')}.run"


def check_run(run: RunSettings, inputs: list[Path]) -> None:
    """Find out now what cannot be written, or taken up.

    Raises
    ------
    InputError
        If an output cannot be written, or is an input; if a number is out of its range; if there is
        nothing to resume.
    """
    if not 0 <= run.checkpoint_minutes < math.inf:
        raise InputError(f"checkpoint_minutes is {run.checkpoint_minutes}; give 0 or more")
    if not run.writes:
        return
    check_outputs([run.out, run.plot], inputs=inputs)
    if run.resume and not run.folder.exists():
        raise InputError(f"there is no {run.folder} to resume; leave out --resume to begin")


@contextmanager
def run_folder(run: RunSettings) -> Iterator[Path]:
    """The run's folder, or for a process that does not write one that goes away again.

    A folder that is new goes away as well if nothing comes of the run.

    Raises
    ------
    InputError
        If it cannot be made, or another process uses it.
    """
    if not run.writes:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            yield Path(folder)
        return
    is_new = not run.folder.exists()
    try:
        os.makedirs(run.folder, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {run.folder}: {error.strerror}") from None
    try:
        with only_user_of(run.folder):
            yield run.folder
    except BaseException:
        if is_new and not CheckpointFolder(run.folder, keep=1).has_progress:
            shutil.rmtree(run.folder, ignore_errors=True)
        raise
