"""Language models and taggers as one would write, and train, them in PyTorch.

Layers, their first values, optimizers and clipping are PyTorch's own.
"""

from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

LAYERS = {"elman": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
# Where PyTorch's LSTM has the blocks i, f, g, o, this project has i, f, o, g.
BLOCKS = {"elman": [0], "gru": [0, 1, 2], "lstm": [0, 1, 3, 2]}
OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "momentum": partial(torch.optim.SGD, momentum=0.9),
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.AdamW,
}
NO_TARGET = -1


class TorchNetwork(nn.Module):
    """Embedding → windows of them → recurrent layers → linear layer, with dropout between.

    Parameters
    ----------
    tokens, outputs
        Rows of the embeddings, and what there is to choose from.
    window
        Embeddings that a step sees; the input has half a window of padding before and after.
    """

    def __init__(
        self,
        tokens: int,
        outputs: int,
        *,
        cell: str,
        hidden_dim: int,
        embedding_dim: int,
        layers: int = 1,
        window: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        embedding_dropout: float = 0.0,
    ):
        super().__init__()
        self.cell, self.window = cell, window
        self.embedding = nn.Embedding(tokens, embedding_dim)
        self.embedding_dropout = nn.Dropout(embedding_dropout)
        self.rnn = LAYERS[cell](
            window * embedding_dim,
            hidden_dim,
            num_layers=layers,
            dropout=dropout if layers > 1 else 0.0,
            bidirectional=bidirectional,
        )
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_dim * (2 if bidirectional else 1), outputs)

    def forward(self, ids, states=None, lengths=None):  # [T + window - 1, B] -> [T, B, outputs]
        embedded = self.embedding_dropout(self.embedding(ids))
        steps = len(ids) - self.window + 1
        inputs = torch.cat([embedded[k : k + steps] for k in range(self.window)], dim=2)
        if lengths is None:
            hidden, states = self.rnn(inputs, states)
        else:
            packed = pack_padded_sequence(inputs, lengths, enforce_sorted=False)
            hidden, _ = pad_packed_sequence(self.rnn(packed)[0], total_length=steps)
        return self.output(self.dropout(hidden)), states

    @torch.no_grad()
    def token_losses(self, x, y, states=None):  # [T, B], [T, B] -> [T, B]
        """−ln p of each target in nats, 0 where there is none, and the last states."""
        self.eval()
        logits, states = self(x, states)
        losses = functional.cross_entropy(
            logits.flatten(0, 1), y.flatten(), ignore_index=NO_TARGET, reduction="none"
        )
        return losses.view(y.shape), states

    @torch.no_grad()
    def best_outputs(self, ids, lengths):  # [T + window - 1, B], [B] -> [T, B]
        """The most probable output of each step."""
        self.eval()
        return self(ids, lengths=lengths)[0].argmax(dim=2)

    def project_parameters(self, names: list[str]) -> dict[str, np.ndarray]:
        """The weights as this project's models have them.

        This project's cells have one bias a gate, and PyTorch's have two, which add up; that of
        the GRU's candidate which stands behind the reset gate is set to zero here.

        Parameters
        ----------
        names
            Of the recurrent layers, of a bidirectional one both directions.
        """
        output = self.output
        found = {"embeddings": self.embedding.weight, "W": output.weight.T, "b": output.bias}
        for name, (w_x, w_h, b_x, b_h) in zip(names, self.rnn.all_weights, strict=True):
            if self.cell == "gru":
                b_h.data[-self.rnn.hidden_size :] = 0
            found[f"{name}_Wx"] = self._blocks(w_x).T
            found[f"{name}_Wh"] = self._blocks(w_h).T
            found[f"{name}_b"] = self._blocks(b_x + b_h)
        return {name: value.detach().cpu().numpy().copy() for name, value in found.items()}

    def _blocks(self, weights: torch.Tensor) -> torch.Tensor:
        parts = weights.chunk(len(BLOCKS[self.cell]))
        return torch.cat([parts[k] for k in BLOCKS[self.cell]])


class TorchTraining:
    """Training steps of a network.

    Parameters
    ----------
    optimizer
        A name of `OPTIMIZERS`.
    clip_norm
        The largest norm of all gradients together; None for no limit.
    """

    def __init__(self, network: TorchNetwork, optimizer: str, weight_decay: float, clip_norm):
        self.network, self._clip_norm = network, clip_norm
        self._parameters = list(network.parameters())
        self._optimizer = OPTIMIZERS[optimizer](self._parameters, lr=1.0, weight_decay=weight_decay)

    def step(self, x, y, learning_rate: float, states=None, lengths=None):
        """A step on a minibatch, y [T, B]; its mean loss in nats, and the last states."""
        self.network.train()
        logits, states = self.network(x, states, lengths)
        loss = functional.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=NO_TARGET)
        self._optimizer.zero_grad()
        loss.backward()
        if self._clip_norm:
            nn.utils.clip_grad_norm_(self._parameters, self._clip_norm)
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        self._optimizer.step()
        if isinstance(states, tuple):
            return loss.detach(), tuple(state.detach() for state in states)
        return loss.detach(), None if states is None else states.detach()
