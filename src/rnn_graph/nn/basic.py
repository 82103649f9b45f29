"""Layers without recurrence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pytensor import tensor as pt
from pytensor.compile.builders import OpFromGraph
from pytensor.tensor import TensorVariable

from rnn_graph.checks import check_window, require_above_zero, require_shares, require_sizes
from rnn_graph.errors import InputError
from rnn_graph.nn.dropout import dropout
from rnn_graph.nn.initializers import lecun_normal
from rnn_graph.nn.layer import Layer, common_dtype, described, last_axis, parameter, shaped
from rnn_graph.randomness import as_random_generator


@dataclass(frozen=True, repr=False)
class Embedding(Layer):
    """A table of vectors, one for each id: `embeddings (rows, units)`, normal at first.

    Called with ids of shape (T, B), it returns (T, B, units).

    Parameters
    ----------
    rows
        Number of ids.
    units
        Length of a vector.
    padding
        Whether the table has one more row, of zeros at first, for the places beyond a sequence.
    deviation
        Standard deviation of the first values.
    scale
        Factor on the vectors that are looked up.
    row_dropout
        Share of the ids, from 0 to below 1, whose vectors are zero in a training step, wherever
        they occur in it: Y. Gal, Z. Ghahramani, "A theoretically grounded application of dropout
        in recurrent neural networks", NIPS (2016).

    Raises
    ------
    InputError
        If a size is below 1, deviation or scale is not above 0, or the share is not from 0 to
        below 1.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> import pytensor.tensor as pt
    >>> from rnn_graph.nn import Embedding
    >>> layer = Embedding(rows=10, units=4)
    >>> ids = pt.matrix("ids", dtype="int32", shape=(3, 2))  # [T, B]
    >>> vectors, _ = layer(layer.init(rng=0), ids)
    >>> look_up = pytensor.function([ids], vectors, mode="JAX")
    >>> look_up(np.array([[1, 2], [1, 3], [1, 4]], dtype="int32")).shape
    (3, 2, 4)
    """

    rows: int
    units: int
    padding: bool = False
    deviation: float = 1.0
    scale: float = 1.0
    row_dropout: float = 0.0

    def __post_init__(self) -> None:
        require_sizes(rows=self.rows, units=self.units)
        require_shares(row_dropout=self.row_dropout)
        require_above_zero(deviation=self.deviation, scale=self.scale)

    __repr__ = described

    @property
    def key_count(self) -> int:
        """One with `row_dropout`, else none."""
        return int(self.row_dropout > 0)

    def init(self, rng=None, dtype="float64"):
        generator, shape = as_random_generator(rng), (self.rows + self.padding, self.units)
        values = self.deviation * generator.standard_normal(shape)
        if self.padding:
            values[-1] = 0
        return {"embeddings": values.astype(dtype)}

    def __call__(self, parameters, x, *, mask=None, states=None, key=None):
        """[T, B] -> [T, B, units]."""
        if not x.dtype.startswith(("int", "uint")):
            raise InputError(f"x is of type {x.dtype}; an embedding takes ids, of type int32")
        shape = (self.rows + self.padding, self.units)
        table = parameter(parameters, "embeddings", shape)
        rows = table[x]
        if self.scale != 1:
            rows = rows * np.array(self.scale, dtype=table.dtype)
        if key is None or not self.row_dropout:
            return rows, []
        kept = dropout(pt.ones_like(table[:, 0]), self.row_dropout, key)
        return rows * kept[x][..., None], []


@dataclass(frozen=True, repr=False)
class Window(Layer):
    """Windows of `width` steps, one around each step, their rows side by side.

    Called with (T + width - 1, ..., n), half a window of padding before and after included, it
    returns (T, ..., width · n). It has no parameters.

    Parameters
    ----------
    width
        Steps in a window, odd.

    Raises
    ------
    InputError
        If the width is even or below 1.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> import pytensor.tensor as pt
    >>> from rnn_graph.nn import Window
    >>> x = pt.matrix("x", dtype="int32", shape=(None, 1))
    >>> y, _ = Window(3)({}, x)
    >>> windows = pytensor.function([x], y, mode="JAX")
    >>> windows(np.array([[0], [7], [8], [9], [0]], dtype="int32")).tolist()
    [[0, 7, 8], [7, 8, 9], [8, 9, 0]]
    """

    width: int

    def __post_init__(self) -> None:
        check_window(self.width)

    __repr__ = described

    def __call__(self, parameters, x, *, mask=None, states=None, key=None):
        return windows(x, self.width), []


@dataclass(frozen=True, repr=False)
class Dense(Layer):
    """`x W + b`: `W (inputs, units)` normal with deviation 1/√inputs, `b (units)` zero at first.

    Called with (..., inputs), it returns (..., units).

    Parameters
    ----------
    units
        Length of an output.
    inputs
        Length of an input.

    Raises
    ------
    InputError
        If a size is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> import pytensor.tensor as pt
    >>> from rnn_graph.nn import Dense
    >>> layer = Dense(units=2, inputs=3)
    >>> weights = {"W": np.eye(3)[:, :2], "b": np.array([0.0, 10.0])}
    >>> x = pt.matrix("x", dtype="float64")
    >>> y, _ = layer(weights, x)
    >>> pytensor.function([x], y, mode="JAX")(np.array([[1.0, 2.0, 3.0]])).tolist()
    [[1.0, 12.0]]
    """

    units: int
    inputs: int

    def __post_init__(self) -> None:
        require_sizes(units=self.units, inputs=self.inputs)

    __repr__ = described

    def init(self, rng=None, dtype="float64"):
        W = lecun_normal(self.inputs, self.units, as_random_generator(rng))
        return {"W": W.astype(dtype), "b": np.zeros(self.units, dtype)}

    def __call__(self, parameters, x, *, mask=None, states=None, key=None):
        """[..., inputs] -> [..., units]."""
        W = parameter(parameters, "W", (self.inputs, self.units))
        b = parameter(parameters, "b", (self.units,))
        return affine(shaped("x", x, (*[None] * (x.ndim - 1), self.inputs)), W, b), []


def affine(
    inputs: TensorVariable, weights: TensorVariable, bias: TensorVariable | None = None
) -> TensorVariable:  # [..., n], [n, m], [m] -> [..., m]
    """`x W + b`, or `x W`; the last axes of `inputs` and `weights` have known lengths.

    PyTensor's own gradient of the weights would be a product for each first place, summed up, and
    that of the bias a sum accumulated in float64, of which JAX then hands on float64 whatever the
    bias is.
    """

    def pullback(inputs, _, gradients):
        (x, W, *b), (g,) = inputs, gradients
        rows = rows_of(g)
        sums = [rows.sum(axis=0, acc_dtype=bias.dtype) for bias in b]
        return [times(g, W.T), rows_of(x).T @ rows, *sums]

    dtype = common_dtype(inputs, weights, bias)
    given = [inputs, weights] if bias is None else [inputs, weights, bias]
    given = [variable.astype(dtype) for variable in given]
    x, W, *b = (variable.type() for variable in given)
    y = times(x, W) + b[0] if b else times(x, W)
    operation = OpFromGraph([x, W, *b], [y], inline=True, pullback=pullback, name="affine")
    return operation(*given)


def times(values: TensorVariable, weights: TensorVariable) -> TensorVariable:
    """The product of one row or of many with a matrix: [..., n], [n, m] -> [..., m].

    PyTensor makes of a vector's product that of the transposed matrix, which costs a copy in every
    step of a loop, and reshapes for more than two axes by lengths that JAX cannot see through.
    """
    if values.ndim == 1:
        return (values[None] @ weights)[0]
    if values.ndim == 2:
        return values @ weights
    leading = [values.shape[k] for k in range(values.ndim - 1)]
    return (rows_of(values) @ weights).reshape((*leading, weights.type.shape[-1]))


def rows_of(values: TensorVariable) -> TensorVariable:  # [..., n] -> [N, n]
    return values.reshape((-1, last_axis(values)))


def windows(rows: TensorVariable, width: int) -> TensorVariable:
    """Overlapping windows of `width` rows, each window's side by side.

    [T + width - 1, ..., de] -> [T, ..., width * de].
    """
    last = width - 1
    return side_by_side([rows[j : j - last or None] for j in range(width)])


def side_by_side(parts: Sequence[TensorVariable]) -> TensorVariable:
    """Variables joined along their last axes, whose lengths are known.

    Their gradients are slices. PyTensor's own are those of a split, through the lengths of whose
    other axes JAX cannot see.
    """
    ends = np.cumsum([last_axis(part) for part in parts])

    def pullback(inputs, _, gradients):
        return [
            gradients[0][..., end - part.type.shape[-1] : end]
            for part, end in zip(inputs, ends.tolist(), strict=True)
        ]

    inputs = [part.type() for part in parts]
    whole = pt.concatenate(inputs, axis=-1)
    return OpFromGraph(inputs, [whole], inline=True, pullback=pullback, name="side by side")(*parts)
