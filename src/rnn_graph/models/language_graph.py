"""The language models' equations as symbolic expressions, for minibatches of any length."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pytensor
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.models.language_config import LanguageModelConfig, layer_name
from rnn_graph.nn.basic import affine
from rnn_graph.nn.cells import CELLS
from rnn_graph.nn.dropout import dropout
from rnn_graph.nn.recurrent import recurrent_layer

# Of fewer tokens than a batch has, the embeddings are projected rather than the batch:
# E[x] W + b = (E W + b)[x]. Above, a batch has too few tokens for it to pay.
LARGEST_PROJECTED_TABLE = 512


class BatchGradients(NamedTuple):
    """What a minibatch brings about."""

    loss: TensorVariable  # mean nats a predicted token, []
    count: TensorVariable  # predicted tokens, []
    gradients: dict[str, TensorVariable]  # of the mean, by parameter
    last_states: list[TensorVariable]  # [B, H] …


class LanguageGraph:
    """Embeddings → recurrent layers → output layer.

    Parameters
    ----------
    config
        Sizes and kind.
    weights
        Parameters by name, as `draw_language_model_parameters` has them; of known shapes.
    """

    def __init__(self, config: LanguageModelConfig, weights: Mapping[str, TensorVariable]):
        self._config, self._weights = config, weights
        self._cell = CELLS[config.cell]
        self._output = config.output_layer

    def advance(
        self, ids: TensorVariable, states: Sequence[TensorVariable]
    ) -> tuple[TensorVariable, list[TensorVariable]]:  # [B], [B, H] … -> [B, V], [B, H] …
        """One step for many texts: the next tokens' logits, and the new states."""
        inputs, after = self._weights["embeddings"][ids], []
        for layer, before in enumerate(self._by_layer(states)):
            Wx, Wh, b = self._of_layer(layer)
            combined = self._cell.combine(inputs @ Wx + b, before[0] @ Wh)
            after += self._cell.advance(combined, *before)
            inputs = after[-self._cell.states]
        return self._output.logits(self._weights, inputs), after

    def losses(
        self,
        x: TensorVariable,
        y: TensorVariable,
        steps: TensorVariable,
        states: Sequence[TensorVariable],
        rows: Sequence[TensorVariable],
    ) -> tuple[TensorVariable, list[TensorVariable]]:  # [T, B], [T, B], [] … -> [T · B], [B, H] …
        """−ln p of each target in nats, 0 where there is none, and the last states."""
        hidden, last = self._run(x, steps, states)
        targets = y.reshape((-1,))
        counted = pt.ge(targets, 0).astype(self._config.dtype)
        losses, _ = self._output.losses(
            self._weights, hidden, pt.maximum(targets, 0), counted, rows
        )
        return losses, last

    def gradients(
        self,
        x: TensorVariable,
        y: TensorVariable,
        steps: TensorVariable,
        states: Sequence[TensorVariable],
        rows: Sequence[TensorVariable],
        key: TensorVariable | None = None,
    ) -> BatchGradients:
        """The mean loss of a minibatch and its gradients by BPTT over all T steps.

        Parameters
        ----------
        x, y
            Ids of inputs and of targets, [T, B], a text a column; the target -1 does not count.
        steps
            T, read off an input of the compiled function.
        states
            Those before the first step, [B, H] each; no gradient goes through them.
        rows
            What `Output.rows_of` yields for these targets.
        key
            What dropout hashes, a uint32 scalar; None for no dropout.
        """
        hidden, last = self._run(x, steps, states, key)
        targets, dtype = y.reshape((-1,)), self._config.dtype
        counted = pt.ge(targets, 0).astype(dtype)
        count = counted.sum(acc_dtype=dtype)
        losses, known = self._output.losses(
            self._weights,
            hidden,
            pt.maximum(targets, 0),
            counted / pt.maximum(count, pt.ones((), dtype=dtype)),
            rows,
        )
        gradients = pytensor.grad(None, list(self._weights.values()), known_grads=known)
        return BatchGradients(
            losses.sum(acc_dtype=dtype),
            count,
            dict(zip(self._weights, gradients, strict=True)),
            last,
        )

    def _run(self, x, steps, states, key=None):
        """The last layer's outputs, [T · B, H], and the last states."""
        config, last = self._config, []
        output = None
        for layer, before in enumerate(self._by_layer(states)):
            projected = self._projected(layer, x, output, key)
            Wh = self._of_layer(layer)[1]
            traces = recurrent_layer(self._cell, projected, before, Wh, steps=steps)
            last += [trace[-1] for trace in traces]
            output = self._dropped(traces[0], config.dropout, key, layer + 1)
        return output.reshape((-1, config.hidden_dim)), last

    def _projected(self, layer, x, below, key):
        """`x W_x + b` of a layer, [T, B, blocks · H]."""
        Wx, _, b = self._of_layer(layer)
        if layer:
            return affine(below, Wx, b)
        table, share = self._weights["embeddings"], self._config.embedding_dropout
        drops = key is not None and share > 0
        if self._config.vocabulary_size <= LARGEST_PROJECTED_TABLE and not drops:
            return affine(table, Wx, b)[x]
        return affine(self._dropped(table[x], share, key, 0), Wx, b)

    @staticmethod
    def _dropped(values, share, key, place):
        if key is None or not share:
            return values
        return dropout(values, share, key + np.uint32(place))

    def _of_layer(self, layer):
        return [self._weights[f"{layer_name(layer)}_{name}"] for name in ("Wx", "Wh", "b")]

    def _by_layer(self, states):
        width = self._cell.states
        return [list(states[k : k + width]) for k in range(0, len(states), width)]
