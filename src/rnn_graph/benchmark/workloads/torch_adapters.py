"""PyTorch's networks as learners: the same minibatches, rates and scores as this project's."""

import math
from abc import abstractmethod
from types import SimpleNamespace

import numpy as np
import torch

from rnn_graph.benchmark.contender import NotHere
from rnn_graph.benchmark.learner import Learner, Point
from rnn_graph.benchmark.peers import peer, torch_device
from rnn_graph.benchmark.workloads.learning_tasks import TagTask, TextTask
from rnn_graph.errors import TrainingDiverged
from rnn_graph.train.settings import TrainingSettings

SIZES = ("cell", "hidden_dim", "layers", "window", "bidirectional", "dropout", "embedding_dropout")


class TorchLearner(Learner):
    """PyTorch's own layers, first values, optimizer and clipping, by the sizes of the recipe.

    Parameters
    ----------
    task
    tokens, outputs
        Embeddings, and what there is to choose from.
    device
        "cpu" or "gpu".
    """

    def __init__(self, task: TextTask | TagTask, tokens: int, outputs: int, *, device: str):
        programs, recipe = peer("torch_learner"), task.recipe
        self._task, self._device = task, torch_device(device)
        torch.manual_seed(task.seed)
        sizes = {name: recipe[name] for name in SIZES if name in recipe.settings}
        sizes["embedding_dim"] = recipe["embedding_dim"] or recipe["hidden_dim"]
        self._network = programs.TorchNetwork(tokens, outputs, **sizes).to(self._device)
        self._settings = settings = TrainingSettings.of(recipe)
        if settings.optimizer not in programs.OPTIMIZERS:
            raise NotHere(f"it has no optimizer {settings.optimizer!r}, which the recipe has")
        self._training = programs.TorchTraining(
            self._network, settings.optimizer, settings.weight_decay, settings.clip_norm
        )

    def learn(self, clock, tell) -> None:
        rate, batches = Rate(self._settings), self._task.batches()
        total, steps = self._settings.total_steps(batches.steps_per_epoch), 0
        clock.go()
        for epoch in range(1, self._settings.epochs + 1):
            self._begin_epoch()
            for segment in batches.segments(epoch - 1):
                for x, y in zip(segment.x, segment.y, strict=True):
                    loss = self._step(x, y, rate.after(steps / total))
                    clock.stepped()
                    steps += 1
            loss.item()  # waits for a GPU
            clock.stop()
            found = self._task.evaluate(self._reader())
            if not math.isfinite(found.criterion):
                raise TrainingDiverged(f"the held-out loss became {found.criterion}")
            rate.judge(found.criterion)
            tell(Point(epoch, clock.seconds, self._task.figure(found)))
            clock.go()

    def figures(self) -> dict[str, float]:
        return self._task.evaluate(self._reader()).as_dict()

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values.astype(np.int64)).to(self._device)

    def _begin_epoch(self) -> None:
        """Nothing is carried over an epoch's end."""

    @abstractmethod
    def _step(self, x: np.ndarray, y: np.ndarray, learning_rate: float) -> torch.Tensor:
        """A step on a minibatch, [T, B] each; its loss."""

    @abstractmethod
    def _reader(self):
        """What scores are taken of, with what this project's models have for it."""


class TorchTextLearner(TorchLearner):
    """A language model."""

    def __init__(self, task: TextTask, *, device: str):
        tokens = len(task.vocabulary)
        super().__init__(task, tokens, tokens, device=device)
        self._carries_state = task.batches().carries_state
        self._states = None

    def parameters(self) -> dict[str, np.ndarray]:
        layers = range(self._task.recipe["layers"])
        return self._network.project_parameters([f"layer{k}" for k in layers])

    def _begin_epoch(self) -> None:
        self._states = None

    def _step(self, x, y, learning_rate):
        x, y = self._tensor(x), self._tensor(y)
        loss, states = self._training.step(x, y, learning_rate, self._states)
        if self._carries_state:
            self._states = states
        return loss

    def _reader(self):
        def token_losses(x, y, states):
            losses, states = self._network.token_losses(self._tensor(x), self._tensor(y), states)
            return losses.cpu().numpy(), states

        task = self._task
        return SimpleNamespace(
            vocabulary=task.vocabulary,
            start_id=task.start_id,
            targets=task.targets,
            config=SimpleNamespace(**task.network),
            zero_states=lambda texts: None,
            token_losses=token_losses,
        )


class TorchTagLearner(TorchLearner):
    """A tagger."""

    def __init__(self, task: TagTask, *, device: str):
        # The last row of the embeddings is for what is beyond a sentence.
        self._beyond = len(task.vocabulary.words)
        self._unknown = task.vocabulary.words.unknown_id
        super().__init__(task, self._beyond + 1, len(task.vocabulary.labels), device=device)

    def parameters(self) -> dict[str, np.ndarray]:
        directions = ["forward", "backward"] if self._network.rnn.bidirectional else ["forward"]
        return self._network.project_parameters(directions)

    def _step(self, x, y, learning_rate):
        is_there = y.max(axis=0) >= 0  # the last minibatch may have fewer sentences
        x, y = x[:, is_there], y[:, is_there]
        margin = self._network.window // 2
        ids = self._ids(np.pad(x, ((margin, margin), (0, 0)), constant_values=-1))
        lengths = torch.from_numpy((y >= 0).sum(axis=0))
        return self._training.step(ids, self._tensor(y), learning_rate, lengths=lengths)[0]

    def _ids(self, words: np.ndarray) -> torch.Tensor:
        words = np.where(words < 0, self._beyond, words)
        return self._tensor(np.where(words > self._beyond, self._unknown, words))

    def _reader(self):
        def predict_labels(ids, mask):
            lengths = torch.from_numpy(mask.sum(axis=0).astype(np.int64))
            return self._network.best_outputs(self._ids(ids), lengths).cpu().numpy()

        return SimpleNamespace(
            vocabulary=self._task.vocabulary,
            window=self._network.window,
            dtype="float32",
            backend=SimpleNamespace(compiles_per_shape=False),
            encode_words=self._task.vocabulary.encode_words,
            predict_labels=predict_labels,
        )


class Rate:
    """The learning rate as `Trainer` has it."""

    def __init__(self, settings: TrainingSettings):
        from rnn_graph.optim.schedules import SCHEDULES, judged_factor, with_warmup

        schedule = SCHEDULES.get(settings.schedule, SCHEDULES["constant"])
        self._settings, self._judged_factor = settings, judged_factor
        self._schedule = with_warmup(schedule, settings.warmup)
        self._factor, self._stale = 1.0, 0
        self._best = self._last = math.inf

    def after(self, share_done: float) -> float:
        return self._settings.learning_rate * self._schedule(share_done) * self._factor

    def judge(self, criterion: float) -> None:
        """Take in an evaluation; less is better."""
        self._stale = 0 if criterion < self._best else self._stale + 1
        self._best = min(self._best, criterion)
        rose = criterion > self._last
        self._factor = self._judged_factor(
            self._settings.schedule, self._factor, stale=self._stale, rose=rose
        )
        self._last = criterion
