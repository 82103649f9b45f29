"""Processes of a run wait for each other before JAX is started in them.

JAX's own start ends the process with a stack trace where the others do not come in time.
"""

import socket
import struct
import time
from contextlib import ExitStack

from rnn_graph.errors import InputError

PLACE = struct.Struct("!I")
ALL_HERE = b"!"
RETRY_INTERVAL = 0.2  # seconds


def meet(host: str, port: int, count: int, place: int, timeout: float) -> None:
    """Return in each of `count` processes once all of them have called this.

    Parameters
    ----------
    host, port
        Where the process of place 0 listens while they meet.
    timeout
        Seconds to wait.

    Raises
    ------
    InputError
        If not all of them come, or two have the same place.
    """
    deadline = time.monotonic() + timeout
    address = f"{host}:{port}"
    if place == 0:
        _wait_for_others(port, count, address, deadline, timeout)
    else:
        _report_to_first(host, port, place, address, deadline, timeout)


def _wait_for_others(port, count, address, deadline, timeout) -> None:
    came: dict[int, socket.socket] = {}
    with ExitStack() as stack:
        try:
            server = stack.enter_context(socket.create_server(("", port)))
        except OSError as error:
            raise InputError(
                f"cannot listen at {address}: {error.strerror}; give --coordinator with a free port"
                " of this machine"
            ) from None
        while len(came) < count - 1:
            try:
                server.settimeout(_left(deadline))
                connection = stack.enter_context(server.accept()[0])
                connection.settimeout(_left(deadline))
                (other,) = PLACE.unpack(_received(connection, PLACE.size))
            except (TimeoutError, ConnectionError):
                if time.monotonic() < deadline:
                    continue
                raise InputError(
                    f"{len(came) + 1} of {count} processes came to {address} within {timeout:g}"
                    " seconds; start the others with the same --coordinator and --num-processes"
                ) from None
            if other in came or not 0 < other < count:
                raise InputError(
                    f"a process came as number {other} of {count}; give each another --process-id,"
                    f" from 0 to {count - 1}"
                )
            came[other] = connection
        for connection in came.values():
            connection.sendall(ALL_HERE)


def _report_to_first(host, port, place, address, deadline, timeout) -> None:
    while True:
        try:
            with socket.create_connection((host, port), timeout=_left(deadline)) as connection:
                connection.sendall(PLACE.pack(place))
                _received(connection, len(ALL_HERE))
                return
        except (TimeoutError, OSError) as error:
            if time.monotonic() < deadline:
                time.sleep(RETRY_INTERVAL)
                continue
            reason = error.strerror or str(error) or "no answer"
            raise InputError(
                f"process {place} found no process 0 with all others at {address} within"
                f" {timeout:g} seconds ({reason}); start it there, or give another --coordinator"
            ) from None


def _received(connection: socket.socket, size: int) -> bytes:
    data = connection.recv(size, socket.MSG_WAITALL)
    if len(data) < size:
        raise ConnectionError("the other side ended")
    return data


def _left(deadline: float) -> float:
    """Seconds until then; never none, for a socket takes 0 as not to wait at all."""
    return max(deadline - time.monotonic(), 0.01)
