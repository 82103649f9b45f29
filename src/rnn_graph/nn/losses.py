"""What training minimizes."""

from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.nn.scan import positions


def softmax_cross_entropy(
    logits: TensorVariable, targets: TensorVariable, mask: TensorVariable
) -> tuple[TensorVariable, TensorVariable]:  # [T, V], [T], [T] -> [T], [T, V]
    """Cross-entropy of softmax(logits) and its gradient, from one exponential per logit.

    Parameters
    ----------
    logits
        Unnormalized log-probabilities.
    targets
        The true classes.
    mask
        1 for the rows that count, 0 for padding.

    Returns
    -------
    losses
        `−ln p(target)` of each row, in nats; log-sum-exp with the row's maximum taken out, so
        that no exponential overflows.
    gradient
        Of the summed losses with respect to the logits: `softmax(logits) − onehot(targets)`.
    """
    # Sums stay in the logits' type: the default accumulates float32 in float64, which costs a
    # conversion of each element and, compiled by JAX, widens all that follows.
    dtype = logits.dtype
    rows = positions(targets.shape[0])
    largest = logits.max(axis=1, keepdims=True)
    exponentials = pt.exp(logits - largest)
    normalizers = exponentials.sum(axis=1, keepdims=True, acc_dtype=dtype)
    losses = largest[:, 0] + pt.log(normalizers[:, 0]) - logits[rows, targets]
    masked_softmax = exponentials * (mask[:, None] / normalizers)
    return losses * mask, masked_softmax[rows, targets].inc(-mask)
