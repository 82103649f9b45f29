"""Who learns a task: this project by its default recipe, and PyTorch's own layers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from rnn_graph.benchmark.contender import Contender
from rnn_graph.benchmark.learner import Clock, Learner, LearningTask, Point
from rnn_graph.benchmark.peers import torch_device
from rnn_graph.benchmark.selection import Selection
from rnn_graph.benchmark.workloads.learning_tasks import TagTask
from rnn_graph.train.observer import Observer
from rnn_graph.train.recipes import BATCH_SETTINGS, DATA_SETTINGS, Recipe

# The settings of a recipe that PyTorch's learner has as well, or that say when to end.
OF_BOTH = frozenset(
    (
        *BATCH_SETTINGS,
        *DATA_SETTINGS,
        *("cell", "hidden_dim", "embedding_dim", "layers", "window", "bidirectional"),
        *("dropout", "embedding_dropout", "optimizer", "clip_norm", "weight_decay"),
        *("learning_rate", "schedule", "warmup", "epochs", "iterations", "evaluate_every"),
        *("patience", "seed"),
    )
)
# What the others are where they do nothing.
WITHOUT_EFFECT = (None, 0, 0.0, False, "softmax")


def learning_contenders(task: LearningTask, selection: Selection) -> list[Contender]:
    """Ours on one backend in one precision, and PyTorch, on each device."""
    one = replace(selection, backends=selection.backends[:1], dtypes=selection.dtypes[:1])
    ours = one.compiled(OurLearner, "rnn_graph.train.trainer")
    peers = one.peers("PyTorch eager", _torch_learner, "torch")
    remark = own_settings(task.recipe)
    return [*ours, *(replace(peer, remark=remark) for peer in peers)]


def own_settings(recipe: Recipe) -> str | None:
    """What the recipe has and PyTorch's learner has not, for the report; None for nothing."""
    of_ours = {
        name: value
        for name, value in recipe.settings.items()
        if name not in OF_BOTH
        and value not in WITHOUT_EFFECT
        and (name, value) != ("accumulate", 1)
    }
    named = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in of_ours.items())
    return f"without settings of this project's recipe: {named}" if named else None


def _torch_learner(task: LearningTask, *, device: str) -> Learner:
    torch_device(device)
    from rnn_graph.benchmark.workloads import torch_adapters as programs

    kind = programs.TorchTagLearner if isinstance(task, TagTask) else programs.TorchTextLearner
    return kind(task, device=device)


class OurLearner(Learner):
    """A model and `Trainer` by the task's recipe, as `fit` makes them."""

    def __init__(self, task: LearningTask, *, backend: str, device: str, dtype: str):
        self._task = task
        self._computing = {"backend": backend, "device": device, "dtype": dtype}
        self._model = self._build(task.recipe.network())

    def _build(self, network: Mapping[str, Any]):
        from rnn_graph.models.kinds import find_kind

        task, settings = self._task, {**network, **self._task.network, **self._computing}
        model = find_kind(task.recipe.kind).model_class()
        return model.build(task.vocabulary, rng=task.seed, **settings)

    def set_parameters(self, parameters: dict[str, np.ndarray]) -> None:
        """Take over a peer's, in a model without what the peer's network does not have."""
        network = self._task.recipe.network()
        self._model = self._build({name: network[name] for name in network if name in OF_BOTH})
        own = {name: np.zeros_like(value) for name, value in self._model.get_parameters().items()}
        self._model.set_parameters(own | parameters)

    def figures(self) -> dict[str, float]:
        return self._task.evaluate(self._model).as_dict()

    def learn(self, clock, tell) -> None:
        from rnn_graph.train.trainer import Trainer

        watch = _Watch(self._task, clock, tell)
        clock.go()
        trainer = Trainer(
            self._model,
            self._task.batches(),
            self._task.recipe,
            evaluate=partial(watch.evaluate, self._model),
            observers=[watch],
        )
        clock.compiled()
        trainer.run()


class _Watch(Observer):
    """Times training without its evaluations, and tells their scores."""

    def __init__(self, task: LearningTask, clock: Clock, tell: Callable[[Point], None]):
        self._task, self._clock, self._tell = task, clock, tell

    def evaluate(self, model):
        """Score the model, the clock standing still until the score was told."""
        self._clock.stepped()  # where an epoch is a step
        self._clock.stop()
        self._found = self._task.evaluate(model)
        return self._found

    def on_step(self) -> None:
        self._clock.stepped()

    def on_epoch(self, record) -> None:
        score = self._task.figure(self._found)
        self._tell(Point(round(record.epoch), self._clock.seconds, score))
        self._clock.go()
