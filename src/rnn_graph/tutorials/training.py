"""The word tutorial's training loop."""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from rnn_graph.checks import Ids, require_above_zero
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.optim.schedules import Schedule, constant_rate


class Trainable(Protocol):
    """What `train_with_sgd` asks of a model."""

    def sgd_step(self, x: Ids, y: Ids, learning_rate: float) -> float: ...

    def calculate_loss(self, X: Sequence[Ids], Y: Sequence[Ids]) -> float: ...

    def get_parameters(self) -> dict[str, np.ndarray]: ...

    def set_parameters(self, values: dict[str, np.ndarray]) -> None: ...


def train_with_sgd(
    model: Trainable,
    X_train: Sequence[Ids],
    y_train: Sequence[Ids],
    learning_rate: float = 0.005,
    nepoch: int = 100,
    evaluate_loss_after: int = 5,
    *,
    schedule: Schedule = constant_rate,
) -> list[tuple[int, float]]:
    """Train with one `sgd_step` a sentence, in order.

    Before every `evaluate_loss_after`-th epoch the mean loss on the training data is measured,
    and the learning rate is halved if it rose since the last time. This is the loop as the
    tutorial has it; `rnn_graph.train_language_model` does the same by the recipe "tutorial", with
    checkpoints, held-out data and progress.

    Parameters
    ----------
    model
        `RNNNumpy`, `RNNTheano`, or anything with their training methods.
    X_train, y_train
        Word ids and their targets, sentence by sentence, (T,) each.
    learning_rate
        Factor on the gradients of a sentence's summed loss.
    nepoch
        Number of epochs.
    evaluate_loss_after
        Epochs between evaluations.
    schedule
        From the share of all steps that are done, 0 to 1, to a factor on the learning rate.

    Returns
    -------
    list of (int, float)
        `(num_examples_seen, loss)` of each evaluation; losses in nats a word.

    Raises
    ------
    TrainingDiverged
        If the loss becomes NaN or infinite. The model then holds the parameters of the last
        epoch's beginning.
    InputError
        If there is no sentence, there are not as many targets, or a setting is not positive.

    Examples
    --------
    >>> from rnn_graph import RNNNumpy, train_with_sgd
    >>> model = RNNNumpy(word_dim=6, hidden_dim=8, rng=0)
    >>> X, Y = [[0, 2, 3], [0, 4]], [[2, 3, 1], [4, 1]]
    >>> losses = train_with_sgd(model, X, Y, learning_rate=0.1, nepoch=20)
    >>> [seen for seen, _ in losses], losses[-1][1] < losses[0][1]
    ([0, 10, 20, 30], True)
    """
    if not len(X_train) or len(X_train) != len(y_train):
        raise InputError(
            f"{len(X_train)} sentences and {len(y_train)} rows of targets; give at least one"
            " sentence, and targets for each"
        )
    require_above_zero(
        learning_rate=learning_rate, nepoch=nepoch, evaluate_loss_after=evaluate_loss_after
    )
    losses: list[tuple[int, float]] = []
    num_examples_seen = 0
    good_parameters = model.get_parameters()
    try:
        for epoch in range(nepoch):
            if epoch % evaluate_loss_after == 0:
                loss = model.calculate_loss(X_train, y_train)
                _require_finite(loss, num_examples_seen, learning_rate)
                if losses and loss > losses[-1][1]:
                    learning_rate *= 0.5
                losses.append((num_examples_seen, loss))
            good_parameters = _finite_parameters(model, num_examples_seen, learning_rate)
            for x, y in zip(X_train, y_train, strict=True):
                rate = learning_rate * schedule(num_examples_seen / (nepoch * len(X_train)))
                loss = model.sgd_step(x, y, rate)
                _require_finite(loss, num_examples_seen, learning_rate)
                num_examples_seen += 1
        _finite_parameters(model, num_examples_seen, learning_rate)
    except TrainingDiverged:
        model.set_parameters(good_parameters)
        raise
    return losses


def _require_finite(loss: float, num_examples_seen: int, learning_rate: float) -> None:
    if not math.isfinite(loss):
        raise TrainingDiverged(
            f"the loss became {loss} after {num_examples_seen} sentences at learning rate"
            f" {learning_rate:g}; train again with a smaller one, such as {learning_rate / 4:g}"
        )


def _finite_parameters(
    model: Trainable, num_examples_seen: int, learning_rate: float
) -> dict[str, np.ndarray]:
    parameters = model.get_parameters()
    if not all(np.isfinite(value).all() for value in parameters.values()):
        _require_finite(math.nan, num_examples_seen, learning_rate)
    return parameters
