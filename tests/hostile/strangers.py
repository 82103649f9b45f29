"""Who connects to process 0 of a run and is none of its processes."""

import hmac
import socket
from contextlib import suppress

from rnn_graph.train.talk import GREETING, INTRODUCTION, NONCE, PLACE


def introduction(secret, place, nonce, own=b"0" * NONCE):
    number = PLACE.pack(place)
    return number + own + hmac.digest(secret, number + nonce + own, "sha256")


def of_another_meeting(nonce, secret):
    return introduction(secret, 1, b"1" * NONCE)


# What a stranger sends after the greeting, which ends in a random number.
STRANGERS = {
    "silent": lambda nonce, secret: b"",
    "HTTP": lambda nonce, secret: b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS": lambda nonce, secret: bytes.fromhex("1603010200010001fc0303") + bytes(500),
    "HTTP/2": lambda nonce, secret: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(64),
    "zeros": lambda nonce, secret: bytes(2**16),
    "ones": lambda nonce, secret: b"\xff" * INTRODUCTION,
    "half an introduction": lambda nonce, secret: introduction(secret, 1, nonce)[
        : INTRODUCTION // 2
    ],
    "another secret": lambda nonce, secret: introduction(b"guessed", 1, nonce),
    "an introduction of another meeting": of_another_meeting,
    "a place out of range": lambda nonce, secret: introduction(secret, 2**32 - 1, nonce),
    "the first's place": lambda nonce, secret: introduction(secret, 0, nonce),
}


def disturb(port: int, kind: str, secret: bytes, patience: float = 10) -> socket.socket:
    """Connect as a stranger; the connection stays open, unless it is closed there.

    Some strangers know the run's secret, and say what is wrong all the same.
    """
    connection = socket.create_connection(("127.0.0.1", port), timeout=patience)
    with suppress(OSError):
        greeting = connection.recv(len(GREETING) + NONCE, socket.MSG_WAITALL)
        connection.sendall(STRANGERS[kind](greeting[len(GREETING) :], secret))
    return connection
