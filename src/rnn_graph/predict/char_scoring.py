"""How well a character model predicts lines or running text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnn_graph.data.batches import batches_by_length
from rnn_graph.data.char_vocabulary import NEWLINE
from rnn_graph.data.padding import BEFORE_FIRST, NO_TARGET
from rnn_graph.errors import InputError
from rnn_graph.predict.metrics import perplexity
from rnn_graph.tutorials.char_model import CharModel

LINES_A_BATCH = 64
CHARACTERS_A_PIECE = 1_000


@dataclass(frozen=True)
class CharScore:
    """How well a character model predicts a text.

    Attributes
    ----------
    nats, bits
        Mean −ln p and −log₂ p of a character; ends of lines are characters too.
    perplexity
        exp(nats).
    characters
        How many were predicted.
    """

    nats: float
    bits: float
    perplexity: float
    characters: int

    @classmethod
    def of_total(cls, nats: float, characters: int) -> "CharScore":
        mean = nats / characters
        return cls(mean, mean / math.log(2), perplexity(mean), characters)


def score_characters(model: CharModel, parts: Sequence[np.ndarray]) -> CharScore:
    """Score lines, or the one running text, as the model's vocabulary reads them."""
    if model.vocabulary.unit == "line":
        return score_char_lines(model, parts)
    (text,) = parts
    return score_char_text(model, text)


def score_char_lines(model: CharModel, lines: Sequence[np.ndarray]) -> CharScore:
    """Score lines, each from the zero state on and with its end, as they are generated.

    Parameters
    ----------
    lines
        Character ids without newlines.
    """
    if not len(lines):
        raise InputError("no line to score; give at least one")
    newline = model.vocabulary[NEWLINE]
    total = 0.0
    for places in batches_by_length(lines, LINES_A_BATCH):
        length = model.padded_length(max(len(lines[place]) for place in places) + 1)
        x = np.full((length, LINES_A_BATCH), BEFORE_FIRST, dtype=np.int32)
        y = np.full((length, LINES_A_BATCH), NO_TARGET, dtype=np.int32)
        for column, place in enumerate(places):
            ids = lines[place]
            x[1 : len(ids) + 1, column] = y[: len(ids), column] = ids
            y[len(ids), column] = newline
        losses, _ = model.character_losses(x, y, model.zero_states(LINES_A_BATCH))
        total += losses.sum(dtype=np.float64)
    return CharScore.of_total(total, sum(len(ids) + 1 for ids in lines))


def score_char_text(model: CharModel, ids: np.ndarray) -> CharScore:
    """Score running text from the zero state on, in pieces between which the state is carried."""
    if not len(ids):
        raise InputError("no text to score; give at least one character")
    total, states = 0.0, model.zero_states(1)
    before = np.concatenate([[BEFORE_FIRST], ids[:-1]])
    for start in range(0, len(ids), CHARACTERS_A_PIECE):
        piece = slice(start, start + CHARACTERS_A_PIECE)
        length = model.padded_length(len(ids[piece]))
        x, y = (
            np.pad(part[piece], (0, length - len(part[piece])), constant_values=NO_TARGET)
            for part in (before, ids)
        )
        x, y = (part.astype(np.int32)[:, None] for part in (x, y))
        losses, states = model.character_losses(x, y, states)
        total += losses.sum(dtype=np.float64)
    return CharScore.of_total(total, len(ids))
