"""On which tokens of a text a prediction depends: the gradient for their embeddings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytensor
from pytensor import tensor as pt

from rnn_graph.backend.compile import compile_function
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.errors import InputError
from rnn_graph.plots.activity import START, encoded, shown, split_words
from rnn_graph.plots.embedded import (
    embedded_before_last,
    embedded_words,
    layers_above,
    require_layers,
    weights_of,
)
from rnn_graph.plots.figures import COLORS, PAGE, new_figure, styled, write_figure
from rnn_graph.predict.tagging import tag_sentences

# What keeps a CRF from any other label of a word.
PENALTY = 1e4
MOST_BARS = 60
MOST_LETTERS = 110  # side by side below the bars


def token_saliency(model, tokens: Sequence[int]) -> np.ndarray:
    """The norm of the gradient of ln p of the last token for each earlier token's embedding.

    K. Simonyan, A. Vedaldi, A. Zisserman, "Deep inside convolutional networks: visualising image
    classification models and saliency maps", ICLR workshop (2014); for words J. Li et al.,
    "Visualizing and understanding neural models in NLP", NAACL (2016).

    Parameters
    ----------
    model
        A `LanguageModel`.
    tokens
        Ids, T + 1 of them: T to read from the zero state on, and the one that is predicted.

    Returns
    -------
    numpy.ndarray
        (T,).

    Raises
    ------
    InputError
        If there are fewer than two tokens, or the model is none of layers.
    """
    rows = embedded_before_last(model, tokens)
    x, target = pt.tensor("x", dtype=model.dtype, shape=(None, *rows.shape[1:])), pt.iscalar("y")
    hidden, _ = layers_above(model)(weights_of(model), x)
    logits, _ = model.config.output_layer(weights_of(model), hidden[-1])
    gain = pt.special.log_softmax(logits, axis=-1)[0, target]
    return _norms(model, [x, target], gain, rows, np.array(tokens[-1], dtype=np.int32))


def word_saliency(model, words: Sequence[str], place: int, label: int) -> np.ndarray:
    """The norm of the gradient of ln p of a word's label for each word's embedding.

    Of a CRF p is the marginal probability, over all sequences that have this label in this place.

    Parameters
    ----------
    model
        A `SequenceTagger`.
    words
        T of them.
    place
        The word whose label it is, from 0.
    label
        Its id.

    Returns
    -------
    numpy.ndarray
        (T,); where there are features of characters, for these and the embedding together.

    Raises
    ------
    InputError
        If there is no such word, or the model is none of layers.
    """
    require_layers(model)
    if not 0 <= place < len(words):
        raise InputError(f"word {place} is none of the {len(words)}, which are counted from 0")
    rows = embedded_words(model, words)
    x = pt.tensor("x", dtype=model.dtype, shape=(None, *rows.shape[1:]))
    logits, _ = layers_above(model)(weights_of(model), x)  # [T, 1, labels]
    if model.crf is None:
        gain = pt.special.log_softmax(logits, axis=-1)[place, 0, label]
    else:
        penalties = np.zeros((len(words), 1, len(model.vocabulary.labels)), model.dtype)
        penalties[place, 0, np.arange(penalties.shape[2]) != label] = -PENALTY
        # −ln p of any sequence with this label, with all sequences and with those that have it:
        # its score cancels, and what is left are the two sums over sequences.
        sequence = pt.as_tensor(np.full((len(words), 1), label, dtype=np.int32))
        with_all = model.crf.losses(weights_of(model), logits, sequence)
        with_label = model.crf.losses(weights_of(model), logits + penalties, sequence)
        gain = (with_label - with_all)[0]
    norms, half = _norms(model, [x], gain, rows), model.window // 2
    return norms[half : len(norms) - half]


def _norms(model, inputs, gain, *values) -> np.ndarray:
    gradient = pytensor.grad(gain, inputs[0])
    found = np.asarray(compile_function(inputs, gradient, model.backend)(*values))
    return np.linalg.norm(found[:, 0].astype(np.float64), axis=1)


@dataclass(frozen=True)
class Saliency:
    """On which tokens of a text a prediction depends.

    Attributes
    ----------
    tokens
        Those of the text that are read or predicted, as they are shown.
    norms
        Of the gradient for the embedding of each, or of each before the predicted one.
    predicted
        The place of the token that is predicted, or whose label is.
    prediction
        What is predicted.
    """

    tokens: Sequence[str]
    norms: np.ndarray
    predicted: int
    prediction: str


def saliency_of_text(model, text: str, at: int | None = None) -> Saliency:
    """On which tokens of a text the prediction of one of them, or of its label, depends.

    Parameters
    ----------
    model
        A `LanguageModel` or a `SequenceTagger`, with a vocabulary.
    text
    at
        The token, from 1; the last one if None.

    Raises
    ------
    InputError
        If there is no such token, or more than 60, or the model is none of layers.
    """
    is_tagger = isinstance(model.vocabulary, TagVocabulary)
    texts, ids = (split_words(model.vocabulary, text), []) if is_tagger else encoded(model, text)
    if len(texts) > MOST_BARS:
        raise InputError(
            f"the text has {len(texts)} tokens; give {MOST_BARS} at most, of which a picture can"
            " be read"
        )
    at = len(texts) if at is None else at
    if not 1 <= at <= len(texts):
        raise InputError(f"there is no token {at}; give a number from 1 to {len(texts)}")
    require_layers(model)
    if is_tagger:
        label = tag_sentences(model, [texts])[0][at - 1]
        norms = word_saliency(model, texts, at - 1, model.vocabulary.labels.index(label))
        return Saliency(texts, norms, at - 1, f"the label {label} of {texts[at - 1]!r}")
    norms = token_saliency(model, [model.start_id, *ids[:at]])
    shown_tokens = [START, *map(shown, texts[:at])]
    return Saliency(shown_tokens, norms, at, f"{texts[at - 1]!r}")


@styled
def plot_saliency(path: str | Path, saliency: Saliency) -> None:
    """Draw a bar above each token of a text, and a frame around the predicted one, as a PNG."""
    tokens, norms = saliency.tokens, saliency.norms
    figure = new_figure(PAGE[0], 4.5)
    axes = figure.subplots()
    axes.bar(range(len(norms)), norms, color=COLORS[0])
    axes.set_xticks(range(len(tokens)), tokens)
    if max(map(len, tokens)) * len(tokens) > MOST_LETTERS:
        axes.tick_params(axis="x", rotation=60)
    mark = axes.get_xticklabels()[saliency.predicted]
    mark.set_weight("bold")
    mark.set_bbox({"edgecolor": COLORS[1], "facecolor": "none", "boxstyle": "round"})
    axes.set_xlim(-0.6, len(tokens) - 0.4)
    axes.set_ylabel("norm of the gradient")
    axes.set_xlabel("text; framed: what is predicted")
    axes.set_title(f"What the prediction of {saliency.prediction} depends on")
    axes.grid(visible=True, axis="y")
    axes.set_axisbelow(True)
    write_figure(path, figure)
