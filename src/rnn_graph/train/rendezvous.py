"""Processes of a run wait for each other, before and after each has read its text.

JAX's own start ends a process with a stack trace where the others do not come in time, and its
collectives give up after half a minute, which reading can take many times over.

Who does not prove in time to know the run's secret is turned away.
"""

import hmac
import secrets
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from rnn_graph.errors import InputError
from rnn_graph.train.talk import (
    CODE,
    GO,
    GREETING,
    INTRODUCTION,
    IS_NO_PLACE,
    IS_TAKEN,
    NONCE,
    PLACE,
    READY,
    WELCOME,
    WRONG_SECRET,
    Talk,
    received,
)

RETRY_INTERVAL = 0.2  # seconds
INTRODUCTION_TIMEOUT = 5  # seconds in which a process that connects has to say which it is
MOST_VISITORS = 64  # that have not said it; of more, those that came first are turned away


class Meeting(Protocol):
    """A process among the others of its run.

    Attributes
    ----------
    turned_away
        Connections to process 0 that were none of this run's processes.
    """

    turned_away: int

    def wait_until_all_are_ready(self) -> None:
        """Say that this process is ready, and wait until all are, however long it takes.

        Raises
        ------
        InputError
            If one ends before.
        """


@contextmanager
def meet(
    host: str, port: int, count: int, place: int, timeout: float, secret: bytes
) -> Iterator[Meeting]:
    """Wait until each of `count` processes has come here; let them go apart at the end.

    Parameters
    ----------
    host, port
        Where the process of place 0 listens while they meet.
    timeout
        Seconds to wait.
    secret
        That all of them know.

    Raises
    ------
    InputError
        If not all of them come, or this one is turned away.
    """
    deadline = time.monotonic() + timeout
    with ExitStack() as stack:
        if place == 0:
            first = _First(secret, count)
            stack.callback(first.close)
            first.gather(host, port, deadline, timeout)
            yield first
        else:
            yield _Other(stack, secret, host, port, place, deadline, timeout)


@dataclass
class _Visitor:
    """Who has connected to process 0 and not said yet which process it is."""

    talk: Talk
    deadline: float
    said: bytes = b""


@dataclass
class _First:
    """The process that the others come to."""

    secret: bytes
    count: int
    turned_away: int = 0
    came: dict[int, Talk] = field(default_factory=dict)
    visitors: dict[socket.socket, _Visitor] = field(default_factory=dict)

    def gather(self, host: str, port: int, deadline: float, timeout: float) -> None:
        with _listening(host, port) as server, selectors.DefaultSelector() as selector:
            self._selector = selector
            selector.register(server, selectors.EVENT_READ)
            while len(self.came) < self.count - 1:
                now = time.monotonic()
                if now >= deadline:
                    raise InputError(self._missing(f"{host}:{port}", timeout))
                ends = [deadline, *(visitor.deadline for visitor in self.visitors.values())]
                for key, _ in selector.select(max(min(ends) - now, 0)):
                    if key.fileobj is server:
                        self._open_to(server)
                    elif key.fileobj in self.visitors:
                        self._hear(self.visitors[key.fileobj])
                    elif key.fileobj.fileno() >= 0:
                        self._notice_end(key.fileobj)
                for visitor in [*self.visitors.values()]:
                    if visitor.deadline <= time.monotonic():
                        self._turn_away(visitor)
            for visitor in [*self.visitors.values()]:
                self._turn_away(visitor)
        for talk in self.came.values():
            talk.connection.settimeout(None)
            talk.say(GO)

    def wait_until_all_are_ready(self) -> None:
        for other, talk in self.came.items():
            try:
                if talk.hear() != READY:
                    raise ConnectionError
            except OSError:
                raise InputError(f"process {other} ended before it was ready; see there") from None
        for talk in self.came.values():
            talk.say(GO)

    def close(self) -> None:
        for connection in (*self.visitors, *(talk.connection for talk in self.came.values())):
            connection.close()

    def _missing(self, address: str, timeout: float) -> str:
        others = ""
        if self.turned_away:
            others = f" ({self.turned_away:,} connections were none of this run's)"
        return (
            f"{len(self.came) + 1} of {self.count} processes came to {address} within"
            f" {timeout:g} seconds{others}; start the others with the same --coordinator,"
            " --num-processes and secret, and each another --process-id"
        )

    def _open_to(self, server: socket.socket) -> None:
        try:
            connection, _ = server.accept()
        except OSError:  # it has gone again, or this process has no descriptors left for now
            return
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        talk = Talk(connection, self.secret, secrets.token_bytes(NONCE))
        if len(self.visitors) >= MOST_VISITORS:
            self._turn_away(next(iter(self.visitors.values())))
        self.visitors[connection] = _Visitor(talk, time.monotonic() + INTRODUCTION_TIMEOUT)
        self._selector.register(connection, selectors.EVENT_READ)
        with suppress(OSError):
            connection.send(GREETING + talk.nonces)

    def _hear(self, visitor: _Visitor) -> None:
        try:
            heard = visitor.talk.connection.recv(INTRODUCTION - len(visitor.said))
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        visitor.said += heard
        if not heard:
            self._turn_away(visitor)
        elif len(visitor.said) == INTRODUCTION:
            self._answer(visitor)

    def _answer(self, visitor: _Visitor) -> None:
        talk, said = visitor.talk, visitor.said
        place = said[: PLACE.size]
        talk.nonces += said[PLACE.size : -CODE]
        (number,) = PLACE.unpack(place)
        if not hmac.compare_digest(said[-CODE:], talk.proof(place)):
            answer = WRONG_SECRET
        elif not 0 < number < self.count:
            answer = IS_NO_PLACE
        else:
            before = self.came.get(number)
            if before is not None and _has_ended(before.connection):  # it was started again
                self._notice_end(before.connection)
            answer = IS_TAKEN if number in self.came else WELCOME
        talk.say(answer)
        if answer == WELCOME:
            del self.visitors[talk.connection]
            self.came[number] = talk
        else:
            self._turn_away(visitor)

    def _turn_away(self, visitor: _Visitor) -> None:
        self.turned_away += 1
        self._part_from(visitor.talk.connection)
        del self.visitors[visitor.talk.connection]

    def _notice_end(self, connection: socket.socket) -> None:
        """Forget a process that is gone before all have come; nothing else is to be heard yet."""
        gone = next(at for at, talk in self.came.items() if talk.connection is connection)
        del self.came[gone]
        self._part_from(connection)

    def _part_from(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        connection.close()


class _Other:
    """A process that comes to the first."""

    turned_away = 0

    def __init__(self, stack, secret, host, port, place, deadline, timeout):
        reason = "no answer"
        while time.monotonic() < deadline:
            try:
                connection = socket.create_connection((host, port), timeout=_left(deadline))
                with ExitStack() as attempt:
                    attempt.enter_context(connection)
                    self._talk = _introduced(connection, secret, place, f"{host}:{port}", deadline)
                    connection.settimeout(_left(deadline))
                    if self._talk.hear() == GO:
                        stack.enter_context(attempt.pop_all())
                        return
            except OSError as error:
                reason = error.strerror or str(error) or reason
                time.sleep(RETRY_INTERVAL)
        raise InputError(
            f"process {place} found no process 0 with all others at {host}:{port} within"
            f" {timeout:g} seconds ({reason}); start it there, or give another --coordinator"
        )

    def wait_until_all_are_ready(self) -> None:
        self._talk.connection.settimeout(None)
        self._talk.say(READY)
        try:
            if self._talk.hear() != GO:
                raise ConnectionError
        except OSError:
            raise InputError("process 0 ended before all were ready; see there") from None


def _introduced(
    connection: socket.socket, secret: bytes, place: int, address: str, deadline: float
) -> Talk:
    """The talk with process 0, which has said that this process is welcome.

    Raises
    ------
    InputError
        If it has said another thing.
    ConnectionError
        If who listens there is another one.
    """
    connection.settimeout(min(INTRODUCTION_TIMEOUT, _left(deadline)))
    greeting = received(connection, len(GREETING) + NONCE)
    if not greeting.startswith(GREETING):
        raise ConnectionError("what listens there is no process of a run that is meeting")
    own, number = secrets.token_bytes(NONCE), PLACE.pack(place)
    talk = Talk(connection, secret, greeting[len(GREETING) :] + own)
    connection.sendall(number + own + talk.proof(number))
    answer = talk.hear()
    refusals = {
        WRONG_SECRET: "has another secret; give that of its --run-secret-file, or that it printed",
        IS_TAKEN: f"has a process {place} already; give another --process-id",
        IS_NO_PLACE: f"has no place for process {place}; give the same --num-processes",
    }
    if answer in refusals:
        raise InputError(f"process 0 at {address} {refusals[answer]}")
    return talk


def _listening(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=2 * MOST_VISITORS)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"cannot listen at {host}:{port}: {reason}; give --coordinator with an address of this"
            " machine and a free port"
        ) from None


def _has_ended(connection: socket.socket) -> bool:
    """Whether the other side closed it. It says nothing more before it is let go."""
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _left(deadline: float) -> float:
    """Seconds until then; never none, for a socket takes 0 as not to wait at all."""
    return max(deadline - time.monotonic(), 0.01)
