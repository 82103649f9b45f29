"""Pictures of what a model expects and of what its hidden units do along a text."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.plots.activity import START, Activity, activity, shown
from rnn_graph.plots.figures import PAGE, new_figure, styled, write_figure
from rnn_graph.plots.unit_order import order_of_units

MOST_ROWS = 3  # of text, one below the other
GUESSES = 4  # that are shown of each step
MOST_UNITS = 32  # of all layers together
FEWEST_UNITS = 8  # of a layer
LONGEST_LABEL = 12  # letters
# Inches.
SIDES = 2.6  # what stands left and right of the columns
LETTER, NARROWEST = 0.095, 0.19
GUESS_HEIGHT, UNIT_HEIGHT, BETWEEN = 0.27, 0.145, 0.85
LABEL_SIZE = 10


@styled
def plot_states(path: str | Path, model, text: str) -> None:
    """Draw what a model expects next and its hidden units' states along a text, as a PNG.

    The text runs from left to right, a column for each character or word that was read; it is cut
    into rows where it is long. In a column stand, from the top, the most probable next tokens and
    the one that came next, each on the color of its probability (of a tagger: the labels), and the
    state of each hidden unit after reading, a panel a layer. Units that do alike stand side by
    side. Of a layer with many units those are shown that change most.

    Parameters
    ----------
    path
        The PNG.
    model
        A language model of any kind with a vocabulary, or a `SequenceTagger`.
    text
        Three rows at most: about 170 characters, or 40 words.

    Raises
    ------
    InputError
        If the text is empty or too long, or has a character that the model never saw.
    """
    found = activity(model, text)
    rows = rows_of(found)
    chosen = {name: chosen_units(s, len(found.states)) for name, s in found.states.items()}
    panels = [len(units) * UNIT_HEIGHT for units in chosen.values()]
    if found.probabilities is not None:
        panels.insert(0, (GUESSES + 1) * GUESS_HEIGHT)
    height = len(rows) * (sum(panels) + BETWEEN)
    figure = new_figure(PAGE[0], max(height + 0.5, 4.0))
    figure.suptitle(_title(model, found), x=0.01, ha="left")
    images = {}
    for part, row in zip(figure.subfigures(len(rows), squeeze=False)[:, 0], rows, strict=True):
        axes = list(
            part.subplots(len(panels), squeeze=False, sharex=True, height_ratios=panels)[:, 0]
        )
        if found.probabilities is not None:
            images["probability"] = _draw_guesses(axes[0], found, row), axes[:1]
        for panel, (name, units) in zip(axes[-len(chosen) :], chosen.items(), strict=True):
            image = _draw_units(panel, found.states[name][row.start : row.stop], units, name)
        images["state"] = image, axes[-len(chosen) :]
        _label_columns(axes, found, row)
        for name, (image, beside) in images.items():
            ends = [image.norm.vmin, 0, image.norm.vmax]
            part.colorbar(image, ax=beside, label=name, ticks=ends, fraction=0.03, pad=0.01)
    write_figure(path, figure)


def rows_of(found: Activity) -> list[range]:
    """The steps of each row of text; `InputError` if they are too many."""
    steps, longest = len(found.tokens), max(len(_cut(token)) for token in found.tokens[1:] or [""])
    per_row = int((PAGE[0] - SIDES) / max(NARROWEST, LETTER * longest))
    count = -(-steps // per_row)
    if count > MOST_ROWS:
        read = sum(text != "" for text in found.texts)
        raise InputError(
            f"the text has {read} {found.unit}s; a picture can be read with"
            f" {MOST_ROWS * per_row - 1} of these at most; give fewer, or one hidden unit for a"
            " text of any length, with --unit"
        )
    size = -(-steps // count)
    return [range(first, min(first + size, steps)) for first in range(0, steps, size)]


def chosen_units(states: np.ndarray, layers: int) -> list[int]:
    """The units of a layer that change most, those that do alike side by side."""
    count = max(FEWEST_UNITS, MOST_UNITS // layers)
    liveliest = np.sort(np.argsort(-states.std(axis=0), kind="stable")[:count])
    return [int(liveliest[k]) for k in order_of_units(states[:, liveliest])]


def guesses(found: Activity, row: range) -> tuple[np.ndarray, list[list[str]]]:
    """What was most probable to come after each step, and at the end what did come.

    Returns
    -------
    probabilities : (GUESSES + 1, steps)
        NaN where nobody knows what came.
    labels
        As many rows of as many labels.
    """
    count = min(GUESSES, len(found.symbols))
    shown_rows = found.probabilities[row.start : row.stop]
    best = np.argsort(-shown_rows, axis=1, kind="stable")[:, :count].T
    values = np.full((GUESSES + 1, len(row)), np.nan)
    labels = [[""] * len(row) for _ in range(GUESSES + 1)]
    for column, step in enumerate(row):
        came = [found.ids[step]] if step < len(found.ids) else []
        for place, token in [*enumerate(best[:, column]), *((GUESSES, token) for token in came)]:
            values[place, column] = found.probabilities[step, token]
            labels[place][column] = _cut(shown(found.symbols[token]))
    return values, labels


def _title(model, found: Activity) -> str:
    read = sum(text != "" for text in found.texts)
    units = ", ".join(f"{name}: {s.shape[1]} units" for name, s in found.states.items())
    return f"{type(model).__name__} ({units}) reads {read} {found.unit}s"


def _draw_guesses(axes, found: Activity, row: range):
    values, labels = guesses(found, row)
    image = axes.imshow(values, aspect="auto", cmap="Blues", vmin=0, vmax=1)
    for place, line in enumerate(labels):
        for column, label in enumerate(line):
            color = "white" if values[place, column] > 0.55 else "black"
            axes.text(column, place, label, ha="center", va="center", color=color, size=LABEL_SIZE)
    axes.axhline(GUESSES - 0.5, color="black", linewidth=1)
    names = ["likeliest next", *["" for _ in range(GUESSES - 1)], "came next"]
    axes.set_yticks(range(len(names)), names, size=LABEL_SIZE)
    axes.tick_params(left=False, bottom=False)
    return image


def _draw_units(axes, states: np.ndarray, units: Sequence[int], name: str):
    image = axes.imshow(states[:, units].T, aspect="auto", cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set_yticks(range(len(units)), map(str, units), size=LABEL_SIZE - 2)
    axes.set_ylabel(f"{name}, unit" if len(units) > 1 else name)
    return image


def _label_columns(axes: list, found: Activity, row: range) -> None:
    """What was read below the columns, and above them a tagger's labels."""
    tokens = [_cut(found.tokens[step]) for step in row]
    axes[-1].set_xticks(range(len(row)), tokens, size=LABEL_SIZE + 1)
    for step, label in zip(row, axes[-1].get_xticklabels(), strict=True):
        label.set_style("italic" if step in found.unknown else "normal")
        if found.tokens[step] == START and found.unit == "character":
            label.set_ha("right")  # wider than its column
    note = " (italics: unknown to the model)" if found.unknown & set(row) else ""
    axes[-1].set_xlabel(f"{found.unit} read{note}")
    if found.labels:
        above = axes[0].secondary_xaxis("top")
        above.set_xticks(range(len(row)), [_cut(found.labels[k]) for k in row], size=LABEL_SIZE)
        above.set_xlabel("label")


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
