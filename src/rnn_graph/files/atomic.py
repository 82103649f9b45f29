"""Writing files so that nothing half-written is ever found under the name that was asked for."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from rnn_graph.errors import InputError

LOCK = "lock"
PREFIX, SUFFIX = ".rnn_graph-", ".partial"


def check_can_write(path: str | Path) -> Path:
    """Find out now, and not after hours of work, whether `path` can be written.

    Raises
    ------
    InputError
        If its folder is missing or not writable, or `path` is a folder or a device.

    Returns
    -------
    Path
        What is written: where `path` is a link, what it leads to.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.is_symlink():
            raise InputError(f"cannot write {path}: it is a loop of links; give another name")
        if target.is_dir():
            raise InputError(f"cannot write {path}: it is a folder; give a file name")
        if target.exists() and not target.is_file():
            raise InputError(f"cannot write {path}: it is no regular file; give another name")
        if not target.parent.is_dir():
            folder = target.parent if Path(path).is_symlink() else Path(path).parent
            raise InputError(f"cannot write {path}: there is no folder {folder}; create it first")
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror}; choose another file or folder"
        ) from error
    return target


def check_outputs(outputs: Iterable[Path | None], inputs: Iterable[Path] = ()) -> None:
    """Check that all outputs can be written, and that none is an input or another output.

    Raises
    ------
    InputError
        As `check_can_write`, or if two of the paths are the same file.
    """
    taken = {Path(os.path.realpath(path)) for path in inputs}
    for path in filter(None, outputs):
        target = check_can_write(path)
        if target in taken:
            raise InputError(f"{path} is given twice; writing it would overwrite the other one")
        taken.add(target)


@contextmanager
def atomic_write(path: str | Path) -> Iterator[BinaryIO]:
    """A binary stream whose content appears under `path` at the end, whole or not at all.

    The content goes to a temporary name in the same folder, which is renamed on success and
    removed on failure; a file that was there before stays until then. A link is followed: what it
    leads to is written. What a process that was killed left in the folder is removed.
    """
    target = check_can_write(path)
    try:
        remove_unfinished(target.parent)
        with _unfinished(target.parent) as stream:
            try:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
                os.chmod(stream.name, 0o666 & ~_umask())
                os.replace(stream.name, target)
            except BaseException:
                os.unlink(stream.name)
                raise
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error


def remove_unfinished(folder: Path) -> None:
    """Remove what processes that were killed left of the files that they wrote."""
    for path in filter(Path.is_file, folder.glob(f"{PREFIX}*{SUFFIX}")):
        with suppress(OSError), open(path, "r+b") as stream:
            if _lock(stream):
                path.unlink()


def _unfinished(folder: Path) -> BinaryIO:
    """A new file that is locked, so that other processes let it be."""
    while True:
        stream = tempfile.NamedTemporaryFile(  # noqa: SIM115 - the caller closes it
            dir=folder, prefix=PREFIX, suffix=SUFFIX, delete=False
        )
        _lock(stream)
        if os.path.exists(stream.name):  # else another process was there before the lock
            return stream
        stream.close()


def _lock(stream: BinaryIO) -> bool:
    """Whether this process has a lock on a file now; True as well where there are no locks."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def only_user_of(folder: Path) -> Iterator[None]:
    """Keep other processes of this machine from using a folder that this one uses.

    Where the operating system has no `flock` it keeps out nobody.

    Raises
    ------
    InputError
        If another process uses it, or its lock cannot be written.
    """
    with locked(
        folder / LOCK, f"another process uses {folder}; wait for it, or give another output"
    ):
        yield


@contextmanager
def locked(path: Path, otherwise: str) -> Iterator[None]:
    """Keep a lock on a file, which is made if it is not there.

    Raises
    ------
    InputError
        That says `otherwise` if another process has the lock; or if the file cannot be written.
    """
    try:
        stream = open(path, "ab")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; remove it") from None
    with stream:
        if not _lock(stream):
            raise InputError(otherwise)
        yield


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
