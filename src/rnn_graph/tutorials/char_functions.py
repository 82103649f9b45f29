"""The character models' compiled functions."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from pytensor import tensor as pt

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import Backend
from rnn_graph.nn.basic import affine
from rnn_graph.nn.cells import Cell
from rnn_graph.nn.losses import softmax_cross_entropy
from rnn_graph.nn.recurrent import recurrent_layer
from rnn_graph.nn.scan import scan_states
from rnn_graph.optim.optimizers import clipped
from rnn_graph.tutorials import char_graph
from rnn_graph.tutorials.char_graph import CharWeights
from rnn_graph.tutorials.char_inputs import CharModelConfig

LARGEST_GRADIENT = 5.0  # the tutorial's clipping

Function = Callable[..., Any]


class CharFunctions:
    """Compiles each function when it is first asked for.

    Parameters
    ----------
    cell
    weights
        Shared variables.
    config, backend
        The model's.
    """

    def __init__(self, cell: Cell, weights: CharWeights, config: CharModelConfig, backend: Backend):
        self._cell, self._weights, self._config, self._backend = cell, weights, config, backend

    @cached_property
    def forward(self) -> Function:
        """From x [T, m, n_x], mask [T, m], states [m, n_a] … to [T, m, n_y], states."""
        weights, dtype = self._weights, self._config.dtype
        x = pt.tensor("x", dtype=dtype, shape=(None, None, self._config.n_x))
        mask, states = pt.matrix("mask", dtype=dtype), self._states(None)
        projected = affine(x, weights.Wx, weights.b)
        traces = recurrent_layer(self._cell, projected, states, weights.Wh, mask)
        y = pt.special.softmax(affine(traces[0], weights.Wy, weights.by), axis=-1)
        return compile_function([x, mask, *states], [y, *traces], self._backend)

    @cached_property
    def loss_and_gradients(self) -> Function:
        """From x [T], y [T], states to loss, the five gradients, last states."""
        inputs, (loss, gradients, last) = self._name_graph()
        return compile_function(inputs, [loss, *gradients, *last], self._backend)

    @cached_property
    def optimize(self) -> Function:
        """From x, y [T], states, learning rate to loss, five clipped gradients, last states."""
        inputs, (loss, gradients, last) = self._name_graph()
        gradients = CharWeights(*(clipped(g, LARGEST_GRADIENT) for g in gradients))
        after = char_graph.updated(self._weights, gradients, self._rate)
        return self._compile_updates([*inputs, self._rate], [loss, *gradients, *last], after)

    @cached_property
    def optimize_names(self) -> Function:
        """From names [N, 2, T], carried [N], states, rate to losses [N], last states."""
        names, states = pt.tensor("names", dtype="int32", shape=(None, 2, None)), self._states()
        carried = pt.vector("carried", dtype=self._config.dtype)
        count = len(CharWeights._fields)

        def step(name, carried, *weights_states_rate):
            weights = CharWeights(*weights_states_rate[:count])
            *states, rate = weights_states_rate[count:]
            before = [carried * state for state in states]
            loss, gradients, last = char_graph.gradients_of_name(
                self._cell, weights, name[0], name[1], before
            )
            gradients = CharWeights(*(clipped(g, LARGEST_GRADIENT) for g in gradients))
            return [*char_graph.updated(weights, gradients, rate), *last, loss]

        *traces, losses = scan_states(
            step,
            [names, carried],
            [*self._weights, *states],
            [self._rate],
            names.shape[0],
            outputs=1,
        )
        last = [trace[-1] for trace in traces]
        return self._compile_updates(
            [names, carried, *states, self._rate],
            [losses, *last[count:]],
            CharWeights(*last[:count]),
        )

    @cached_property
    def next_logits(self) -> Function:
        """From ids [B], states [B, n_a] … to logits [B, n_y], states."""
        ids, states = pt.ivector("ids"), self._states(None)
        logits, after = char_graph.advance(self._cell, self._weights, ids, states)
        return compile_function([ids, *states], [logits, *after], self._backend)

    @cached_property
    def character_losses(self) -> Function:
        """From x, y [T, B], flattened y, states [B, n_a] … to losses [T · B], last states."""
        x, y, targets = pt.imatrix("x"), pt.imatrix("y"), pt.ivector("targets")
        states, weights, dtype = self._states(None), self._weights, self._config.dtype
        mask, shares = (pt.ge(ids, 0).astype(dtype) for ids in (y, targets))
        projected = char_graph.projected_characters(weights, x)
        traces = recurrent_layer(self._cell, projected, states, weights.Wh, mask)
        logits = affine(traces[0], weights.Wy, weights.by).reshape((-1, self._config.n_y))
        losses, _ = softmax_cross_entropy(logits, pt.maximum(targets, 0), shares)
        last = [trace[-1] for trace in traces]
        return compile_function([x, y, targets, *states], [losses, *last], self._backend)

    @cached_property
    def _rate(self):
        return pt.scalar("learning_rate", dtype=self._config.dtype)

    def _states(self, *axes: None) -> list:
        shape = (*axes, self._config.n_a)
        return [
            pt.tensor(f"state_{k}", dtype=self._config.dtype, shape=shape)
            for k in range(self._cell.states)
        ]

    def _name_graph(self):
        x, y, states = pt.ivector("x"), pt.ivector("y"), self._states()
        result = char_graph.gradients_of_name(self._cell, self._weights, x, y, states)
        return [x, y, *states], result

    def _compile_updates(self, inputs, outputs, after: CharWeights) -> Function:
        return compile_function(
            inputs,
            outputs,
            self._backend,
            updates=dict(zip(self._weights, after, strict=True)),
            in_place=self._weights,
        )
