"""Workloads of the word model: a step on one sentence, and an epoch of sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from rnn_graph.benchmark.contender import Contender, Findings, NotHere, Product, Program
from rnn_graph.benchmark.floors import eager_floors, floors
from rnn_graph.benchmark.peers import jax_device, peer, torch_device
from rnn_graph.benchmark.process import findings
from rnn_graph.benchmark.selection import Selection
from rnn_graph.nn.initializers import draw_word_model_parameters
from rnn_graph.randomness import as_random_generator
from rnn_graph.reference.rnn_numpy import RNNNumpy

LEARNING_RATE = 0.005
CHECKED_STEPS = 3
CHECKED_SENTENCES = 20
STEPS = 16  # a turn
SENTENCES = 1000
FEWER_SENTENCES = 25  # a turn of the reference, and of the slower backends

AUTOGRAD = "its gradient goes back to the sentence's beginning, and is checked as such"
SCAN_TRUNCATES = (
    "only the last k words of a sentence send it gradients, as scan's own truncation has it, and"
    " it is checked as such"
)

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class SentenceTask:
    """Sentences to train the word model on, one a step; see `Task`.

    Attributes
    ----------
    word_dim, hidden_dim
        V and H.
    truncate
        k; None for full BPTT.
    pairs
        Ids of each sentence and of the next words.
    seed
        Of the first parameters.
    """

    word_dim: int
    hidden_dim: int
    truncate: int | None
    pairs: Sequence[Pair]
    unit: str
    checked_items: int
    seed: int
    turn_seconds: float = 0.5

    @property
    def sizes(self) -> dict[str, Any]:
        lengths = {len(x) for x, _ in self.pairs}
        k = "full" if self.truncate is None else self.truncate
        described = {"V": self.word_dim, "H": self.hidden_dim, "k": k}
        if len(lengths) == 1:
            return described | {"T": lengths.pop()}
        mean = sum(len(x) for x, _ in self.pairs) / len(self.pairs)
        return described | {"sentences": len(self.pairs), "mean T": round(mean, 1)}

    @property
    def items(self) -> int:
        return len(self.pairs)

    def units(self, items: int) -> int:
        return items if self.unit == "step" else sum(len(x) for x, _ in self.pairs[:items])

    def initial_parameters(self) -> dict[str, np.ndarray]:
        return draw_word_model_parameters(self.word_dim, self.hidden_dim, self.seed)

    def products(self) -> list[Product]:
        V, H = self.word_dim, self.hidden_dim
        lengths, counts = np.unique([len(x) for x, _ in self.pairs], return_counts=True)
        return [
            product
            for T, count in zip(lengths.tolist(), counts.tolist(), strict=True)
            for product in (
                Product(count, T, H, V),  # logits
                Product(count, T, V, H),  # their gradients' way to the states
                Product(count, H, T, V),  # and to the output weights
            )
        ]

    def numbers_moved(self) -> int:
        # The dense weights are read and written; of the input table, the rows looked up.
        words = sum(len(x) for x, _ in self.pairs)
        return 2 * len(self.pairs) * self.hidden_dim * (self.word_dim + self.hidden_dim) + (
            2 * words * self.hidden_dim
        )


def step_task(
    *,
    vocabulary_size: int = 8000,
    hidden_dim: int = 100,
    length: int = 45,
    bptt_truncate: int | None = 4,
    seed: int = 0,
) -> SentenceTask:
    """The tutorial's step on one sentence, one after the other, of random words."""
    generator = as_random_generator(seed)
    drawn = generator.random((STEPS, 2, length)) * vocabulary_size
    pairs = [(x, y) for x, y in np.floor(drawn).astype(np.int32)]
    sizes = vocabulary_size, hidden_dim, bptt_truncate
    return SentenceTask(*sizes, pairs, "step", CHECKED_STEPS, seed)


def epoch_task(
    *,
    data: str | None = None,
    vocabulary_size: int = 8000,
    hidden_dim: int = 100,
    bptt_truncate: int | None = 4,
    seed: int = 0,
) -> SentenceTask:
    """The first sentences of a text or CSV file, or of the embedded comments."""
    from rnn_graph.data.padding import next_word_pairs
    from rnn_graph.data.sentences import count_tokens, read_sentences
    from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, Vocabulary
    from rnn_graph.datasets import comment_corpus

    sentences = list(read_sentences(data)) if data else comment_corpus(4 * SENTENCES, 1).train
    vocabulary = Vocabulary.from_counts(
        count_tokens(sentences), vocabulary_size, required=(SENTENCE_START, SENTENCE_END)
    )
    pairs = zip(*next_word_pairs(map(vocabulary.encode, sentences)), strict=True)
    pairs = [(x.astype(np.int32), y.astype(np.int32)) for x, y in pairs if len(x)][:SENTENCES]
    checked = min(CHECKED_SENTENCES, len(pairs))
    sizes = len(vocabulary), hidden_dim, bptt_truncate
    return SentenceTask(*sizes, pairs, "word", checked, seed)


def step_contenders(task: SentenceTask, selection: Selection) -> list[Contender]:
    """Everyone."""
    # JAX cannot differentiate the literal graph in float32: its carry turns into float64.
    backends = tuple(name for name in selection.backends if name != "jax")
    literal = replace(selection, backends=backends, devices=("cpu",), dtypes=selection.dtypes[:1])
    other = {"expected": scan_truncated_findings, "remark": SCAN_TRUNCATES}
    return [
        *_contenders(task, selection),
        *(
            contender if task.truncate is None else replace(contender, **other)
            for contender in literal.compiled(
                literal_port,
                "rnn_graph.tutorials.scan_graph",
                prefix="literal port",
                kind="literal",
            )
        ),
        *floors(selection.dtypes, selection.devices),
    ]


def epoch_contenders(task: SentenceTask, selection: Selection) -> list[Contender]:
    """Everyone but the literal port, whose steps `lm-step` has."""
    return [*_contenders(task, selection), *eager_floors(selection.dtypes[0])]


def _contenders(task: SentenceTask, selection: Selection) -> list[Contender]:
    compiled = partial(torch_peer, compiled=True)
    compiled_autograd = partial(torch_autograd, compiled=True)
    untruncated = []
    if task.truncate is not None:
        # What PyTorch's users write: autograd goes back to the sentence's beginning.
        for name, build in (("eager", torch_autograd), ("compile", compiled_autograd)):
            found = selection.peers(f"PyTorch {name}, full BPTT", build, "torch")
            untruncated += [
                replace(peer, expected=full_findings, remark=AUTOGRAD) for peer in found
            ]
    return [
        Contender(
            "NumPy reference", "reference", reference, dtype="float64", items=FEWER_SENTENCES
        ),
        *(
            contender if "jax" in contender.libraries else replace(contender, items=FEWER_SENTENCES)
            for contender in selection.compiled(ours, "rnn_graph.tutorials.rnn_theano")
        ),
        *selection.peers("hand-written JAX", jax_peer, "jax"),
        *selection.peers("PyTorch eager", torch_peer, "torch"),
        *selection.peers("PyTorch compile", compiled, "torch"),
        *untruncated,
    ]


class SentenceTraining(Program):
    """A `Program`: a model with `sgd_step` learns sentence after sentence."""

    def __init__(self, model: Any, pairs: Sequence[tuple], *, compiles: bool = False):
        self._model, self._pairs, self.compiles = model, pairs, compiles

    def compile(self) -> None:
        if hasattr(self._model, "compiled_sgd_step"):
            self._model.compiled_sgd_step(len(self._pairs[0][0]))

    def run(self, start: int, stop: int) -> list[float]:
        step = getattr(self._model, "begin_sgd_step", self._model.sgd_step)
        losses = [step(x, y, LEARNING_RATE) for x, y in self._pairs[start:stop]]
        return [float(loss) for loss in losses]

    def parameters(self) -> dict[str, np.ndarray]:
        return self._model.get_parameters()


def reference(task: SentenceTask) -> SentenceTraining:
    model = RNNNumpy(task.word_dim, task.hidden_dim, task.truncate, rng=task.seed)
    return SentenceTraining(model, task.pairs)


def ours(task: SentenceTask, *, backend: str, device: str, dtype: str) -> SentenceTraining:
    from rnn_graph.tutorials.rnn_theano import RNNTheano

    model = RNNTheano(
        task.word_dim,
        task.hidden_dim,
        task.truncate,
        rng=task.seed,
        backend=backend,
        device=device,
        dtype=dtype,
    )
    return SentenceTraining(model, task.pairs, compiles=True)


def literal_port(task: SentenceTask, *, backend: str, device: str, dtype: str) -> SentenceTraining:
    from rnn_graph.backend.devices import choose_backend
    from rnn_graph.tutorials.scan_graph import LiteralRNN

    if task.truncate == 0:
        raise NotHere("scan takes a truncation to 0 steps for none")
    chosen = choose_backend(backend, device, dtype)
    model = LiteralRNN(task.initial_parameters(), task.truncate, chosen, dtype)
    return SentenceTraining(model, task.pairs, compiles=True)


def jax_peer(task: SentenceTask, *, device: str) -> SentenceTraining:
    model = peer("jax_word_model").JAXWordModel(
        task.initial_parameters(), task.truncate, jax_device(device)
    )
    return _peer_training(model, task, compiles=True)


def torch_peer(task: SentenceTask, *, device: str, compiled: bool = False) -> SentenceTraining:
    if task.truncate is None:
        return torch_autograd(task, device=device, compiled=compiled)
    model = peer("torch_word_model").TruncatedTorchWordModel(
        task.initial_parameters(), task.truncate, torch_device(device), compiled=compiled
    )
    return _peer_training(model, task, compiles=compiled)


def torch_autograd(task: SentenceTask, *, device: str, compiled: bool = False) -> SentenceTraining:
    model = peer("torch_word_model").TorchWordModel(
        task.initial_parameters(), torch_device(device), compiled=compiled
    )
    return _peer_training(model, task, compiles=compiled)


def _peer_training(model: Any, task: SentenceTask, *, compiles: bool) -> SentenceTraining:
    pairs = [model.prepared(x, y) for x, y in task.pairs]
    return SentenceTraining(model, pairs, compiles=compiles)


def full_findings(task: SentenceTask) -> Findings:
    """What full BPTT should find."""
    full = replace(task, truncate=None)
    return findings(reference(full), full)


def scan_truncated_findings(task: SentenceTask) -> Findings:
    """What the literal port should find: the last k steps of a sentence alone send gradients."""
    model = RNNNumpy(task.word_dim, task.hidden_dim, None, rng=task.seed)
    losses = []
    for n in range(task.checked_items):
        x, y = task.pairs[n % task.items]
        o, s = model.forward_propagation(x)
        losses.append(float(-np.log(o[np.arange(len(y)), y]).sum()))
        deltas_o = o
        deltas_o[np.arange(len(y)), y] -= 1
        delta = np.zeros(task.hidden_dim)
        dU, dV, dW = (np.zeros_like(value) for value in (model.U, model.V, model.W))
        for t in reversed(range(max(0, len(x) - task.truncate), len(x))):
            delta = (model.V.T @ deltas_o[t] + model.W.T @ delta) * (1 - s[t] ** 2)
            dV += np.outer(deltas_o[t], s[t])
            dW += np.outer(delta, s[t - 1])
            dU[:, x[t]] += delta
        model.U -= LEARNING_RATE * dU
        model.V -= LEARNING_RATE * dV
        model.W -= LEARNING_RATE * dW
    return Findings(losses, model.get_parameters())
