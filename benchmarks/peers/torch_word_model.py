"""The word model as one would write it in PyTorch eager, at its best."""

import numpy as np
import torch


class TorchWordModel:
    """`nn.RNN` without biases, a sparse gradient for the input table, full BPTT, plain SGD.

    Parameters
    ----------
    parameters
        U (H, V), V (V, H), W (H, H), as RNNTheano.get_parameters() gives them.
    """

    def __init__(self, parameters: dict[str, np.ndarray]):
        U, V, W = (torch.tensor(parameters[name]) for name in "UVW")
        word_dim, hidden_dim = V.shape
        self.embedding = torch.nn.Embedding.from_pretrained(
            U.T.contiguous(), freeze=False, sparse=True
        )
        self.rnn = torch.nn.RNN(hidden_dim, hidden_dim, bias=False)
        self.output = torch.nn.Linear(hidden_dim, word_dim, bias=False)
        with torch.no_grad():
            # The projection is the table's own row, so nn.RNN's input matrix is the identity,
            # and no part of the model.
            self.rnn.weight_ih_l0.copy_(torch.eye(hidden_dim))
            self.rnn.weight_ih_l0.requires_grad_(False)
            self.rnn.weight_hh_l0.copy_(W)
            self.output.weight.copy_(V)
        self.loss = torch.nn.CrossEntropyLoss(reduction="sum")

    def sgd_step(self, x: torch.Tensor, y: torch.Tensor, learning_rate: float) -> float:
        states, _ = self.rnn(self.embedding(x))
        loss = self.loss(self.output(states), y)
        loss.backward()
        with torch.no_grad():
            for weight in (self.rnn.weight_hh_l0, self.output.weight):
                weight.add_(weight.grad, alpha=-learning_rate)
                weight.grad = None
            table = self.embedding.weight
            gradient, table.grad = table.grad, None
            table.index_add_(0, gradient._indices()[0], gradient._values(), alpha=-learning_rate)
        return loss.item()

    def get_parameters(self) -> dict[str, np.ndarray]:
        return {
            "U": self.embedding.weight.detach().numpy().T,
            "V": self.output.weight.detach().numpy(),
            "W": self.rnn.weight_hh_l0.detach().numpy(),
        }
