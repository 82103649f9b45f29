"""The Elman slot tagger as one would write it in PyTorch eager, at its best.

`nn.RNN` knows tanh and ReLU only. To write the sigmoid as `(1 + tanh(z / 2)) / 2` and use it all
the same is slower than a loop.
"""

import numpy as np
import torch
from torch.nn import functional

DENSE = "Wx", "Wh", "W", "bh", "b", "h0"


class TorchSlotTagger:
    """Gradients by autograd: of the rows that a step looks up, not of the whole table.

    Parameters
    ----------
    parameters
        As RNNSLU.get_parameters() gives them, the embeddings of unit length.
    """

    def __init__(self, parameters: dict[str, np.ndarray]):
        self.embeddings = torch.tensor(parameters["embeddings"])
        for name in DENSE:
            setattr(self, name, torch.tensor(parameters[name], requires_grad=True))

    def prepared(self, windows: np.ndarray, labels: np.ndarray | int) -> tuple[torch.Tensor, ...]:
        """What `sgd_step` takes: the words of a step, their places in its windows, the labels."""
        words, places = np.unique(windows % len(self.embeddings), return_inverse=True)
        labels = np.atleast_1d(labels).astype(np.int64)
        words = words.astype(np.int64)
        return tuple(map(torch.tensor, (words, places.reshape(windows.shape), labels)))

    def sgd_step(self, words, places, labels, learning_rate: float) -> float:
        """Learn the labels of the last words; scale the embeddings of `words` to unit length."""
        rows = self.embeddings[words].requires_grad_()
        inputs = functional.embedding(places, rows).view(len(places), -1)
        state, states = self.h0, []
        for projected in torch.addmm(self.bh, inputs, self.Wx).unbind():
            state = torch.addmv(projected, self.Wh.T, state).sigmoid_()
            states.append(state)
        logits = torch.addmm(self.b, torch.stack(states[-len(labels) :]), self.W)
        loss = functional.cross_entropy(logits, labels)
        dense = [getattr(self, name) for name in DENSE]
        d_rows, *d_dense = torch.autograd.grad(loss, [rows, *dense])
        with torch.no_grad():
            torch._foreach_add_(dense, d_dense, alpha=-learning_rate)
            self._store(words, rows.add_(d_rows, alpha=-learning_rate))
        return loss.item()

    def _store(self, words, rows) -> None:
        rows.div_(torch.linalg.vector_norm(rows, dim=1, keepdim=True))
        self.embeddings.index_copy_(0, words, rows)

    def get_parameters(self) -> dict[str, np.ndarray]:
        return {
            name: getattr(self, name).detach().numpy().copy() for name in ("embeddings", *DENSE)
        }


class TorchSlotTaggerByHand(TorchSlotTagger):
    """Gradients written out, and added to the weights by the products that make them."""

    @torch.no_grad()
    def sgd_step(self, words, places, labels, learning_rate: float) -> float:
        T, count, rate = len(places), len(labels), -learning_rate
        rows = self.embeddings[words]
        inputs = functional.embedding(places, rows).view(T, -1)
        states = torch.empty(T + 1, len(self.h0))
        states[0] = self.h0
        state, *following = states.unbind()
        transposed = self.Wh.T
        for projected, after in zip(
            torch.addmm(self.bh, inputs, self.Wx).unbind(), following, strict=True
        ):
            state = torch.addmv(projected, transposed, state, out=after).sigmoid_()

        outputs, truth = states[T + 1 - count :], labels[:, None]
        log_p = torch.addmm(self.b, outputs, self.W).log_softmax(1)
        loss = -log_p.gather(1, truth).mean().item()
        d_logits = log_p.exp_()
        d_logits.scatter_add_(1, truth, torch.full((count, 1), -1.0)).div_(count)
        d_states = torch.zeros(T, len(self.h0))
        torch.mm(d_logits, self.W.T, out=d_states[T - count :])
        deltas = torch.addcmul(states[1:], states[1:], states[1:], value=-1)
        delta, *earlier = reversed(deltas.unbind())
        d_state, *d_earlier = reversed(d_states.unbind())
        delta.mul_(d_state)
        for d_state, before in zip(d_earlier, earlier, strict=True):
            delta = before.mul_(torch.addmv(d_state, self.Wh, delta))

        d_inputs = torch.mm(deltas, self.Wx.T).view(-1, rows.shape[1])
        self._store(words, rows.index_add_(0, places.view(-1), d_inputs, alpha=rate))
        self.h0.addmv_(self.Wh, delta, alpha=rate)
        self.W.addmm_(outputs.T, d_logits, alpha=rate)
        self.b.add_(d_logits.sum(0), alpha=rate)
        self.Wx.addmm_(inputs.T, deltas, alpha=rate)
        self.bh.add_(deltas.sum(0), alpha=rate)
        self.Wh.addmm_(states[:-1].T, deltas, alpha=rate)
        return loss
