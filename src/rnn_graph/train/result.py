"""What a training came to."""

from dataclasses import asdict, dataclass
from typing import Any

from rnn_graph.predict.metrics import perplexity
from rnn_graph.train.trainer import Trainer


@dataclass(frozen=True)
class TrainingResult:
    """What `rnn-graph train` reports.

    Attributes
    ----------
    model
        The model file; None if none was asked for.
    loss, perplexity
        Mean over all tokens (of a tagger: labels) of the last epoch while it trained, in nats, and
        exp of it; where the training data were evaluated as a whole, of that. None if no epoch was
        done.
    held_out
        The figures of the best evaluation, as `rnn-graph evaluate` has them; None for none.
    best_epoch
        When that was.
    epochs
        Done.
    interrupted
        Whether it was ended before its end.
    tokens, tokens_per_second
        Predicted in all.
    history
        The records of all evaluated epochs.
    signature
        Model, settings and versions.
    """

    model: str | None
    loss: float | None
    perplexity: float | None
    held_out: dict[str, Any] | None
    best_epoch: float | None
    epochs: float
    interrupted: bool
    tokens: int
    tokens_per_second: float
    history: list[dict[str, Any]]
    signature: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return asdict(self)


def result_of(
    trainer: Trainer, *, model: str | None, interrupted: bool, signature: dict[str, Any]
) -> TrainingResult:
    """The result of a trainer that ran."""
    position, history = trainer.position, trainer.history
    best = next((record for record in reversed(history) if record["is_best"]), None)
    last = history[-1] if history else {}
    loss = (last.get("on_training") or last).get("loss")
    judged = best is not None and best["held_out"] is not None
    return TrainingResult(
        model=model,
        loss=loss,
        perplexity=None if loss is None else perplexity(loss),
        held_out=best["held_out"] if judged else None,
        best_epoch=best["epoch"] if judged else None,
        epochs=trainer.epochs,
        interrupted=interrupted,
        tokens=position.seen,
        tokens_per_second=position.seen / max(position.seconds, 1e-9),
        history=history,
        signature=signature,
    )
