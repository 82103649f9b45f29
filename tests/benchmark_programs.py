"""A task that takes no time, and programs that do it right, wrong, or not at all."""

import os
from dataclasses import dataclass

import numpy as np

from rnn_graph.benchmark.contender import Contender, NotHere, Program


@dataclass(frozen=True)
class SumTask:
    """Add 1 to a parameter, piece after piece; the losses are its values."""

    unit: str = "step"
    items: int = 4
    checked_items: int = 3
    turn_seconds: float = 0.01
    sizes: tuple = ()

    def units(self, items):
        return items

    def initial_parameters(self):
        return {"w": np.ones(2)}

    def products(self):
        return []

    def numbers_moved(self):
        return 4


class Adding(Program):
    def __init__(self, task, step=1.0):
        self._w, self._step, self._task = np.ones(2), step, task

    def run(self, start, stop):
        losses = []
        for _ in range(start, stop):
            losses.append(float(self._w[0]))
            self._w += self._step
        return losses

    def parameters(self):
        return {"w": self._w}


class Forgetting(Adding):
    """Finds the losses, and learns nothing."""

    def parameters(self):
        return {"w": np.ones(2)}


def adding(task):
    return Adding(task)


def adding_more(task):
    return Adding(task, step=1.01)


def adding_nothing_to_speak_of(task):
    return Adding(task, step=np.nan)


def forgetting(task):
    return Forgetting(task)


def breaking(task):
    raise RuntimeError("no luck\ntoday")


def not_here(task):
    raise NotHere("it is elsewhere")


class Interrupted(Adding):
    """Is checked, and fails in its turn."""

    def run(self, start, stop):
        if start and stop - start == 1:
            raise ArithmeticError("tired")
        return super().run(start, stop)


def tiring(task):
    return Interrupted(task)


def dying(task):
    os._exit(7)


# Its turns are shorter, so that what it learns in them is not what others do.
REFERENCE = Contender("reference", "reference", adding, dtype="float64", items=1)
CONTENDERS = {
    "right": Contender("right", "ours", adding),
    "wrong losses": Contender("wrong losses", "peer", adding_more),
    "no numbers": Contender("no numbers", "peer", adding_nothing_to_speak_of),
    "wrong parameters": Contender("wrong parameters", "peer", forgetting),
    "breaks": Contender("breaks", "peer", breaking),
    "not here": Contender("not here", "peer", not_here),
    "not installed": Contender("not installed", "peer", adding, ("no_such_library",)),
    "tires": Contender("tires", "peer", tiring),
    "dies": Contender("dies", "peer", dying),
}
