"""How good a model is."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.sequences import Ids


def perplexity(loss: float) -> float:
    """exp(mean cross-entropy): 1 is perfect, V is guessing among V words alike.

    Parameters
    ----------
    loss
        Mean cross-entropy in nats a word.
    """
    return math.exp(loss) if loss < 700 else math.inf


@dataclass(frozen=True)
class TextScore:
    """How well a language model predicts a text.

    Attributes
    ----------
    loss
        Mean −ln p of the predicted words (sentence ends among them), nats a word.
    perplexity
        exp(loss).
    words
        How many words were predicted.
    unknown_share
        The share of them that are not in the vocabulary, and count as the unknown token.
    known_perplexity
        exp of the mean −ln p of all others. NaN if there are none.
    """

    loss: float
    perplexity: float
    words: int
    unknown_share: float
    known_perplexity: float


def score_text(
    word_losses: Callable[[Ids, Ids], np.ndarray],
    X: Sequence[np.ndarray],
    Y: Sequence[np.ndarray],
    unknown_id: int,
) -> TextScore:
    """Score sentences.

    Parameters
    ----------
    word_losses
        A model's −ln p of each word of `y` after those of `x`.
    X, Y
        Word ids and their targets, sentence by sentence.
    unknown_id
        The id of the unknown token.
    """
    if not len(X):
        raise InputError("no sentence to score; give at least one")
    losses = np.concatenate([word_losses(x, y) for x, y in zip(X, Y, strict=True)]).astype(float)
    unknown = np.concatenate(Y) == unknown_id
    known_losses = losses[~unknown]
    return TextScore(
        loss=losses.mean(),
        perplexity=perplexity(losses.mean()),
        words=len(losses),
        unknown_share=unknown.mean(),
        known_perplexity=perplexity(known_losses.mean()) if len(known_losses) else math.nan,
    )
