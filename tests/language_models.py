"""Small language models and texts for them, and the models' equations in plain NumPy."""

import numpy as np

from plain_cells import PLAIN_CELLS
from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, UNKNOWN_TOKEN, Vocabulary
from rnn_graph.models.language_model import LanguageModel

CHARACTERS = CharVocabulary(("\n", *"abcdefg"), "text")
WORDS = Vocabulary(["the", "cat", "sat", SENTENCE_START, SENTENCE_END, UNKNOWN_TOKEN])
START, END = 3, 4


def character_model(**settings):
    defaults = {"cell": "lstm", "hidden_dim": 5, "embedding_dim": 4, "rng": 1, "dtype": "float64"}
    return LanguageModel(CHARACTERS, **defaults | settings)


def word_model(**settings):
    defaults = {"cell": "elman", "hidden_dim": 5, "embedding_dim": 4, "rng": 1, "dtype": "float64"}
    return LanguageModel(WORDS, **defaults | settings)


def random_ids(length, size=8, seed=0):
    return np.random.RandomState(seed).randint(0, size, length).astype(np.int32)


def random_sentences(count, seed=0):
    """Ids of sentences one after another, from marker to marker."""
    rng = np.random.RandomState(seed)
    return np.concatenate(
        [
            np.concatenate([[START], rng.choice([0, 1, 2, 5], rng.randint(1, 9)), [END]])
            for _ in range(count)
        ]
    ).astype(np.int32)


def plain_log_probabilities(config, parameters, ids, states=None):
    """Ln p of all tokens after each of `ids`, [T, V], by a loop over steps and layers."""
    step, width = PLAIN_CELLS[config.cell], {"lstm": 2}.get(config.cell, 1)
    p = {name: value.astype(float) for name, value in parameters.items()}
    if states is None:
        states = [[np.zeros(config.hidden_dim)] * width for _ in range(config.layers)]
    rows = []
    for token in ids:
        value = p["embeddings"][token] * config.embedding_scale
        for k in range(config.layers):
            projected = value @ p[f"layer{k}_Wx"] + p[f"layer{k}_b"]
            recurrent = states[k][0] @ p[f"layer{k}_Wh"]
            states[k] = step(projected, recurrent, *states[k])
            value = states[k][0]
        rows.append(_output(config, p, value))
    return np.array(rows)


def _output(config, p, hidden):
    if config.output == "softmax":
        weights = p["embeddings"].T if config.tie_weights else p["W"]
        return _log_softmax(hidden @ weights + p["b"])
    head = _log_softmax(hidden @ p["head_W"] + p["head_b"])
    clusters = sum(name.endswith("_P") for name in p)
    parts = [head[: len(head) - clusters]]
    for k in range(clusters):
        inner = hidden @ p[f"cluster{k}_P"]
        within = _log_softmax(inner @ p[f"cluster{k}_W"] + p[f"cluster{k}_b"])
        parts.append(head[len(head) - clusters + k] + within)
    ranked = np.concatenate(parts)
    return np.roll(ranked, -1)  # the last id has the first rank


def _log_softmax(values):
    values = values - values.max()
    return values - np.log(np.exp(values).sum())
