"""A linear-chain conditional random field: the labels of a sequence are chosen together."""

from dataclasses import dataclass, field

import numpy as np
from pytensor import tensor as pt
from pytensor.compile.builders import OpFromGraph
from pytensor.gradient import DisconnectedType
from pytensor.tensor import TensorVariable

from rnn_graph.checks import require_sizes
from rnn_graph.errors import InputError
from rnn_graph.nn.basic import affine, rows_of, times
from rnn_graph.nn.layer import Layer, Weights, common_dtype, parameter, shaped
from rnn_graph.nn.scan import scan_states, shifted

# What a forbidden transition scores: less than any path of allowed ones, and far from overflow.
FORBIDDEN = -1e30
# Sums are held above the smallest positive number by so much that gradients divided by them, and
# summed over a minibatch, do not overflow.
ABOVE_SMALLEST = 1e6


@dataclass(frozen=True, repr=False)
class CRF(Layer):
    """Linear-chain conditional random field: scores of whole label sequences.

    `s(x, y) = starts[y_1] + Σ_t emission_t[y_t] + Σ_t transitions[y_{t−1}, y_t] + ends[y_T]`, and
    `p(y | x) = exp s(x, y) / Z`. Its parameters: `transitions (labels, labels)`, from the row's
    label to the column's, `starts (labels)` and `ends (labels)`, zero at first. The emissions are
    the output of another layer, such as `Dense`.

    Called with emissions (T, B, labels), it returns the label sequences of the highest score,
    (T, B). `losses` are those of given sequences, for training.

    J. Lafferty, A. McCallum, F. Pereira, "Conditional random fields", ICML (2001);
    G. Lample et al., "Neural architectures for named entity recognition", NAACL (2016).

    Parameters
    ----------
    labels
        Number of labels.
    forbidden
        Boolean arrays, transitions (labels, labels), starts (labels) and ends (labels), that are
        True where the best sequence must not go, whatever the score. The loss ignores them. None
        forbids nothing.

    Raises
    ------
    InputError
        If there is no label, or `forbidden` has other shapes.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor
    >>> import pytensor.tensor as pt
    >>> from rnn_graph.nn import CRF
    >>> crf = CRF(labels=2)
    >>> weights = crf.init() | {"transitions": np.array([[-9.0, 0.0], [0.0, -9.0]])}
    >>> emissions = pt.matrix("emissions", dtype="float64")  # [T, labels], one sequence
    >>> labels = pt.ivector("labels")  # [T]
    >>> best, _ = crf(weights, emissions)
    >>> loss = crf.losses(weights, emissions, labels)
    >>> run = pytensor.function([emissions, labels], [best, loss], mode="JAX")
    >>> sequence, nats = run(np.array([[1.0, 0.0]] * 3), np.array([0, 1, 0], dtype="int32"))
    >>> sequence.tolist(), round(float(nats), 2)
    ([0, 1, 0], 0.31)
    """

    labels: int
    forbidden: tuple[np.ndarray, np.ndarray, np.ndarray] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        require_sizes(labels=self.labels)
        if self.forbidden is None:
            return
        n = self.labels
        found = [np.shape(array) for array in self.forbidden]
        if found != [(n, n), (n,), (n,)]:
            raise InputError(
                f"forbidden has the shapes {found}; give transitions ({n}, {n}), starts ({n},) and"
                f" ends ({n},)"
            )

    def __repr__(self):
        return f"CRF({self.labels})"

    def init(self, rng=None, dtype="float64"):
        n = self.labels
        shapes = {"transitions": (n, n), "starts": (n,), "ends": (n,)}
        return {name: np.zeros(shape, dtype) for name, shape in shapes.items()}

    def __call__(self, parameters, x, *, mask=None, states=None, key=None):
        """The sequence of the highest score, by Viterbi's algorithm, [T, B, labels] -> [T, B].

        Where `mask` is 0, which it may be behind a sequence's last step alone, stands any label.
        """
        x, weights = self._of_one_type(parameters, x)
        if self.forbidden is not None:
            dtype = x.dtype
            penalties = [np.where(array, FORBIDDEN, 0).astype(dtype) for array in self.forbidden]
            weights = [w + penalty for w, penalty in zip(weights, penalties, strict=True)]
        return best_path(x, *weights, _counted(x, mask)), []

    def losses(
        self,
        parameters: Weights,
        emissions: TensorVariable,
        targets: TensorVariable,
        mask: TensorVariable | None = None,
    ) -> TensorVariable:  # [T, B, labels], [T, B], [T, B] -> [B]
        """−ln p of each label sequence, in nats; zero for a sequence without any step.

        Parameters
        ----------
        parameters
            What `init` draws.
        emissions
            Scores of the labels of each step; without the axis B for a single sequence.
        targets
            The true labels; where `mask` is 0, any.
        mask
            1 where a step counts, 0 behind a sequence's last one; None if all count.
        """
        emissions, weights = self._of_one_type(parameters, emissions)
        counted = _counted(emissions, mask)
        scores = path_scores(emissions, *weights, pt.maximum(targets, 0), counted)
        return (log_partition(emissions, *weights, counted) - scores) * counted[0]

    def _of_one_type(self, parameters, emissions):
        n = self.labels
        emissions = shaped("x", emissions, (*[None] * (emissions.ndim - 1), n))
        weights = [
            parameter(parameters, name, shape)
            for name, shape in (("transitions", (n, n)), ("starts", (n,)), ("ends", (n,)))
        ]
        dtype = common_dtype(emissions, *weights)
        return emissions.astype(dtype), [weight.astype(dtype) for weight in weights]


def path_scores(
    emissions: TensorVariable,
    transitions: TensorVariable,
    starts: TensorVariable,
    ends: TensorVariable,
    targets: TensorVariable,
    mask: TensorVariable,
) -> TensorVariable:  # [T, ..., n], [n, n], [n], [n], [T, ...], [T, ...] -> [...]
    """s(x, y) of given label sequences; see `CRF`."""
    dtype, n = emissions.dtype, transitions.type.shape[0]
    # Products with ones and zeros: the gradients of indexing ask for lengths that JAX cannot see.
    is_target = pt.eq(targets[..., None], np.arange(n, dtype=np.int32)).astype(dtype)
    of_labels = (emissions * is_target).sum(axis=-1, acc_dtype=dtype)
    of_pairs = (affine(is_target[:-1], transitions) * is_target[1:]).sum(axis=-1, acc_dtype=dtype)
    # A sequence ends where the next step does not count.
    is_last = mask - pt.concatenate([mask[1:], pt.zeros_like(mask[:1])])
    of_last = is_last * affine(is_target, ends[:, None]).sum(axis=-1, acc_dtype=dtype)
    return (
        affine(is_target[0], starts[:, None]).sum(axis=-1, acc_dtype=dtype)
        + (mask * of_labels + of_last).sum(axis=0, acc_dtype=dtype)
        + (mask[1:] * of_pairs).sum(axis=0, acc_dtype=dtype)
    )


def log_partition(
    emissions: TensorVariable,
    transitions: TensorVariable,
    starts: TensorVariable,
    ends: TensorVariable,
    mask: TensorVariable,
) -> TensorVariable:  # [T, ..., n], [n, n], [n], [n], [T, ...] -> [...]
    """The logarithm of Z, the sum of exp s(x, y) over all label sequences y.

    `a_t[j] = log Σ_i exp(a_{t−1}[i] + transitions[i, j]) + emission_t[j]`. Each step is a product
    of matrices, `exp(a − max a) exp(transitions − c)` with c the largest of each column, so that
    no exponential overflows. The sums are held above zero, which matters where transitions to one
    label differ by more than 73 nats in float32 (694 in float64).

    Its gradient is the reverse sweep, one product a step, which passes on the probabilities of the
    labels at step t; those of pairs of labels, the gradient of the transitions, are one product
    over all steps.
    """

    def pullback(inputs, outputs, gradients):
        emissions, transitions, starts, ends, mask, steps = inputs
        log_z, a, sums = outputs
        dtype, (_, E) = emissions.dtype, _scaled(transitions)
        before = shifted(a, starts + emissions[0])
        shares = pt.exp(before - before.max(axis=-1, keepdims=True))
        d_last = pt.exp(a[-1] + ends - log_z[..., None]) * gradients[0][..., None]
        steps_mask = _after_first(mask)

        def step(shares, sums, mask, d_after, E):
            mask = mask[..., None]
            return [mask * (shares * times(d_after / sums, E.T)) + (1 - mask) * d_after]

        (d_before,) = scan_states(
            step,
            [shares, sums, steps_mask],
            [d_last],
            [E],
            steps,
            backwards=True,
        )
        d_a = shifted(d_before, d_last, backwards=True)
        counted = steps_mask[..., None] * d_a
        d_emissions = pt.concatenate([d_a[:1], counted[1:]])
        d_transitions = E * (rows_of(shares).T @ rows_of(counted / sums))
        d_starts, d_ends = (rows_of(d).sum(axis=0, acc_dtype=dtype) for d in (d_a[0], d_last))
        nothing = [DisconnectedType()() for _ in range(2)]
        return [d_emissions, d_transitions, d_starts, d_ends, *nothing]

    given = [emissions, transitions, starts, ends, mask, 1 * mask.shape[0]]
    inputs = [variable.type() for variable in given]
    operation = OpFromGraph(
        inputs,
        _forward(*inputs),
        inline=True,
        pullback=pullback,
        connection_pattern=[[place < 4] * 3 for place in range(len(inputs))],
        name="log Z",
    )
    return operation(*given)[0]


def _forward(emissions, transitions, starts, ends, mask, steps):
    """The logarithm of Z; of each step a, and the sums whose logarithm is in it."""
    largest, E = _scaled(transitions)
    smallest = np.finfo(emissions.dtype).tiny * ABOVE_SMALLEST

    def step(emissions, mask, before, E, largest):
        top = before.max(axis=-1, keepdims=True)
        sums = pt.maximum(times(pt.exp(before - top), E), smallest)
        after = top + pt.log(sums) + largest + emissions
        mask = mask[..., None]
        return [mask * after + (1 - mask) * before, sums]

    first = starts + emissions[0]
    a, sums = scan_states(
        step, [emissions, _after_first(mask)], [first], [E, largest], steps, outputs=1
    )
    last = a[-1] + ends
    top = last.max(axis=-1, keepdims=True)
    total = pt.exp(last - top).sum(axis=-1, acc_dtype=emissions.dtype)
    return [top[..., 0] + pt.log(total), a, sums]


def _scaled(transitions):
    """The largest transition to each label, and exp of the transitions less that."""
    largest = transitions.max(axis=0)
    return largest, pt.exp(transitions - largest)


def best_path(
    emissions: TensorVariable,
    transitions: TensorVariable,
    starts: TensorVariable,
    ends: TensorVariable,
    mask: TensorVariable,
) -> TensorVariable:  # [T, ..., n], [n, n], [n], [n], [T, ...] -> int64 [T, ...]
    """The label sequence of the highest score; see `CRF`.

    The forward sweep keeps scores alone: which label led to the best one is asked on the way back,
    of one label a step rather than of all.
    """
    given = [emissions, transitions, starts, ends, mask, 1 * mask.shape[0]]
    # Of variables of its own: scan looks for the shapes of first values in all that they are
    # computed from, which for the scores of a network takes seconds.
    inputs = [variable.type() for variable in given]
    return OpFromGraph(inputs, [_best_path(*inputs)], inline=True, name="best path")(*given)


def _best_path(emissions, transitions, starts, ends, mask, steps):
    steps_mask, first = _after_first(mask), starts + emissions[0]

    def forward(emissions, mask, before, transitions):
        after = (before[..., None] + transitions).max(axis=-2) + emissions
        mask = mask[..., None]
        return [mask * after + (1 - mask) * before]

    (scores,) = scan_states(forward, [emissions, steps_mask], [first], [transitions], steps)

    def back(before, mask, label, to_label):
        return [pt.switch(mask > 0, (before + to_label[label]).argmax(axis=-1), label)]

    last = (scores[-1] + ends).argmax(axis=-1)
    (earlier,) = scan_states(
        back,
        [shifted(scores, first), steps_mask],
        [last],
        [transitions.T],
        steps,
        backwards=True,
    )
    return shifted(earlier, last, backwards=True)


def _counted(emissions: TensorVariable, mask: TensorVariable | None) -> TensorVariable:
    if mask is None:
        return pt.ones_like(emissions[..., 0])
    return pt.as_tensor_variable(mask).astype(emissions.dtype)


def _after_first(mask: TensorVariable) -> TensorVariable:
    """The mask of the steps with a step before them: all sweeps go over T steps, whose number JAX
    reads off an input, and the first one hands the first scores on.
    """
    return pt.concatenate([pt.zeros_like(mask[:1]), mask[1:]])
