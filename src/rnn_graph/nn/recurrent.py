"""The recurrent layer: any cell, in either direction, truncated exactly or not at all."""

from dataclasses import KW_ONLY, dataclass

import numpy as np
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable
from pytensor.tensor.subtensor import AdvancedSubtensor

from rnn_graph.checks import require_shares, require_sizes
from rnn_graph.errors import InputError
from rnn_graph.nn.basic import affine
from rnn_graph.nn.cells import CELLS, Cell
from rnn_graph.nn.dropout import dropout
from rnn_graph.nn.initializers import glorot_uniform, orthogonal
from rnn_graph.nn.layer import Layer, check_states, common_dtype, described, parameter, shaped
from rnn_graph.nn.through_time import recurrent_layer
from rnn_graph.randomness import as_random_generator

# Of fewer rows than a batch has tokens, a table of embeddings is projected rather than the batch.
LARGEST_PROJECTED_TABLE = 512


@dataclass(frozen=True, repr=False)
class Recurrent(Layer):
    """A cell, step after step: `z_t = cell(x_t W_x + b, h_{t−1} W_h, z_{t−1})`.

    Called with (T, B, inputs), it returns the outputs h of all steps, (T, B, units), and each state
    after the last step, (B, units).

    Its parameters: `Wx (inputs, blocks · units)`, drawn as Glorot and Bengio do, as one matrix;
    `Wh (units, blocks · units)`, a random rotation for each block; `b (blocks · units)`, zero; with
    `recurrent_bias` also `bh (blocks · units)`, zero; with `learn_initial` also `h0 (units)`, and
    `c0 (units)` of an LSTM, zero.

    Parameters
    ----------
    cell
        `LSTM()`, `GRU()`, `Elman()`, a cell of your own, or "lstm", "gru", "elman".
    units
        Hidden units.
    inputs
        Length of an input.
    truncate
        k: the loss at step t sends its gradient through its own step and k earlier ones, for any
        cell; see `rnn_graph.nn.through_time`. None for all steps.
    backwards
        Whether it begins with the last step.
    bias
        Whether there is a `b`.
    recurrent_bias
        Whether there is a `bh`, added to `h_{t−1} W_h`, as in PyTorch's layers. It makes a
        difference only to a GRU, whose reset gate is applied to this sum.
    learn_initial
        Whether the states before the first step are parameters. Otherwise they are zero.
    weight_dropout
        Share of the numbers in `Wh`, from 0 to below 1, that a training step leaves out, the same
        ones at all steps of the sequences: S. Merity, N. Keskar, R. Socher, "Regularizing and
        optimizing LSTM language models", ICLR (2018).

    Raises
    ------
    InputError
        If a size is below 1, the cell is not known, `truncate` is no number of steps, or the share
        is below 0 or at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> import pytensor.tensor as pt
    >>> from rnn_graph.nn import LSTM, Recurrent
    >>> layer = Recurrent(LSTM(), units=5, inputs=3, truncate=2)
    >>> weights = layer.init(rng=0)
    >>> {name: value.shape for name, value in weights.items()}
    {'Wx': (3, 20), 'Wh': (5, 20), 'b': (20,)}
    >>> x = pt.tensor3("x", dtype="float64")  # [T, B, inputs]
    >>> y, (h, c) = layer(weights, x)
    >>> run = pytensor.function([x], [y, h, c], mode="JAX")
    >>> [value.shape for value in run(np.ones((7, 2, 3)))]
    [(7, 2, 5), (2, 5), (2, 5)]
    """

    cell: Cell
    units: int
    inputs: int
    _: KW_ONLY
    truncate: int | None = None
    backwards: bool = False
    bias: bool = True
    recurrent_bias: bool = False
    learn_initial: bool = False
    weight_dropout: float = 0.0

    def __post_init__(self) -> None:
        require_sizes(units=self.units, inputs=self.inputs)
        require_shares(weight_dropout=self.weight_dropout)
        if isinstance(self.cell, str):
            if self.cell not in CELLS:
                raise InputError(f"unknown cell {self.cell!r}; give one of {', '.join(CELLS)}")
            object.__setattr__(self, "cell", CELLS[self.cell])
        if self.truncate is not None and not (
            isinstance(self.truncate, int | np.integer) and self.truncate >= 0
        ):
            raise InputError(
                f"truncate is {self.truncate!r}; give a whole number of at least 0, or None for"
                " the whole sequence"
            )

    __repr__ = described

    @property
    def state_count(self) -> int:
        """Those of the cell."""
        return self.cell.states

    @property
    def key_count(self) -> int:
        """One with `weight_dropout`, else none."""
        return int(self.weight_dropout > 0)

    @property
    def _width(self) -> int:
        return self.cell.blocks * self.units

    @property
    def _first_states(self) -> list[str]:
        return [f"{name}0" for name in self.cell.state_names] if self.learn_initial else []

    def init(self, rng=None, dtype="float64"):
        generator, units = as_random_generator(rng), self.units
        rotations = [orthogonal(units, generator) for _ in range(self.cell.blocks)]
        values = {
            "Wx": glorot_uniform(self.inputs, self._width, generator),
            "Wh": np.hstack(rotations),
        }
        if self.bias:
            values["b"] = np.zeros(self._width)
        if self.recurrent_bias:
            values["bh"] = np.zeros(self._width)
        values |= {name: np.zeros(units) for name in self._first_states}
        return {name: value.astype(dtype) for name, value in values.items()}

    def __call__(self, parameters, x, *, mask=None, states=None, key=None):
        """[T, B, inputs] -> [T, B, units], and each state after the last step, [B, units]."""
        Wh = parameter(parameters, "Wh", (self.units, self._width))
        if key is not None and self.weight_dropout:
            Wh = dropout(Wh, self.weight_dropout, key)
        projected = self.project(parameters, x)
        bh = parameter(parameters, "bh", (self._width,)) if self.recurrent_bias else None
        dtype = common_dtype(projected, Wh, bh)
        if mask is not None:
            mask = pt.as_tensor_variable(mask)
            if mask.ndim != projected.ndim - 1:
                raise InputError(f"mask has {mask.ndim} axes; give those of x without its last one")
            mask = mask.astype(dtype)
        traces = recurrent_layer(
            self.cell,
            projected.astype(dtype),
            [state.astype(dtype) for state in self._before(parameters, projected, mask, states)],
            Wh.astype(dtype),
            mask,
            bias=None if bh is None else bh.astype(dtype),
            backwards=self.backwards,
            truncate=self.truncate,
        )
        return traces[0], [trace[0 if self.backwards else -1] for trace in traces]

    def project(self, parameters, x: TensorVariable) -> TensorVariable:
        """`x W_x + b` of all steps.

        If x are rows that a batch of ids looked up in a small table, the table is projected:
        `E[ids] W + b = (E W + b)[ids]`.

        Parameters
        ----------
        parameters
            As for the call.
        x : (T, B, inputs)

        Returns
        -------
        TensorVariable
            (T, B, blocks · units).

        Raises
        ------
        InputError
            If a parameter is missing, or a static shape does not fit the layer.
        """
        Wx = parameter(parameters, "Wx", (self.inputs, self._width))
        b = parameter(parameters, "b", (self._width,)) if self.bias else None
        if x.ndim < 2:
            raise InputError(f"x has {x.ndim} axis; give [T, B, inputs] or [T, inputs]")
        x = shaped("x", x, (*[None] * (x.ndim - 1), self.inputs))
        table, ids = _looked_up(x)
        is_small = table is not None and (table.type.shape[0] or np.inf) <= LARGEST_PROJECTED_TABLE
        if is_small and x.type.shape[0] != 1:  # of a single step there are few rows
            return affine(table, Wx, b)[ids]
        return affine(x, Wx, b)

    def _before(self, parameters, projected, mask, states):
        """The states before the first step, [B, units] each."""
        batch = projected.type.shape[1:-1]
        if states is not None:
            check_states(states, self.state_count)
            return [
                shaped(f"state {k}", state, (*batch, self.units)) for k, state in enumerate(states)
            ]
        # B of the mask, if there is one: its length is that of an input of the compiled function.
        sequences = projected[0, ..., 0] if mask is None else mask[0]
        zero = pt.zeros_like(sequences)[..., None] + np.zeros(self.units, projected.dtype)
        if not self.learn_initial:
            return [zero] * self.state_count
        return [parameter(parameters, name, (self.units,)) + zero for name in self._first_states]


def _looked_up(x: TensorVariable) -> tuple[TensorVariable | None, TensorVariable | None]:
    """The table and the ids of `table[ids]`, or None for both if x is something else."""
    if x.owner is None or not isinstance(x.owner.op, AdvancedSubtensor):
        return None, None
    table, *indices = x.owner.inputs
    slices = any(isinstance(index, slice) for index in x.owner.op.idx_list)
    if slices or table.ndim != 2 or len(indices) != 1 or not indices[0].dtype.startswith("int"):
        return None, None
    return table, indices[0]
