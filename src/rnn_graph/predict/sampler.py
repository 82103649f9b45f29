"""Drawing texts from recurrent models: the loop over tokens."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from rnn_graph.predict.sampling import check_sampling, sample_from_logits
from rnn_graph.randomness import Generator


class Recurrence(Protocol):
    """What goes from token to token, for B texts at once: `LanguageModel` and `CharModel`."""

    def zero_states(self, texts: int) -> Any: ...

    def next_logits(self, ids: np.ndarray, states: Any) -> tuple[np.ndarray, Any]:
        """Logits [B, V] and the new states, from the last ids [B]."""


class OneText:
    """A `Recurrence` of a single text, over the word models of the tutorials."""

    def __init__(self, model):
        self._model = model

    def zero_states(self, texts: int) -> Any:
        return None

    def next_logits(self, ids: np.ndarray, states: Any) -> tuple[np.ndarray, Any]:
        logits, state = self._model.next_word_logits(int(ids[0]), states)
        return logits[None], state


class Sampler:
    """Draws batches of texts that begin alike.

    Parameters
    ----------
    model
        A `Recurrence`, or a word model of the tutorials.
    heard
        Ids before the first one to draw: the start marker and the prompt. They go through the
        model once.
    texts
        How many are drawn side by side; 1 for the word models of the tutorials.
    forbidden
        Ids that are never drawn.
    temperature, top_k, top_p
        As for `sample_from_logits`.
    rng

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
        texts: int,
        forbidden: Sequence[int] = (),
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        rng: Generator,
    ):
        check_sampling(temperature, top_k, top_p)
        self._settings = {
            "temperature": temperature,
            "top_k": top_k,
            "top_p": top_p,
            "forbidden": forbidden,
        }
        self._model: Recurrence = model if hasattr(model, "next_logits") else OneText(model)
        self._rng, self._texts = rng, texts
        self._states = self._model.zero_states(texts)
        for token in heard[:-1]:
            _, self._states = self._model.next_logits(self._column(token), self._states)
        self._last = self._column(heard[-1])

    def draw(self, length: int, end: int | None = None) -> list[np.ndarray]:
        """Ids of texts, each up to `end`, which is left out, or to `length` tokens."""
        ids, states = self._last, self._states
        rows: list[np.ndarray] = []
        running = np.ones(self._texts, dtype=bool)
        while running.any() and len(rows) < length:
            logits, states = self._model.next_logits(ids, states)
            ids = sample_from_logits(logits, self._rng, **self._settings).astype(np.int32)
            rows.append(ids)
            if end is not None:
                running &= ids != end
        return [text[: _place_of(end, text)] for text in np.array(rows).T]

    def _column(self, token: int) -> np.ndarray:
        return np.full(self._texts, token, dtype=np.int32)


def _place_of(end: int | None, text: np.ndarray) -> int:
    places = np.flatnonzero(text == end) if end is not None else ()
    return int(places[0]) if len(places) else len(text)
