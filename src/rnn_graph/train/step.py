"""The compiled steps of training a language model: all that changes stays on the device."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytensor
from pytensor import tensor as pt
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.tensor import TensorVariable

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.ops import GOLDEN_RATIO
from rnn_graph.data.batches import Segment
from rnn_graph.models.language_model import LanguageModel
from rnn_graph.optim.optimizers import OPTIMIZERS, clipped_by_global_norm, clipped_by_value


@dataclass(frozen=True)
class StepSettings:
    """What a step of training does with the gradients.

    Attributes
    ----------
    optimizer
        A name of `rnn_graph.optim.optimizers.OPTIMIZERS`.
    clip_norm, clip_value
        Largest norm of all gradients together, and largest number in them; None for no limit.
    weight_decay
        Of Adam: AdamW.
    accumulate
        Minibatches whose gradients make one update.
    """

    optimizer: str = "adam"
    clip_norm: float | None = 1.0
    clip_value: float | None = None
    weight_decay: float = 0.0
    accumulate: int = 1


class TrainingSteps:
    """Steps through segments of minibatches.

    Parameters
    ----------
    model
        Its parameters are updated.
    settings
    batch_size
        B of every segment.
    carries_state
        Whether a minibatch begins with the states that the one before ended with.
    seed
        Of dropout.
    """

    def __init__(
        self,
        model: LanguageModel,
        settings: StepSettings,
        *,
        batch_size: int,
        carries_state: bool,
        seed: int = 0,
    ):
        self._model, self._settings, self._seed = model, settings, seed
        self._backend, self._carries_state = model.backend, carries_state
        self._zero_states = model.zero_states(batch_size)
        self._states = [
            self._shared(f"state{k}", state) for k, state in enumerate(self._zero_states)
        ]
        no_ids = np.zeros((1, 1, batch_size), dtype=np.int32)
        self._segment = [self._shared(name, no_ids, (None, None, batch_size)) for name in "xy"]
        self._rows = [
            self._shared(f"rows{k}", np.zeros((1, 1), dtype=np.int32), (None, None))
            for k in range(model.config.output_layer.row_lists)
        ]
        self.reset_states()
        self._kept: dict[str, SharedVariable] = {}  # optimizer's state, accumulated gradients
        self._compile()

    def load(self, segment: Segment) -> None:
        """Bring minibatches to the device."""
        for variable, value in zip(self._segment, (segment.x, segment.y), strict=True):
            self._backend.assign(variable, value, batch_axis=2)
        rows = self._model.config.output_layer.rows_of(segment.y.reshape(len(segment), -1))
        for variable, value in zip(self._rows, rows, strict=True):
            self._backend.assign(variable, value)

    def reset_states(self) -> None:
        """Begin with zero states, as at the start of an epoch."""
        self._set_states(self._zero_states)

    def run(self, place: int, step: int, learning_rate: float) -> tuple[Any, Any]:
        """Train on a minibatch of the segment.

        Parameters
        ----------
        place
            Of the minibatch in the segment.
        step
            The number of minibatches before it, in all epochs.
        learning_rate

        Returns
        -------
        loss, count
            Mean nats a predicted token before the update, and the number of these; arrays that
            may still be computed when they are returned.
        """
        key = (self._seed * GOLDEN_RATIO + step * (self._model.config.layers + 1)) % 2**32
        inputs = [np.array(place, dtype=np.int32)]
        if self._drops:
            inputs.append(np.array(key, dtype=np.uint32))
        if self._update is None:
            return self._descend(*inputs, self._rate(learning_rate))
        loss, count = self._descend(*inputs)
        if (step + 1) % self._settings.accumulate == 0:
            self._update(self._rate(learning_rate))
        return loss, count

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

    def _set_states(self, values) -> None:
        for variable, value in zip(self._states, values, strict=True):
            self._backend.assign(variable, value, batch_axis=0)

    def _rate(self, learning_rate: float) -> np.ndarray:
        return np.array(learning_rate, dtype=self._model.dtype)

    def _shared(self, name, value, shape=None) -> SharedVariable:
        return pytensor.shared(value, name=name, shape=value.shape if shape is None else shape)

    def _compile(self) -> None:
        model, config, dtype = self._model, self._model.config, self._model.dtype
        self._drops = bool(config.dropout or config.embedding_dropout)
        place, key = pt.iscalar("place"), pt.scalar("key", dtype="uint32")
        rate = pt.scalar("learning_rate", dtype=dtype)
        x, y = (variable[place] for variable in self._segment)
        loss, count, gradients, last = model.graph.gradients(
            x,
            y,
            self._segment[0].shape[1],
            self._states if self._carries_state else [pt.zeros_like(s) for s in self._states],
            [variable[place] for variable in self._rows],
            key if self._drops else None,
        )
        carried = zip(self._states, last, strict=True) if self._carries_state else ()
        updates = dict(carried)
        gradients = {model.parameters[name].variable: g for name, g in gradients.items()}
        inputs = [place, key] if self._drops else [place]
        self._update: Callable[..., Any] | None = None
        if self._settings.accumulate == 1:
            updates |= self._descended(gradients, rate)
            inputs.append(rate)
        else:
            updates |= self._accumulated(gradients, count)
            self._update = self._compile_update(rate)
        self._descend = compile_function(
            inputs,
            [loss, count],
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

    def _compile_update(self, rate: TensorVariable) -> Callable[..., Any]:
        means = {parameter: total / self._tokens[0] for parameter, total in self._sums.items()}
        updates = self._descended(means, rate)
        for variable in (self._tokens, *self._sums.values()):
            updates[variable] = pt.zeros_like(variable)
        return compile_function([rate], [], self._backend, updates=updates)

    def _descended(self, gradients, rate: TensorVariable) -> dict:
        """The optimizer's updates, from clipped gradients."""
        settings = self._settings
        if settings.clip_value is not None:
            clipped = clipped_by_value(gradients.values(), settings.clip_value)
            gradients = dict(zip(gradients, clipped, strict=True))
        if settings.clip_norm is not None:
            gradients = clipped_by_global_norm(gradients, settings.clip_norm)
        options = {"weight_decay": settings.weight_decay} if settings.weight_decay else {}
        updates = OPTIMIZERS[settings.optimizer](gradients, rate, **options)
        self._keep(variable for variable in updates if variable not in gradients)
        return updates

    def _keep(self, variables) -> None:
        for variable in variables:
            self._backend.assign(variable, variable.get_value())
            self._kept[variable.name] = variable
