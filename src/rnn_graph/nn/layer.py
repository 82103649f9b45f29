"""What a layer is: first values by name, and a symbolic call."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Protocol

import numpy as np
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.errors import InputError
from rnn_graph.randomness import RandomSource

Weights = Mapping[str, TensorVariable]
States = Sequence[TensorVariable]
Shape = tuple[int | None, ...]


class Layer(Protocol):
    """A part of a network: it knows its sizes, and holds neither values nor variables.

    Time is the first axis of what a layer takes and returns. Layers are called with the values of
    their parameters, so that the same layer can serve several graphs.

    Attributes
    ----------
    state_count
        How many states a sequence has in this layer.
    key_count
        How many keys for dropout a call uses: the key that it is given, and those counted up from
        it.

    Examples
    --------
    A layer of your own:

    >>> from rnn_graph.nn import Dense, Layer, Stack
    >>> class Doubled(Layer):
    ...     def __call__(self, parameters, x, *, mask=None, states=None, key=None):
    ...         return 2 * x, []
    >>> network = Stack([Doubled(), Dense(units=2, inputs=3)])
    >>> {name: value.shape for name, value in network.init(rng=0).items()}
    {'layer1_W': (3, 2), 'layer1_b': (2,)}
    """

    state_count: int = 0
    key_count: int = 0

    def init(self, rng: RandomSource = None, dtype: str = "float64") -> dict[str, np.ndarray]:
        """Draw the first values of the layer's parameters.

        Parameters
        ----------
        rng
            An int, a `Generator` or a legacy `RandomState`; None for other values each time.
        dtype
            "float32" or "float64".

        Returns
        -------
        dict
            Arrays by name, drawn in this order.
        """
        return {}

    def __call__(
        self,
        parameters: Weights,
        x: TensorVariable,
        *,
        mask: TensorVariable | None = None,
        states: States | None = None,
        key: TensorVariable | None = None,
    ) -> tuple[TensorVariable, list[TensorVariable]]:  # [T, B, n] -> [T, B, m], [B, H] …
        """The layer's output, and its states after the last step.

        Parameters
        ----------
        parameters
            Variables or arrays for the names that `init` draws, of any static shape; others are
            ignored.
        x : (T, B, n)
            The input, time first; without the axis B for a single sequence.
        mask : (T, B), optional
            1 where a step counts, 0 where the states are handed on unchanged; None if all count.
        states : sequence of (B, H), optional
            The states before the first step; None for the layer's own.
        key : () uint32, optional
            What dropout derives its masks from; None for no dropout.

        Returns
        -------
        y : (T, B, m)
            The output.
        states : list of (B, H)
            Those after the last step.

        Raises
        ------
        InputError
            If a parameter is missing, or a static shape does not fit the layer.
        """
        ...


def described(layer: Layer) -> str:
    """The call that builds a layer, without what is its default: for `__repr__`."""
    arguments = []
    for field in fields(layer):
        value = getattr(layer, field.name)
        if field.default is MISSING:
            arguments.append(repr(value))
        elif value != field.default:
            arguments.append(f"{field.name}={value!r}")
    return f"{type(layer).__name__}({', '.join(arguments)})"


def parameter(parameters: Weights, name: str, shape: Shape) -> TensorVariable:
    """One of the parameters, of known shape; `InputError` if it is missing or has another."""
    if name not in parameters:
        raise InputError(
            f"no parameter {name!r} among {', '.join(map(repr, parameters)) or 'none'}; give a"
            f" variable of shape {shape} for it, as the layer's init names and draws them"
        )
    return shaped(name, parameters[name], shape)


def shaped(name: str, value: TensorVariable, shape: Shape) -> TensorVariable:
    """`value` with the static shape of its type made known where `shape` has a number."""
    variable = pt.as_tensor_variable(value)
    known = variable.type.shape
    if len(known) != len(shape) or any(
        None not in (one, other) and one != other for one, other in zip(known, shape, strict=True)
    ):
        raise InputError(
            f"{name} has shape {known}; this layer takes {shape}, None being any length"
        )
    return pt.specify_shape(variable, shape)


def last_axis(x: TensorVariable) -> int:
    """The static length of a last axis; `InputError` if it is not known."""
    length = x.type.shape[-1]
    if length is None:
        raise InputError(
            f"the last axis of {x} has no known length; give a variable of which it is known, as"
            " pytensor.tensor.specify_shape makes it"
        )
    return length


def check_states(states: States, count: int) -> None:
    """Refuse a list of states that is not one for each of the layer's."""
    if len(states) != count:
        raise InputError(
            f"states has {len(states)} variables; give {count}, in the order in which the layer"
            " returns them, or None"
        )


def common_dtype(*variables: TensorVariable | None) -> str:
    """The floating-point type in which a layer computes with these variables."""
    dtypes = [v.dtype for v in variables if v is not None and v.dtype.startswith("float")]
    return str(np.result_type(*dtypes)) if dtypes else "float64"
