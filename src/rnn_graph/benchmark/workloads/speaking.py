"""The workload of generation: sentences of the word model, word by word."""

from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import numpy as np

from rnn_graph.benchmark.contender import Contender, Product, Program
from rnn_graph.benchmark.floors import eager_floors
from rnn_graph.benchmark.peers import jax_device, peer, torch_device
from rnn_graph.benchmark.selection import Selection
from rnn_graph.nn.initializers import draw_word_model_parameters
from rnn_graph.reference.rnn_numpy import RNNNumpy

RERUNNING = "re-running the prefix"


@dataclass(frozen=True)
class SpeakingTask:
    """Sentences to draw, of so many words unless one ends before; see `Task`.

    Attributes
    ----------
    vocabulary_size, hidden_dim
        V and H.
    length
        Words of a sentence.
    seed
        Of the model, which has learned nothing.
    """

    vocabulary_size: int = 8000
    hidden_dim: int = 100
    length: int = 20
    seed: int = 0
    unit: str = "sentence"
    items: int = 8
    checked_items: int = 4
    turn_seconds: float = 0.5

    @property
    def sizes(self) -> dict[str, Any]:
        return {"V": self.vocabulary_size, "H": self.hidden_dim, "T": self.length}

    def units(self, items: int) -> int:
        return items

    def weights(self) -> dict[str, np.ndarray]:
        return draw_word_model_parameters(self.vocabulary_size, self.hidden_dim, self.seed)

    def initial_parameters(self) -> dict[str, np.ndarray]:
        return {}

    def products(self) -> list[Product]:
        words, H = self.items * self.length, self.hidden_dim
        return [Product(words, 1, H, self.vocabulary_size), Product(words, 1, H, H)]

    def numbers_moved(self) -> int:
        return self.items * self.length * self.hidden_dim * (self.vocabulary_size + self.hidden_dim)


def speaking_contenders(task: SpeakingTask, selection: Selection) -> list[Contender]:
    """Everyone; those who re-run the prefix draw each word from the whole sentence before it."""
    on_cpu = replace(selection, dtypes=selection.dtypes[:1], devices=("cpu",))
    without_jax = replace(on_cpu, backends=tuple(b for b in selection.backends if b != "jax"))
    rerunning = [
        *on_cpu.compiled(
            rerun_ours,
            "rnn_graph.tutorials.rnn_theano",
            prefix=f"{RERUNNING}, rnn_graph",
            kind="literal",
        ),
        *without_jax.compiled(
            rerun_literal,
            "rnn_graph.tutorials.scan_graph",
            prefix=f"{RERUNNING}, literal port",
            kind="literal",
        ),
    ]
    return [
        Contender("NumPy reference", "reference", reference, dtype="float64"),
        *selection.compiled(ours, "rnn_graph.tutorials.rnn_theano"),
        *(replace(contender, items=2) for contender in rerunning),
        *selection.peers("hand-written JAX", jax_peer, "jax"),
        *selection.peers("PyTorch eager", torch_peer, "torch"),
        *eager_floors(selection.dtypes[0]),
    ]


class Drawing(Program):
    """A `Program`: a model draws sentences side by side, if it can, each from a seed of its own."""

    def __init__(self, task: SpeakingTask, model: Any, *, compiles: bool = False):
        self.compiles = compiles
        self._model, self._length = model, task.length
        self._start, self._end, self._unknown = range(task.vocabulary_size)[-3:]

    def run(self, start: int, stop: int) -> list[float]:
        from rnn_graph.predict.sampler import Sampler

        sampler = Sampler(self._model, [self._start], forbidden=(self._unknown, self._start))
        generators = map(np.random.default_rng, range(start, stop))
        uniforms = np.array([generator.random(self._length) for generator in generators])
        return [1.0 + crc32(ids.astype("<i4")) for ids in sampler.draw(uniforms, self._end)]


class Rerunning:
    """The tutorial's way to the next word: all words before it go through the model again."""

    def __init__(self, forward_propagation):
        self._forward_propagation = forward_propagation

    def next_word_logits(self, word: int, before: tuple[int, ...] | None = None):
        words = (*(before or ()), word)
        probabilities = self._forward_propagation(np.array(words, dtype=np.int32))
        return np.log(probabilities[-1]), words


def reference(task: SpeakingTask) -> Drawing:
    return Drawing(task, RNNNumpy(task.vocabulary_size, task.hidden_dim, rng=task.seed))


def _compiled_model(task: SpeakingTask, backend: str, device: str, dtype: str):
    from rnn_graph.tutorials.rnn_theano import RNNTheano

    computing = {"backend": backend, "device": device, "dtype": dtype}
    return RNNTheano(task.vocabulary_size, task.hidden_dim, rng=task.seed, **computing)


def ours(task: SpeakingTask, *, backend: str, device: str, dtype: str) -> Drawing:
    return Drawing(task, _compiled_model(task, backend, device, dtype), compiles=True)


def rerun_ours(task: SpeakingTask, *, backend: str, device: str, dtype: str) -> Drawing:
    model = _compiled_model(task, backend, device, dtype)
    return Drawing(task, Rerunning(model.forward_propagation), compiles=True)


def rerun_literal(task: SpeakingTask, *, backend: str, device: str, dtype: str) -> Drawing:
    from rnn_graph.backend.devices import choose_backend
    from rnn_graph.tutorials.scan_graph import LiteralRNN

    model = LiteralRNN(task.weights(), None, choose_backend(backend, device, dtype), dtype)
    return Drawing(task, Rerunning(model.forward_propagation), compiles=True)


def jax_peer(task: SpeakingTask, *, device: str) -> Drawing:
    module = peer("jax_word_model")
    return Drawing(
        task, module.JAXWordModel(task.weights(), None, jax_device(device)), compiles=True
    )


def torch_peer(task: SpeakingTask, *, device: str) -> Drawing:
    module = peer("torch_word_model")
    return Drawing(task, module.TorchWordModel(task.weights(), torch_device(device)))
