"""What a minibatch brings about."""

from typing import NamedTuple

from pytensor.tensor import TensorVariable


class BatchGradients(NamedTuple):
    """The loss of a minibatch, its gradients, and the states after it."""

    loss: TensorVariable  # mean nats a predicted token, []
    count: TensorVariable  # predicted tokens, []
    gradients: dict[str, TensorVariable]  # of the mean, by parameter
    last_states: list[TensorVariable]  # [B, H] …
