"""The Elman slot tagger's equations as symbolic expressions, of parameters given one by one."""

from typing import NamedTuple

import numpy as np
import pytensor
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.nn.basic import affine, windows  # noqa: F401 - for rnnslu
from rnn_graph.nn.cells import Elman
from rnn_graph.nn.losses import softmax_cross_entropy
from rnn_graph.nn.recurrent import recurrent_layer

CELL = Elman(pt.sigmoid)


class SlotWeights(NamedTuple):
    """The parameters of the slot tagger: shared variables, or what stands for them in a loop."""

    embeddings: TensorVariable  # [ne + 1, de]
    Wx: TensorVariable  # [nh, de * cs], transposed
    Wh: TensorVariable  # [nh, nh]
    W: TensorVariable  # [nh, nc]
    bh: TensorVariable  # [nh]
    b: TensorVariable  # [nc]
    h0: TensorVariable  # [nh]


def hidden_states(
    weights: SlotWeights, inputs: TensorVariable, mask: TensorVariable
) -> TensorVariable:  # [T, ..., de * cs], [T, ...] -> [T, ..., nh]
    """`h_t = σ(x_t Wx + h_{t−1} Wh + bh)`.

    Parameters
    ----------
    inputs
        The embeddings of each word's window, side by side.
    mask
        1 where a step counts, 0 where the state is handed on.
    """
    first = weights.h0 if mask.ndim == 1 else weights.h0 + pt.zeros_like(mask[0])[:, None]
    projected = affine(inputs, weights.Wx.T, weights.bh)
    (states,) = recurrent_layer(CELL, projected, [first], weights.Wh, mask)
    return states


def label_logits(weights: SlotWeights, states: TensorVariable) -> TensorVariable:
    """`h_t W + b`, unnormalized log-probabilities of the labels: [..., nh] -> [..., nc]."""
    return affine(states, weights.W, weights.b)


def gradients(
    weights: SlotWeights,
    rows: TensorVariable,
    logits: TensorVariable,
    labels: TensorVariable,
    shares: TensorVariable,
) -> tuple[TensorVariable, TensorVariable, SlotWeights]:
    """The loss and its gradients.

    Parameters
    ----------
    rows
        The embeddings that `logits` was computed from, as they were looked up.
    labels, shares
        The true labels, and the weight of each in the loss.

    Returns
    -------
    loss : scalar
        `−Σ_t shares_t ln p(labels_t)`, in nats.
    SlotWeights
        In place of the embeddings' gradient that of `rows`.
    """
    losses, logit_gradients = softmax_cross_entropy(logits, labels, shares)
    dense = list(weights[1:])
    d_rows, *d_dense = pytensor.grad(
        None, [rows, *dense], known_grads={logits: logit_gradients}, disconnected_inputs="ignore"
    )
    return losses.sum(acc_dtype=losses.dtype), SlotWeights(d_rows, *d_dense)


def updated(
    weights: SlotWeights,
    ids: TensorVariable,
    gradients: SlotWeights,
    learning_rate: TensorVariable,
    *,
    normalize: bool,
) -> SlotWeights:
    """The weights after a step of gradient descent, of which the embeddings `ids` were a part.

    With `normalize`, those embeddings are then scaled to unit length. If all were normalized once
    the others have that length already, so that this is `normalized` of the whole table, to
    rounding.
    """
    embeddings = weights.embeddings[ids].inc(-learning_rate * gradients.embeddings)
    if normalize:
        embeddings = embeddings[ids].set(normalized(embeddings[ids]))
    return SlotWeights(
        embeddings,
        *(
            weight - learning_rate * gradient
            for weight, gradient in zip(weights[1:], gradients[1:], strict=True)
        ),
    )


def normalized(rows: TensorVariable) -> TensorVariable:  # [n, de] -> [n, de]
    """Each row scaled to unit length."""
    return rows / pt.sqrt((rows**2).sum(axis=1, keepdims=True, acc_dtype=rows.dtype))


def last_places(length: int, count: TensorVariable) -> TensorVariable:  # [] -> [length]
    """True in the last `count` of `length` places."""
    return pt.constant(np.arange(length)[::-1].copy()) < count
