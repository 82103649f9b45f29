"""The slot tagger as one would write it in PyTorch eager, at its best."""

import numpy as np
import torch


class TorchSlotTagger:
    """Elman steps with a sigmoid (`nn.RNN` has none), autograd, plain SGD in place.

    The embeddings of a step are gathered into a leaf of their own, so that neither gradient nor
    update nor normalization touches the rest of the table.

    Parameters
    ----------
    parameters
        The seven arrays, as `RNNSLU.get_parameters()` gives them.
    """

    def __init__(self, parameters: dict[str, np.ndarray]):
        self.embeddings = torch.tensor(parameters["embeddings"])
        self.dense = {
            name: torch.tensor(value).requires_grad_()
            for name, value in parameters.items()
            if name != "embeddings"
        }

    def step(self, idxs: torch.Tensor, labels: torch.Tensor, learning_rate: float) -> float:
        """One step on windows (T, cs): the labels of all T words, or of the last one.

        The embeddings of the step are normalized afterwards.
        """
        p = self.dense
        rows = self.embeddings[idxs].requires_grad_()
        projected = torch.addmm(p["bh"], rows.view(len(idxs), -1), p["Wx"]).split(1)
        state = p["h0"][None]
        states = []
        for x in projected:
            state = torch.sigmoid(torch.addmm(x, state, p["Wh"]))
            states.append(state)
        hidden = torch.cat(states[-len(labels) :])
        loss = torch.nn.functional.cross_entropy(torch.addmm(p["b"], hidden, p["W"]), labels)
        leaves = [rows, *p.values()]
        d_rows, *gradients = torch.autograd.grad(loss, leaves)
        with torch.no_grad():
            torch._foreach_add_(list(p.values()), gradients, alpha=-learning_rate)
            ids = idxs.view(-1)
            flat = d_rows.view(len(ids), -1)
            self.embeddings.index_add_(0, ids, flat, alpha=-learning_rate)
            self.embeddings[ids] = torch.nn.functional.normalize(self.embeddings[ids])
        return loss.item()

    def get_parameters(self) -> dict[str, np.ndarray]:
        dense = {name: value.detach().numpy() for name, value in self.dense.items()}
        return {"embeddings": self.embeddings.numpy(), **dense}
