"""The workload of the character model: a name a step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_graph.benchmark.contender import Contender, Product, Program
from rnn_graph.benchmark.floors import memory_floor
from rnn_graph.benchmark.peers import peer, torch_device
from rnn_graph.benchmark.selection import Selection
from rnn_graph.nn.initializers import draw_char_rnn_parameters
from rnn_graph.reference import char_model as reference

LEARNING_RATE = 0.01
CHECKED_NAMES = 50
NAMES = 1024  # a turn


@dataclass(frozen=True)
class NameTask:
    """Names to train a character RNN on, the state carried from name to name; see `Task`.

    Attributes
    ----------
    names
        The ids of each, without the newline.
    newline
        Its id.
    symbols, hidden_dim
    seed
        Of the first parameters.
    """

    names: Sequence[np.ndarray]
    newline: int
    symbols: int
    hidden_dim: int
    seed: int
    unit: str = "step"
    checked_items: int = CHECKED_NAMES
    turn_seconds: float = 0.5

    @property
    def sizes(self) -> dict[str, Any]:
        mean = round(float(np.mean([len(name) + 1 for name in self.names])), 1)
        return {"symbols": self.symbols, "n_a": self.hidden_dim, "mean T": mean}

    @property
    def items(self) -> int:
        return len(self.names)

    def units(self, items: int) -> int:
        return items

    def initial_parameters(self) -> dict[str, np.ndarray]:
        return draw_char_rnn_parameters(self.hidden_dim, self.symbols, self.symbols, self.seed)

    def steps(self) -> list[tuple[list[int | None], list[int]]]:
        """Inputs, from the zero vector on, and targets, to the newline, of each name."""
        ids = [name.tolist() for name in self.names]
        return [([None, *name], [*name, self.newline]) for name in ids]

    def products(self) -> list[Product]:
        return []  # too small: what takes their time is calling for them

    def numbers_moved(self) -> int:
        return 2 * self.items * self.hidden_dim * (self.hidden_dim + 2 * self.symbols)


def name_task(*, data: str | None = None, hidden_dim: int = 50, seed: int = 0) -> NameTask:
    """The names of a file, one a line, or the embedded names of colors."""
    from rnn_graph.data.char_vocabulary import NEWLINE, CharVocabulary
    from rnn_graph.data.characters import read_lines
    from rnn_graph.datasets import color_names
    from rnn_graph.tutorials.examples import shuffled

    names = [name.lower() for name in (read_lines(data) if data else color_names())]
    vocabulary = CharVocabulary.of_lines(names)
    ids = [vocabulary.encode_line(name) for name in shuffled(names, seed)[:NAMES]]
    checked = min(CHECKED_NAMES, len(ids))
    newline = vocabulary[NEWLINE]
    return NameTask(ids, newline, len(vocabulary), hidden_dim, seed, checked_items=checked)


def name_contenders(task: NameTask, selection: Selection) -> list[Contender]:
    """Everyone."""
    return [
        Contender("NumPy reference", "reference", Reference, dtype="float64"),
        *selection.compiled(Compiled, "rnn_graph.tutorials.steps"),
        *selection.peers("PyTorch eager", TorchPeer, "torch", on_gpu=False),
        memory_floor(selection.dtypes[0]),
    ]


class Reference(Program):
    """The tutorial's `optimize` as a `Program`."""

    def __init__(self, task: NameTask):
        self._parameters, self._steps = task.initial_parameters(), task.steps()

    def run(self, start: int, stop: int) -> list[float]:
        losses, state = [], reference.zero_state_of(self._parameters)
        for x, y in self._steps[start:stop]:
            loss, _, state = reference.optimize(x, y, state, self._parameters, LEARNING_RATE)
            losses.append(loss)
        return losses

    def parameters(self) -> dict[str, np.ndarray]:
        return self._parameters


class Compiled(Program):
    """The training of `CharRNN` as a `Program`."""

    compiles = True

    def __init__(self, task: NameTask, *, backend: str, device: str, dtype: str):
        from rnn_graph.tutorials.char_rnn import CharRNN
        from rnn_graph.tutorials.examples import NameExamples

        computing = {"backend": backend, "device": device, "dtype": dtype}
        self._model = CharRNN(task.symbols, task.hidden_dim, rng=task.seed, **computing)
        self._model.set_reference_parameters(task.initial_parameters())
        names = list(task.names)
        self._examples = lambda start, stop: NameExamples.of_lines(
            names[start:stop], task.newline, carry_state=True
        )

    def run(self, start: int, stop: int) -> list[float]:
        from rnn_graph.tutorials.steps import NameSteps

        examples = self._examples(start, stop)
        steps, losses = NameSteps(self._model, None, examples), []
        for segment in examples.segments(0):
            steps.load(segment)
            for first in range(0, len(segment), steps.steps_a_call):
                places = range(first, min(first + steps.steps_a_call, len(segment)))
                losses.append(steps.run(places, first, LEARNING_RATE)[0])
        return np.concatenate(losses).tolist()

    def parameters(self) -> dict[str, np.ndarray]:
        return self._model.reference_parameters()


class TorchPeer(Program):
    """A PyTorch model as a `Program`."""

    def __init__(self, task: NameTask, *, device: str):
        module = peer("torch_char_model")
        torch_device(device)
        self._model = module.TorchCharModel(task.initial_parameters())
        self._steps = [self._model.prepared(*step) for step in task.steps()]

    def run(self, start: int, stop: int) -> list[float]:
        losses, state = [], self._model.zero_state()
        for step in self._steps[start:stop]:
            loss, state = self._model.optimize(*step, state, LEARNING_RATE)
            losses.append(loss)
        return losses

    def parameters(self) -> dict[str, np.ndarray]:
        return self._model.get_parameters()
