import numpy as np
import pytensor
import pytest
from pytensor import tensor as pt

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.errors import InputError
from rnn_graph.finite_differences import central_differences
from rnn_graph.nn import CharConvolution
from tolerances import assert_close, each_backend

LAYER = CharConvolution(ids=6, units=4, embedding=3)
WORDS = np.array([[[0, 2, 5, 3, 0], [0, 1, 0, 0, 0]], [[0, 4, 4, 0, 0], [0, 0, 0, 0, 0]]])


def features_of(weights, word):
    """The features of one word, unit by unit."""
    letters = [x for x in word if x]
    padded = weights["char_embeddings"][[0, *letters, 0]]
    found = np.zeros(LAYER.units)
    for c in range(len(letters)):
        seen = padded[c : c + 3].ravel()
        found = np.maximum(found, seen @ weights["char_W"] + weights["char_b"])
    return found


def some_weights():
    rng = np.random.RandomState(0)
    first = LAYER.init(0)
    return {name: value + rng.standard_normal(value.shape) for name, value in first.items()}


@each_backend()
def test_features_and_gradients_are_those_of_single_words(backend):
    weights, factors = some_weights(), np.random.RandomState(1).standard_normal((2, 2, 4))
    variables = {name: pt.matrix(name, dtype="float64") for name in ("char_embeddings", "char_W")}
    variables["char_b"] = pt.dvector("char_b")
    x = pt.itensor3("x")
    features, states = LAYER(variables, x)
    assert states == []
    gradients = pytensor.grad((features * factors).sum(), list(variables.values()))
    compiled = compile_function(
        [*variables.values(), x],
        [features, *gradients],
        choose_backend(backend, dtype="float64"),
    )
    found, *gradients = compiled(*weights.values(), WORDS.astype(np.int32))

    def expected(**changed):
        given = weights | changed
        return np.array([[features_of(given, word) for word in row] for row in WORDS])

    assert_close(found, expected())
    assert not np.asarray(found)[1, 1].any()  # no character, no feature
    for (name, value), gradient in zip(weights.items(), gradients, strict=True):
        numeric = central_differences(
            lambda v, n=name: float((expected(**{n: v}) * factors).sum()), value, 1e-5
        )
        assert_close(gradient, numeric, "differences")


def test_sizes_below_one_are_refused():
    with pytest.raises(InputError, match="units is 0"):
        CharConvolution(3, 0)
