"""Bytes of a file as damage, or somebody who means harm, changes them."""

import random
from collections.abc import Callable

# What breaks parsers: ends of ranges, nesting, half characters, numbers that are none.
FRAGMENTS = (
    *(b"\0", b"\xff" * 8, b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
    *(b"[" * 2000, b"{" * 500, b'{"a":' * 300, b"(" * 300, b"-" * 300, b'"' * 9, b"\\" * 9),
    *(b"NaN", b"-Infinity", b"1e999", b"9" * 400, b"-1", b"0", b"1.5", b"null", b"true", b'""'),
    *(b"\n" * 50, b"\r", b"\t" * 9, b"," * 99, b" " * 99, "²٣".encode(), b"\x1a", b"..\\/"),
    *(b"2**70", b"__reduce__", b"cos\nsystem\n", b"\x80\x04", b"PK\x03\x04", b"\x1f\x8b\x08"),
)


def mutated(data: bytes, draw: random.Random) -> bytes:
    """The data after one to four changes."""
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        data = draw.choice(CHANGES)(data, draw)
    return data


def _flip_bits(data: bytes, draw: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 8))):
        if changed:
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _overwrite(data: bytes, draw: random.Random) -> bytes:
    fragment, place = draw.choice(FRAGMENTS), _place(data, draw)
    return data[:place] + fragment + data[place + len(fragment) :]


def _insert(data: bytes, draw: random.Random) -> bytes:
    place = _place(data, draw)
    return data[:place] + draw.choice(FRAGMENTS) + data[place:]


def _cut_off(data: bytes, draw: random.Random) -> bytes:
    return data[: _place(data, draw)]


def _leave_out(data: bytes, draw: random.Random) -> bytes:
    begin, end = sorted((_place(data, draw), _place(data, draw)))
    return data[:begin] + data[end:]


def _repeat(data: bytes, draw: random.Random) -> bytes:
    begin, end = sorted((_place(data, draw), _place(data, draw)))
    return data[:end] + data[begin:end] * draw.choice((1, 2, 5)) + data[end:]


def _exchange(data: bytes, draw: random.Random) -> bytes:
    """One word or number by another one of the same file."""
    words = sorted(set(data.replace(b",", b" ").replace(b":", b" ").split()))
    if len(words) < 2:
        return data
    old, new = draw.sample(words, 2)
    return data.replace(old, new, draw.choice((1, -1)))


def _exchange_number(data: bytes, draw: random.Random) -> bytes:
    places = [k for k, byte in enumerate(data) if byte in b"0123456789"]
    if not places:
        return data
    place = draw.choice(places)
    return data[:place] + draw.choice(FRAGMENTS) + data[place + 1 :]


def _place(data: bytes, draw: random.Random) -> int:
    return draw.randint(0, len(data))


CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_flip_bits, _overwrite, _insert, _cut_off, _leave_out, _repeat),
    *(_exchange, _exchange_number),
)
