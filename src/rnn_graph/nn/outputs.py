"""From hidden units to the next token: all tokens alike, or the frequent ones first."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.errors import InputError
from rnn_graph.nn.basic import affine
from rnn_graph.nn.initializers import glorot_uniform
from rnn_graph.nn.losses import softmax_cross_entropy
from rnn_graph.randomness import Generator

Weights = Mapping[str, TensorVariable]

NO_ROW = -1  # in a list of rows that is shorter than its array
# Lists of rows have so many lengths at most: each costs a compilation.
ROW_LENGTHS = 16
SMALLEST_ADAPTIVE = 100  # tokens, of which a fifth stand in the head


class OutputLosses(NamedTuple):
    """What an output layer loses on each row, and where its gradients begin.

    Attributes
    ----------
    losses
        −ln p of the targets in nats, times the rows' weights, [N].
    known_gradients
        Of the summed losses for logits, to go on from with `pytensor.grad`.
    """

    losses: TensorVariable
    known_gradients: dict[TensorVariable, TensorVariable]


class Output(Protocol):
    """An output layer over V tokens and H hidden units.

    Attributes
    ----------
    row_lists
        How many arrays `rows_of` yields, which `losses` takes.
    """

    row_lists: int

    def draw(self, generator: Generator) -> dict[str, np.ndarray]:
        """First values of the layer's own parameters."""

    def rows_of(self, targets: np.ndarray) -> list[np.ndarray]:  # [K, N] -> [K, n] …
        """The rows that each part of the layer works on, in K batches of N targets, -1 for none;
        int32, filled up with -1.
        """

    def losses(
        self,
        weights: Weights,
        hidden: TensorVariable,
        targets: TensorVariable,
        row_weights: TensorVariable,
        rows: Sequence[TensorVariable],
    ) -> OutputLosses:  # [N, H], [N], [N], [n] …
        """The weighted losses of targets."""

    def logits(self, weights: Weights, hidden: TensorVariable) -> TensorVariable:
        """Unnormalized log-probabilities of all tokens, [N, H] -> [N, V]."""


class Softmax:
    """`softmax(h W + b)`.

    Parameters
    ----------
    vocabulary_size, hidden_dim
        V and H.
    tied
        Whether W is the transpose of the embeddings: O. Press, L. Wolf, "Using the output
        embedding to improve language models", EACL (2017).
    """

    row_lists = 0

    def __init__(self, vocabulary_size: int, hidden_dim: int, *, tied: bool):
        self._size, self._hidden_dim, self._tied = vocabulary_size, hidden_dim, tied

    def draw(self, generator):
        own = {} if self._tied else {"W": glorot_uniform(self._hidden_dim, self._size, generator)}
        return own | {"b": np.zeros(self._size)}

    def rows_of(self, targets):
        return []

    def losses(self, weights, hidden, targets, row_weights, rows):
        logits = self.logits(weights, hidden)
        losses, gradient = softmax_cross_entropy(logits, targets, row_weights)
        return OutputLosses(losses, {logits: gradient})

    def logits(self, weights, hidden):
        return affine(hidden, weights["embeddings"].T if self._tied else weights["W"], weights["b"])


class AdaptiveSoftmax:
    """Frequent tokens in a head; the rest in clusters, of which the head holds one entry each.

    `p(token) = p(token | head)`, or `p(cluster | head) p(token | cluster)` with a cluster's
    softmax over `h P W`: it is exact and normalized, and reads a cluster's weights for those rows
    alone whose target is in it. Token ids are taken as ranks of frequency, but for the last one,
    the unknown token's, which goes to the front.

    E. Grave et al., "Efficient softmax approximation for GPUs", ICML (2017).

    Parameters
    ----------
    vocabulary_size, hidden_dim
        V and H; V is at least 100.
    tied
        Must be False.
    """

    # Shares of the vocabulary where a part begins, and the inner dimensions of the clusters as
    # shares of H. At V = 10,000 the head has 2,000 tokens.
    BEGINNINGS = (0.2, 0.5)
    INNER = (0.5, 0.25)
    row_lists = len(BEGINNINGS)

    def __init__(self, vocabulary_size: int, hidden_dim: int, *, tied: bool):
        if vocabulary_size < SMALLEST_ADAPTIVE:
            raise InputError(
                f"the adaptive output is for large vocabularies, and this one has"
                f" {vocabulary_size} tokens; give the output softmax"
            )
        self._size, self._hidden_dim = vocabulary_size, hidden_dim
        begins = [round(share * vocabulary_size) for share in self.BEGINNINGS]
        self._head = begins[0]
        self._clusters = list(zip(begins, [*begins[1:], vocabulary_size], strict=True))

    def draw(self, generator):
        entries = self._head + len(self._clusters)
        values = {
            "head_W": glorot_uniform(self._hidden_dim, entries, generator),
            "head_b": np.zeros(entries),
        }
        for k, (begin, end) in enumerate(self._clusters):
            inner = max(1, round(self.INNER[k] * self._hidden_dim))
            values[f"cluster{k}_P"] = glorot_uniform(self._hidden_dim, inner, generator)
            values[f"cluster{k}_W"] = glorot_uniform(inner, end - begin, generator)
            values[f"cluster{k}_b"] = np.zeros(end - begin)
        return values

    def rows_of(self, targets):
        ranks = np.where(targets >= 0, (targets + 1) % self._size, NO_ROW)
        return [_rows_where((ranks >= begin) & (ranks < end)) for begin, end in self._clusters]

    def losses(self, weights, hidden, targets, row_weights, rows):
        ranks = pt.mod(targets + 1, self._size)
        entries = ranks
        for k, (begin, end) in enumerate(self._clusters):
            entries = pt.switch(pt.ge(ranks, begin) & pt.lt(ranks, end), self._head + k, entries)
        logits = affine(hidden, weights["head_W"], weights["head_b"])
        losses, gradient = softmax_cross_entropy(logits, entries, row_weights)
        known = {logits: gradient}
        for k, (begin, _) in enumerate(self._clusters):
            of_cluster = pt.maximum(rows[k], 0)
            counted = row_weights[of_cluster] * pt.ge(rows[k], 0).astype(row_weights.dtype)
            logits = self._cluster_logits(weights, hidden[of_cluster], k)
            local = pt.maximum(ranks[of_cluster] - begin, 0)
            local = pt.minimum(local, logits.shape[1] - 1)  # of rows that do not count
            within, known[logits] = softmax_cross_entropy(logits, local, counted)
            losses = losses[of_cluster].inc(within)
        return OutputLosses(losses, known)

    def logits(self, weights, hidden):
        head = pt.special.log_softmax(affine(hidden, weights["head_W"], weights["head_b"]), axis=-1)
        parts = [head[:, : self._head]]
        for k in range(len(self._clusters)):
            within = pt.special.log_softmax(self._cluster_logits(weights, hidden, k), axis=-1)
            parts.append(head[:, self._head + k, None] + within)
        ranked = pt.concatenate(parts, axis=1)
        return pt.concatenate([ranked[:, 1:], ranked[:, :1]], axis=1)

    def _cluster_logits(self, weights, hidden, k):
        inner = hidden @ weights[f"cluster{k}_P"]
        return affine(inner, weights[f"cluster{k}_W"], weights[f"cluster{k}_b"])


OUTPUTS = {"softmax": Softmax, "adaptive": AdaptiveSoftmax}


def _rows_where(chosen: np.ndarray) -> np.ndarray:  # [K, N] -> int32 [K, n]
    """The places of the true values of each row, filled up to a length of few different ones."""
    counts = chosen.sum(axis=1)
    step = -(-chosen.shape[1] // ROW_LENGTHS)
    length = max(1, -(-int(counts.max()) // step)) * step
    rows = np.full((len(chosen), length), NO_ROW, dtype=np.int32)
    batch, place = np.nonzero(chosen)
    rows[batch, np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)] = place
    return rows
