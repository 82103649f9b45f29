"""What training a language model in minibatches is told."""

import math
from dataclasses import dataclass

from rnn_graph.checks import require_above_zero, require_shares, require_sizes
from rnn_graph.data.batches import SAMPLINGS
from rnn_graph.errors import InputError
from rnn_graph.optim.optimizers import OPTIMIZERS
from rnn_graph.optim.schedules import SCHEDULES
from rnn_graph.train.step import StepSettings

PLATEAU = "plateau"  # the schedule that asks the held-out loss
SCHEDULE_NAMES = (*SCHEDULES, PLATEAU)


@dataclass(frozen=True)
class LanguageTrainingSettings(StepSettings):
    """How to train, but for what `StepSettings` says of the gradients.

    Attributes
    ----------
    batch_size, sequence_length
        B and T; of sentences T is the longest.
    sampling
        A name of `rnn_graph.data.batches.SAMPLINGS`.
    epochs
        Times through the text.
    learning_rate
        Of the mean loss of a token.
    schedule
        A name of `rnn_graph.optim.schedules.SCHEDULES`, or "plateau": the rate is halved
        whenever an evaluation on held-out text is no better than the best one.
    warmup
        Share of all steps in which the rate rises.
    patience
        Evaluations on held-out text without a better one after which training ends; None: never.
    evaluate_every
        Epochs between evaluations.
    seed
        Of the order of minibatches and of dropout.
    """

    batch_size: int = 32
    sequence_length: int = 35
    sampling: str = "sequential"
    epochs: int = 10
    learning_rate: float = 0.002
    schedule: str = "constant"
    warmup: float = 0.0
    patience: int | None = None
    evaluate_every: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        require_sizes(epochs=self.epochs, evaluate_every=self.evaluate_every)
        require_sizes(accumulate=self.accumulate)
        require_above_zero(learning_rate=self.learning_rate)
        require_shares(warmup=self.warmup)
        for name in ("clip_norm", "clip_value", "patience"):
            if getattr(self, name) is not None:
                require_above_zero(**{name: getattr(self, name)})
        for name, known in (
            ("sampling", SAMPLINGS),
            ("schedule", SCHEDULE_NAMES),
            ("optimizer", OPTIMIZERS),
        ):
            if getattr(self, name) not in known:
                raise InputError(
                    f"unknown {name} {getattr(self, name)!r}; give one of {', '.join(known)}"
                )
        if not 0 <= self.weight_decay < math.inf:
            raise InputError(f"weight_decay is {self.weight_decay}; give a number of at least 0")
        if self.weight_decay and self.optimizer != "adam":
            raise InputError(f"weight decay is for the optimizer adam, not {self.optimizer!r}")
