"""The training loop: epochs, evaluations, schedules, early stopping. There is no other one."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

import numpy as np

from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.files.checked_json import COUNT, NUMBER, Maybe, find_mistake
from rnn_graph.names import JUDGED_SCHEDULES
from rnn_graph.optim.schedules import (
    SCHEDULES,
    SMALLEST_RATE,
    judged_factor,
    with_warmup,
)
from rnn_graph.train.history import ENTRY
from rnn_graph.train.observer import Observer, Record
from rnn_graph.train.protocols import Batches, steps_of
from rnn_graph.train.recipes import Recipe
from rnn_graph.train.settings import TrainingSettings

# Calls between two looks at the losses: a look waits until the device is done.
CALLS_A_LOOK = 10
RECORDS_AN_EPOCH = 10
# In nats a token; beyond it training has diverged, and the perplexity is no number.
LARGEST_LOSS = 700


class Score(Protocol):
    """What an evaluation found."""

    @property
    def criterion(self) -> float:
        """Less is better."""

    def as_dict(self) -> dict[str, Any]: ...


@dataclass
class Position:
    """Where training stands; with the steps' state all that the rest of it depends on.

    Attributes
    ----------
    epoch, step_in_epoch, steps
        Epochs done, steps done in this one, and in all.
    rate_factor
        On the learning rate, of schedules that ask the evaluations.
    best, last
        The least criterion of all evaluations, and that of the last; None before the first.
    best_epoch, stale
        The epoch of the best one, and the evaluations since.
    seen, seconds
        Tokens predicted in all epochs, and time spent.
    epoch_nats, epoch_tokens, recent_nats, recent_tokens
        Losses of this epoch until now, and since the last record.
    epoch_began
        When this epoch did, in seconds.
    """

    epoch: int = 0
    step_in_epoch: int = 0
    steps: int = 0
    rate_factor: float = 1.0
    best: float | None = None
    best_epoch: float = 0.0
    last: float | None = None
    stale: int = 0
    seen: int = 0
    seconds: float = 0.0
    epoch_nats: float = 0.0
    epoch_tokens: int = 0
    recent_nats: float = 0.0
    recent_tokens: int = 0
    epoch_began: float = 0.0


_SHAPES = {int: COUNT, float: NUMBER, float | None: Maybe(NUMBER)}
POSITION = {field.name: _SHAPES[field.type] for field in fields(Position)}


class Trainer:
    """Trains a model; it can stop between any two steps and go on another day.

    Parameters
    ----------
    model
        Of any kind.
    batches
        What it learns from.
    recipe
        How.
    evaluate
        Scores the model; None for no evaluations.
    held_out
        Whether `evaluate` scores data that the model is not trained on. It then ends with the
        parameters of the best evaluation.
    observers
        Are told of what happens.

    Attributes
    ----------
    position : Position
    best : dict of str to array, or None
        The parameters of the best evaluation.
    history : list of dict
        The records of all epochs that were evaluated, as JSON has them.

    Raises
    ------
    InputError
        If a setting is out of its range, or wants held-out data and there are none.
    """

    def __init__(
        self,
        model,
        batches: Batches,
        recipe: Recipe,
        *,
        evaluate: Callable[[], Score] | None = None,
        held_out: bool = True,
        observers: Sequence[Observer] = (),
    ):
        self.model, self.recipe, self.batches = model, recipe, batches
        self.settings = settings = TrainingSettings.of(recipe)
        if evaluate is None and (
            settings.schedule in JUDGED_SCHEDULES or settings.patience is not None
        ):
            raise InputError(
                f"early stopping and the schedules {', '.join(JUDGED_SCHEDULES)} look at held-out"
                " data; keep some back, or give validation data"
            )
        if settings.accumulate > self.total_steps:
            raise InputError(
                f"accumulate is {settings.accumulate:,}, more than the {self.total_steps:,}"
                " minibatches of the whole training; give a smaller number"
            )
        self._evaluate, self._held_out, self._observers = evaluate, held_out, observers
        self._steps = steps_of(model, recipe, batches)
        self._rate_factor = with_warmup(
            SCHEDULES.get(settings.schedule, SCHEDULES["constant"]), settings.warmup
        )
        self._epochs_between = settings.epochs_between_evaluations(batches.steps_per_epoch)
        self.position = Position()
        self.best: dict[str, np.ndarray] | None = None
        self.history: list[dict[str, Any]] = []
        self._last_good: dict[str, np.ndarray] | None = None
        self._pending: list[tuple[Any, Any]] = []
        self._clock = time.monotonic()

    @property
    def total_steps(self) -> int:
        return self.settings.total_steps(self.batches.steps_per_epoch)

    @property
    def epochs(self) -> float:
        """Epochs done."""
        return self.position.epoch + self.position.step_in_epoch / self.batches.steps_per_epoch

    @property
    def learning_rate(self) -> float:
        """That of the next step."""
        factor = self._rate_factor(min(1.0, self.position.steps / self.total_steps))
        return self.settings.learning_rate * factor * self.position.rate_factor

    @property
    def is_done(self) -> bool:
        """Whether no step is left, be it for want of progress."""
        position, settings = self.position, self.settings
        is_spent = (
            settings.schedule == "back-off"
            and settings.learning_rate * position.rate_factor < SMALLEST_RATE
        )
        out_of_patience = settings.patience is not None and position.stale >= settings.patience
        return position.steps >= self.total_steps or out_of_patience or is_spent

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON values with which `restore` goes on."""
        self._look()
        best = {f"best_{name}": value for name, value in (self.best or {}).items()}
        values = {"position": asdict(self.position), "history": self.history}
        return self._steps.state() | best, values

    def check_fits(self, arrays: Mapping[str, np.ndarray], values: dict[str, Any]) -> None:
        """Raise `InputError` if this is not what `state` gives of a trainer like this one."""
        mistake = find_mistake(values, {"position": POSITION, "history": [ENTRY]})
        if mistake:
            raise InputError(mistake)
        step, steps = values["position"]["step_in_epoch"], self.batches.steps_per_epoch
        if step > steps:
            raise InputError(f"position.step_in_epoch is {step:,} of {steps:,}")
        expected = self._steps.state()
        if any(name.startswith("best_") for name in arrays):
            expected |= {f"best_{n}": v for n, v in self.model.get_parameters().items()}
        if arrays.keys() != expected.keys():
            raise InputError(f"its arrays are {', '.join(arrays)}; expected {', '.join(expected)}")
        for name, array in expected.items():
            if (arrays[name].shape, arrays[name].dtype) != (array.shape, array.dtype):
                raise InputError(
                    f"{name} is {arrays[name].dtype} {arrays[name].shape}; expected {array.dtype}"
                    f" {array.shape}"
                )

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> None:
        """Go on from what `state` gave, to the same parameters bit for bit.

        On the same machine and backend, and with the same number of devices.

        Raises
        ------
        InputError
            As `check_fits`.
        """
        self.check_fits(arrays, values)
        self._steps.restore(arrays)
        best = {n.removeprefix("best_"): v for n, v in arrays.items() if n.startswith("best_")}
        self.best = best or None
        self.position = Position(**values["position"])
        self.history = list(values["history"])

    def kept_parameters(self) -> dict[str, np.ndarray]:
        """What the model would end with if training ended now."""
        if self.best is not None:
            return self.best
        with self._steps.averaged():
            return self.model.get_parameters()

    def run(self) -> None:
        """Train to the end, or until an observer asks to stop.

        The model then has the best parameters of the evaluations; without these, the last ones.

        Raises
        ------
        TrainingDiverged
            If a loss is NaN, infinite, or as large as no model's is. The model then has the best
            parameters, or those that the last epoch began with.
        """
        self._clock = time.monotonic() - self.position.seconds
        try:
            self._tell("on_begin", self)
            self._last_good = self.model.get_parameters()
            if not self.position.steps:
                self._evaluate_before_training()
            while not self.is_done and not self._should_stop():
                self._run_epoch()
            self._look()
            self._require_finite_parameters()
        except TrainingDiverged:
            self.model.set_parameters(self.best or self._last_good)
            raise
        self._tell("on_end")
        self.model.set_parameters(self.kept_parameters())

    def _run_epoch(self) -> None:
        position, per_epoch = self.position, self.batches.steps_per_epoch
        if not position.step_in_epoch:
            self._steps.begin_epoch()
        steps_a_record = max(1, per_epoch // RECORDS_AN_EPOCH)
        for segment in self.batches.segments(position.epoch, position.step_in_epoch):
            self._steps.load(segment)
            place = position.step_in_epoch - segment.first_step
            while place < len(segment):
                left = min(len(segment) - place, self.total_steps - position.steps)
                count = min(self._steps.steps_a_call, left)
                places = range(place, place + count)
                self._pending.append(self._steps.run(places, position.steps, self.learning_rate))
                place += count
                position.steps += count
                position.step_in_epoch += count
                if len(self._pending) >= CALLS_A_LOOK:
                    self._look()
                is_over = position.step_in_epoch == per_epoch
                if is_over or position.steps == self.total_steps:
                    self._end_epoch(is_over)
                elif position.step_in_epoch % steps_a_record < count:
                    self._tell("on_record", self._record())
                if position.steps % self.settings.accumulate == 0:
                    self._tell("on_step")
                    if self.is_done or self._should_stop():
                        return

    def _end_epoch(self, is_over: bool) -> None:
        position = self.position
        self._look()
        position.epoch += is_over
        position.step_in_epoch *= not is_over
        is_last = position.steps == self.total_steps
        is_evaluated = is_last or position.epoch % self._epochs_between == 0
        figures, is_best = None, False
        if is_evaluated and self._evaluate is not None:
            figures, is_best = self._judge()
        record = self._record(figures, is_best)
        if is_over:
            position.epoch_nats, position.epoch_tokens = 0.0, 0
            position.seconds = position.epoch_began = time.monotonic() - self._clock
        self._tell_record(record, is_evaluated)
        if self.best is None:
            self._require_finite_parameters()
            self._last_good = self.model.get_parameters()

    def _evaluate_before_training(self) -> None:
        """The rule of "rise" compares with the model that nothing was taught yet."""
        if self.settings.schedule == "rise":
            figures, is_best = self._judge()
            self._tell_record(self._record(figures, is_best), is_evaluated=True)

    def _judge(self) -> tuple[dict[str, Any], bool]:
        """The figures of an evaluation, and whether they are the best; what follows from them."""
        position = self.position
        with self._steps.averaged():
            score = self._evaluate()
            criterion = score.criterion
            if not math.isfinite(criterion):
                self._diverged(criterion)
            is_best = position.best is None or criterion < position.best
            if is_best:
                position.best, position.best_epoch, position.stale = criterion, self.epochs, 0
                self.best = self.model.get_parameters() if self._held_out else None
            else:
                position.stale += 1
        before = position.rate_factor
        position.rate_factor = judged_factor(
            self.settings.schedule,
            before,
            stale=position.stale,
            rose=position.last is not None and criterion > position.last,
        )
        position.last = criterion
        if self.settings.schedule == "back-off" and position.rate_factor < before and self.best:
            self.model.set_parameters(self.best)
        return score.as_dict(), is_best

    def _look(self) -> None:
        """Wait for the losses of the last steps and add them up."""
        losses: list[tuple[int, float]] = []
        for nats, tokens in self._pending:
            of_steps = zip(np.atleast_1d(tokens), np.atleast_1d(nats), strict=True)
            losses += [(int(count), float(loss)) for count, loss in of_steps]
        self._pending.clear()
        if not losses:
            return
        nats, tokens = sum(loss for _, loss in losses), sum(count for count, _ in losses)
        if not nats <= LARGEST_LOSS * max(tokens, 1):  # of NaN as well
            self._diverged(nats / max(tokens, 1))
        position = self.position
        for count, loss in losses:  # one by one: looks between them must not round otherwise
            position.epoch_nats += loss
            position.epoch_tokens += count
            position.recent_nats += loss
            position.recent_tokens += count
            position.seen += count
        position.seconds = time.monotonic() - self._clock
        self._tell("on_losses", losses)

    def _record(self, figures: dict[str, Any] | None = None, is_best: bool = False) -> Record:
        self._look()
        position = self.position
        loss, recent = (
            nats / tokens if tokens else None
            for nats, tokens in (
                (position.epoch_nats, position.epoch_tokens),
                (position.recent_nats, position.recent_tokens),
            )
        )
        position.recent_nats, position.recent_tokens = 0.0, 0
        return Record(
            step=position.steps,
            epoch=self.epochs,
            tokens=position.seen,
            seconds=position.seconds,
            tokens_per_second=position.epoch_tokens
            / max(position.seconds - position.epoch_began, 1e-9),
            learning_rate=self.learning_rate,
            loss=loss,
            recent_loss=recent,
            held_out=figures if self._held_out else None,
            on_training=None if self._held_out else figures,
            is_best=is_best,
        )

    def _tell_record(self, record: Record, is_evaluated: bool) -> None:
        self._tell("on_record", record)
        if is_evaluated:
            self.history.append(record.as_dict())
            self._tell("on_epoch", record)

    def _tell(self, event: str, *arguments: Any) -> None:
        for observer in self._observers:
            getattr(observer, event)(*arguments)

    def _should_stop(self) -> bool:
        return any(observer.should_stop() for observer in self._observers)

    def _require_finite_parameters(self) -> None:
        if not all(np.isfinite(value).all() for value in self.model.get_parameters().values()):
            self._diverged(math.nan)

    def _diverged(self, loss: float) -> None:
        rate = self.settings.learning_rate
        raise TrainingDiverged(
            f"the loss became {loss:g} by step {self.position.steps:,} at learning rate {rate:g};"
            f" train again with a smaller one, such as {rate / 4:g}"
        )
