"""How training goes on, whatever the model."""

import math
from dataclasses import dataclass
from typing import Any

from rnn_graph.checks import require_above_zero, require_shares, require_sizes
from rnn_graph.errors import InputError
from rnn_graph.names import FIXED_SCHEDULES, JUDGED_SCHEDULES
from rnn_graph.train.recipes import Recipe

SCHEDULES = (*FIXED_SCHEDULES, *JUDGED_SCHEDULES)
# With no number of epochs between evaluations there are so many in a run.
EVALUATIONS_A_RUN = 10


@dataclass(frozen=True)
class TrainingSettings:
    """How to train.

    Attributes
    ----------
    epochs
        Times through the data; None: as many as `iterations` need.
    iterations
        Steps in all, in place of `epochs`.
    learning_rate
        At the start.
    schedule
        How it goes down: a name of `rnn_graph.optim.schedules`.
    warmup
        Share of all steps in which the rate rises from zero.
    optimizer, clip_norm, clip_value, weight_decay
        Names and numbers of `rnn_graph.optim`; None for no limit.
    accumulate
        Minibatches whose gradients make one update.
    averaging
        Weight of the past in the moving average of the parameters, which is then what is scored
        and kept; 0 for none.
    patience
        Evaluations without a better one after which training ends; None: never.
    evaluate_every
        Epochs between evaluations; None for about ten in a run.
    seed
        Of the order of examples and of dropout.

    Raises
    ------
    InputError
        If a setting is out of its range.
    """

    epochs: int | None = 10
    iterations: int | None = None
    learning_rate: float = 0.002
    schedule: str = "constant"
    warmup: float = 0.0
    optimizer: str = "sgd"
    clip_norm: float | None = None
    clip_value: float | None = None
    weight_decay: float = 0.0
    accumulate: int = 1
    averaging: float = 0.0
    patience: int | None = None
    evaluate_every: int | None = 1
    seed: int = 0

    def __post_init__(self) -> None:
        sizes = ("epochs", "iterations", "accumulate", "patience", "evaluate_every")
        require_sizes(**{n: getattr(self, n) for n in sizes if getattr(self, n) is not None})
        if self.epochs is None and self.iterations is None:
            raise InputError("neither epochs nor iterations are given; give one of them")
        require_above_zero(learning_rate=self.learning_rate)
        require_shares(warmup=self.warmup, averaging=self.averaging)
        for name in ("clip_norm", "clip_value"):
            if getattr(self, name) is not None:
                require_above_zero(**{name: getattr(self, name)})
        if self.schedule not in SCHEDULES:
            raise InputError(
                f"unknown schedule {self.schedule!r}; give one of {', '.join(SCHEDULES)}"
            )
        if not 0 <= self.weight_decay < math.inf:
            raise InputError(f"weight_decay is {self.weight_decay}; give a number of at least 0")
        if self.weight_decay and self.optimizer != "adam":
            raise InputError(f"weight decay is for the optimizer adam, not {self.optimizer!r}")

    @classmethod
    def of(cls, recipe: Recipe) -> "TrainingSettings":
        """Those of a recipe; a largest norm of 0 is no limit."""
        values: dict[str, Any] = recipe.training()
        if values.get("clip_norm") == 0:
            values["clip_norm"] = None
        return cls(**values)

    def total_steps(self, steps_per_epoch: int) -> int:
        """The steps of the whole training."""
        if self.iterations is not None:
            return self.iterations
        return self.epochs * steps_per_epoch

    def epochs_between_evaluations(self, steps_per_epoch: int) -> int:
        """How many epochs there are from one evaluation to the next."""
        if self.evaluate_every is not None:
            return self.evaluate_every
        total = self.total_steps(steps_per_epoch)
        return max(1, round(total / steps_per_epoch / EVALUATIONS_A_RUN))


# Another value of one of these lets a run go on from its checkpoints.
CHANGEABLE = frozenset(
    (
        "epochs",
        "iterations",
        "learning_rate",
        "schedule",
        "warmup",
        "clip_norm",
        "clip_value",
        "patience",
        "evaluate_every",
    )
)
