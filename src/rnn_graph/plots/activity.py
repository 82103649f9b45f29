"""What happens in a model while it reads a text: its hidden states, and what it expects."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pytensor import tensor as pt

from rnn_graph.backend.compile import compile_function
from rnn_graph.data.char_vocabulary import NEWLINE, CharVocabulary
from rnn_graph.data.padding import BEFORE_FIRST
from rnn_graph.data.splitting import UNKNOWN_TOKEN, Splitting
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, Vocabulary
from rnn_graph.errors import InputError
from rnn_graph.nn.composed import Stack
from rnn_graph.plots.embedded import embedded_words, require_layers, weights_of
from rnn_graph.predict.sampler import OneText
from rnn_graph.predict.tagging import tag_sentences

START = "start"
SHOWN = {
    NEWLINE: "↵",
    " ": "␣",
    "\t": "⇥",
    SENTENCE_START: START,
    SENTENCE_END: "end",
    UNKNOWN_TOKEN: "unknown",
}


@dataclass(frozen=True)
class Activity:
    """A text as a model reads it, step by step.

    Attributes
    ----------
    unit
        "character" or "word".
    tokens
        What is read at each of the T steps, as a picture has it: what has no shape has a name. A
        language model's first one is the start.
    texts
        The same as it stands in the text; "" for the start.
    states
        By layer, the hidden states after each step, [T, H].
    probabilities
        Of each token of the vocabulary to come next, [T, V]; None of a tagger.
    ids
        What came next, for the first of the T steps; empty of a tagger.
    symbols
        What ids stand for.
    labels
        A tagger's, of each word.
    unknown
        The steps at which the model reads a word that it does not know.
    """

    unit: str
    tokens: Sequence[str]
    texts: Sequence[str]
    states: dict[str, np.ndarray]
    probabilities: np.ndarray | None = None
    ids: Sequence[int] = ()
    symbols: Sequence[str] = ()
    labels: Sequence[str] = ()
    unknown: frozenset[int] = frozenset()


def activity(model, text: str) -> Activity:
    """Let a model read a text.

    Parameters
    ----------
    model
        A language model of any kind with a vocabulary, or a `SequenceTagger`.
    text
        Words are split as for training.

    Raises
    ------
    InputError
        If there is nothing to read, a character that the model never saw, or a tagger of another
        kind.
    """
    if isinstance(model.vocabulary, TagVocabulary):
        words = split_words(model.vocabulary, text)
        states, labels = _tagger_states(model, words)
        unknown = _unknown(model.vocabulary.encode_words(words), model.vocabulary.words)
        return Activity("word", words, words, states, labels=labels, unknown=frozenset(unknown))
    texts, ids = encoded(model, text)
    has_words = not isinstance(model.vocabulary, CharVocabulary)
    unknown = _unknown(ids, model.vocabulary) if has_words else []
    symbols = getattr(model.vocabulary, "symbols", None) or model.vocabulary.tokens
    probabilities, states = trace(model, ids)
    to_come = list(ids)
    if getattr(model.vocabulary, "unit", "") == "line":
        to_come.append(model.vocabulary[NEWLINE])
    return Activity(
        "word" if has_words else "character",
        [START, *map(shown, texts)],
        ["", *texts],
        states,
        probabilities,
        to_come,
        symbols,
        unknown=frozenset(step + 1 for step in unknown),
    )


def encoded(model, text: str) -> tuple[list[str], np.ndarray]:
    """The tokens of a text for a language model, and their ids; `InputError` if there is none."""
    vocabulary = model.vocabulary
    if isinstance(vocabulary, CharVocabulary):
        tokens = list(vocabulary.plain(text))
        ids = vocabulary.encode(text)
    else:
        tokens = (vocabulary.splitting or Splitting()).words(text)
        ids = vocabulary.encode(tokens)
    if not len(ids):
        unit = "characters" if isinstance(vocabulary, CharVocabulary) else "words"
        raise InputError(f"the text has 0 {unit}; give some with --text")
    return tokens, ids


def split_words(vocabulary: TagVocabulary, text: str) -> list[str]:
    """The words of a sentence for a tagger; `InputError` if there is none."""
    words = (vocabulary.splitting or Splitting()).words(text)
    if not words:
        raise InputError("the text has 0 words; give some with --text")
    return words


def shown(symbol: str) -> str:
    """A token as a label: its code point where it shows nothing, or the font lacks it."""
    if symbol in SHOWN:
        return SHOWN[symbol]
    if len(symbol) == 1 and not (symbol.isprintable() and _font_has(symbol)):
        return f"{ord(symbol):04X}"
    return symbol


def trace(model, ids: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """What a language model makes of the start and of each token after it.

    Returns
    -------
    probabilities : (T + 1, V)
        Of the next token.
    states : dict of (T + 1, H)
        Each layer's output.
    """
    recurrence = model if hasattr(model, "next_logits") else OneText(model)
    words = isinstance(model.vocabulary, Vocabulary)
    first = model.vocabulary[SENTENCE_START] if words else BEFORE_FIRST
    layers = getattr(model, "layer_count", 1)
    states, rows = recurrence.zero_states(1), []
    hidden: list[list[np.ndarray]] = [[] for _ in range(layers)]
    for last in [first, *ids]:
        logits, states = recurrence.next_logits(np.array([last], dtype=np.int32), states)
        weights = np.exp(logits[0].astype(np.float64) - logits.max())
        rows.append(weights / weights.sum())
        # A layer's first state is its output; the tutorials' word models have but one vector.
        outputs = [states] if isinstance(recurrence, OneText) else states[:: len(states) // layers]
        for layer, output in zip(hidden, outputs, strict=True):
            layer.append(np.asarray(output).reshape(-1))
    return np.array(rows), {f"layer {k}": np.array(layer) for k, layer in enumerate(hidden)}


def _unknown(ids: np.ndarray, vocabulary: Vocabulary) -> list[int]:
    return np.flatnonzero(ids == vocabulary.unknown_id).tolist()


def _tagger_states(model, words: list[str]) -> tuple[dict[str, np.ndarray], Sequence[str]]:
    """By direction the hidden states at each word, [T, H], and the labels."""
    require_layers(model)
    stack = model.network
    last = next(k for k, layer in enumerate(stack.layers) if layer.state_count)
    rows = embedded_words(model, words)
    x = pt.tensor("x", dtype=model.dtype, shape=(None, 1, rows.shape[2]))
    below = Stack(stack.layers[: last + 1], stack.names[: last + 1])
    hidden, _ = below(weights_of(model), x)
    outputs = np.asarray(compile_function([x], hidden, model.backend)(rows))[:, 0]
    names = ["forward", "backward"][: 2 if model.config.bidirectional else 1]
    parts = np.split(outputs, len(names), axis=1)
    return dict(zip(names, parts, strict=True)), tag_sentences(model, [words])[0]


def _font_has(symbol: str) -> bool:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return get_font(findfont(FontProperties())).get_char_index(ord(symbol)) != 0
