"""Backpropagation through time for an Elman recurrence, truncated exactly or not at all.

The loss at step t reaches the pre-activations of steps t, t − 1, …, t − k. `scan`'s own
`truncate_gradient=k` is something else: it ends the backward sweep k steps before the end of the
*sequence*, so that all earlier words get no gradient.

Notation: S the states, `D_j[b]` the gradient that the loss at step b + j sends to the
pre-activation of step b, A their sum over j.
"""

from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.nn.scan import repeat, unroll

# Up to here the k products stand in the graph one by one, which compilers fuse best; a loop
# over j keeps the graph small for a larger k.
LARGEST_WRITTEN_OUT_TRUNCATION = 16


def preactivation_gradients(
    state_gradients: TensorVariable,
    states: TensorVariable,
    recurrent_weights: TensorVariable,
    truncate: int | None,
    steps: TensorVariable,
) -> TensorVariable:  # [T, H], [T, H], [H, H] -> [T, H]
    """The loss gradient with respect to every pre-activation of `s_t = tanh(p_t + W s_{t−1})`.

    Parameters
    ----------
    state_gradients
        Row t: the gradient of step t's own loss with respect to `s_t`, as if nothing followed.
    states
        Row t: `s_t`.
    recurrent_weights
        W.
    truncate
        k: how many states before its own each loss reaches; None for all.
    steps
        T, as for `unroll`.

    Returns
    -------
    TensorVariable
        A. Then `dW = Aᵀ S_prev`, and row t of A is the gradient of `p_t`.
    """
    derivative = 1 - states**2
    if truncate is None:
        return _swept(state_gradients, derivative, recurrent_weights, steps)
    return _summed(state_gradients * derivative, derivative, recurrent_weights, truncate)


def _swept(state_gradients, derivative, recurrent_weights, steps):
    """The ordinary reverse sweep: `A[b] = (G[b] + A[b+1] W) ∘ (1 − S[b]²)`, T steps in turn."""
    return unroll(
        lambda gradient, slope, later, W: (gradient + later @ W) * slope,
        [state_gradients, derivative],
        pt.zeros_like(recurrent_weights[0]),
        [recurrent_weights],
        steps,
        backwards=True,
    )


def _summed(delta, derivative, recurrent_weights, truncate):
    """`A = Σ_{j=0..k} D_j`, `D_j[b] = (D_{j−1}[b+1] W) ∘ (1 − S[b]²)`: k products over all time.

    D_j is zero in its last j rows, where no later step is.
    """

    def one_state_further(delta, derivative, W):
        nothing_later = pt.zeros_like(W[:1])  # one row whose shape is known when compiling
        return pt.concatenate([(delta @ W)[1:], nothing_later]) * derivative

    if truncate <= LARGEST_WRITTEN_OUT_TRUNCATION:
        total = delta
        for _ in range(truncate):
            delta = one_state_further(delta, derivative, recurrent_weights)
            total = total + delta
        return total

    def accumulate(delta, total, derivative, W):
        delta = one_state_further(delta, derivative, W)
        return [delta, total + delta]

    _, total = repeat(accumulate, [delta, delta], [derivative, recurrent_weights], truncate)
    return total
