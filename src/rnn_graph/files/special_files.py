"""What has a path and is no file: devices never end, and pipes wait for somebody to write."""

import os
import stat
from pathlib import Path

from rnn_graph.errors import InputError

KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
# A shell's <(command) is a pipe that a process writes into.
OPEN_ALREADY = ("/dev/fd/", "/dev/stdin", "/proc/")


def refuse_devices(path: str | Path) -> None:
    """Raise `InputError` for a device, a socket or a named pipe; what is not there is none."""
    try:
        kind = KINDS.get(stat.S_IFMT(os.stat(path).st_mode))
    except (OSError, ValueError):
        return
    is_pipe = kind == KINDS[stat.S_IFIFO]
    if kind is not None and not (is_pipe and str(path).startswith(OPEN_ALREADY)):
        raise InputError(f"{path} is {kind} and no file; give a file, or - for standard input")
