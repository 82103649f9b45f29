"""The character RNN that invents names, as one would write it in PyTorch eager, at its best."""

import numpy as np
import torch

LARGEST_GRADIENT = 5.0
WEIGHTS = "Wax", "Waa", "Wya", "b", "by"


class TorchCharModel:
    """Full BPTT by hand, gradients clipped to ±5, SGD; the input weights are looked up by row.

    Parameters
    ----------
    parameters
        As `rnn_graph.reference` has them: Wax (n_a, n_x), Waa, Wya (n_y, n_a), b, by.
    """

    def __init__(self, parameters: dict[str, np.ndarray]):
        self._p = {name: torch.tensor(parameters[name], dtype=torch.float32) for name in WEIGHTS}
        # The last row is the zero vector before a name's first character.
        table = self._p.pop("Wax").T
        self._table = torch.cat([table, torch.zeros(1, table.shape[1])])

    def prepared(self, X: list, Y: list) -> tuple[torch.Tensor, torch.Tensor]:
        """A name as `optimize` takes it; None, before the first character, becomes the last row."""
        before_first = len(self._table) - 1
        return torch.tensor([before_first if x is None else x for x in X]), torch.tensor(Y)

    def zero_state(self) -> torch.Tensor:
        return torch.zeros(self._table.shape[1])

    @torch.no_grad()
    def optimize(self, x, y, state, learning_rate: float) -> tuple[float, torch.Tensor]:
        """A step on a name: its summed loss before it, and the state after it."""
        Waa, Wya, b, by = (self._p[name] for name in ("Waa", "Wya", "b", "by"))
        inputs = self._table[x] + b.T
        states = torch.empty(len(x) + 1, len(state))
        states[0] = state
        before, *after = states.unbind()
        for row, place in zip(inputs.unbind(), after, strict=True):
            before = torch.addmv(row, Waa, before, out=place).tanh_()
        log_p = torch.addmm(by.T, states[1:], Wya.T).log_softmax(1)
        targets = y[:, None]
        loss = -log_p.gather(1, targets).sum().item()
        d_logits = log_p.exp_()
        d_logits.scatter_add_(1, targets, torch.full_like(targets, -1, dtype=torch.float32))
        deltas = d_logits @ Wya
        slopes = 1 - states[1:] ** 2
        *earlier, delta = deltas.unbind()
        *earlier_slopes, slope = slopes.unbind()
        delta.mul_(slope)
        transposed = Waa.T
        for row, slope in zip(reversed(earlier), reversed(earlier_slopes), strict=True):
            delta = torch.addmv(row, transposed, delta, out=row).mul_(slope)
        d_table = torch.zeros_like(self._table).index_add_(0, x, deltas)
        d_table[-1] = 0
        last = states[-1].clone()
        gradients = [
            d_table,
            deltas.T @ states[:-1],
            d_logits.T @ states[1:],
            deltas.sum(0)[:, None],
            d_logits.sum(0)[:, None],
        ]
        torch._foreach_clamp_min_(gradients, -LARGEST_GRADIENT)
        torch._foreach_clamp_max_(gradients, LARGEST_GRADIENT)
        torch._foreach_add_([self._table, Waa, Wya, b, by], gradients, alpha=-learning_rate)
        return loss, last

    def get_parameters(self) -> dict[str, np.ndarray]:
        found = {name: value.numpy().copy() for name, value in self._p.items()}
        return found | {"Wax": self._table[:-1].T.numpy().copy()}
