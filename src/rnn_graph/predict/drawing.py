"""Drawing inside of a compiled function: many steps of many texts in one call."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from pytensor import tensor as pt
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.replace import clone_replace
from pytensor.tensor import TensorVariable

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import Backend
from rnn_graph.errors import InputError
from rnn_graph.nn.scan import positions, scan_states

STEPS_A_CALL = 20  # about a sentence; a longer text takes several calls
# The logits are summed by blocks, then within one: a running sum over all of a large vocabulary
# takes several times as long as the logits themselves.
BLOCK = 64
NEARLY_ZERO = 1e-30  # a temperature at which all but the likeliest have no weight

Advance = Callable[
    [TensorVariable, Sequence[TensorVariable]], tuple[TensorVariable, list[TensorVariable]]
]


class Drawing:
    """A compiled loop that draws a token, and goes on from it.

    Parameters
    ----------
    advance
        Symbolic: `advance(ids [B], states [B, H] …) → (logits [B, V], states [B, H] …)`.
    states
        Variables like the states.
    parameters
        The shared variables that `advance` uses.
    tokens
        V.
    backend
    dtype
        Of the logits.
    """

    def __init__(
        self,
        advance: Advance,
        states: Sequence[TensorVariable],
        parameters: Collection[SharedVariable],
        tokens: int,
        backend: Backend,
        dtype: str,
    ):
        self._tokens, self._dtype = tokens, dtype
        ids, uniforms = pt.ivector("ids"), pt.matrix("uniforms", dtype=dtype)
        settings = [pt.vector("offsets", dtype=dtype), pt.scalar("sharpness", dtype=dtype)]

        def step(uniforms, ids, *rest):
            states, given = rest[: len(before)], rest[len(before) :]
            offsets, sharpness, *weights = given
            logits, after = advance(ids, states)
            # The weights stand in a loop as its own arguments.
            logits, *after = clone_replace(
                [logits, *after], dict(zip(parameters, weights, strict=True)), rebuild_strict=False
            )
            drawn, total = draw_indices(logits + offsets, uniforms, sharpness, tokens)
            return [drawn, *after, total]

        before = list(states)
        drawn, *after, totals = scan_states(
            step,
            [uniforms],
            [ids, *before],
            [*settings, *parameters],
            uniforms.shape[0],
            outputs=1,
        )
        self._run = compile_function(
            [ids, uniforms, *settings, *before],
            [drawn, totals, *(state[-1] for state in after)],
            backend,
        )

    def __call__(
        self,
        ids: np.ndarray,
        states: Sequence[Any],
        uniforms: np.ndarray,
        *,
        temperature: float = 1.0,
        forbidden: Sequence[int] = (),
    ) -> tuple[np.ndarray, list[Any]]:  # [B], [B, H] …, [S, B] -> [S, B], [B, H] …
        """The next S tokens of B texts, and the states after them.

        Parameters
        ----------
        ids : (B,)
            The last tokens.
        states : list of (B, H)
            The states before the first step.
        uniforms : (S, B)
            For each token a number from 0 to below 1 that decides which it is.
        temperature, forbidden
            As for `rnn_graph.predict.sampling.sample_from_logits`.

        Raises
        ------
        InputError
            If logits are not finite.
        """
        offsets = np.zeros(self._tokens, dtype=self._dtype)
        offsets[list(forbidden)] = -np.inf
        if temperature == 0:
            uniforms = np.zeros_like(uniforms)  # the first of the likeliest
        drawn, totals, *states = self._run(
            ids.astype(np.int32),
            uniforms.astype(self._dtype),
            offsets,
            np.array(1 / (temperature or NEARLY_ZERO), dtype=self._dtype),
            *states,
        )
        if not np.isfinite(np.asarray(totals)).all():
            raise InputError("the model's predictions are not finite; its training diverged")
        return np.asarray(drawn), states


def draw_indices(
    logits: TensorVariable, uniforms: TensorVariable, sharpness: TensorVariable, size: int
) -> tuple[TensorVariable, TensorVariable]:  # [B, V], [B] -> [B], [B]
    """Indices in proportion to exp(logits · sharpness), and the sums of these weights.

    Index i is drawn if `uniform · sum` lies between the sum of the weights before i and that with
    i, as `sample_from_logits` has it.

    Parameters
    ----------
    logits : (B, V)
        −∞ for what is never drawn.
    uniforms : (B,)
    sharpness : ()
        One over the temperature.
    size
        V.
    """
    weights = pt.exp((logits - logits.max(axis=-1, keepdims=True)) * sharpness)
    texts = positions(uniforms.shape[0])
    blocks = -(-size // BLOCK)
    if rest := blocks * BLOCK - size:
        nothing = pt.zeros_like(weights[:, :1]) + np.zeros(rest, dtype=weights.dtype)
        weights = pt.concatenate([weights, nothing], axis=-1)
    weights = weights.reshape((-1, blocks, BLOCK))
    sums = weights.sum(axis=-1, acc_dtype=weights.dtype)
    up_to = pt.cumsum(sums, axis=-1)
    drawn = uniforms * up_to[:, -1]
    block = _first_above(up_to, sums, drawn)
    within = weights[texts, block]
    before = up_to[texts, block] - sums[texts, block]
    place = _first_above(before[:, None] + pt.cumsum(within, axis=-1), within, drawn)
    return (block * BLOCK + place).astype("int32"), up_to[:, -1]


def _first_above(up_to, weights, drawn):  # [B, K], [B, K], [B] -> [B]
    """The first place up to which the weights sum to more; by rounding it may have no weight."""
    places = np.arange(weights.type.shape[-1])
    last = pt.switch(weights > 0, places, 0).max(axis=-1)
    return pt.minimum((up_to <= drawn[:, None]).sum(axis=-1), last)
