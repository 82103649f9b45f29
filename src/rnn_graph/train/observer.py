"""What training tells, and whom."""

import math
from dataclasses import asdict, dataclass
from typing import Any

LARGEST_EXPONENT = 700  # of which exp is a number still


@dataclass(frozen=True)
class Record:
    """What the history says of a moment; losses in nats a token.

    Attributes
    ----------
    step, epoch, tokens, seconds
        Done since training began; an epoch in progress is a fraction.
    tokens_per_second
        In this epoch until now, the first one's compilation included.
    loss
        Mean over all tokens of this epoch until now; at the end of an epoch, over all of it.
    recent_loss
        Mean over the tokens since the last record.
    held_out, on_training
        The figures of an evaluation by name, on data that are not trained on or on those that
        are; None where there was none.
    is_best
        Whether that evaluation is the best until now.
    """

    step: int
    epoch: float
    tokens: int
    seconds: float
    tokens_per_second: float
    learning_rate: float
    loss: float | None
    recent_loss: float | None
    held_out: dict[str, Any] | None = None
    on_training: dict[str, Any] | None = None
    is_best: bool = False

    @property
    def perplexity(self) -> float | None:
        """exp(loss)."""
        return None if self.loss is None else math.exp(min(self.loss, LARGEST_EXPONENT))

    @property
    def bits(self) -> float | None:
        """The loss in bits a token."""
        return None if self.loss is None else self.loss / math.log(2)

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return asdict(self) | {"perplexity": self.perplexity, "bits": self.bits}


class Observer:
    """Is told of what happens in training, and may end it; here nothing follows from anything."""

    def on_begin(self, trainer) -> None:
        """Called once, before the first step; `trainer.position` is that of a run taken up."""

    def on_losses(self, losses: list[tuple[int, float]]) -> None:
        """Called every few steps with the tokens and the summed nats of each."""

    def on_record(self, record: Record) -> None:
        """Called with each line of the history."""

    def on_epoch(self, record: Record) -> None:
        """Called with each record that ends an epoch and was evaluated, or is the last."""

    def on_step(self) -> None:
        """Called between any two steps at which training could go on from a checkpoint."""

    def on_end(self) -> None:
        """Called after the last step, before the model gets its best parameters."""

    def should_stop(self) -> bool:
        """Asked between any two steps."""
        return False
