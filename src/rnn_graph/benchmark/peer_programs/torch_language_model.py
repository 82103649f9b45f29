"""The minibatch language model in PyTorch, eager or compiled."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

torch._dynamo.config.recompile_limit = 64  # beyond it PyTorch would go on uncompiled

# Where PyTorch's LSTM has the blocks i, f, g, o, this project has i, f, o, g.
BLOCKS = {"elman": [0], "lstm": [0, 1, 3, 2]}


class TorchLanguageModel(nn.Module):
    """Embedding → `nn.RNN` or `nn.LSTM` → linear layer, with the gradients clipped, and SGD.

    Parameters
    ----------
    cell
        "elman" or "lstm".
    parameters
        As `LanguageModel.get_parameters` has them.
    device
        PyTorch's name of one.
    compiled
        Whether forward and backward go through `torch.compile`.
    """

    def __init__(
        self, cell: str, parameters: Mapping[str, np.ndarray], device="cpu", *, compiled: bool
    ):
        super().__init__()
        self._cell = cell
        vocabulary_size, embedding_dim = parameters["embeddings"].shape
        units = len(parameters["layer0_Wh"])
        self.embedding = nn.Embedding(vocabulary_size, embedding_dim)
        self.rnn = {"elman": nn.RNN, "lstm": nn.LSTM}[cell](embedding_dim, units)
        self.output = nn.Linear(units, vocabulary_size)
        with torch.no_grad():
            self.embedding.weight.copy_(torch.from_numpy(parameters["embeddings"]))
            self.rnn.weight_ih_l0.copy_(self._blocks(parameters["layer0_Wx"]))
            self.rnn.weight_hh_l0.copy_(self._blocks(parameters["layer0_Wh"]))
            self.rnn.bias_ih_l0.copy_(self._blocks(parameters["layer0_b"][None])[:, 0])
            self.rnn.bias_hh_l0.zero_()
            self.output.weight.copy_(torch.from_numpy(parameters["W"].T))
            self.output.bias.copy_(torch.from_numpy(parameters["b"]))
        self.to(device)
        # The two biases of PyTorch's cells are one parameter twice; one of them is held still.
        self.rnn.bias_hh_l0.requires_grad_(False)
        trained = [p for p in self.parameters() if p.requires_grad]
        self._trained, self._optimizer = trained, torch.optim.SGD(trained, lr=1.0, fused=True)
        self._loss = torch.compile(self._loss_of) if compiled else self._loss_of
        self._states = None

    def _blocks(self, weights: np.ndarray) -> torch.Tensor:
        parts = np.split(weights, len(BLOCKS[self._cell]), axis=1)
        return torch.from_numpy(np.hstack([parts[k] for k in BLOCKS[self._cell]]).T.copy())

    def _unblocked(self, weights: torch.Tensor) -> torch.Tensor:
        parts = weights.chunk(len(BLOCKS[self._cell]))
        places = np.argsort(BLOCKS[self._cell])
        return torch.cat([parts[k] for k in places])

    def _loss_of(self, x, y, states):
        hidden, states = self.rnn(self.embedding(x), states)
        logits = self.output(hidden).view(-1, self.output.out_features)
        return nn.functional.cross_entropy(logits, y.view(-1)), states

    def get_parameters(self) -> dict[str, np.ndarray]:
        """As `LanguageModel.get_parameters`."""
        rnn, output = self.rnn, self.output
        found = {
            "embeddings": self.embedding.weight,
            "layer0_Wx": self._unblocked(rnn.weight_ih_l0).T,
            "layer0_Wh": self._unblocked(rnn.weight_hh_l0).T,
            "layer0_b": self._unblocked(rnn.bias_ih_l0),
            "W": output.weight.T,
            "b": output.bias,
        }
        return {name: value.detach().cpu().numpy().copy() for name, value in found.items()}

    def step(self, x: torch.Tensor, y: torch.Tensor, learning_rate: float) -> torch.Tensor:
        """A step on a minibatch [T, B] that goes on where the last one ended; its mean loss."""
        loss, states = self._loss(x, y, self._states)
        self._states = (
            tuple(s.detach() for s in states) if isinstance(states, tuple) else states.detach()
        )
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._trained, 1.0)
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        self._optimizer.step()
        return loss.detach()
