"""Workloads of the minibatch language model: words with an Elman layer, characters with an LSTM."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from rnn_graph.backend.processors import usable_processors
from rnn_graph.benchmark.contender import Contender, NotHere, Product, Program
from rnn_graph.benchmark.floors import floors
from rnn_graph.benchmark.peers import jax_device, peer, torch_device
from rnn_graph.benchmark.selection import Selection
from rnn_graph.reference.minibatch_model import MinibatchModelNumpy

LEARNING_RATE, CLIP_NORM = 0.5, 1.0
MINIBATCHES = 8


@dataclass(frozen=True)
class MinibatchTask:
    """Minibatches of random ids, the state carried from one to the next; see `Task`.

    Attributes
    ----------
    cell
        "elman" or "lstm".
    vocabulary_size, hidden_dim, batch_size, length
        V, H (of the embeddings too), B and T.
    seed
        Of ids and first parameters.
    """

    cell: str
    vocabulary_size: int
    hidden_dim: int
    batch_size: int
    length: int
    seed: int = 0
    unit: str = "step"
    checked_items: int = 3
    turn_seconds: float = 1.5

    @property
    def sizes(self) -> dict[str, Any]:
        sizes = self.vocabulary_size, self.hidden_dim, self.batch_size, self.length
        return {"cell": self.cell} | dict(zip("VHBT", sizes, strict=True))

    @property
    def items(self) -> int:
        return MINIBATCHES

    def units(self, items: int) -> int:
        return items

    def minibatches(self) -> np.ndarray:  # [K, T + 1, B]
        """Ids after Zipf's law, as words are."""
        weights = 1 / np.arange(1, self.vocabulary_size + 1)
        shape = self.items, self.length + 1, self.batch_size
        generator = np.random.default_rng(self.seed)
        ids = generator.choice(self.vocabulary_size, shape, p=weights / weights.sum())
        return ids.astype(np.int32)

    def initial_parameters(self) -> dict[str, np.ndarray]:
        V, H, n = self.vocabulary_size, self.hidden_dim, self._gates * self.hidden_dim
        generator = np.random.default_rng(self.seed)

        def weights(rows: int, columns: int, size: float) -> np.ndarray:
            return generator.uniform(-size, size, (rows, columns)).astype(np.float32)

        return {
            "embeddings": weights(V, H, 0.5),
            "layer0_Wx": weights(H, n, H**-0.5),
            "layer0_Wh": weights(H, n, H**-0.5),
            "layer0_b": np.zeros(n, np.float32),
            "W": weights(H, V, H**-0.5),
            "b": np.zeros(V, np.float32),
        }

    @property
    def _gates(self) -> int:
        return {"elman": 1, "lstm": 4}[self.cell]

    def products(self) -> list[Product]:
        K, T, B, V, H = (
            self.items,
            self.length,
            self.batch_size,
            self.vocabulary_size,
            self.hidden_dim,
        )
        n = self._gates * H
        return [
            Product(K, T * B, H, V),
            Product(K, T * B, V, H),
            Product(K, H, T * B, V),
            Product(K * T, B, H, n),
            Product(K * T, B, n, H),
            Product(K, H, T * B, n),
            Product(K, min(T * B, V), H, n),
            Product(K, min(T * B, V), n, H),
            Product(K, H, min(T * B, V), n),
        ]

    def numbers_moved(self) -> int:
        H, n = self.hidden_dim, self._gates * self.hidden_dim
        dense = H * (2 * n + self.vocabulary_size)
        rows = min(self.length * self.batch_size, self.vocabulary_size) * H
        return 2 * self.items * (dense + rows)


WORDS = MinibatchTask("elman", vocabulary_size=10_000, hidden_dim=200, batch_size=20, length=35)
CHARACTERS = MinibatchTask("lstm", vocabulary_size=65, hidden_dim=256, batch_size=32, length=64)


def resized(
    task: MinibatchTask,
    *,
    vocabulary_size: int | None = None,
    hidden_dim: int | None = None,
    batch_size: int | None = None,
    length: int | None = None,
    seed: int = 0,
) -> MinibatchTask:
    """The task with other sizes."""
    sizes = {
        "vocabulary_size": vocabulary_size,
        "hidden_dim": hidden_dim,
        "batch_size": batch_size,
        "length": length,
    }
    given = {name: size for name, size in sizes.items() if size is not None}
    return replace(task, **given, seed=seed)


def minibatch_contenders(task: MinibatchTask, selection: Selection) -> list[Contender]:
    """Everyone."""
    compiled = partial(TorchPeer, compiled=True)
    return [
        Contender("NumPy reference", "reference", Reference, dtype="float64", items=1),
        *selection.compiled(Compiled, "rnn_graph.train.minibatch_steps"),
        *sharing(selection),
        *selection.peers("hand-written JAX", JAXPeer, "jax"),
        *selection.peers("PyTorch eager", TorchPeer, "torch"),
        *selection.peers("PyTorch compile", compiled, "torch"),
        *floors(selection.dtypes[:1], selection.devices),
    ]


def sharing(selection: Selection) -> list[Contender]:
    """Our own program on as many devices as the CPU has processors, which share the minibatch."""
    if "jax" not in selection.backends:
        return []
    on_cpu = replace(selection, backends=("jax",), dtypes=selection.dtypes[:1], devices=("cpu",))
    return on_cpu.compiled(
        partial(Compiled, is_shared=True),
        "rnn_graph.train.minibatch_steps",
        prefix="rnn_graph, a device a processor,",
    )


class Reference(Program):
    """The NumPy model as a `Program`."""

    def __init__(self, task: MinibatchTask):
        self._model = MinibatchModelNumpy(task.cell, task.initial_parameters())
        self._ids = task.minibatches()

    def run(self, start: int, stop: int) -> list[float]:
        return [
            self._model.sgd_step(ids[:-1], ids[1:], LEARNING_RATE, CLIP_NORM)
            for ids in self._ids[start:stop]
        ]

    def parameters(self) -> dict[str, np.ndarray]:
        return self._model.parameters


class Compiled(Program):
    """`LanguageModel` in training, as a `Program`."""

    compiles = True

    def __init__(
        self,
        task: MinibatchTask,
        *,
        backend: str,
        device: str,
        dtype: str,
        is_shared: bool = False,
    ):
        computing = {"backend": backend, "device": device, "dtype": dtype}
        if is_shared:
            computing["backend"] = _shared_backend(task, backend, device, dtype)
        self._model = _language_model(task, computing)
        self._model.set_parameters(task.initial_parameters())
        self._ids, self._batch_size = task.minibatches(), task.batch_size

    def compile(self) -> None:
        from rnn_graph.data.batches import Segment
        from rnn_graph.train.minibatch_steps import MinibatchSteps
        from rnn_graph.train.recipes import find_recipe

        recipe = find_recipe("word", "modern").changed(optimizer="sgd", clip_norm=CLIP_NORM)
        batches = SimpleNamespace(batch_size=self._batch_size, carries_state=True)
        self._steps = MinibatchSteps(self._model, recipe, batches)
        self._steps.load(Segment(0, self._ids[:, :-1], self._ids[:, 1:]))

    def run(self, start: int, stop: int) -> list[float]:
        done = [self._steps.run(range(k, k + 1), k, LEARNING_RATE) for k in range(start, stop)]
        return [float(nats) / float(tokens) for nats, tokens in done]

    def parameters(self) -> dict[str, np.ndarray]:
        return self._model.get_parameters()


def _shared_backend(task: MinibatchTask, backend: str, device: str, dtype: str):
    from rnn_graph.backend.devices import choose_backend
    from rnn_graph.train.processes import share_batches, split_cpu

    devices = usable_processors()
    if devices == 1 or task.batch_size % devices:
        raise NotHere(f"{task.batch_size} sequences for {devices} processors")
    split_cpu(devices)
    return share_batches(choose_backend(backend, device, dtype), devices, task.batch_size)


def _language_model(task: MinibatchTask, computing: Mapping[str, Any]):
    from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, UNKNOWN_TOKEN, Vocabulary
    from rnn_graph.models.language_model import LanguageModel

    words = [f"word {k}" for k in range(task.vocabulary_size - 3)]
    vocabulary = Vocabulary([*words, SENTENCE_START, SENTENCE_END, UNKNOWN_TOKEN])
    sizes = {"hidden_dim": task.hidden_dim, "embedding_dim": task.hidden_dim}
    return LanguageModel(vocabulary, cell=task.cell, **sizes, rng=task.seed, **computing)


class TorchPeer(Program):
    """A PyTorch model as a `Program`."""

    def __init__(self, task: MinibatchTask, *, device: str, compiled: bool = False):
        import torch

        self.compiles = compiled
        place = torch_device(device)
        self._model = peer("torch_language_model").TorchLanguageModel(
            task.cell, task.initial_parameters(), place, compiled=compiled
        )
        self._ids = torch.from_numpy(task.minibatches().astype(np.int64)).to(place)

    def run(self, start: int, stop: int) -> list[float]:
        step = self._model.step
        losses = [step(ids[:-1], ids[1:], LEARNING_RATE) for ids in self._ids[start:stop]]
        return [float(loss) for loss in losses]

    def parameters(self) -> dict[str, np.ndarray]:
        return self._model.get_parameters()


class JAXPeer(Program):
    """A model in JAX by hand, as a `Program`."""

    compiles = True

    def __init__(self, task: MinibatchTask, *, device: str):
        import jax

        place = jax_device(device)
        self._model = peer("jax_language_model").JAXLanguageModel(
            task.cell, task.initial_parameters(), task.batch_size, place
        )
        ids = jax.device_put(task.minibatches(), place)
        self._pairs = [(x_y[:-1], x_y[1:]) for x_y in ids]

    def run(self, start: int, stop: int) -> list[float]:
        losses = [self._model.step(x, y, LEARNING_RATE) for x, y in self._pairs[start:stop]]
        return [float(loss) for loss in losses]

    def parameters(self) -> dict[str, np.ndarray]:
        return self._model.get_parameters()
