"""Training language models in minibatches: epochs, evaluations, early stopping, checkpoints."""

import math
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from rnn_graph.data.batches import SAMPLINGS, Ids, Minibatches
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.models.language_model import LanguageModel
from rnn_graph.optim.schedules import SCHEDULES, with_warmup
from rnn_graph.predict.scoring import score_tokens
from rnn_graph.train.observer import Record, Watching
from rnn_graph.train.settings import PLATEAU, LanguageTrainingSettings
from rnn_graph.train.step import TrainingSteps

# Steps between two looks at the loss: a look waits until the device is done.
STEPS_A_LOOK = 10
RECORDS_AN_EPOCH = 10


@dataclass
class Position:
    """Where training stands; with `TrainingSteps.state` all that the rest of it depends on.

    Attributes
    ----------
    epoch, step_in_epoch, steps
        Epochs done, minibatches done in this one, and in all.
    plateau_factor
        On the learning rate, of the schedule "plateau".
    best_loss, stale
        The least held-out loss (None before the first), and the evaluations since.
    seen
        Tokens predicted in all epochs.
    seconds
        Spent training.
    """

    epoch: int = 0
    step_in_epoch: int = 0
    steps: int = 0
    plateau_factor: float = 1.0
    best_loss: float | None = None
    stale: int = 0
    seen: int = 0
    seconds: float = 0.0


@dataclass
class _Running:
    """Losses since the last record, and those that were not looked at yet."""

    nats: float = 0.0
    tokens: int = 0
    pending: list[tuple[Any, Any]] = field(default_factory=list)


class LanguageTrainer:
    """Trains a model; it can stop between any two steps and go on another day.

    Parameters
    ----------
    model
        Is trained.
    ids
        The text.
    settings
    held_out
        The text that evaluations score; None for none.

    Attributes
    ----------
    position : Position
    best : dict of str to array, or None
        The parameters of the least held-out loss so far.

    Raises
    ------
    InputError
        If the text is too short for a minibatch, or a setting wants held-out text and there is
        none.
    """

    def __init__(
        self,
        model: LanguageModel,
        ids: Ids,
        settings: LanguageTrainingSettings,
        *,
        held_out: Ids | None = None,
    ):
        if held_out is None and (settings.schedule == PLATEAU or settings.patience is not None):
            raise InputError(
                "early stopping and the schedule plateau look at held-out text; keep some of it"
                " back, or give validation text"
            )
        self.model, self.settings, self._held_out = model, settings, held_out
        self.minibatches: Minibatches = SAMPLINGS[settings.sampling](
            model, ids, settings.batch_size, settings.sequence_length, seed=settings.seed
        )
        if settings.accumulate > self.total_steps:
            raise InputError(
                f"accumulate is {settings.accumulate:,}, more than the {self.total_steps:,}"
                " minibatches of the whole training; give a smaller number"
            )
        self._steps = TrainingSteps(
            model,
            settings,
            batch_size=settings.batch_size,
            carries_state=self.minibatches.carries_state,
            seed=settings.seed,
        )
        self._rate_factor = with_warmup(
            SCHEDULES.get(settings.schedule, SCHEDULES["constant"]), settings.warmup
        )
        self.position = Position()
        self.best: dict[str, np.ndarray] | None = None
        self._running = _Running()
        self._watching = Watching()

    @property
    def total_steps(self) -> int:
        return self.settings.epochs * self.minibatches.steps_per_epoch

    @property
    def learning_rate(self) -> float:
        """That of the next step."""
        factor = self._rate_factor(self.position.steps / self.total_steps)
        return self.settings.learning_rate * factor * self.position.plateau_factor

    @property
    def is_done(self) -> bool:
        """Whether no step is left, be it for want of progress."""
        patience = self.settings.patience
        return self.position.epoch >= self.settings.epochs or (
            patience is not None and self.position.stale >= patience
        )

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON values with which `restore` goes on."""
        self._look()
        best = {f"best_{name}": value for name, value in (self.best or {}).items()}
        running = {"nats": self._running.nats, "tokens": self._running.tokens}
        return self._steps.state() | best, {"position": asdict(self.position), "running": running}

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> None:
        """Go on from what `state` gave, to the same parameters bit for bit.

        On the same machine and backend, and with the same number of devices.
        """
        self._steps.restore(arrays)
        names = [f"best_{name}" for name in self.model.parameters]
        if names[0] in arrays:
            self.best = {name.removeprefix("best_"): arrays[name] for name in names}
        self.position = Position(**values["position"])
        self._running = _Running(**values["running"])

    def run(self, watching: Watching | None = None) -> None:
        """Train to the end, or until asked to stop; with held-out text the model is the best one.

        Raises
        ------
        TrainingDiverged
            If a loss is NaN or infinite. The model then holds the best parameters, if there were
            evaluations.
        """
        self._watching = watching = watching or Watching()
        self._clock = time.monotonic() - self.position.seconds
        while not self.is_done and not watching.should_stop():
            self._run_epoch(watching)
        self._look()
        if self.is_done and self.best is not None:
            self.model.set_parameters(self.best)

    def _run_epoch(self, watching: Watching) -> None:
        position, per_epoch = self.position, self.minibatches.steps_per_epoch
        if not position.step_in_epoch:
            self._steps.reset_states()
        steps_a_record = max(1, per_epoch // RECORDS_AN_EPOCH)
        for segment in self.minibatches.segments(position.epoch, position.step_in_epoch):
            self._steps.load(segment)
            for place in range(position.step_in_epoch - segment.first_step, len(segment)):
                rate = self.learning_rate
                self._running.pending.append(self._steps.run(place, position.steps, rate))
                position.steps += 1
                position.step_in_epoch += 1
                if len(self._running.pending) >= STEPS_A_LOOK:
                    self._look()
                if position.step_in_epoch == per_epoch:
                    self._end_epoch(watching)
                elif position.step_in_epoch % steps_a_record == 0:
                    watching.on_record(self._record())
                if position.steps % self.settings.accumulate == 0:
                    watching.on_step()
                    if watching.should_stop():
                        return

    def _end_epoch(self, watching: Watching) -> None:
        position, settings = self.position, self.settings
        position.epoch += 1
        position.step_in_epoch = 0
        is_last = position.epoch == settings.epochs
        if position.epoch % settings.evaluate_every and not is_last:
            watching.on_record(self._record())
            return
        held_out = None
        is_best = True
        if self._held_out is not None:
            self._look()
            held_out = score_tokens(self.model, self._held_out).loss
            is_best = self._judge(held_out)
        record = self._record(held_out)
        watching.on_record(record)
        watching.on_evaluation(record, is_best)

    def _judge(self, loss: float) -> bool:
        """Whether a held-out loss is the least so far; what follows from it."""
        position = self.position
        if not math.isfinite(loss):
            self._diverged(loss)
        if position.best_loss is None or loss < position.best_loss:
            position.best_loss, position.stale = loss, 0
            self.best = self.model.get_parameters()
            return True
        position.stale += 1
        if self.settings.schedule == PLATEAU:
            position.plateau_factor /= 2
        return False

    def _look(self) -> None:
        """Wait for the losses of the last steps and add them up."""
        if not self._running.pending:
            return
        nats, tokens = 0.0, 0
        for loss, count in self._running.pending:
            nats += float(loss) * float(count)
            tokens += int(count)
        self._running.pending.clear()
        if not math.isfinite(nats):
            self._diverged(nats)
        self._running.nats += nats
        self._running.tokens += tokens
        self.position.seen += tokens
        self.position.seconds = time.monotonic() - self._clock
        if tokens:
            self._watching.on_tokens(tokens, nats)

    def _record(self, held_out: float | None = None) -> Record:
        self._look()
        position, running = self.position, self._running
        loss = running.nats / running.tokens if running.tokens else None
        self._running = _Running()
        return Record(
            step=position.steps,
            epoch=position.epoch + position.step_in_epoch / self.minibatches.steps_per_epoch,
            tokens=position.seen,
            seconds=position.seconds,
            tokens_per_second=position.seen / max(position.seconds, 1e-9),
            loss=loss,
            perplexity=None if loss is None else math.exp(min(loss, 700)),
            bits=None if loss is None else loss / math.log(2),
            learning_rate=self.learning_rate if not self.is_done else 0.0,
            held_out=held_out,
        )

    def _diverged(self, loss: float) -> None:
        if self.best is not None:
            self.model.set_parameters(self.best)
        rate = self.settings.learning_rate
        raise TrainingDiverged(
            f"the loss became {loss} by step {self.position.steps:,} at learning rate {rate:g};"
            f" train again with a smaller one, such as {rate / 4:g}"
        )
