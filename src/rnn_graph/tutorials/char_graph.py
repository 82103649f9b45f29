"""The character models' equations as symbolic expressions, of parameters given one by one."""

from collections.abc import Sequence
from typing import NamedTuple

import pytensor
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.nn.basic import affine
from rnn_graph.nn.cells import Cell
from rnn_graph.nn.losses import softmax_cross_entropy
from rnn_graph.nn.recurrent import recurrent_layer


class CharWeights(NamedTuple):
    """The parameters of a character model: shared variables, or what stands for them in a loop.

    `n_x` inputs, `H` hidden units, `k` blocks of the cell, `n_y` outputs.
    """

    Wx: TensorVariable  # [n_x, k · H]
    Wh: TensorVariable  # [H, k · H]
    b: TensorVariable  # [k · H]
    Wy: TensorVariable  # [H, n_y]
    by: TensorVariable  # [n_y]


class NameGradients(NamedTuple):
    """What a name's text brings about."""

    loss: TensorVariable  # []
    gradients: CharWeights
    last_states: list[TensorVariable]  # [H] …


def projected_characters(weights: CharWeights, ids: TensorVariable) -> TensorVariable:
    """`x Wx + b` of one-hot inputs, of which -1 is the zero vector: [...] -> [..., k · H]."""
    return _rows(weights.Wx, ids) + weights.b


def advance(
    cell: Cell, weights: CharWeights, ids: TensorVariable, states: Sequence[TensorVariable]
) -> tuple[TensorVariable, list[TensorVariable]]:  # [B], [B, H] … -> [B, n_y], [B, H] …
    """One step for many texts: the next characters' logits, and the new states."""
    combined = cell.combine(projected_characters(weights, ids), states[0] @ weights.Wh)
    states = cell.advance(combined, *states)
    return affine(states[0], weights.Wy, weights.by), states


def gradients_of_name(
    cell: Cell,
    weights: CharWeights,
    x: TensorVariable,
    y: TensorVariable,
    states: Sequence[TensorVariable],
) -> NameGradients:  # [T], [T], [H] …
    """The summed −ln p of a name, its gradients by full BPTT, and the states after it.

    Parameters
    ----------
    x
        Ids of the inputs; -1 is the zero vector.
    y
        Ids to predict; -1 in places beyond the name, which change nothing.
    states
        Those before the first step.
    """
    mask = pt.ge(y, 0).astype(weights.Wh.dtype)
    projected = projected_characters(weights, x)
    traces = recurrent_layer(cell, projected, states, weights.Wh, mask)
    logits = affine(traces[0], weights.Wy, weights.by)
    losses, d_logits = softmax_cross_entropy(logits, pt.maximum(y, 0), mask)
    d_projected, d_Wh, d_Wy, d_by = pytensor.grad(
        None,
        [projected, weights.Wh, weights.Wy, weights.by],
        known_grads={logits: d_logits},
        disconnected_inputs="ignore",
    )
    d_Wx = pt.zeros_like(weights.Wx)[pt.maximum(x, 0)].inc(d_projected * _is_character(x, mask))
    d_b = d_projected.sum(axis=0, acc_dtype=d_projected.dtype)
    return NameGradients(
        losses.sum(acc_dtype=losses.dtype),
        CharWeights(d_Wx, d_Wh, d_b, d_Wy, d_by),
        [trace[-1] for trace in traces],
    )


def updated(
    weights: CharWeights, gradients: CharWeights, learning_rate: TensorVariable
) -> CharWeights:
    """The weights after a step of gradient descent."""
    return CharWeights(
        *(
            weight - learning_rate * gradient
            for weight, gradient in zip(weights, gradients, strict=True)
        )
    )


def _rows(table: TensorVariable, ids: TensorVariable) -> TensorVariable:
    return table[pt.maximum(ids, 0)] * _is_character(ids, table)


def _is_character(ids: TensorVariable, like: TensorVariable) -> TensorVariable:
    return pt.expand_dims(pt.ge(ids, 0), -1).astype(like.dtype)
