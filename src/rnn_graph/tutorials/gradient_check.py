"""The compiled model's gradients against finite differences."""

import numpy as np

from rnn_graph.backend.parameter import Parameter
from rnn_graph.checks import Ids
from rnn_graph.errors import InputError
from rnn_graph.finite_differences import GradientCheck, central_differences, largest_relative_error
from rnn_graph.tutorials.rnn_theano import RNNTheano


def gradient_check_theano(
    model: RNNTheano, x: Ids, y: Ids, h: float = 0.001, error_threshold: float = 0.01
) -> GradientCheck:
    """Compare a model's BPTT with finite differences of its loss, element by element.

    Parameters
    ----------
    model
        A model in float64 that does not truncate the gradient of this sentence.
    x, y : (T,)
        Word ids, and the ids of the words that follow them.
    h
        The step of the differences, (L(θ + h) − L(θ − h)) / 2h.
    error_threshold
        The largest relative error, `|a − b| / (|a| + |b|)`, that passes.

    Returns
    -------
    GradientCheck
        True if every element passed.

    Raises
    ------
    InputError
        If the model truncates the gradient of this sentence, or computes in float32: then no
        finite difference can agree with it.

    Examples
    --------
    >>> from rnn_graph import RNNTheano, gradient_check_theano
    >>> model = RNNTheano(word_dim=5, hidden_dim=3, bptt_truncate=None, rng=10, dtype="float64")
    >>> check = gradient_check_theano(model, [0, 1, 2, 3], [1, 2, 3, 4])
    >>> check.passed, sorted(check.relative_errors)
    (True, ['U', 'V', 'W'])
    """
    truncate = model.bptt_truncate
    if truncate is not None and truncate < len(x) - 1:
        raise InputError(
            f"bptt_truncate={truncate} cuts the gradient of {len(x)} words short; check a model"
            " with bptt_truncate=None"
        )
    if model.config.dtype != "float64":
        raise InputError(
            f"a model in {model.config.dtype} is too coarse for differences of {h};"
            " check one with dtype='float64'"
        )
    errors = {}
    for parameter, gradient in zip((model.U, model.V, model.W), model.bptt(x, y), strict=True):
        value = parameter.get_value()

        def loss(shifted_value: np.ndarray, parameter: Parameter = parameter) -> float:
            parameter.set_value(shifted_value)
            return model.ce_error(x, y)

        try:
            estimated = central_differences(loss, value, h)
        finally:
            parameter.set_value(value)
        errors[parameter.name] = largest_relative_error(estimated, gradient)
    return GradientCheck(errors, error_threshold)
