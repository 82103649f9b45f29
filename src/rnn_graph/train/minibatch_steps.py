"""Steps through minibatches: all that changes in training stays on the device."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytensor
from pytensor import tensor as pt
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.tensor import TensorVariable

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.ops import GOLDEN_RATIO
from rnn_graph.optim.optimizers import moving_averages, named_optimizer
from rnn_graph.train.recipes import Recipe
from rnn_graph.train.settings import TrainingSettings

# The first steps count less of the past, of which there is none: after n steps n / (n + 10).
STEPS_WITHOUT_PAST = 10


class MinibatchSteps:
    """Steps of a model whose minibatches are arrays of one shape, [T, B].

    Parameters
    ----------
    model
        `LanguageModel` or `SequenceTagger`; its parameters are updated.
    recipe
        What a step does with the gradients.
    batches
        With `batch_size`, and `carries_state` if a minibatch begins with the states that the one
        before ended with.
    """

    steps_a_call = 1

    def __init__(self, model, recipe: Recipe, batches):
        self._model, self._settings = model, TrainingSettings.of(recipe)
        self._backend, self._carries_state = model.backend, batches.carries_state
        self._zero_states = model.zero_states(batches.batch_size)
        self._states = [
            self._shared(f"state{k}", state) for k, state in enumerate(self._zero_states)
        ]
        no_ids = np.zeros((1, 1, batches.batch_size), dtype=np.int32)
        self._segment = [
            self._shared(name, no_ids, (None, None, batches.batch_size)) for name in "xy"
        ]
        self._rows = [
            self._shared(f"rows{k}", np.zeros((1, 1), dtype=np.int32), (None, None))
            for k in range(model.row_lists)
        ]
        self.begin_epoch()
        self._kept: dict[str, SharedVariable] = {}  # optimizer's state, sums, averages
        self._averages: dict[str, SharedVariable] = {}
        self._compile()

    def load(self, segment) -> None:
        """Bring minibatches to the device."""
        for variable, value in zip(self._segment, (segment.x, segment.y), strict=True):
            self._backend.assign(variable, value, batch_axis=2)
        rows = self._model.rows_of(segment.y.reshape(len(segment), -1))
        for variable, value in zip(self._rows, rows, strict=True):
            self._backend.assign(variable, value)

    def begin_epoch(self) -> None:
        """Begin with zero states."""
        self._set_states(self._zero_states)

    def run(self, places: range, step: int, learning_rate: float) -> tuple[Any, Any]:
        """Train on a minibatch of the segment; see `Steps.run`."""
        (place,) = places
        key = (self._settings.seed * GOLDEN_RATIO + step * self._model.dropouts) % 2**32
        inputs = [np.array(place, dtype=np.int32)]
        if self._model.drops:
            inputs.append(np.array(key, dtype=np.uint32))
        rates = [self._scalar(learning_rate)]
        if self._averages:
            past = min(self._settings.averaging, step / (step + STEPS_WITHOUT_PAST))
            rates.append(self._scalar(past))
        if self._update is None:
            return self._descend(*inputs, *rates)
        nats, tokens = self._descend(*inputs)
        if (step + 1) % self._settings.accumulate == 0:
            self._update(*rates)
        return nats, tokens

    def state(self) -> dict[str, np.ndarray]:
        """All that the next step depends on: parameters, the optimizer's state, and the states."""
        variables = {name: p.variable for name, p in self._model.parameters.items()}
        variables |= self._kept | {variable.name: variable for variable in self._states}
        return {
            name: self._backend.fetch(variable.get_value(borrow=True))
            for name, variable in variables.items()
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` gave."""
        self._model.set_parameters({name: state[name] for name in self._model.parameters})
        for name, variable in self._kept.items():
            self._backend.assign(variable, state[name])
        self._set_states([state[variable.name] for variable in self._states])

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The model has the moving averages of its parameters meanwhile, if there are any."""
        if not self._averages:
            yield
            return
        trained = self._model.get_parameters()
        self._model.set_parameters(
            {name: self._backend.fetch(a.get_value()) for name, a in self._averages.items()}
        )
        yield
        self._model.set_parameters(trained)

    def _set_states(self, values) -> None:
        for variable, value in zip(self._states, values, strict=True):
            self._backend.assign(variable, value, batch_axis=0)

    def _scalar(self, value: float) -> np.ndarray:
        return np.array(value, dtype=self._model.dtype)

    def _shared(self, name, value, shape=None) -> SharedVariable:
        return pytensor.shared(value, name=name, shape=value.shape if shape is None else shape)

    def _compile(self) -> None:
        model, dtype = self._model, self._model.dtype
        place, key = pt.iscalar("place"), pt.scalar("key", dtype="uint32")
        rates = [pt.scalar(name, dtype=dtype) for name in ("learning_rate", "past")]
        rates = rates[: 2 if self._settings.averaging else 1]
        x, y = (variable[place] for variable in self._segment)
        loss, count, gradients, last = model.gradients(
            x,
            y,
            self._states if self._carries_state else [pt.zeros_like(s) for s in self._states],
            [variable[place] for variable in self._rows],
            key if model.drops else None,
        )
        updates = dict(zip(self._states, last, strict=True)) if self._carries_state else {}
        gradients = {model.parameters[name].variable: g for name, g in gradients.items()}
        inputs = [place, key] if model.drops else [place]
        self._update: Callable[..., Any] | None = None
        if self._settings.accumulate == 1:
            updates |= self._descended(gradients, *rates)
            inputs += rates
        else:
            updates |= self._accumulated(gradients, count)
            self._update = self._compile_update(rates)
        self._descend = compile_function(
            inputs,
            [loss * count, count],
            self._backend,
            updates=updates,
            sharded=dict.fromkeys(self._states, 0),
        )

    def _accumulated(self, gradients, count: TensorVariable) -> dict:
        """Updates that add up gradients, weighted by the tokens that each is a mean of."""
        # Of one element: JAX would take a zero without axes for one of float64.
        tokens = self._shared("accumulated_tokens", np.zeros(1, dtype=self._model.dtype))
        sums = {
            parameter: self._shared(
                f"{parameter.name}_gradients",
                np.zeros(parameter.type.shape, dtype=parameter.dtype),
            )
            for parameter in gradients
        }
        self._sums, self._tokens = sums, tokens
        self._keep([tokens, *sums.values()])
        return {tokens: tokens + count} | {
            sums[parameter]: sums[parameter] + count * gradient
            for parameter, gradient in gradients.items()
        }

    def _compile_update(self, rates: list[TensorVariable]) -> Callable[..., Any]:
        means = {parameter: total / self._tokens[0] for parameter, total in self._sums.items()}
        updates = self._descended(means, *rates)
        for variable in (self._tokens, *self._sums.values()):
            updates[variable] = pt.zeros_like(variable)
        return compile_function(rates, [], self._backend, updates=updates)

    def _descended(self, gradients, rate: TensorVariable, past: TensorVariable | None = None):
        """The updates of a step, from the gradients."""
        settings = self._settings
        optimizer = named_optimizer(
            settings.optimizer,
            clip_norm=settings.clip_norm,
            clip_value=settings.clip_value,
            weight_decay=settings.weight_decay,
        )
        updates = optimizer(gradients, rate)
        if past is not None:
            averages = moving_averages(updates, gradients, past)
            self._averages = dict(zip(self._model.parameters, averages, strict=True))
            updates |= averages
        self._keep(variable for variable in updates if variable not in gradients)
        return updates

    def _keep(self, variables) -> None:
        for variable in variables:
            self._backend.assign(variable, variable.get_value())
            self._kept[variable.name] = variable
