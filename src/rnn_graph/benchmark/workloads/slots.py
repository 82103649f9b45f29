"""Workloads of the slot tagger: the two published recipes, step by step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from rnn_graph.benchmark.contender import Contender, Product, Program
from rnn_graph.benchmark.floors import memory_floor
from rnn_graph.benchmark.peers import peer, torch_device
from rnn_graph.benchmark.selection import Selection
from rnn_graph.nn.initializers import draw_slot_tagger_parameters
from rnn_graph.reference.rnnslu_numpy import RNNSLUNumpy
from rnn_graph.tutorials.windows import contextwin, last_word_steps, minibatch

CHECKED_STEPS = 20
REFERENCE_STEPS = 50  # a turn
STEPS = 1024  # a turn of the others
WORDS, LABELS = 572, 127  # of ATIS

Sentence = tuple[Sequence[int], Sequence[int]]


@dataclass(frozen=True)
class SlotTask:
    """Sentences to train the slot tagger on, with normalization after each step; see `Task`.

    Attributes
    ----------
    sentences
        Word ids and labels of each.
    word_count, label_count
        How many there are.
    hidden_dim, embedding_dim, window, words_a_step, learning_rate
        Of the recipe; `words_a_step` None: all words of a sentence are one step.
    seed
        Of the first parameters.
    """

    sentences: Sequence[Sentence]
    word_count: int
    label_count: int
    hidden_dim: int
    embedding_dim: int
    window: int
    words_a_step: int | None
    learning_rate: float
    seed: int
    unit: str = "step"
    checked_items: int = CHECKED_STEPS
    turn_seconds: float = 0.5

    @property
    def sizes(self) -> dict[str, Any]:
        inputs = f"{self.window} · {self.embedding_dim}"
        sizes = {"inputs": inputs, "nh": self.hidden_dim, "nc": self.label_count}
        if self.words_a_step:
            return sizes | {"words a step": self.words_a_step}
        return sizes | {"mean T": round(float(np.mean([len(y) for _, y in self.sentences])), 1)}

    @property
    def model_sizes(self) -> tuple[int, int, int, int, int]:
        """`nh, nc, ne, de, cs`, as `RNNSLU` takes them."""
        counts = self.hidden_dim, self.label_count, self.word_count
        return (*counts, self.embedding_dim, self.window)

    @property
    def items(self) -> int:
        pieces = (
            sum(len(y) for _, y in self.sentences) if self.words_a_step else len(self.sentences)
        )
        return min(STEPS, pieces)

    def units(self, items: int) -> int:
        return items

    def initial_parameters(self) -> dict[str, np.ndarray]:
        parameters = draw_slot_tagger_parameters(*self.model_sizes, rng=self.seed)
        parameters["embeddings"] /= np.linalg.norm(parameters["embeddings"], axis=1, keepdims=True)
        return parameters

    def steps(self) -> list[tuple[np.ndarray, Any]]:
        """The windows of each step, and what it learns: the last word's label, or those of all."""
        return list(islice(self._all_steps(), self.items))

    def _all_steps(self) -> Iterator[tuple[np.ndarray, Any]]:
        for words, labels in self.sentences:
            windows = contextwin(words, self.window)
            if self.words_a_step:
                yield from zip(minibatch(windows, self.words_a_step), labels, strict=True)
            else:
                yield np.asarray(windows), np.asarray(labels)

    def products(self) -> list[Product]:
        return []  # too small: what takes their time is calling for them

    def numbers_moved(self) -> int:
        nh, nc, inputs = self.hidden_dim, self.label_count, self.window * self.embedding_dim
        return 2 * self.items * nh * (inputs + nh + nc)


def tagger_task(recipe: str, *, data: str | None = None, seed: int = 0) -> SlotTask:
    """The recipe's steps on a file of tagged sentences, or on random ones of the size of ATIS.

    Parameters
    ----------
    recipe
        "word" or "sentence".
    """
    from rnn_graph.data.tag_vocabulary import TagVocabulary
    from rnn_graph.data.tagged_files import read_tagged_sentences
    from rnn_graph.train.recipes import find_recipe

    chosen = find_recipe("tagger", recipe)
    if data:
        tagged = read_tagged_sentences(data)
        vocabulary = TagVocabulary.of(tagged)
        counts = len(vocabulary.words), len(vocabulary.labels)
        sentences = [
            (vocabulary.encode_words(s.words), vocabulary.encode_labels(s.labels)) for s in tagged
        ]
    else:
        counts, sentences = (WORDS, LABELS), _random_sentences(seed)
    return SlotTask(
        sentences,
        *counts,
        chosen["hidden_dim"],
        chosen["embedding_dim"],
        chosen["window"],
        chosen.settings.get("words_a_step"),
        chosen["learning_rate"],
        seed,
    )


def _random_sentences(seed: int) -> list[Sentence]:
    generator = np.random.default_rng(seed)
    return [
        (generator.integers(WORDS, size=T), generator.integers(LABELS, size=T))
        for T in generator.integers(4, 20, size=STEPS // 4)
    ]


def tagger_contenders(task: SlotTask, selection: Selection) -> list[Contender]:
    """Everyone; PyTorch also with one thread, with which it is faster on such small products."""
    peers = selection.peers(
        "PyTorch eager", partial(TorchPeer, program="TorchSlotTagger"), "torch", on_gpu=False
    ) + selection.peers(
        "PyTorch eager, gradients by hand",
        partial(TorchPeer, program="TorchSlotTaggerByHand"),
        "torch",
        on_gpu=False,
    )
    peers += [replace(p, name=f"{p.name}, one thread", threads=1) for p in peers]
    return [
        Contender(
            "NumPy reference", "reference", Reference, dtype="float64", items=REFERENCE_STEPS
        ),
        *selection.compiled(Compiled, "rnn_graph.tutorials.rnnslu"),
        *peers,
        memory_floor(selection.dtypes[0]),
    ]


class Reference(Program):
    """The NumPy tagger as a `Program`."""

    def __init__(self, task: SlotTask):
        self._model = RNNSLUNumpy(*task.model_sizes)
        self._model.parameters = task.initial_parameters()
        self._steps, self._rate = task.steps(), task.learning_rate

    def run(self, start: int, stop: int) -> list[float]:
        losses = []
        for windows, labels in self._steps[start:stop]:
            losses.append(self._model.sentence_train(windows, labels, self._rate))
            self._model.normalize()
        return losses

    def parameters(self) -> dict[str, np.ndarray]:
        return self._model.parameters


class Compiled(Program):
    """`RNNSLU` as a `Program`."""

    compiles = True

    def __init__(self, task: SlotTask, *, backend: str, device: str, dtype: str):
        from rnn_graph.tutorials.rnnslu import RNNSLU

        computing = {"backend": backend, "device": device, "dtype": dtype}
        self._model = RNNSLU(*task.model_sizes, rng=task.seed, **computing)
        self._model.set_parameters(task.initial_parameters())
        self._rate, self._words_a_step = task.learning_rate, task.words_a_step
        self._steps: Any = task.steps()
        if task.words_a_step:
            settings = task.window, task.words_a_step
            rows = [last_word_steps(*sentence, *settings) for sentence in task.sentences]
            self._steps = np.concatenate(rows)[: task.items]

    def run(self, start: int, stop: int) -> Sequence[float]:
        steps = self._steps[start:stop]
        if self._words_a_step:
            return self._model.train_on_steps(steps, self._rate)
        train = self._model.begin_sentence_train
        losses = [train(*step, self._rate, normalize=True) for step in steps]
        return [float(loss) for loss in losses]

    def parameters(self) -> dict[str, np.ndarray]:
        return self._model.get_parameters()


class TorchPeer(Program):
    """A PyTorch tagger as a `Program`."""

    def __init__(self, task: SlotTask, *, device: str, program: str):
        module = peer("torch_slot_tagger")
        torch_device(device)
        parameters = task.initial_parameters()
        self._model = getattr(module, program)(
            {name: value.astype(np.float32) for name, value in parameters.items()}
        )
        self._steps = [self._model.prepared(*step) for step in task.steps()]
        self._rate = task.learning_rate

    def run(self, start: int, stop: int) -> list[float]:
        return [self._model.sgd_step(*step, self._rate) for step in self._steps[start:stop]]

    def parameters(self) -> dict[str, np.ndarray]:
        return self._model.get_parameters()
