"""The word model as one would write it in PyTorch, eager or compiled, at its best."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

torch._dynamo.config.recompile_limit = 64  # beyond it PyTorch would go on uncompiled


class TorchWordModel:
    """`nn.RNN` without biases, touched rows of the input table, plain SGD.

    Full BPTT is autograd's; for a truncated one, which autograd lacks, `TruncatedTorchWordModel`.

    Parameters
    ----------
    parameters
        U (H, V), V (V, H), W (H, H), as RNNTheano.get_parameters() gives them.
    device
        PyTorch's name of one.
    compiled
        Whether the computation goes through `torch.compile`.
    """

    def __init__(self, parameters: dict[str, np.ndarray], device="cpu", *, compiled=False):
        U, V, W = (torch.tensor(parameters[name], dtype=torch.float32) for name in "UVW")
        word_dim, hidden_dim = V.shape
        self.table = U.T.contiguous().to(device)
        self.rnn = nn.RNN(hidden_dim, hidden_dim, bias=False, device=device)
        self.output = nn.Linear(hidden_dim, word_dim, bias=False, device=device)
        with torch.no_grad():
            # The projection is the table's own row, so nn.RNN's input matrix is the identity,
            # and no part of the model.
            self.rnn.weight_ih_l0.copy_(torch.eye(hidden_dim))
            self.rnn.weight_ih_l0.requires_grad_(False)
            self.rnn.weight_hh_l0.copy_(W)
            self.output.weight.copy_(V)
        self._device = device
        self._compute = torch.compile(self._backward) if compiled else self._backward

    def prepared(self, x: np.ndarray, y: np.ndarray) -> tuple[torch.Tensor, ...]:
        """A sentence as `sgd_step` takes it: its words and the next ones."""
        return tuple(torch.from_numpy(ids.astype(np.int64)).to(self._device) for ids in (x, y))

    def sgd_step(self, x: torch.Tensor, y: torch.Tensor, learning_rate: float) -> float:
        rows = self.table[x].requires_grad_()
        loss = self._compute(rows, y, learning_rate)
        self.table.index_add_(0, x, rows.grad, alpha=-learning_rate)
        return loss.item()

    def _backward(self, rows, y, learning_rate) -> torch.Tensor:
        states, _ = self.rnn(rows)
        loss = functional.cross_entropy(self.output(states), y, reduction="sum")
        loss.backward()
        with torch.no_grad():
            for weight in (self.rnn.weight_hh_l0, self.output.weight):
                weight.add_(weight.grad, alpha=-learning_rate)
                weight.grad = None
        return loss.detach()

    @torch.no_grad()
    def next_logits(self, words: np.ndarray, states) -> tuple[np.ndarray, list[torch.Tensor]]:
        """One step of the recurrence: unnormalized log-probabilities, and the new states."""
        state = torch.as_tensor(states[0], device=self._device)
        rows = self.table[torch.as_tensor(words, device=self._device)]
        state = torch.addmm(rows, state, self.rnn.weight_hh_l0.T).tanh_()
        return (state @ self.output.weight.T).cpu().numpy(), [state]

    def zero_states(self, sentences: int) -> list[np.ndarray]:
        """The states of so many sentences before their first words."""
        return [np.zeros((sentences, len(self.rnn.weight_hh_l0)), np.float32)]

    def get_parameters(self) -> dict[str, np.ndarray]:
        values = {"U": self.table.T, "V": self.output.weight, "W": self.rnn.weight_hh_l0}
        return {name: value.detach().cpu().numpy().copy() for name, value in values.items()}


class TruncatedTorchWordModel(TorchWordModel):
    """Gradients by hand: the loss at step t reaches `s_t, …, s_{t−truncate}`, all t at once.

    They are added to the weights by the products that make them.
    """

    def __init__(self, parameters, truncate: int, device="cpu", *, compiled=False):
        self._truncate = truncate
        super().__init__(parameters, device, compiled=compiled)

    @torch.no_grad()
    def sgd_step(self, x: torch.Tensor, y: torch.Tensor, learning_rate: float) -> float:
        loss, deltas = self._compute(self.table[x], y, learning_rate)
        self.table.index_add_(0, x, deltas, alpha=-learning_rate)
        return loss.item()

    def _backward(self, rows, y, learning_rate):
        V, W = self.output.weight, self.rnn.weight_hh_l0
        states, _ = self.rnn(rows)
        log_p = (states @ V.T).log_softmax(1)
        targets = y[:, None]
        loss = -log_p.gather(1, targets).sum()
        d_logits = log_p.exp_()
        d_logits.scatter_add_(1, targets, torch.full_like(targets, -1, dtype=d_logits.dtype))
        slopes = 1 - states * states
        delta = (d_logits @ V) * slopes
        total = delta.clone()
        for j in range(1, min(self._truncate, len(y) - 1) + 1):
            delta = (delta[1:] @ W) * slopes[:-j]
            total[:-j] += delta
        V.addmm_(d_logits.T, states, alpha=-learning_rate)
        W.addmm_(total[1:].T, states[:-1], alpha=-learning_rate)
        return loss, total
