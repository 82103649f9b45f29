"""Small models of each kind for pages, and what Python says of their probabilities."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pytensor import tensor as pt

from rnn_graph import (
    RNNSLU,
    CharGRU,
    CharLSTM,
    CharRNN,
    CharVocabulary,
    LanguageModel,
    RNNTheano,
    SequenceTagger,
    Vocabulary,
)
from rnn_graph.backend.compile import compile_function
from rnn_graph.data.batches import pad_batch
from rnn_graph.data.padding import padding_as_row
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, UNKNOWN_TOKEN
from rnn_graph.models.tagger_config import SequenceTaggerConfig
from rnn_graph.predict.sampler import OneText
from rnn_graph.tutorials.windows import contextwin

SHIPPED = Path(__file__).parent.parent / "data/shakespeare-char-lstm.npz"
TOKENS = 1000
PROMISED = 1e-3  # how far probabilities of a page may be from Python's
# What a page's scripts make of the start and of each token after it.
PREDICTED = """\
function predicted(ids) {
  const reader = new Reader(network, codec);
  const rows = [Array.from(softmax(reader.logits(0)))];
  for (const id of ids) {
    reader.append(id);
    rows.push(Array.from(softmax(reader.logits(reader.ids.length))));
  }
  return rows;
}
"""
LETTERS = CharVocabulary(tuple("\n abcdefghijklmnop'é"), "text")
LINES = CharVocabulary(tuple("\nabcdefgh"), "line", lowercase=True)
WORDS = Vocabulary(["the", "cat", "sat", ".", SENTENCE_START, SENTENCE_END, UNKNOWN_TOKEN])
MANY = Vocabulary([*(f"w{k}" for k in range(147)), SENTENCE_START, SENTENCE_END, UNKNOWN_TOKEN])
TAGGED = ["boston", "fly", "DIGIT", "DIGITam", "monday", "naïve", "new", "to", "york"]
TAGS = TagVocabulary(
    Vocabulary([*TAGGED, UNKNOWN_TOKEN]), ("B-city", "B-day", "I-city", "I-day", "O")
)


def lively(model, seed=3):
    """Parameters that are large enough to matter, and small enough that no state is chaotic."""
    rng = np.random.RandomState(seed)
    values = {
        name: rng.standard_normal(value.shape) * (1.5 / np.sqrt(len(value)))
        for name, value in model.get_parameters().items()
    }
    model.set_parameters(values)
    return model


def language(vocabulary, **settings):
    defaults = {"hidden_dim": 12, "embedding_dim": 9, "rng": 1, "backend": "jax"}
    return lively(LanguageModel(vocabulary, **defaults | settings))


def character(kind, vocabulary):
    return lively(kind(len(vocabulary), 12, vocabulary=vocabulary, rng=1, backend="jax"))


def tagger(**settings):
    defaults = {"hidden_dim": 7, "embedding_dim": 6}
    config = SequenceTaggerConfig(**defaults | settings)
    return lively(SequenceTagger(TAGS, config, rng=1, backend="jax"))


LANGUAGE_MODELS = {
    "elman": lambda: language(LETTERS, cell="elman"),
    "gru": lambda: language(LETTERS, cell="gru"),
    "lstm": lambda: language(LETTERS, cell="lstm"),
    "gru with two biases": lambda: language(LETTERS, cell="gru", recurrent_bias=True),
    "gru with hard gates": lambda: language(LETTERS, cell="gru-tutorial"),
    "three layers": lambda: language(LETTERS, cell="lstm", layers=3),
    "lines": lambda: language(LINES, cell="gru"),
    "words": lambda: language(WORDS, cell="gru", layers=2),
    "tied": lambda: language(WORDS, embedding_dim=12, tie_weights=True, context="sentence"),
    "adaptive": lambda: language(MANY, output="adaptive"),
    "tutorial, words": lambda: lively(
        RNNTheano(len(WORDS), 12, rng=1, backend="jax", vocabulary=WORDS)
    ),
    "tutorial, rnn": lambda: character(CharRNN, LINES),
    "tutorial, lstm": lambda: character(CharLSTM, LINES),
    "tutorial, gru": lambda: character(CharGRU, LETTERS),
}
TAGGERS = {
    "tagger": lambda: tagger(),
    "tagger, elman in one direction": lambda: tagger(cell="elman", bidirectional=False, window=1),
    "tagger, lstm, characters": lambda: tagger(cell="lstm", char_features=5),
    "tagger, CRF": lambda: tagger(output="crf", label_scheme="bio", window=5, char_features=5),
    "tutorial, slots": lambda: lively(
        RNNSLU(7, len(TAGS.labels), len(TAGS.words), 4, 5, rng=1, backend="jax", vocabulary=TAGS)
    ),
}


def round_to_float16(model) -> None:
    """The parameters as a page has them where it has no room for what rounding left."""
    model.set_parameters(
        {
            name: value.astype(np.float16).astype(value.dtype)
            for name, value in model.get_parameters().items()
        }
    )


def softmax(logits):
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True).astype(float))
    return weights / weights.sum(axis=-1, keepdims=True)


def next_probabilities(model, ids) -> np.ndarray:
    """Of all tokens after each of `ids`, from the first states on: [T] -> [T, V]."""
    recurrence = model if hasattr(model, "next_logits") else OneText(model)
    states, rows = recurrence.zero_states(1), []
    for token in ids:
        logits, states = recurrence.next_logits(np.array([token], dtype=np.int32), states)
        rows.append(softmax(logits[0]))
    return np.array(rows)


def label_probabilities(model) -> Callable[[list[list[str]]], list[np.ndarray]]:
    """A function from sentences to the probabilities of all labels of each one's words.

    Of a CRF they are those over all sequences of labels.
    """
    if isinstance(model, RNNSLU):
        return lambda sentences: [
            model.predict_proba(contextwin(model.encode_words(words).tolist(), model.window))
            for words in sentences
        ]
    ids, mask = pt.imatrix("ids"), pt.matrix("mask", dtype=model.dtype)
    characters = [] if model.spellings is None else [pt.itensor3("characters")]
    scores = model.logits(ids, mask, None, *characters)
    compute = compile_function([ids, mask, *characters], scores, model.backend)

    def probabilities(sentences):
        encoded = [model.encode_words(words) for words in sentences]
        batch, counted = pad_batch(model, encoded, len(encoded))
        words = batch if model.spellings is None else batch[..., 0]
        spelled = [] if model.spellings is None else [np.maximum(batch[..., 1:], 0)]
        padded = padding_as_row(words, len(model.vocabulary.words))
        rows = np.asarray(compute(padded, counted, *spelled), dtype=float)
        emissions = [rows[: len(ids), place] for place, ids in enumerate(encoded)]
        if model.crf is None:
            return list(map(softmax, emissions))
        names = ("transitions", "starts", "ends")
        weights = [model.parameters[name].get_value().astype(float) for name in names]
        return [marginals(scores, *weights) for scores in emissions]

    return probabilities


def marginals(emissions, transitions, starts, ends):  # [T, n], [n, n], [n], [n] -> [T, n]
    """The probabilities of labels over all sequences, by sums over what is before and behind."""
    weights, pairs = np.exp(emissions), np.exp(transitions)
    before, behind = [np.exp(starts) * weights[0]], [np.exp(ends)]
    for row in weights[1:]:
        before.append((before[-1] @ pairs) * row)
    for row in weights[:0:-1]:
        behind.insert(0, pairs @ (row * behind[0]))
    products = np.array(before) * np.array(behind)
    return products / products.sum(axis=1, keepdims=True)


def tokens_to_read(codec, count=TOKENS, seed=0) -> list[int]:
    """Random ids among those that neither begin nor end a sentence."""
    edges = {codec["start"], codec["end"]}
    inner = [k for k in range(len(codec["tokens"])) if k not in edges]
    return np.random.RandomState(seed).choice(inner, count).tolist()


def sentences_to_tag(count=TOKENS, seed=0) -> list[list[str]]:
    """Sentences of so many words in all: known ones, capitals, digits, words never seen."""
    rng, words = np.random.RandomState(seed), []
    known = [word.replace("DIGIT", "7") for word in TAGGED]
    more = ["Boston", "zürich", "77", "averyverylongwordthatwasneverseen", "x", "<unk>"]
    words = rng.choice([*known, *more], count).tolist()
    sentences = []
    while words:
        length = int(rng.randint(6, 11))  # one length to compile for
        sentences.append(words[:length])
        words = words[length:]
    return sentences
