"""Recurrent layers under the names of PyTorch's `nn.RNN`, `nn.GRU` and `nn.LSTM`, and back.

PyTorch multiplies columns from the left, has the gates of an LSTM in another order, and two biases.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import count

import numpy as np
from pytensor import tensor as pt

from rnn_graph.errors import InputError
from rnn_graph.nn.cells import CELLS, GRU, LSTM, Elman
from rnn_graph.nn.composed import Bidirectional, Stack
from rnn_graph.nn.layer import Layer
from rnn_graph.nn.recurrent import Recurrent

Arrays = Mapping[str, np.ndarray]

# PyTorch's blocks among ours, and the other way round: i, f, g, o for i, f, o, g.
BLOCKS = {"elman": [0], "gru": [0, 1, 2], "lstm": [0, 1, 3, 2]}
NAME = re.compile(r"(weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)_l\d+(_reverse)?")


def to_torch(layer: Layer, parameters: Arrays) -> dict[str, np.ndarray]:
    """The weights of a network's recurrent layers, as `load_state_dict` of PyTorch's takes them.

    Parameters
    ----------
    layer
        A `Recurrent`, a `Bidirectional`, or a `Stack`, of which other layers are left out.
    parameters
        Arrays by name, as the layer's `init` gives them.

    Returns
    -------
    dict
        `weight_ih_l0 (blocks · units, inputs)`, `weight_hh_l0 (blocks · units, units)`,
        `bias_ih_l0`, `bias_hh_l0 (blocks · units)`, then those of l1 and so on; with `_reverse`
        those of a second direction.

    Raises
    ------
    InputError
        If PyTorch has no such layer.

    Examples
    --------
    >>> from rnn_graph.nn import LSTM, Recurrent, to_torch
    >>> layer = Recurrent(LSTM(), units=5, inputs=3)
    >>> for name, value in to_torch(layer, layer.init(rng=0)).items():
    ...     print(name, value.shape)
    weight_ih_l0 (20, 3)
    weight_hh_l0 (20, 5)
    bias_ih_l0 (20,)
    bias_hh_l0 (20,)
    """
    weights = {}
    for place, recurrent, prefix in _recurrent_layers(layer):
        cell = _torch_cell(recurrent)
        own = {name: parameters[prefix + name] for name in ("Wx", "Wh")}
        nothing = np.zeros_like(own["Wx"][0])
        own["b"] = parameters[f"{prefix}b"] if recurrent.bias else nothing
        own["bh"] = parameters[f"{prefix}bh"] if recurrent.recurrent_bias else nothing
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        for name, value in zip(names, own.values(), strict=True):
            weights[f"{name}_{place}"] = np.ascontiguousarray(_reordered(value, cell).T)
    return weights


def from_torch(weights: Arrays) -> tuple[Stack, dict[str, np.ndarray]]:
    """Layers and their parameters, from the weights of PyTorch's recurrent layers.

    Parameters
    ----------
    weights
        Arrays by PyTorch's names, as its `state_dict()` has them.

    Returns
    -------
    layers : Stack
        A `Recurrent` or `Bidirectional` for each of PyTorch's layers; without dropout, of which
        the weights know nothing. Elman layers have tanh.
    parameters : dict
        Arrays by the names of `layers`.

    Raises
    ------
    InputError
        If a name or a shape is not that of such a layer.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.nn import from_torch
    >>> weights = {
    ...     "weight_ih_l0": np.zeros((15, 3)),
    ...     "weight_hh_l0": np.zeros((15, 5)),
    ...     "bias_ih_l0": np.zeros(15),
    ...     "bias_hh_l0": np.ones(15),
    ... }
    >>> layers, parameters = from_torch(weights)
    >>> layers
    Stack([Recurrent(GRU(), 5, 3, recurrent_bias=True)])
    >>> {name: value.shape for name, value in parameters.items()}
    {'layer0_Wx': (3, 15), 'layer0_Wh': (5, 15), 'layer0_b': (15,), 'layer0_bh': (15,)}
    """
    unknown = [name for name in weights if not NAME.fullmatch(name)]
    if unknown or "weight_ih_l0" not in weights:
        raise InputError(
            f"{unknown[0] if unknown else 'no weight_ih_l0'} among the weights; give those of one"
            " nn.RNN, nn.GRU or nn.LSTM, under the names that it has for them itself"
        )
    if any(name.startswith("weight_hr") for name in weights):
        raise InputError("an LSTM with proj_size has no counterpart here; give one without")
    layers, parameters, taken = [], {}, 0
    for k in count():
        if f"weight_ih_l{k}" not in weights:
            break
        directions = [_direction(weights, f"l{k}")]
        if f"weight_ih_l{k}_reverse" in weights:
            directions.append(_direction(weights, f"l{k}_reverse"))
        prefixes = ["forward_", "backward_"] if len(directions) == 2 else [""]
        with_bias = any("bh" in own for own in directions)
        for prefix, own in zip(prefixes, directions, strict=True):
            if with_bias:
                own.setdefault("bh", np.zeros_like(own["b"]))
            parameters |= {f"layer{k}_{prefix}{name}": value for name, value in own.items()}
        recurrent = _described_by(directions[0])
        layers.append(Bidirectional(recurrent) if len(directions) == 2 else recurrent)
        taken += len(directions)
    if taken != sum(name.startswith("weight_ih") for name in weights):
        raise InputError("the weights skip a layer or a direction; give those of all")
    return Stack(layers), parameters


def _direction(weights: Arrays, place: str) -> dict[str, np.ndarray]:
    """The parameters of a `Recurrent`: `bh` only where it cannot be a part of `b`."""
    hidden = _array(weights, f"weight_hh_{place}", 2)
    units = hidden.shape[1]
    cell = cell_of(hidden)
    inputs = _array(weights, f"weight_ih_{place}", 2)
    if cell is None or len(inputs) != len(hidden):
        raise InputError(
            f"weight_ih_{place} has shape {inputs.shape}, weight_hh_{place} {hidden.shape};"
            " expected (k · units, inputs) and (k · units, units), k being 1, 3 or 4"
        )
    own = {"Wx": inputs.T, "Wh": hidden.T}
    if f"bias_ih_{place}" in weights:
        own["b"], recurrent = (
            _array(weights, f"{name}_{place}", 1, len(hidden)) for name in ("bias_ih", "bias_hh")
        )
        summed = slice(0, 2 * units) if cell == "gru" else slice(None)
        own["b"], apart = own["b"].copy(), recurrent.copy()
        own["b"][summed] += recurrent[summed]
        apart[summed] = 0
        if apart.any():
            own["bh"] = apart
    return {name: _reordered(value, cell) for name, value in own.items()}


def cell_of(hidden: np.ndarray) -> str | None:
    """The cell of a weight_hh, by its blocks; None if no cell has as many."""
    width, units = hidden.shape
    return next((cell for cell, blocks in BLOCKS.items() if len(blocks) * units == width), None)


def _described_by(own: Arrays) -> Recurrent:
    """The layer that has these parameters."""
    cell, units = cell_of(own["Wh"].T), len(own["Wh"])
    return Recurrent(cell, units, len(own["Wx"]), bias="b" in own, recurrent_bias="bh" in own)


def _array(weights: Arrays, name: str, axes: int, length: int | None = None) -> np.ndarray:
    if name not in weights:
        raise InputError(f"there is no {name} among the weights; give all of the layer's")
    array = np.asarray(weights[name])
    if array.ndim != axes or length not in (None, len(array)):
        expected = f"({length},)" if length else f"of {axes} axes"
        raise InputError(f"{name} has shape {array.shape}; expected one {expected}")
    return array


def _recurrent_layers(layer: Layer) -> Iterator[tuple[str, Recurrent, str]]:
    """PyTorch's place, layer, and what the names of its parameters begin with."""
    if not isinstance(layer, Stack):
        layer = Stack([layer], [""])
    found = [
        (name, part)
        for name, part in zip(layer.names, layer.layers, strict=True)
        if isinstance(part, Recurrent | Bidirectional)
    ]
    for k, (name, part) in enumerate(found):
        start = f"{name}_" if name else ""
        if isinstance(part, Recurrent):
            if part.backwards:
                raise InputError("PyTorch has no layer that reads backwards alone")
            yield f"l{k}", part, start
        else:
            yield f"l{k}", part.forward, f"{start}forward_"
            yield f"l{k}_reverse", part.backward, f"{start}backward_"


def _torch_cell(recurrent: Recurrent) -> str:
    """The name of a cell that PyTorch has."""
    if recurrent.learn_initial:
        raise InputError("PyTorch's layers do not learn the first states; give them to it yourself")
    for name, kind in (("elman", Elman), ("gru", GRU), ("lstm", LSTM)):
        if isinstance(recurrent.cell, kind):
            if kind is Elman and recurrent.cell.activation is not pt.tanh:
                break
            return name
    known = ", ".join(f"{CELLS[name]!r}" for name in BLOCKS)
    raise InputError(f"PyTorch has no layer of {recurrent.cell!r}; it has {known}")


def _reordered(value: np.ndarray, cell: str) -> np.ndarray:
    """The blocks of the last axis in the other order, which is its own inverse."""
    blocks = np.split(value, len(BLOCKS[cell]), axis=-1)
    return np.concatenate([blocks[k] for k in BLOCKS[cell]], axis=-1)
