"""What two processes of a run say to each other.

Each message has a fixed size, and an authentication code (HMAC-SHA256) made with the run's secret
and a random number of either side.
"""

import hmac
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass

GREETING = b"rnn_graph meeting 2\n"
NONCE, CODE = 16, 32  # bytes of a random number, and of an authentication code
PLACE = struct.Struct("!I")
INTRODUCTION = PLACE.size + NONCE + CODE
# What process 0 answers, and what is said later; a byte each.
WELCOME, IS_TAKEN, IS_NO_PLACE, WRONG_SECRET, READY, GO = (bytes([k]) for k in b"wtnsrg")


@dataclass
class Talk:
    """A connection between two processes, whose messages prove that both know the secret.

    Attributes
    ----------
    connection
    secret
    nonces
        The random numbers of both sides, as far as they are known.
    """

    connection: socket.socket
    secret: bytes
    nonces: bytes = b""

    def proof(self, *parts: bytes) -> bytes:
        """The authentication code of a message."""
        return hmac.digest(self.secret, b"".join((*parts, self.nonces)), "sha256")

    def say(self, word: bytes) -> None:
        """Send a word."""
        with suppress(OSError):  # of one that is gone the next message is missed
            self.connection.sendall(word + self.proof(word))

    def hear(self) -> bytes:
        """The next word; `ConnectionError` if the other side ended or is another one."""
        message = received(self.connection, 1 + CODE)
        word = message[:1]
        if word == WRONG_SECRET:
            return word
        if not hmac.compare_digest(message[1:], self.proof(word)):
            raise ConnectionError("it does not know the run's secret")
        return word


def received(connection: socket.socket, size: int) -> bytes:
    """So many bytes; `ConnectionError` if the other side ends before."""
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError("the other side ended")
        data += more
    return data
