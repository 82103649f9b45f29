"""A machine for pickles that imports nothing and calls only what it is handed.

A pickle is a program for a small stack machine. `pickle.Unpickler` runs any such program; a
subclass can say which globals it may import, but not keep eight bytes from claiming gigabytes
(entry 2³¹ of the memo) nor a key of nested tuples from being hashed for ever. The machine here
has only the instructions that make lists, tuples, dictionaries, strings, whole numbers, and
objects of the types that its caller stands for.
"""

import pickle
import re
from collections.abc import Callable, Mapping
from typing import Any

# What Python 2 writes within the quotes of a string; possessive, so that long ones take no memory.
STRING_CONTENT = re.compile(rb"""(?:[^\\]++|\\(?:x[0-9a-f]{2}|[\\'"tnr]))*+""")

Global = Callable[..., Any]


class Refused(Exception):
    """The pickle wants what the machine does not do; the message continues its name."""


class Buildable:
    """An object that a pickle makes first and fills later."""

    __slots__ = ()

    def build(self, state: tuple) -> None:
        raise NotImplementedError


class Program:
    """The bytes of a pickle, taken from the front."""

    def __init__(self, data: bytes):
        self._data = data
        self.position = 0

    def take(self, size: int) -> bytes:
        start = self.position
        if size > len(self._data) - start:
            raise ValueError("truncated")
        self.position += size
        return self._data[start : self.position]

    def line(self) -> bytes:
        end = self._data.index(b"\n", self.position)
        return self.take(end + 1 - self.position)[:-1]

    def number(self, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)


class Machine:
    """A stack, the stacks below it that marks have set aside, and a memo of what was made.

    Parameters
    ----------
    program
        The pickle.
    global_names
        What stands for a module's member when the pickle names it. To be called by the pickle,
        with any arguments, has to be harmless.
    """

    def __init__(self, program: Program, global_names: Mapping[tuple[str, str], Global]):
        self.program = program
        self.global_names = global_names
        self.stack: list[Any] = []
        self.set_aside: list[list[Any]] = []
        self.memo: dict[int, Any] = {}  # a list would reach up to the largest key

    def run(self) -> Any:
        while (code := self.program.take(1)) != pickle.STOP:
            if code in VALUES:
                self.stack.append(VALUES[code](self.program))
            elif code in ACTIONS:
                ACTIONS[code](self)
            else:
                raise Refused(f"has the instruction {code!r} (byte {self.program.position - 1})")
        [result] = self.stack
        return result

    def remember(self, key: int) -> None:
        self.memo[key] = self.stack[-1]

    def recall(self, key: int) -> None:
        self.stack.append(self.memo[key])

    def mark(self) -> None:
        self.set_aside.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Any]:
        items = self.stack
        self.stack = self.set_aside.pop()
        return items

    def make(self, kind: Callable[[list[Any]], Any]) -> None:
        items = self.since_mark()
        self.stack.append(kind(items))

    def pop(self, size: int) -> list[Any]:
        return [self.stack.pop() for _ in range(size)][::-1]

    def make_tuple(self, size: int) -> None:
        self.stack.append(tuple(self.pop(size)))

    def extend(self, items: list[Any]) -> None:
        require(self.stack[-1], list).extend(items)

    def update(self, items: list[Any]) -> None:
        require(self.stack[-1], dict).update(_dictionary(items))

    def find_global(self, module: str, name: str) -> None:
        try:
            self.stack.append(self.global_names[require(module, str), require(name, str)])
        except KeyError:
            raise Refused(f"asks for {ascii(f'{module}.{name}')[1:-1]:.80}") from None

    def call(self) -> None:
        function, arguments = self.pop(2)
        self.stack.append(function(*require(arguments, tuple)))  # globals alone can be called

    def build(self) -> None:
        state = require(self.stack.pop(), tuple)
        if not isinstance(self.stack[-1], Buildable):
            raise ValueError("not buildable")
        self.stack[-1].build(state)


def require(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"no {kind.__name__}")
    return value


def _dictionary(items: list[Any]) -> dict:
    if any(type(key) not in (str, int) for key in items[::2]):
        raise Refused("has a dictionary whose keys are neither strings nor integers")
    return dict(zip(items[::2], items[1::2], strict=True))


def _python_2_string(line: bytes) -> str:
    quote, content = line[:1], line[1:-1]
    if quote not in (b"'", b'"') or line[-1:] != quote or not STRING_CONTENT.fullmatch(content):
        raise ValueError("no string")
    return content.decode("unicode_escape")  # Latin-1, for what is no escape


def _decimal(line: bytes) -> int | bool:
    return line == b"01" if line in (b"00", b"01") else int(line)


# The instructions that put a value onto the stack.
VALUES: dict[bytes, Callable[[Program], Any]] = {
    pickle.NONE: lambda program: None,
    pickle.NEWTRUE: lambda program: True,
    pickle.NEWFALSE: lambda program: False,
    pickle.INT: lambda program: _decimal(program.line()),
    pickle.LONG: lambda program: int(program.line().removesuffix(b"L")),
    pickle.BININT: lambda program: program.number(4, signed=True),
    pickle.BININT1: lambda program: program.number(1),
    pickle.BININT2: lambda program: program.number(2),
    pickle.LONG1: lambda program: program.number(program.number(1), signed=True),
    pickle.STRING: lambda program: _python_2_string(program.line()),
    pickle.BINSTRING: lambda program: program.take(program.number(4)).decode("latin1"),
    pickle.SHORT_BINSTRING: lambda program: program.take(program.number(1)).decode("latin1"),
    pickle.UNICODE: lambda program: program.line().decode("raw-unicode-escape"),
    pickle.BINUNICODE: lambda program: program.take(program.number(4)).decode(),
    pickle.SHORT_BINUNICODE: lambda program: program.take(program.number(1)).decode(),
    pickle.BINBYTES: lambda program: program.take(program.number(4)),
    pickle.SHORT_BINBYTES: lambda program: program.take(program.number(1)),
    pickle.BYTEARRAY8: lambda program: program.take(program.number(8)),
    pickle.EMPTY_LIST: lambda program: [],
    pickle.EMPTY_TUPLE: lambda program: (),
    pickle.EMPTY_DICT: lambda program: {},
}

# All other instructions.
ACTIONS: dict[bytes, Callable[[Machine], Any]] = {
    pickle.PROTO: lambda machine: machine.program.take(1),
    pickle.FRAME: lambda machine: machine.program.take(8),
    pickle.PUT: lambda machine: machine.remember(int(machine.program.line())),
    pickle.BINPUT: lambda machine: machine.remember(machine.program.number(1)),
    pickle.LONG_BINPUT: lambda machine: machine.remember(machine.program.number(4)),
    pickle.MEMOIZE: lambda machine: machine.remember(len(machine.memo)),
    pickle.GET: lambda machine: machine.recall(int(machine.program.line())),
    pickle.BINGET: lambda machine: machine.recall(machine.program.number(1)),
    pickle.LONG_BINGET: lambda machine: machine.recall(machine.program.number(4)),
    pickle.MARK: Machine.mark,
    pickle.LIST: lambda machine: machine.make(list),
    pickle.TUPLE: lambda machine: machine.make(tuple),
    pickle.DICT: lambda machine: machine.make(_dictionary),
    pickle.TUPLE1: lambda machine: machine.make_tuple(1),
    pickle.TUPLE2: lambda machine: machine.make_tuple(2),
    pickle.TUPLE3: lambda machine: machine.make_tuple(3),
    pickle.APPEND: lambda machine: machine.extend(machine.pop(1)),
    pickle.APPENDS: lambda machine: machine.extend(machine.since_mark()),
    pickle.SETITEM: lambda machine: machine.update(machine.pop(2)),
    pickle.SETITEMS: lambda machine: machine.update(machine.since_mark()),
    pickle.GLOBAL: lambda machine: machine.find_global(
        machine.program.line().decode(), machine.program.line().decode()
    ),
    pickle.STACK_GLOBAL: lambda machine: machine.find_global(*machine.pop(2)),
    pickle.REDUCE: Machine.call,
    pickle.BUILD: Machine.build,
}
