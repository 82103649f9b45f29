"""Pictures of what a character model expects and of what its hidden units do along a text."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rnn_graph.data.char_vocabulary import NEWLINE, CharVocabulary
from rnn_graph.data.padding import BEFORE_FIRST
from rnn_graph.errors import InputError
from rnn_graph.plots.curves import new_figure, write_figure

MOST_CHARACTERS = 200  # along the text: more cannot be read
MOST_SYMBOLS = 30  # of the vocabulary
MOST_UNITS = 60
VISIBLE = {NEWLINE: "end", " ": "space", "\t": "tab"}


def plot_states(path: str | Path, model, text: str) -> None:
    """Draw the next character's distribution and the hidden units' states along a text, as a PNG.

    Above, a column for each character that comes next: the probability of each symbol (of the
    text's own and those that are most probable on the whole, 30 together), with a mark on the one
    that did come. Below, the state of
    each hidden unit (of the 60 that change most) after each character was read.

    Parameters
    ----------
    model
        With a vocabulary. A model of lines also predicts the line's end.
    text
        Of characters that the model knows, 200 at most.

    Raises
    ------
    InputError
        If the text is empty, too long, or has a character that the model never saw.
    """
    if not isinstance(model.vocabulary, CharVocabulary):
        raise InputError("the model reads words; give one of characters, of `train char`")
    ids = model.vocabulary.encode(text)
    if not 0 < len(ids) <= MOST_CHARACTERS:
        raise InputError(
            f"the text has {len(ids)} characters; give 1 to {MOST_CHARACTERS}, which can be read"
        )
    symbols = [_visible(model.vocabulary.symbols[i]) for i in ids]
    to_come = list(ids)
    if model.vocabulary.unit == "line":
        to_come.append(model.vocabulary[NEWLINE])
    probabilities, states = trace(model, ids)

    width = max(6.0, 2.0 + 0.22 * len(to_come))
    shown = min(max(MOST_SYMBOLS, len(set(to_come))), len(model.vocabulary))
    units = min(MOST_UNITS, states.shape[1])
    figure = new_figure(width, 2.0 + 0.17 * shown + 0.09 * units)
    above, below = figure.subplots(2, height_ratios=[0.17 * shown, 0.09 * units + 0.3])
    _draw_expectations(figure, above, model, probabilities[: len(to_come)], to_come)
    _draw_units(figure, below, states, symbols, units)
    write_figure(path, figure)


def trace(model, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities before each character and after the last, states after each.

    Returns
    -------
    probabilities : (T + 1, V)
    states : (T, H)
        Those of the highest layer's output.
    """
    states, rows, hidden = model.zero_states(1), [], []
    for last in [BEFORE_FIRST, *ids]:
        logits, states = model.next_logits(np.array([last], dtype=np.int32), states)
        weights = np.exp(logits[0].astype(np.float64) - logits.max())
        rows.append(weights / weights.sum())
        layers = getattr(model, "layer_count", 1)  # the tutorials' models have one
        hidden.append(np.asarray(states[-(len(states) // layers)])[0])
    return np.array(rows), np.array(hidden[1:])


def shown_symbols(probabilities: np.ndarray, to_come: Sequence[int]) -> np.ndarray:
    """The symbols that have a row: the text's own, and the most probable ones beside them."""
    total = probabilities.sum(axis=0)
    total[list(to_come)] = np.inf
    count = max(MOST_SYMBOLS, len(set(to_come)))
    return np.sort(np.argsort(-total, kind="stable")[:count])


def _draw_expectations(figure, axes, model, probabilities, to_come: Sequence[int]) -> None:
    shown = shown_symbols(probabilities, to_come)
    image = axes.imshow(
        probabilities[:, shown].T, aspect="auto", cmap="Blues", vmin=0, vmax=1, origin="lower"
    )
    rows = np.searchsorted(shown, to_come)
    axes.plot(range(len(to_come)), rows, "o", color="C3", markersize=3)
    names = [_visible(model.vocabulary.symbols[i]) for i in to_come]
    axes.set_xticks(range(len(names)), names, fontsize=7)
    axes.set_yticks(
        range(len(shown)), [_visible(model.vocabulary.symbols[i]) for i in shown], fontsize=7
    )
    axes.set_xlabel("the character that comes next")
    axes.set_ylabel("expected")
    figure.colorbar(image, ax=axes, label="probability", fraction=0.05, pad=0.02)


def _draw_units(figure, axes, states, symbols: Sequence[str], units: int) -> None:
    liveliest = np.sort(np.argsort(-states.std(axis=0), kind="stable")[:units])
    image = axes.imshow(
        states[:, liveliest].T, aspect="auto", cmap="RdBu_r", vmin=-1, vmax=1, origin="lower"
    )
    axes.set_xticks(range(len(symbols)), symbols, fontsize=7)
    axes.set_yticks([0, units - 1], [f"{liveliest[0]}", f"{liveliest[-1]}"], fontsize=7)
    axes.set_xlabel("the character that was read")
    axes.set_ylabel("hidden unit")
    figure.colorbar(image, ax=axes, label="state", fraction=0.05, pad=0.02)


def _visible(symbol: str) -> str:
    """A character as a label: its code point where it shows nothing, or the font lacks it."""
    if symbol in VISIBLE:
        return VISIBLE[symbol]
    if not symbol.isprintable() or not _font_has(symbol):
        return f"{ord(symbol):04X}"
    return symbol.replace("$", r"\$")


def _font_has(symbol: str) -> bool:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return get_font(findfont(FontProperties())).get_char_index(ord(symbol)) != 0
