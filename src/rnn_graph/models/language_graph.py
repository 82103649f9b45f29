"""The language models' equations as symbolic expressions, for minibatches of any length."""

from collections.abc import Mapping, Sequence

import pytensor
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.models.batch_gradients import BatchGradients
from rnn_graph.models.language_config import LanguageModelConfig


class LanguageGraph:
    """Embeddings → recurrent layers → output layer.

    Parameters
    ----------
    config
        Sizes and kind.
    weights
        Parameters by name, as `draw_language_model_parameters` has them.
    is_shared
        Whether several devices share the texts of a minibatch. The steps of a text then stand side
        by side, so that those of a device do; the adaptive output, which picks its rows from all
        of them, has them as ever.
    """

    def __init__(
        self,
        config: LanguageModelConfig,
        weights: Mapping[str, TensorVariable],
        *,
        is_shared: bool = False,
    ):
        self._config, self._weights = config, weights
        self._is_shared = is_shared and not config.output_layer.row_lists
        self._network, self._output = config.network, config.output_layer

    def advance(
        self, ids: TensorVariable, states: Sequence[TensorVariable]
    ) -> tuple[TensorVariable, list[TensorVariable]]:  # [B], [B, H] … -> [B, V], [B, H] …
        """One step for many texts: the next tokens' logits, and the new states."""
        hidden, after = self._network(self._weights, ids[None], states=states)
        logits, _ = self._output(self._weights, hidden[0])
        return logits, after

    def losses(
        self,
        x: TensorVariable,
        y: TensorVariable,
        states: Sequence[TensorVariable],
        rows: Sequence[TensorVariable],
    ) -> tuple[TensorVariable, list[TensorVariable]]:  # [T, B], [T, B], [] … -> [T · B], [B, H] …
        """−ln p of each target in nats, 0 where there is none, and the last states."""
        hidden, last = self._network(self._weights, x, states=states)
        hidden, targets = hidden.reshape((-1, self._config.hidden_dim)), y.reshape((-1,))
        counted = pt.ge(targets, 0).astype(self._config.dtype)
        losses, _ = self._output.losses(
            self._weights, hidden, pt.maximum(targets, 0), counted, rows
        )
        return losses, last

    def gradients(
        self,
        x: TensorVariable,
        y: TensorVariable,
        states: Sequence[TensorVariable],
        rows: Sequence[TensorVariable],
        key: TensorVariable | None = None,
    ) -> BatchGradients:
        """The mean loss of a minibatch and its gradients by BPTT over all T steps.

        Parameters
        ----------
        x, y
            Ids of inputs and of targets, [T, B], a text a column; the target -1 does not count.
        states
            Those before the first step, [B, H] each; no gradient goes through them.
        rows
            What `Output.rows_of` yields for these targets.
        key
            What dropout hashes, a uint32 scalar; None for no dropout.
        """
        hidden, last = self._network(self._weights, x, states=states, key=key)
        if self._is_shared:
            hidden, y = hidden.swapaxes(0, 1), y.T
        hidden, targets = hidden.reshape((-1, self._config.hidden_dim)), y.reshape((-1,))
        dtype = self._config.dtype
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
