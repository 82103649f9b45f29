"""Between the reference's dictionaries of parameters and the arrays of the compiled graphs.

The reference multiplies columns from the left, a matrix a gate; the graphs multiply rows from the
right, all gates of a cell side by side. Nothing but the places of the numbers changes.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from rnn_graph.checks import require_sizes
from rnn_graph.nn.initializers import draw_char_lstm_parameters, draw_char_rnn_parameters
from rnn_graph.randomness import RandomSource, as_random_generator

Arrays = Mapping[str, np.ndarray]

LSTM_BLOCKS = "ifoc"  # in the order of `rnn_graph.nn.cells.LSTM`, with c for g


SHAPES = {
    "Wx": ("n_x", "k · n_a"),
    "Wh": ("n_a", "k · n_a"),
    "b": ("k · n_a",),
    "Wy": ("n_a", "n_y"),
    "by": ("n_y",),
}


class CharWeights(NamedTuple):
    """The parameters of a character model: arrays, shared variables, or what stands for them.

    `n_x` inputs, `H` hidden units, `k` blocks of the cell, `n_y` outputs.
    """

    Wx: Any  # [n_x, k · H]
    Wh: Any  # [H, k · H]
    b: Any  # [k · H]
    Wy: Any  # [H, n_y]
    by: Any  # [n_y]


class ParameterLayout(NamedTuple):
    """How a cell's first parameters are drawn, and where they stand in both worlds."""

    draw: Callable[[int, int, int, RandomSource], dict[str, np.ndarray]]
    from_reference: Callable[[Arrays], CharWeights]
    to_reference: Callable[[CharWeights], dict[str, np.ndarray]]


def _rnn_from_reference(values: Arrays) -> CharWeights:
    return CharWeights(
        values["Wax"].T, values["Waa"].T, values["b"][:, 0], values["Wya"].T, values["by"][:, 0]
    )


def _rnn_to_reference(weights: CharWeights) -> dict[str, np.ndarray]:
    Wx, Wh, b, Wy, by = weights
    return {"Wax": Wx.T, "Waa": Wh.T, "Wya": Wy.T, "b": b[:, None], "by": by[:, None]}


def _lstm_from_reference(values: Arrays) -> CharWeights:
    n_a = values["Wy"].shape[1]
    blocks = [values[f"W{gate}"] for gate in LSTM_BLOCKS]
    return CharWeights(
        np.hstack([block[:, n_a:].T for block in blocks]),
        np.hstack([block[:, :n_a].T for block in blocks]),
        np.concatenate([values[f"b{gate}"][:, 0] for gate in LSTM_BLOCKS]),
        values["Wy"].T,
        values["by"][:, 0],
    )


def _lstm_to_reference(weights: CharWeights) -> dict[str, np.ndarray]:
    Wx, Wh, b, Wy, by = weights
    count = len(LSTM_BLOCKS)
    values = {"Wy": Wy.T, "by": by[:, None]}
    parts = zip(
        LSTM_BLOCKS, *(np.split(array, count, axis=-1) for array in (Wh, Wx, b)), strict=True
    )
    for gate, of_state, of_input, bias in parts:
        values[f"W{gate}"] = np.hstack([of_state.T, of_input.T])
        values[f"b{gate}"] = bias[:, None]
    return values


def _draw_gru(n_a: int, n_x: int, n_y: int, rng: RandomSource = None) -> dict[str, np.ndarray]:
    """Uniform in ±1/√n_a; the biases are zero."""
    require_sizes(n_a=n_a, n_x=n_x, n_y=n_y)
    generator, bound = as_random_generator(rng), n_a**-0.5
    shapes = {"Wx": (n_x, 3 * n_a), "Wh": (n_a, 3 * n_a), "Wy": (n_a, n_y)}
    drawn = {name: generator.uniform(-bound, bound, shape) for name, shape in shapes.items()}
    return drawn | {"b": np.zeros(3 * n_a), "by": np.zeros(n_y)}


RNN_LAYOUT = ParameterLayout(draw_char_rnn_parameters, _rnn_from_reference, _rnn_to_reference)
LSTM_LAYOUT = ParameterLayout(draw_char_lstm_parameters, _lstm_from_reference, _lstm_to_reference)
# The reference has no such cell: the dictionary's names are those of the graph.
GRU_LAYOUT = ParameterLayout(
    _draw_gru,
    lambda values: CharWeights(*(values[name] for name in CharWeights._fields)),
    CharWeights._asdict,
)
