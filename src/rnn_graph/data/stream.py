"""A text as inputs and targets: each token is predicted after the one before it."""

from collections.abc import Callable, Iterable
from typing import Protocol

import numpy as np

from rnn_graph.data.padding import NO_TARGET
from rnn_graph.data.token_store import TOKENS_A_LOOK, places_of
from rnn_graph.errors import InputError

Span = tuple[int, int]  # places of tokens to predict, from the first to the one after the last


class Ids(Protocol):
    """Token ids, in memory or not; -1 for a character that the vocabulary does not know."""

    def __len__(self) -> int: ...

    def __getitem__(self, places) -> np.ndarray: ...


class Stream:
    """Tokens to predict, each after the one before it.

    Parameters
    ----------
    ids
        The text.
    start_id
        The input before the first token, and in place of one that is not known.
    targets
        From ids to targets, -1 where there is nothing to predict (a sentence's start); None if
        all ids are targets.

    Attributes
    ----------
    is_marked
        Whether the text begins with a start marker.
    begin
        The place of the first token to predict: 1 if the text begins with a start marker that is
        no target itself, else 0.
    tokens
        How many targets there are.

    Raises
    ------
    InputError
        If there is nothing to predict.
    """

    def __init__(
        self,
        ids: Ids,
        start_id: int,
        targets: Callable[[np.ndarray], np.ndarray] | None = None,
    ):
        self._ids, self._start_id = ids, start_id
        self._targets = targets or np.asarray
        # An end of a line is also what the next line is read after.
        self._start_is_target = self._targets(np.array([start_id]))[0] != NO_TARGET
        self.is_marked = len(ids) > 0 and int(ids[0]) == start_id
        self.begin = int(self.is_marked and not self._start_is_target)
        self.tokens = sum(
            int(np.count_nonzero(self._targets(ids[k : k + TOKENS_A_LOOK]) != NO_TARGET))
            for k in range(0, len(ids), TOKENS_A_LOOK)
        )
        if not self.tokens:
            raise InputError("the text has no token to predict; give at least one")

    def __len__(self) -> int:
        """The number of tokens, with those that are no targets."""
        return len(self._ids)

    def sentences(self) -> np.ndarray:  # -> int64 [n, 2]
        """The span of each sentence or line, without its start marker, with its end.

        Where the start marker is a target (the newline of lines), it is also the end of the
        line before it; the first one of the text ends none, and is in no span.

        Raises
        ------
        InputError
            If all are empty.
        """
        starts = places_of(self._ids, self._start_id)
        begins = np.concatenate([[0], starts + 1])
        ends = np.concatenate([starts + self._start_is_target, [len(self)]])
        if self.is_marked:
            begins, ends = begins[1:], ends[1:]
        spans = np.stack([begins, ends], axis=1)[ends > begins]
        if not len(spans):
            raise InputError("the text has no line to predict; give at least one")
        return spans

    def columns(
        self, spans: Iterable[Span], shape: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray]:  # -> int32 [T, B], [T, B]
        """Inputs and targets of spans side by side.

        Parameters
        ----------
        spans
            At most B, none longer than T. An empty one leaves its column empty.
        shape
            T and B. What is left is padded: inputs with `start_id`, targets with -1.
        """
        x = np.full(shape, self._start_id, dtype=np.int32)
        y = np.full(shape, NO_TARGET, dtype=np.int32)
        for column, (begin, end) in enumerate(spans):
            if end > begin:
                ids = self._ids[max(begin - 1, 0) : end]
                y[: end - begin, column] = ids[int(begin > 0) :]
                x[int(begin == 0) : end - begin, column] = ids[:-1]
        return np.where(x < 0, self._start_id, x).astype(np.int32), self._targets(y)


def sentences_of(ids: Ids, start_id: int) -> list[np.ndarray]:
    """The ids of each sentence, from its start marker on."""
    return np.split(np.asarray(ids[:]), places_of(ids, start_id)[1:])
