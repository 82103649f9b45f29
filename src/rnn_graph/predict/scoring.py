"""How well a language model of minibatches predicts a text of any length."""

import math
from dataclasses import dataclass

import numpy as np

from rnn_graph.data.batches import Ids
from rnn_graph.data.padding import NO_TARGET
from rnn_graph.data.token_store import places_of
from rnn_graph.errors import InputError
from rnn_graph.models.language_model import LanguageModel
from rnn_graph.predict.metrics import TextScore, perplexity

# A text is scored in columns side by side. Each begins without what came before it but one token,
# so that there are few, and long ones.
COLUMNS = 32
SHORTEST_COLUMN = 500
STEPS_A_CALL = 100
SENTENCES_A_CALL = 64


@dataclass
class TokenScore:
    """Summed −ln p of predicted tokens in nats, and how many they are; unknown ones apart."""

    nats: float = 0.0
    tokens: int = 0
    unknown_nats: float = 0.0
    unknown_tokens: int = 0

    @property
    def loss(self) -> float:
        """Mean nats a token."""
        return self.nats / self.tokens

    @property
    def bits(self) -> float:
        """Mean bits a token."""
        return self.loss / math.log(2)

    def add(self, losses: np.ndarray, targets: np.ndarray, unknown_id: int | None) -> None:
        """Take in the losses of targets, of which -1 does not count."""
        self.nats += float(losses.sum(dtype=np.float64))
        self.tokens += int(np.count_nonzero(targets != NO_TARGET))
        if unknown_id is not None:
            unknown = targets == unknown_id
            self.unknown_nats += float(losses[unknown].sum(dtype=np.float64))
            self.unknown_tokens += int(np.count_nonzero(unknown))

    def as_text_score(self) -> TextScore:
        known = self.tokens - self.unknown_tokens
        return TextScore(
            loss=self.loss,
            perplexity=perplexity(self.loss),
            words=self.tokens,
            unknown_share=self.unknown_tokens / self.tokens,
            known_perplexity=perplexity((self.nats - self.unknown_nats) / known)
            if known
            else math.nan,
        )


def score_tokens(model: LanguageModel, ids: Ids) -> TokenScore:
    """Score a text, each token after those before it, as far as the model's context reaches.

    Parameters
    ----------
    ids
        The text; a model of words wants sentences from start marker to end marker.

    Raises
    ------
    InputError
        If there is nothing to predict.
    """
    score = TokenScore()
    if model.config.context == "sentence":
        _score_sentences(model, ids, score)
    else:
        _score_columns(model, ids, score)
    if not score.tokens:
        raise InputError("the text has no token to predict; give at least one")
    return score


def _score_columns(model: LanguageModel, ids: Ids, score: TokenScore) -> None:
    # The start of the first sentence is what its words are read after, and nothing to predict.
    origin = int(model.reads_words and len(ids) > 0 and ids[0] == model.start_id)
    columns = max(1, min(COLUMNS, len(ids) // SHORTEST_COLUMN))
    length = -(-(len(ids) - origin) // columns)
    states, unknown = model.zero_states(columns), _unknown_id(model)
    for begin in range(0, length, STEPS_A_CALL):
        x = np.full((STEPS_A_CALL, columns), model.start_id, dtype=np.int32)
        y = np.full((STEPS_A_CALL, columns), NO_TARGET, dtype=np.int32)
        steps = min(STEPS_A_CALL, length - begin)
        for column in range(columns):
            first = origin + column * length + begin
            end = min(first + steps, origin + (column + 1) * length)
            targets = np.asarray(ids[first:end])
            y[: len(targets), column] = model.targets(targets)
            if not len(targets):
                continue
            before = ids[first - 1] if first else model.start_id
            x[: len(targets), column] = np.concatenate([[before], targets[:-1]])
        losses, states = model.token_losses(x, y, states)
        score.add(losses, y, unknown)


def _score_sentences(model: LanguageModel, ids: Ids, score: TokenScore) -> None:
    starts = places_of(ids, model.start_id)
    ends, unknown = np.append(starts[1:], len(ids)), _unknown_id(model)
    by_length = np.argsort(ends - starts, kind="stable")
    for group in range(0, len(by_length), SENTENCES_A_CALL):
        sentences = by_length[group : group + SENTENCES_A_CALL]
        longest = int((ends - starts)[sentences].max()) - 1
        states = model.zero_states(SENTENCES_A_CALL)
        for begin in range(0, longest, STEPS_A_CALL):
            x = np.full((STEPS_A_CALL, SENTENCES_A_CALL), model.start_id, dtype=np.int32)
            y = np.full_like(x, NO_TARGET)
            for column, sentence in enumerate(sentences):
                first = starts[sentence] + begin
                words = ids[first : min(first + STEPS_A_CALL + 1, ends[sentence])]
                if len(words) > 1:
                    x[: len(words) - 1, column] = words[:-1]
                    y[: len(words) - 1, column] = words[1:]
            losses, states = model.token_losses(x, y, states)
            score.add(losses, y, unknown)


def _unknown_id(model: LanguageModel) -> int | None:
    return model.vocabulary.unknown_id if model.reads_words else None
