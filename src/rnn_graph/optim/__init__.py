"""Optimizers that compose, and learning-rate schedules."""

from rnn_graph.optim.optimizers import (
    Rows,
    adagrad,
    adam,
    chain,
    clip_by_global_norm,
    clip_by_value,
    momentum,
    moving_averages,
    named_optimizer,
    rmsprop,
    sgd,
)

__all__ = [
    "Rows",
    "adagrad",
    "adam",
    "chain",
    "clip_by_global_norm",
    "clip_by_value",
    "momentum",
    "moving_averages",
    "named_optimizer",
    "rmsprop",
    "sgd",
]
