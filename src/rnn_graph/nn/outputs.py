"""From hidden units to the next token: all tokens alike, or the frequent ones first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.checks import require_sizes
from rnn_graph.errors import InputError
from rnn_graph.nn.basic import affine
from rnn_graph.nn.initializers import lecun_normal
from rnn_graph.nn.layer import Layer, Weights, described, parameter, shaped
from rnn_graph.nn.losses import softmax_cross_entropy
from rnn_graph.randomness import as_random_generator

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


class Output(Layer):
    """A layer over V classes: called, it yields unnormalized log-probabilities of all of them,
    [..., inputs] -> [..., V].

    Attributes
    ----------
    row_lists
        How many arrays `rows_of` yields, which `losses` takes.
    """

    row_lists: int = 0

    def rows_of(self, targets: np.ndarray) -> list[np.ndarray]:  # [K, N] -> [K, n] …
        """The rows that each part of the layer works on.

        Parameters
        ----------
        targets : (K, N)
            K batches of N targets, -1 for none.

        Returns
        -------
        list of numpy.ndarray
            int32 (K, n), filled up with -1; `row_lists` of them.
        """
        return []

    def losses(
        self,
        parameters: Weights,
        hidden: TensorVariable,
        targets: TensorVariable,
        row_weights: TensorVariable,
        rows: Sequence[TensorVariable],
    ) -> OutputLosses:  # [N, inputs], [N], [N], [n] …
        """The weighted losses of targets.

        Parameters
        ----------
        parameters
            As for the call.
        hidden : (N, inputs)
        targets : (N,)
        row_weights : (N,)
            Factors on the losses.
        rows : list of (n,)
            What `rows_of` gave for this batch.

        Returns
        -------
        OutputLosses
            The losses in nats, and the gradients to go on from.
        """


@dataclass(frozen=True, repr=False)
class Softmax(Output):
    """`softmax(h W + b)`: `W (inputs, classes)` normal with deviation 1/√inputs, `b` zero at first.

    Called with (..., inputs), it returns unnormalized log-probabilities, (..., classes).

    Parameters
    ----------
    classes
        Number of classes, V.
    inputs
        Length of an input.
    tied
        Whether W is the transpose of the parameter `embeddings (classes, inputs)`: O. Press,
        L. Wolf, "Using the output embedding to improve language models", EACL (2017).

    Raises
    ------
    InputError
        If a size is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> import pytensor.tensor as pt
    >>> from rnn_graph.nn import Softmax
    >>> layer = Softmax(classes=6, inputs=4)
    >>> weights = layer.init(rng=0)
    >>> hidden, targets = pt.matrix("hidden", dtype="float64"), pt.ivector("targets")
    >>> logits, _ = layer(weights, hidden)
    >>> losses, _ = layer.losses(weights, hidden, targets, pt.ones(2), rows=[])
    >>> evaluate = pytensor.function([hidden, targets], [logits, losses], mode="JAX")
    >>> values, nats = evaluate(np.zeros((2, 4)), np.array([1, 5], dtype="int32"))
    >>> values.shape, np.allclose(nats, np.log(6))
    ((2, 6), True)
    """

    classes: int
    inputs: int
    tied: bool = False

    def __post_init__(self) -> None:
        require_sizes(classes=self.classes, inputs=self.inputs)

    __repr__ = described

    def init(self, rng=None, dtype="float64"):
        b = {"b": np.zeros(self.classes, dtype)}
        if self.tied:
            return b
        W = lecun_normal(self.inputs, self.classes, as_random_generator(rng))
        return {"W": W.astype(dtype)} | b

    def __call__(self, parameters, x, *, mask=None, states=None, key=None):
        if self.tied:
            W = parameter(parameters, "embeddings", (self.classes, self.inputs)).T
        else:
            W = parameter(parameters, "W", (self.inputs, self.classes))
        return affine(_inputs(self, x), W, parameter(parameters, "b", (self.classes,))), []

    def losses(self, parameters, hidden, targets, row_weights, rows):
        logits, _ = self(parameters, hidden)
        losses, gradient = softmax_cross_entropy(logits, targets, row_weights)
        return OutputLosses(losses, {logits: gradient})


@dataclass(frozen=True, repr=False)
class AdaptiveSoftmax(Output):
    """A softmax for large vocabularies: frequent tokens in a head, the rest in clusters.

    The head holds one entry for each cluster. `p(token) = p(token | head)`, or
    `p(cluster | head) p(token | cluster)` with a softmax over `h P W` in each cluster. It is exact
    and normalized, and reads a cluster's weights only for the rows whose target is in it. Token ids
    are taken as ranks of frequency, except the last one, the unknown token's, which goes to the
    front.

    Called with (..., inputs), it returns log-probabilities, (..., classes).

    E. Grave et al., "Efficient softmax approximation for GPUs", ICML (2017).

    Parameters
    ----------
    classes
        Number of tokens, V, at least 100.
    inputs
        Length of an input.

    Raises
    ------
    InputError
        If V is below 100, or `inputs` below 1.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> import pytensor.tensor as pt
    >>> from rnn_graph.nn import AdaptiveSoftmax
    >>> layer = AdaptiveSoftmax(classes=100, inputs=8)
    >>> weights = layer.init(rng=0)
    >>> weights["head_W"].shape, weights["cluster0_P"].shape, weights["cluster0_W"].shape
    ((8, 22), (8, 4), (4, 30))
    >>> hidden = pt.matrix("hidden", dtype="float64")
    >>> log_probabilities, _ = layer(weights, hidden)
    >>> evaluate = pytensor.function([hidden], log_probabilities, mode="JAX")
    >>> np.allclose(np.exp(evaluate(np.ones((3, 8)))).sum(axis=-1), 1)
    True
    """

    classes: int
    inputs: int

    # Shares of the vocabulary where a part begins, and the inner dimensions of the clusters as
    # shares of the inputs. At V = 10,000 the head has 2,000 tokens.
    BEGINNINGS = (0.2, 0.5)
    INNER = (0.5, 0.25)
    row_lists = len(BEGINNINGS)

    def __post_init__(self) -> None:
        require_sizes(inputs=self.inputs)
        if self.classes < SMALLEST_ADAPTIVE:
            raise InputError(
                f"the adaptive output is for large vocabularies, and this one has"
                f" {self.classes} tokens; give the output softmax"
            )

    __repr__ = described

    @property
    def _begins(self) -> list[int]:
        return [round(share * self.classes) for share in self.BEGINNINGS]

    @property
    def _head(self) -> int:
        """Tokens in the head."""
        return self._begins[0]

    @property
    def _clusters(self) -> list[tuple[int, int]]:
        """The ranks where each begins and ends."""
        begins = self._begins
        return list(zip(begins, [*begins[1:], self.classes], strict=True))

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        entries = self._head + len(self._clusters)
        shapes = {"head_W": (self.inputs, entries), "head_b": (entries,)}
        for k, (begin, end) in enumerate(self._clusters):
            inner = max(1, round(self.INNER[k] * self.inputs))
            shapes[f"cluster{k}_P"] = (self.inputs, inner)
            shapes[f"cluster{k}_W"] = (inner, end - begin)
            shapes[f"cluster{k}_b"] = (end - begin,)
        return shapes

    def init(self, rng=None, dtype="float64"):
        generator = as_random_generator(rng)
        return {
            name: (lecun_normal(*shape, generator) if len(shape) == 2 else np.zeros(shape)).astype(
                dtype
            )
            for name, shape in self._shapes().items()
        }

    def rows_of(self, targets):
        ranks = np.where(targets >= 0, (targets + 1) % self.classes, NO_ROW)
        return [_rows_where((ranks >= begin) & (ranks < end)) for begin, end in self._clusters]

    def losses(self, parameters, hidden, targets, row_weights, rows):
        weights = self._weights(parameters)
        ranks = pt.mod(targets + 1, self.classes)
        entries = ranks
        for k, (begin, end) in enumerate(self._clusters):
            entries = pt.switch(pt.ge(ranks, begin) & pt.lt(ranks, end), self._head + k, entries)
        hidden = _inputs(self, hidden)
        logits = affine(hidden, weights["head_W"], weights["head_b"])
        losses, gradient = softmax_cross_entropy(logits, entries, row_weights)
        known = {logits: gradient}
        for k, (begin, _) in enumerate(self._clusters):
            of_cluster = pt.maximum(rows[k], 0)
            counted = row_weights[of_cluster] * pt.ge(rows[k], 0).astype(row_weights.dtype)
            logits = _cluster_logits(weights, hidden[of_cluster], k)
            local = pt.maximum(ranks[of_cluster] - begin, 0)
            local = pt.minimum(local, logits.shape[1] - 1)  # of rows that do not count
            within, known[logits] = softmax_cross_entropy(logits, local, counted)
            losses = losses[of_cluster].inc(within)
        return OutputLosses(losses, known)

    def __call__(self, parameters, x, *, mask=None, states=None, key=None):
        weights, x = self._weights(parameters), _inputs(self, x)
        head = pt.special.log_softmax(affine(x, weights["head_W"], weights["head_b"]), axis=-1)
        parts = [head[..., : self._head]]
        for k in range(len(self._clusters)):
            within = pt.special.log_softmax(_cluster_logits(weights, x, k), axis=-1)
            parts.append(head[..., self._head + k, None] + within)
        ranked = pt.concatenate(parts, axis=-1)
        return pt.concatenate([ranked[..., 1:], ranked[..., :1]], axis=-1), []

    def _weights(self, parameters):
        return {name: parameter(parameters, name, shape) for name, shape in self._shapes().items()}


OUTPUTS = ("softmax", "adaptive")


def _inputs(layer: Softmax | AdaptiveSoftmax, x: TensorVariable) -> TensorVariable:
    return shaped("x", x, (*[None] * (x.ndim - 1), layer.inputs))


def _cluster_logits(weights: Weights, hidden: TensorVariable, k: int) -> TensorVariable:
    inner = affine(hidden, weights[f"cluster{k}_P"])
    return affine(inner, weights[f"cluster{k}_W"], weights[f"cluster{k}_b"])


def _rows_where(chosen: np.ndarray) -> np.ndarray:  # [K, N] -> int32 [K, n]
    """The places of the true values of each row, filled up to a length of few different ones."""
    counts = chosen.sum(axis=1)
    step = -(-chosen.shape[1] // ROW_LENGTHS)
    length = max(1, -(-int(counts.max()) // step)) * step
    rows = np.full((len(chosen), length), NO_ROW, dtype=np.int32)
    batch, place = np.nonzero(chosen)
    rows[batch, np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)] = place
    return rows
