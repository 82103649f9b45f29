"""The steps of training the tutorials' models, as the trainer asks for them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from rnn_graph.data.padding import NO_TARGET
from rnn_graph.train.recipes import Recipe
from rnn_graph.tutorials.examples import Examples
from rnn_graph.tutorials.rnnslu import STEPS_A_CALL
from rnn_graph.tutorials.windows import contextwin

# Names in one call of the compiled function: enough that a call costs little beside them, few
# enough that the longest of them does not set the length of many.
NAMES_A_CALL = 32


class _PlainSteps:
    """Steps of plain gradient descent, whose only state is that of the parameters."""

    steps_a_call = 1

    def __init__(self, model, recipe: Recipe, batches):
        self._model, self._batches = model, batches
        self._items: Examples | None = None

    def begin_epoch(self) -> None:
        """Nothing is carried from epoch to epoch that would have to be reset."""

    def load(self, segment: Examples) -> None:
        """Take the examples of an epoch."""
        self._items = segment.items

    def state(self) -> dict[str, np.ndarray]:
        """The parameters."""
        return self._model.get_parameters()

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` gave."""
        self._model.set_parameters({name: state[name] for name in self._model.get_parameters()})

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """There are no averages."""
        yield


class SentenceSteps(_PlainSteps):
    """One `sgd_step` a sentence, of `RNNTheano` or `RNNNumpy`."""

    def __init__(self, model, recipe: Recipe, batches):
        super().__init__(model, recipe, batches)
        self._begin_step = getattr(model, "begin_sgd_step", model.sgd_step)

    def run(self, places: range, step: int, learning_rate: float) -> tuple[Any, int]:
        (place,) = places
        x, y = self._items[place]
        return self._begin_step(x, y, learning_rate), len(y)


class NameSteps(_PlainSteps):
    """`CharModel.optimize_names`: many names, or pieces of text, in one call."""

    steps_a_call = NAMES_A_CALL

    def __init__(self, model, recipe: Recipe, batches):
        super().__init__(model, recipe, batches)
        self._states = [state[0] for state in model.zero_states(1)]

    def run(self, places: range, step: int, learning_rate: float) -> tuple[Any, list[int]]:
        names, carried = self._as_arrays(places)
        losses, self._states = self._model.optimize_names(
            names, carried, self._states, learning_rate
        )
        lengths = [len(self._items[place][1]) for place in places]
        if len(losses) > len(lengths):  # rows that filled the call up
            losses = losses[: len(lengths)]
        return losses, lengths

    def state(self) -> dict[str, np.ndarray]:
        """The parameters, and the states after the last name."""
        states = {f"state{k}": np.asarray(state) for k, state in enumerate(self._states)}
        return super().state() | states

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` gave."""
        super().restore(state)
        self._states = [state[f"state{k}"] for k in range(len(self._states))]

    def _as_arrays(self, places: range) -> tuple[np.ndarray, np.ndarray]:
        """The examples as `CharModel.optimize_names` takes them."""
        pads = self._model.backend.compiles_per_shape
        rows = NAMES_A_CALL if pads else len(places)
        items = [self._items[place] for place in places]
        length = self._model.padded_length(max(len(targets) for _, targets, _ in items))
        names = np.full((rows, 2, length), NO_TARGET, dtype=np.int32)
        carry = np.ones(rows)  # rows beyond the last name hand its state on
        for row, (inputs, targets, carried) in enumerate(items):
            names[row, 0, : len(inputs)] = inputs
            names[row, 1, : len(targets)] = targets
            carry[row] = carried
        return names, carry


class SlotSteps(_PlainSteps):
    """The two published ways to train `RNNSLU`: a step a word, or a step a sentence.

    After each step its embeddings are scaled to unit length; after the very first, all are.
    """

    def __init__(self, model, recipe: Recipe, batches):
        super().__init__(model, recipe, batches)
        self._by_word = batches.words_a_step is not None
        self.steps_a_call = STEPS_A_CALL if self._by_word else 1

    def run(self, places: range, step: int, learning_rate: float) -> tuple[Any, Any]:
        if not self._by_word:
            words, labels = self._items[places.start]
            windows = contextwin(words, self._batches.window)
            loss = self._model.begin_sentence_train(
                windows, labels, learning_rate, normalize=step > 0
            )
            if step == 0:  # from then on only the embeddings of each step need it
                self._model.normalize()
            return loss * len(labels), len(labels)
        rows = self._items[places.start : places.stop]
        losses = self._model.train_on_steps(
            rows[:1] if step == 0 else rows, learning_rate, normalize=step > 0
        )
        if step == 0:
            self._model.normalize()
            if len(rows) > 1:
                rest = self._model.train_on_steps(rows[1:], learning_rate)
                losses = np.concatenate([losses, rest])
        return losses, [1] * len(rows)
