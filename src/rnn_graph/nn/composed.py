"""Layers made of layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.nn.basic import side_by_side
from rnn_graph.nn.layer import Layer, check_states, described
from rnn_graph.nn.recurrent import Recurrent
from rnn_graph.randomness import as_random_generator


@dataclass(frozen=True, repr=False)
class Stack(Layer):
    """Layers one upon the other: each takes the output of the one before.

    Its states are those of all layers in turn; each layer with dropout gets a key of its own.

    Parameters
    ----------
    layers
        The layers; the first one takes the input.
    names
        A prefix for the names of each layer's parameters, "" for none; "layer0", "layer1", … if
        None.

    Raises
    ------
    InputError
        If there is no layer, the names are not one for each layer, or (when first values are drawn)
        two layers have a parameter of the same name.

    Examples
    --------
    >>> from rnn_graph.nn import Dense, Elman, Recurrent, Stack
    >>> network = Stack([Recurrent(Elman(), units=5, inputs=3), Dense(units=1, inputs=5)])
    >>> network
    Stack([Recurrent(Elman(), 5, 3), Dense(1, 5)])
    >>> list(network.init(rng=0))
    ['layer0_Wx', 'layer0_Wh', 'layer0_b', 'layer1_W', 'layer1_b']
    """

    layers: Sequence[Layer]
    names: Sequence[str] | None = None

    def __post_init__(self) -> None:
        layers = tuple(self.layers)
        if not layers:
            raise InputError("a stack of no layers; give at least one")
        names = [f"layer{k}" for k in range(len(layers))] if self.names is None else self.names
        if len(names) != len(layers):
            raise InputError(f"names has {len(names)} for {len(layers)} layers; give one for each")
        object.__setattr__(self, "layers", layers)
        object.__setattr__(self, "names", tuple(names))

    def __repr__(self):
        return f"Stack([{', '.join(map(repr, self.layers))}])"

    @property
    def state_count(self) -> int:
        """Those of all layers."""
        return sum(layer.state_count for layer in self.layers)

    @property
    def key_count(self) -> int:
        """Those of all layers."""
        return sum(layer.key_count for layer in self.layers)

    def init(self, rng=None, dtype="float64"):
        return _drawn(zip(self.names, self.layers, strict=True), rng, dtype)

    def __call__(self, parameters, x, *, mask=None, states=None, key=None):
        before = _by_layer(self.layers, states)
        last = []
        for name, layer, own in zip(self.names, self.layers, before, strict=True):
            x, after = layer(_below(parameters, name), x, mask=mask, states=own, key=key)
            last += after
            key = _next_key(key, layer)
        return x, last


@dataclass(frozen=True, repr=False)
class Bidirectional(Layer):
    """Two recurrent layers that read a sequence in opposite directions, their outputs side by side.

    Called with (T, B, inputs), it returns (T, B, units), and the states after each direction's last
    step. The names of the parameters begin with `forward_` and `backward_`; the states are those of
    `forward`, then those of `backward`.

    M. Schuster, K. Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions on Signal
    Processing 45 (1997).

    Parameters
    ----------
    forward
        The layer that begins with the first step.
    backward
        The layer that begins with the last step, of any size; None for one like `forward`.

    Raises
    ------
    InputError
        If the layers are not one for each direction.

    Examples
    --------
    >>> from rnn_graph.nn import Bidirectional, Elman, Recurrent
    >>> layer = Bidirectional(Recurrent(Elman(), units=5, inputs=3))
    >>> layer.units, layer.state_count
    (10, 2)
    >>> list(layer.init(rng=0))
    ['forward_Wx', 'forward_Wh', 'forward_b', 'backward_Wx', 'backward_Wh', 'backward_b']
    """

    forward: Recurrent
    backward: Recurrent | None = None

    def __post_init__(self) -> None:
        if self.backward is None:
            object.__setattr__(self, "backward", replace(self.forward, backwards=True))
        if self.forward.backwards or not self.backward.backwards:
            raise InputError(
                f"{self!r} has no layer for each direction; give a first one with backwards=False,"
                " and a second one with backwards=True"
            )

    __repr__ = described

    @property
    def _directions(self) -> dict[str, Recurrent]:
        return {"forward": self.forward, "backward": self.backward}

    @property
    def state_count(self) -> int:
        """Those of both directions."""
        return self.forward.state_count + self.backward.state_count

    @property
    def key_count(self) -> int:
        """Those of both directions."""
        return self.forward.key_count + self.backward.key_count

    @property
    def units(self) -> int:
        """Length of an output: the hidden units of both directions."""
        return self.forward.units + self.backward.units

    def init(self, rng=None, dtype="float64"):
        return _drawn(self._directions.items(), rng, dtype)

    def __call__(self, parameters, x, *, mask=None, states=None, key=None):
        """[T, B, inputs] -> [T, B, units], the states after each direction's last step."""
        before = _by_layer(self._directions.values(), states)
        outputs, last = [], []
        for (name, layer), own in zip(self._directions.items(), before, strict=True):
            output, after = layer(_below(parameters, name), x, mask=mask, states=own, key=key)
            outputs.append(output)
            last += after
            key = _next_key(key, layer)
        return side_by_side(outputs), last


def _next_key(key, layer: Layer):
    """The key of what follows a layer."""
    return key + np.uint32(layer.key_count) if key is not None and layer.key_count else key


def _drawn(layers, rng, dtype) -> dict[str, np.ndarray]:
    """The first values of named layers, drawn one layer after the other."""
    generator, values = as_random_generator(rng), {}
    for prefix, layer in layers:
        for name, value in layer.init(generator, dtype).items():
            name = _joined(prefix, name)
            if name in values:
                raise InputError(
                    f"two layers have a parameter {name!r}; give the layers different names"
                )
            values[name] = value
    return values


def _by_layer(layers, states) -> list[list | None]:
    """Each layer's share of the states."""
    layers = list(layers)
    if states is None:
        return [None] * len(layers)
    check_states(states, sum(layer.state_count for layer in layers))
    remaining = iter(states)
    return [[next(remaining) for _ in range(layer.state_count)] for layer in layers]


def _below(parameters: Mapping[str, Any], prefix: str) -> Mapping[str, Any]:
    """The parameters whose names begin with a layer's, by the rest of the name."""
    if not prefix:
        return parameters
    start = _joined(prefix, "")
    return {n.removeprefix(start): v for n, v in parameters.items() if n.startswith(start)}


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}_{name}" if prefix else name
