"""Training with progress, checkpoints and a result, for `train word` and `demo`."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.cli.console import log
from rnn_graph.cli.progress import TrainingProgress, deferred_interrupt
from rnn_graph.errors import TrainingDiverged
from rnn_graph.files.provenance import signature
from rnn_graph.models.registry import WordModel, save_model
from rnn_graph.optim.schedules import SCHEDULES
from rnn_graph.plots.curves import plot_loss_curve
from rnn_graph.predict.metrics import perplexity, score_text
from rnn_graph.train.observer import Step
from rnn_graph.tutorials.training import Evaluation, train_with_sgd

RUNNING_LOSS_POINTS = 200

Pairs = tuple[list[np.ndarray], list[np.ndarray]]


@dataclass(frozen=True)
class TrainingResult:
    """What `rnn-graph train word` reports; losses in nats a word."""

    model: str
    loss: float
    perplexity: float
    held_out: dict[str, float] | None
    sentences: int
    epochs: int
    interrupted: bool
    history: list[tuple[int, float]]
    signature: dict[str, Any]


class RunningLoss:
    """The mean loss of the steps, in some hundred points over the whole training.

    Attributes
    ----------
    seen
        Steps until now.
    points
        (steps, mean loss in nats a word since the last point).
    """

    def __init__(self, total_steps: int):
        self.seen = 0
        self.points: list[tuple[int, float]] = []
        self._steps_a_point = -(-total_steps // RUNNING_LOSS_POINTS)
        self._loss = self._words = 0.0

    def on_step(self, step: Step) -> None:
        self.seen += 1
        self._loss += step.loss
        self._words += step.words
        if self.seen % self._steps_a_point == 0:
            self.points.append((self.seen, self._loss / self._words))
            self._loss = self._words = 0.0


def _describe_loss(loss: float) -> str:
    return f"loss {loss:.3f} ppl {perplexity(loss):,.1f}"


def train_and_save(
    model: WordModel,
    X: list[np.ndarray],
    y: list[np.ndarray],
    *,
    held_out: Pairs,
    out: Path,
    learning_rate: float,
    schedule: str,
    epochs: int,
    evaluate_every: int,
    seed: int,
    data: str,
    plot: Path | None = None,
    true_perplexity: float | None = None,
) -> TrainingResult:
    """Train with a progress bar, write the model at each evaluation and at the end.

    Raises
    ------
    TrainingDiverged
        With the file holding the model of the last evaluation, if there was one after training
        had begun.
    """
    signed = signature(model, seed=seed, learning_rate=learning_rate, schedule=schedule)
    history: list[tuple[int, float]] = []

    def save() -> None:
        save_model(out, model, training={"data": data, "history": history, "signature": signed})

    def on_evaluation(evaluation: Evaluation) -> None:
        progress.say(
            f"after {evaluation.num_examples_seen:,} sentences: loss {evaluation.loss:.6f},"
            f" perplexity {perplexity(evaluation.loss):,.2f},"
            f" learning rate {evaluation.learning_rate:g}"
        )
        history.append((evaluation.num_examples_seen, evaluation.loss))
        if evaluation.num_examples_seen:
            save()

    running = RunningLoss(epochs * len(X))

    def on_step(step: Step) -> None:
        running.on_step(step)
        progress.on_step(step)

    with (
        TrainingProgress(epochs * sum(map(len, y)), _describe_loss) as progress,
        deferred_interrupt() as interrupted,
    ):
        try:
            train_with_sgd(
                model,
                X,
                y,
                learning_rate,
                epochs,
                evaluate_every,
                schedule=SCHEDULES[schedule],
                on_step=on_step,
                on_evaluation=on_evaluation,
                should_stop=interrupted,
            )
        except TrainingDiverged as error:
            if running.seen < len(X):
                kept = "nothing was written"
            else:
                save()
                kept = f"{out} holds the last good model"
            raise TrainingDiverged(f"{error} ({kept})") from None
    if interrupted():
        save()
        log(f"interrupted after {running.seen:,} sentences; the model is in {out}")
    loss = model.calculate_loss(X, y)
    if not math.isfinite(loss):
        raise TrainingDiverged(
            f"the loss became {loss} in the last epoch at learning rate {learning_rate:g}; train"
            f" again with a smaller one, such as {learning_rate / 4:g} (what it led to was not"
            " written)"
        )
    history.append((running.seen, loss))
    score = (
        score_text(model.word_losses, *held_out, model.vocabulary.unknown_id)
        if held_out[0]
        else None
    )
    save()
    if plot:
        plot_loss_curve(
            plot,
            running=running.points,
            evaluations=history,
            held_out=score.perplexity if score else None,
            truth=true_perplexity,
        )
        log(f"loss curve in {plot}")
    return TrainingResult(
        model=str(out),
        loss=loss,
        perplexity=perplexity(loss),
        held_out=asdict(score) if score else None,
        sentences=len(X),
        epochs=epochs,
        interrupted=interrupted(),
        history=history,
        signature=signed,
    )
