"""The secret by which the processes of a run know each other."""

import ipaddress
import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

from rnn_graph.errors import InputError

VARIABLE = "RNN_GRAPH_RUN_SECRET"
SHORTEST, LONGEST = 16, 4096  # bytes


def run_secret(
    host: str, file: Path | None, *, is_first: bool, say: Callable[[str], None]
) -> bytes:
    """The secret of a file, else of the environment, else a new one of process 0.

    Parameters
    ----------
    host
        Where process 0 listens. On this machine alone it may make the secret itself.
    file
        Whose content is the secret, but for white space around it.
    is_first
        Whether this is process 0.
    say
        Is told of a new secret, for the other processes.

    Raises
    ------
    InputError
        If there is none, it is short or long, or the file cannot be read.
    """
    if file is not None:
        return _checked(_content(file), str(file))
    given = os.environ.get(VARIABLE)
    if given is not None:
        return _checked(os.fsencode(given), VARIABLE)
    if is_first and is_loopback(host):
        made = secrets.token_hex(SHORTEST)
        say(f"run secret {made}; give it to the other processes in {VARIABLE}")
        return made.encode()
    where = "as process 0 printed it" if is_loopback(host) else "the same in all processes"
    raise InputError(
        f"the processes of a run share a secret, and there is none; give {VARIABLE} or"
        f" --run-secret-file, {where}"
    )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, and can be reached from it alone."""
    try:
        found = socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return all(ipaddress.ip_address(address[0]).is_loopback for *_, address in found)


def _content(file: Path) -> bytes:
    try:
        with open(file, "rb") as stream:
            return stream.read(LONGEST + 1)
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}; check --run-secret-file") from None


def _checked(secret: bytes, name: str) -> bytes:
    secret = secret.strip()
    if not SHORTEST <= len(secret) <= LONGEST:
        raise InputError(
            f"the run's secret in {name} has {len(secret):,} bytes; give {SHORTEST} to {LONGEST:,},"
            " such as `openssl rand -hex 16` prints"
        )
    return secret
