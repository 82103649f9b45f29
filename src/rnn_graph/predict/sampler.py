"""Drawing texts from recurrent models: the loop over tokens."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from rnn_graph.predict.drawing import STEPS_A_CALL
from rnn_graph.predict.sampling import check_sampling, choose_from_logits


class Recurrence(Protocol):
    """What goes from token to token, for B texts at once: `LanguageModel` and `CharModel`.

    With a method `draw`, as `TextModel` has it, many steps are one call.
    """

    def zero_states(self, texts: int) -> Any: ...

    def next_logits(self, ids: np.ndarray, states: Any) -> tuple[np.ndarray, Any]:
        """Logits [B, V] and the new states, from the last ids [B]."""


class OneText:
    """A `Recurrence` of a single text, over a model with `next_word_logits` alone."""

    def __init__(self, model):
        self._model = model

    def zero_states(self, texts: int) -> Any:
        return None

    def next_logits(self, ids: np.ndarray, states: Any) -> tuple[np.ndarray, Any]:
        logits, state = self._model.next_word_logits(int(ids[0]), states)
        return logits[None], state


class Sampler:
    """Draws texts that begin alike.

    Parameters
    ----------
    model
        A `Recurrence`, or a model with `next_word_logits`, such as the reference.
    heard
        Ids before the first one to draw: the start marker and the prompt. They go through the
        model once.
    forbidden
        Ids that are never drawn.
    temperature, top_k, top_p
        As for `sample_from_logits`.

    Raises
    ------
    InputError
        If a setting is out of its range.
    """

    def __init__(
        self,
        model,
        heard: Sequence[int],
        *,
        forbidden: Sequence[int] = (),
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
    ):
        check_sampling(temperature, top_k, top_p)
        self._settings = {"temperature": temperature, "forbidden": forbidden}
        self._cut = {"top_k": top_k, "top_p": top_p}
        self._model: Recurrence = model if hasattr(model, "next_logits") else OneText(model)
        self._states = self._model.zero_states(1)
        for token in heard[:-1]:
            _, self._states = self._model.next_logits(np.array([token]), self._states)
        self._last = heard[-1]

    def draw(self, uniforms: np.ndarray, end: int | None = None) -> Iterator[np.ndarray]:
        """Ids of texts, each up to `end`, which is left out, or to the last.

        Parameters
        ----------
        uniforms : (B, length)
            For each token a number from 0 to below 1 that decides which it is.
        end
        """
        if isinstance(self._model, OneText):
            for row in uniforms:
                yield from self._by_steps(row[None], self._states, end)
            return
        states = [np.repeat(state, len(uniforms), axis=0) for state in self._states]
        in_the_graph = hasattr(self._model, "draw") and not any(self._cut.values())
        yield from (self._by_calls if in_the_graph else self._by_steps)(uniforms, states, end)

    def _by_calls(self, uniforms, states, end):
        texts, length = uniforms.shape
        uniforms = np.pad(uniforms, ((0, 0), (0, -length % STEPS_A_CALL)))
        ids, drawn, ended = np.full(texts, self._last), [], np.zeros(texts, dtype=bool)
        for part in np.split(uniforms.T, uniforms.shape[1] // STEPS_A_CALL):
            rows, states = self._model.draw(ids, states, part, **self._settings)
            drawn.append(rows)
            ids = rows[-1]
            ended |= (rows == end).any(axis=0)
            if ended.all():
                break
        return _up_to(end, np.concatenate(drawn)[:length])

    def _by_steps(self, uniforms, states, end):
        ids, drawn = np.full(len(uniforms), self._last), []
        ended = np.zeros(len(uniforms), dtype=bool)
        for numbers in uniforms.T:
            logits, states = self._model.next_logits(ids, states)
            ids = choose_from_logits(logits, numbers, **self._settings, **self._cut)
            drawn.append(ids)
            ended |= ids == end
            if ended.all():
                break
        return _up_to(end, np.array(drawn))


def _up_to(end: int | None, drawn: np.ndarray) -> list[np.ndarray]:  # [T, B] -> B of [...]
    return [text[: _place_of(end, text)] for text in drawn.T]


def _place_of(end: int | None, text: np.ndarray) -> int:
    places = np.flatnonzero(text == end) if end is not None else ()
    return int(places[0]) if len(places) else len(text)
