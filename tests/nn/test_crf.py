"""The CRF against enumeration of all label sequences."""

from itertools import pairwise, product

import numpy as np
import pytensor
import pytest
from pytensor import tensor as pt
from scipy.special import logsumexp

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.errors import InputError
from rnn_graph.finite_differences import central_differences
from rnn_graph.nn import CRF
from tolerances import assert_close, each_backend

N, T = 3, 4
LENGTHS = (4, 1, 3, 0)
MASK = np.array([[float(t < length) for length in LENGTHS] for t in range(T)])


def some_values(seed=0, scale=2.0):
    rng = np.random.RandomState(seed)
    shapes = {"transitions": (N, N), "starts": (N,), "ends": (N,)}
    weights = {name: scale * rng.standard_normal(shape) for name, shape in shapes.items()}
    emissions = scale * rng.standard_normal((T, len(LENGTHS), N))
    targets = np.where(MASK > 0, rng.randint(0, N, MASK.shape), -1).astype(np.int32)
    return weights, emissions, targets


def score(weights, emissions, labels):
    """s(x, y) of one sequence, term by term."""
    total = weights["starts"][labels[0]] + weights["ends"][labels[-1]]
    total += sum(emissions[t, label] for t, label in enumerate(labels))
    pairs = pairwise(labels)
    return total + sum(weights["transitions"][before, after] for before, after in pairs)


def enumerated_losses(weights, emissions, targets):
    losses = np.zeros(len(LENGTHS))
    for column, length in enumerate(LENGTHS):
        if length:
            paths = list(product(range(N), repeat=length))
            scores = [score(weights, emissions[:, column], path) for path in paths]
            true = score(weights, emissions[:, column], targets[:length, column])
            losses[column] = logsumexp(scores) - true
    return losses


def compiled_losses(backend, dtype="float64", gradients=True):
    """Losses, and the gradients of 1 · the first + 2 · the second + …"""
    weights = {
        "transitions": pt.matrix("transitions", dtype=dtype),
        "starts": pt.vector("starts", dtype=dtype),
        "ends": pt.vector("ends", dtype=dtype),
    }
    emissions, mask = pt.tensor3("emissions", dtype=dtype), pt.matrix("mask", dtype=dtype)
    targets = pt.imatrix("targets")
    losses = CRF(N).losses(weights, emissions, targets, mask)
    factors = np.arange(1, len(LENGTHS) + 1, dtype=dtype)
    wrt = [*weights.values(), emissions]
    outputs = [losses, *pytensor.grad((factors * losses).sum(), wrt)] if gradients else [losses]
    inputs = [*wrt, targets, mask]
    return compile_function(inputs, outputs, choose_backend(backend, dtype=dtype))


@each_backend()
def test_losses_and_gradients_are_those_of_all_label_sequences(backend):
    weights, emissions, targets = some_values()
    losses, *gradients = compiled_losses(backend)(*weights.values(), emissions, targets, MASK)
    assert_close(losses, enumerated_losses(weights, emissions, targets))
    values = weights | {"emissions": emissions}
    for (name, value), gradient in zip(values.items(), gradients, strict=True):

        def loss(changed, name=name):
            given = values | {name: changed}
            emissions = given.pop("emissions")
            found = enumerated_losses(given, emissions, targets)
            return float(np.arange(1, len(LENGTHS) + 1) @ found)

        assert_close(gradient, central_differences(loss, value, 1e-5), "differences")


def test_losses_stay_finite_where_labels_differ_by_hundreds_of_nats():
    weights, emissions, targets = some_values(scale=300.0)
    compiled = compiled_losses("jax")
    losses, *gradients = compiled(*weights.values(), emissions, targets, MASK)
    assert_close(losses, enumerated_losses(weights, emissions, targets))
    weights["transitions"][:, 1] = -1e4
    weights["transitions"][0, 1] = 1e4
    losses, *gradients = compiled(*weights.values(), emissions, targets, MASK)
    assert all(np.isfinite(value).all() for value in (losses, *gradients))


def test_float32_is_close_to_float64():
    weights, emissions, targets = some_values()
    given = [value.astype(np.float32) for value in (*weights.values(), emissions)]
    found = compiled_losses("jax", "float32")(*given, targets, MASK.astype(np.float32))
    expected = compiled_losses("jax")(*weights.values(), emissions, targets, MASK)
    for value, other in zip(found, expected, strict=True):
        assert np.asarray(value).dtype == np.float32
        assert_close(value, other, "float32")


def best_by_enumeration(weights, emissions, length, allowed=lambda path: True):
    paths = [path for path in product(range(N), repeat=length) if allowed(path)]
    return max(paths, key=lambda path: score(weights, emissions, path))


def compiled_decoding(backend, forbidden=None):
    weights = {"transitions": pt.dmatrix(), "starts": pt.dvector(), "ends": pt.dvector()}
    emissions, mask = pt.dtensor3(), pt.dmatrix()
    labels, states = CRF(N, forbidden)(weights, emissions, mask=mask)
    assert states == []
    inputs = [*weights.values(), emissions, mask]
    return compile_function(inputs, labels, choose_backend(backend, dtype="float64"))


@each_backend()
def test_the_best_path_is_the_best_of_all(backend):
    decode = compiled_decoding(backend)
    for seed in range(5):
        weights, emissions, _ = some_values(seed)
        found = np.asarray(decode(*weights.values(), emissions, MASK))
        for column, length in enumerate(LENGTHS[:3]):
            expected = best_by_enumeration(weights, emissions[:, column], length)
            assert tuple(found[:length, column]) == expected


def test_forbidden_transitions_starts_and_ends_are_not_taken():
    transitions = np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0]], dtype=bool)
    starts, ends = np.array([0, 1, 0], dtype=bool), np.array([0, 0, 1], dtype=bool)
    decode = compiled_decoding("jax", (transitions, starts, ends))

    def allowed(path):
        steps = pairwise(path)
        return not (starts[path[0]] or ends[path[-1]] or any(transitions[i, j] for i, j in steps))

    others = 0
    for seed in range(5):
        weights, emissions, _ = some_values(seed)
        found = np.asarray(decode(*weights.values(), emissions, MASK))
        for column, length in enumerate(LENGTHS[:3]):
            expected = best_by_enumeration(weights, emissions[:, column], length, allowed)
            assert tuple(found[:length, column]) == expected
            others += expected != best_by_enumeration(weights, emissions[:, column], length)
    assert others > 5  # the prohibition mattered


def test_a_single_sequence_needs_no_axis_of_sequences_and_no_mask():
    weights, emissions, targets = some_values()
    given = {name: pytensor.shared(value) for name, value in weights.items()}
    x, y, crf = pt.dmatrix("x"), pt.ivector("y"), CRF(N)
    compiled = compile_function(
        [x, y], [crf.losses(given, x, y), crf(given, x)[0]], choose_backend("jax", dtype="float64")
    )
    loss, labels = compiled(emissions[:, 0], targets[:, 0])
    assert_close(loss, enumerated_losses(weights, emissions, targets)[0])
    assert tuple(np.asarray(labels)) == best_by_enumeration(weights, emissions[:, 0], T)


def test_first_values_prefer_no_label():
    assert all(not value.any() for value in CRF(N).init(0).values())


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: CRF(0), "labels is 0"),
        (lambda: CRF(3, (np.zeros((3, 3)), np.zeros(3), np.zeros(2))), "give transitions"),
        (lambda: CRF(3)({}, pt.dtensor3()), "no parameter 'transitions'"),
        (lambda: CRF(3)(CRF(4).init(), pt.dtensor3()), r"transitions has shape \(4, 4\)"),
    ],
)
def test_wrong_sizes_are_refused(build, message):
    with pytest.raises(InputError, match=message):
        build()
