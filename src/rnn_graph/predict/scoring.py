"""How well a language model of any kind predicts a text."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from rnn_graph.data.char_vocabulary import NEWLINE
from rnn_graph.data.corpus import read_language_ids
from rnn_graph.data.padding import BEFORE_FIRST, NO_TARGET, bucket_length
from rnn_graph.data.splitting import Splitting
from rnn_graph.data.stream import Ids, Stream
from rnn_graph.data.text_files import refuse_column_of_text
from rnn_graph.data.token_store import TOKENS_A_LOOK
from rnn_graph.data.vocabulary import SENTENCE_START, Vocabulary
from rnn_graph.errors import InputError
from rnn_graph.predict.metrics import perplexity

# A stream is read in pieces: long, so that the output layer multiplies large matrices, but with
# no more than so many logits at a time.
LONGEST_PIECE = 1_000
LOGITS_A_PIECE = 2**23
SENTENCES_A_CALL = 64
# Read at a time, from which those of like length are then computed together.
SENTENCES_A_LOOK = 4096
# Steps of sentences side by side: few sizes, for each may cost a compilation.
STEPS_A_CALL = (25, 100)


@dataclass(frozen=True)
class Score:
    """How well a language model predicts a text.

    Attributes
    ----------
    nats
        Summed −ln p of the predicted tokens, ends of sentences and lines among them.
    tokens
        How many they are.
    unknown_nats, unknown_tokens
        Those among them that stand for a word outside of the vocabulary.
    left_out
        Characters that the model does not know, which are not predicted.
    has_words
        Whether the tokens are words.
    """

    nats: float
    tokens: int
    unknown_nats: float = 0.0
    unknown_tokens: int = 0
    left_out: int = 0
    has_words: bool = False

    @property
    def loss(self) -> float:
        """Mean nats a token."""
        return self.nats / self.tokens

    @property
    def criterion(self) -> float:
        """What training looks at; less is better."""
        return self.loss

    @property
    def bits(self) -> float:
        """Mean bits a token."""
        return self.loss / math.log(2)

    @property
    def perplexity(self) -> float:
        """The exponential of the loss."""
        return perplexity(self.loss)

    @property
    def unknown_share(self) -> float:
        """The share of the text's tokens that the model does not know."""
        return (self.unknown_tokens + self.left_out) / (self.tokens + self.left_out)

    @property
    def known_perplexity(self) -> float:
        """The perplexity without the unknown tokens; NaN if there are no others."""
        known = self.tokens - self.unknown_tokens
        return perplexity((self.nats - self.unknown_nats) / known) if known else math.nan

    def as_dict(self) -> dict[str, Any]:
        """`loss`, `perplexity`, `bits`, `tokens`, `unknown_share`; of words `known_perplexity`.

        The last is None if no word is known, and both perplexities where they are beyond the
        range of a float: JSON has no infinity.
        """
        names = ["loss", "perplexity", "bits", "tokens", "unknown_share"]
        if self.has_words:
            names.append("known_perplexity")
        values = {name: getattr(self, name) for name in names}
        return {name: value if math.isfinite(value) else None for name, value in values.items()}


def score_text(model, ids: Ids) -> Score:
    r"""Score a text, each token after those before it, as far as the model's context reaches.

    Parameters
    ----------
    model
        A language model of any kind. A `LanguageModel` of context "text" and a character model of
        running text read one continuous stream from the zero state; a `LanguageModel` of context
        "sentence", a character model of lines, `RNNTheano` and `RNNNumpy` read each sentence or
        line from the zero state.
    ids
        As `read_language_ids` gives them: sentences from start marker to end marker; lines as
        "\nab\ncd\n"; or running text.

    Raises
    ------
    InputError
        If there is nothing to predict, or the model has no vocabulary.
    """
    vocabulary = model.vocabulary
    if vocabulary is None:
        raise InputError("the model has no vocabulary, and cannot tell what to predict; give one")
    tally = _Tally(vocabulary.unknown_id if isinstance(vocabulary, Vocabulary) else None)
    if hasattr(model, "losses_of_sentences"):
        _score_words(model, ids, tally)
    elif hasattr(model, "token_losses"):
        stream = Stream(ids, model.start_id, model.targets)
        has_lines = not tally.has_words and vocabulary.unit == "line"
        if model.config.context == "sentence":
            _score_sentences(model, model.token_losses, stream, model.start_id, tally)
        else:
            # The newline before the first line ends none.
            begin = int(stream.is_marked) if has_lines else stream.begin
            _score_stream(model, model.token_losses, stream, begin, len(vocabulary), tally)
    elif vocabulary.unit == "line":
        stream = Stream(ids, vocabulary[NEWLINE])
        _score_sentences(model, model.character_losses, stream, BEFORE_FIRST, tally)
    else:
        stream = Stream(ids, BEFORE_FIRST)
        _score_stream(model, model.character_losses, stream, 0, len(vocabulary), tally)
    return tally.score(ids)


def score_data(model, data, **reading: Any) -> Score:
    """Score a text that is split as the model's training text was, unless told otherwise.

    Parameters
    ----------
    model
        A language model of any kind.
    data
        A path, a list of strings, or for words a list of token lists.
    reading
        `pre_split`, `tokenizer`, `lowercase`, `column`: how words are split, in place of what the
        model says; `limit` and the others as for `read_language_ids`.

    Raises
    ------
    InputError
        If the data cannot be read, or there is nothing to predict.
    """
    refuse_column_of_text(data, reading)
    vocabulary, splitting = model.vocabulary, None
    if isinstance(vocabulary, Vocabulary):
        given = {f.name: reading.pop(f.name) for f in fields(Splitting) if f.name in reading}
        splitting = replace(vocabulary.splitting or Splitting(), **given)
    ids = read_language_ids(data, vocabulary, splitting=splitting, **reading)
    return score_text(model, ids)


class _Tally:
    """Sums of losses."""

    def __init__(self, unknown_id: int | None):
        self.has_words, self._unknown_id = unknown_id is not None, unknown_id
        self._nats = self._unknown_nats = 0.0
        self._tokens = self._unknown_tokens = 0

    def add(self, losses: np.ndarray, targets: np.ndarray) -> None:
        """Take in the losses of targets, which are 0 where the target is -1."""
        self._nats += float(losses.sum(dtype=np.float64))
        self._tokens += int(np.count_nonzero(targets != NO_TARGET))
        if self.has_words:
            unknown = targets == self._unknown_id
            self._unknown_nats += float(losses[unknown].sum(dtype=np.float64))
            self._unknown_tokens += int(np.count_nonzero(unknown))

    def score(self, ids: Ids) -> Score:
        left_out = sum(
            int(np.count_nonzero(ids[k : k + TOKENS_A_LOOK] < 0))
            for k in range(0, len(ids), TOKENS_A_LOOK)
        )
        return Score(
            self._nats,
            self._tokens,
            self._unknown_nats,
            self._unknown_tokens,
            left_out,
            self.has_words,
        )


# −ln p of targets [T, B] and the last states, from inputs and targets [T, B] and the first states.
Losses = Callable[..., tuple[np.ndarray, list[np.ndarray]]]


def _score_stream(
    model, token_losses: Losses, stream: Stream, begin: int, size: int, tally: _Tally
) -> None:
    longest = min(LONGEST_PIECE, max(1, LOGITS_A_PIECE // size))
    length = min(longest, bucket_length(len(stream) - begin))
    states = model.zero_states(1)
    for first in range(begin, len(stream), length):
        span = (first, min(first + length, len(stream)))
        x, y = stream.columns([span], (length, 1))
        losses, states = token_losses(x, y, states)
        tally.add(losses, y)


def _score_sentences(
    model, token_losses: Losses, stream: Stream, first_input: int, tally: _Tally
) -> None:
    """Sentences of like length side by side."""
    spans = stream.sentences()
    lengths = spans[:, 1] - spans[:, 0]
    order = np.argsort(lengths, kind="stable")
    for group in range(0, len(order), SENTENCES_A_CALL):
        places = order[group : group + SENTENCES_A_CALL]
        longest = int(lengths[places].max())
        steps = next((size for size in STEPS_A_CALL if longest <= size), STEPS_A_CALL[-1])
        states = model.zero_states(SENTENCES_A_CALL)
        for done in range(0, longest, steps):
            part = [(min(b + done, e), min(b + done + steps, e)) for b, e in spans[places]]
            x, y = stream.columns(part, (steps, SENTENCES_A_CALL))
            if not done:
                x[0] = first_input
            losses, states = token_losses(x, y, states)
            tally.add(losses, y)


def _score_words(model, ids: Ids, tally: _Tally) -> None:
    """Sentences from the zero state each, as the word models of the tutorial compute."""
    model.vocabulary.require_sentence_markers()
    start = model.vocabulary[SENTENCE_START]
    stream = Stream(ids, start, lambda found: np.where(found == start, NO_TARGET, found))
    spans = stream.sentences()
    for first in range(0, len(spans), SENTENCES_A_LOOK):
        sentences = [
            stream.columns([(begin, end)], (end - begin, 1))
            for begin, end in spans[first : first + SENTENCES_A_LOOK]
        ]
        X, Y = ([part[:, 0] for part in parts] for parts in zip(*sentences, strict=True))
        for losses, y in zip(model.losses_of_sentences(X, Y), Y, strict=True):
            tally.add(losses, y)
