"""Writing files so that nothing half-written is ever found under the name that was asked for."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rnn_graph.errors import InputError


def check_can_write(path: str | Path) -> Path:
    """Find out now, and not after hours of work, whether `path` can be written.

    Raises
    ------
    InputError
        If its folder is missing or not writable, or `path` is a folder.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder; give a file name")
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {path.parent}; create it first")
    if not os.access(path.parent, os.W_OK):
        raise InputError(
            f"cannot write {path}: no permission to write in {path.parent}; choose another folder"
        )
    return path


@contextmanager
def atomic_write(path: str | Path) -> Iterator[BinaryIO]:
    """A binary stream whose content appears under `path` at the end, whole or not at all.

    The content goes to a temporary name in the same folder, which is renamed on success and
    removed on failure; a file that was there before stays until then.
    """
    path = check_can_write(path)
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".partial", delete=False
        ) as stream:
            try:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
                os.chmod(stream.name, 0o666 & ~_umask())
                os.replace(stream.name, path)
            except BaseException:
                os.unlink(stream.name)
                raise
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
