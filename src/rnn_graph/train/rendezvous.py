"""Processes of a run wait for each other, before and after each has read its text.

JAX's own start ends a process with a stack trace where the others do not come in time, and its
collectives give up after half a minute, which reading can take many times over.
"""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Protocol

from rnn_graph.errors import InputError

PLACE = struct.Struct("!I")
READY, GO = b"r", b"g"
RETRY_INTERVAL = 0.2  # seconds
INTRODUCTION_TIMEOUT = 5  # seconds for a process that connects to say which it is


class Meeting(Protocol):
    """A process among the others of its run."""

    def wait_until_all_are_ready(self) -> None:
        """Say that this process is ready, and wait until all are, however long it takes.

        Raises
        ------
        InputError
            If one ends before.
        """


@contextmanager
def meet(host: str, port: int, count: int, place: int, timeout: float) -> Iterator[Meeting]:
    """Wait until each of `count` processes has come here; let them go apart at the end.

    Parameters
    ----------
    host, port
        Where the process of place 0 listens while they meet.
    timeout
        Seconds to wait.

    Raises
    ------
    InputError
        If not all of them come.
    """
    deadline = time.monotonic() + timeout
    with ExitStack() as stack:
        if place == 0:
            yield _First(stack, f"{host}:{port}", port, count, deadline, timeout)
        else:
            yield _Other(stack, host, port, place, deadline, timeout)


class _First:
    """The process that the others come to."""

    def __init__(self, stack, address, port, count, deadline, timeout):
        self._came: dict[int, socket.socket] = {}
        with _listening(port, address) as server:
            while len(self._came) < count - 1:
                server.settimeout(_left(deadline))
                try:
                    connection = stack.enter_context(server.accept()[0])
                    connection.settimeout(min(INTRODUCTION_TIMEOUT, _left(deadline)))
                    (other,) = PLACE.unpack(_received(connection, PLACE.size))
                except (TimeoutError, ConnectionError):
                    other = None
                if other is not None and 0 < other < count:
                    # One that comes again was started again.
                    self._came[other] = connection
                elif time.monotonic() >= deadline:
                    raise InputError(
                        f"{len(self._came) + 1} of {count} processes came to {address} within"
                        f" {timeout:g} seconds; start the others with the same --coordinator and"
                        " --num-processes, and each another --process-id"
                    )
                self._came = {at: one for at, one in self._came.items() if not _has_ended(one)}
            for connection in self._came.values():
                _send(connection, GO)

    def wait_until_all_are_ready(self) -> None:
        for other, connection in self._came.items():
            connection.settimeout(None)
            try:
                _received(connection, len(READY))
            except ConnectionError:
                raise InputError(f"process {other} ended before it was ready; see there") from None
        for connection in self._came.values():
            _send(connection, GO)


class _Other:
    """A process that comes to the first."""

    def __init__(self, stack, host, port, place, deadline, timeout):
        while True:
            try:
                connection = socket.create_connection((host, port), timeout=_left(deadline))
                stack.enter_context(connection)
                connection.sendall(PLACE.pack(place))
                connection.settimeout(_left(deadline))
                _received(connection, len(GO))
                break
            except OSError as error:
                if time.monotonic() < deadline:
                    time.sleep(RETRY_INTERVAL)
                    continue
                reason = error.strerror or str(error) or "no answer"
                raise InputError(
                    f"process {place} found no process 0 with all others at {host}:{port} within"
                    f" {timeout:g} seconds ({reason}); start it there, or give another"
                    " --coordinator"
                ) from None
        self._connection = connection

    def wait_until_all_are_ready(self) -> None:
        self._connection.settimeout(None)
        try:
            self._connection.sendall(READY)
            _received(self._connection, len(GO))
        except ConnectionError:
            raise InputError(
                "process 0 ended before all were ready, or two processes have the same"
                " --process-id; see there"
            ) from None


def _listening(port: int, address: str) -> socket.socket:
    options = {}
    if socket.has_dualstack_ipv6():
        options = {"family": socket.AF_INET6, "dualstack_ipv6": True}
    try:
        return socket.create_server(("", port), **options)
    except OSError as error:
        raise InputError(
            f"cannot listen at {address}: {error.strerror}; give --coordinator with a free port of"
            " this machine"
        ) from None


def _send(connection: socket.socket, data: bytes) -> None:
    with suppress(ConnectionError):  # of one that is gone the next message is missed
        connection.sendall(data)


def _received(connection: socket.socket, size: int) -> bytes:
    data = connection.recv(size, socket.MSG_WAITALL)
    if len(data) < size:
        raise ConnectionError("the other side ended")
    return data


def _has_ended(connection: socket.socket) -> bool:
    """Whether the other side closed it. It says nothing more before it is let go."""
    connection.setblocking(False)
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def _left(deadline: float) -> float:
    """Seconds until then; never none, for a socket takes 0 as not to wait at all."""
    return max(deadline - time.monotonic(), 0.01)
