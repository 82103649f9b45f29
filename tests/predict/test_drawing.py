"""Tokens drawn in the graph are those that NumPy draws from the same logits."""

import numpy as np
import pytensor
import pytest
from pytensor import tensor as pt

from rnn_graph import CharLSTM, LanguageModel, RNNNumpy, RNNTheano
from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend, installed_backends
from rnn_graph.errors import InputError
from rnn_graph.predict.drawing import BLOCK, draw_indices
from rnn_graph.predict.sampler import Sampler
from rnn_graph.predict.sampling import choose_from_logits

TEXTS = 40


def indices(backend, size):
    """`draw_indices` as a function of logits, uniforms and temperature."""
    logits, uniforms = pt.matrix("logits", dtype="float64"), pt.vector("uniforms", dtype="float64")
    sharpness = pt.scalar("sharpness", dtype="float64")
    known = pt.specify_shape(logits, (None, size))
    drawn = draw_indices(known, uniforms, sharpness, size)
    compiled = compile_function([logits, uniforms, sharpness], drawn, choose_backend(backend))
    return lambda logits, uniforms, temperature: compiled(
        logits, uniforms, np.array(1 / temperature)
    )


@pytest.mark.parametrize("size", [2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
@pytest.mark.parametrize("backend", installed_backends())
def test_indices_are_those_of_numpy(backend, size):
    rng = np.random.default_rng(size)
    logits = 3 * rng.standard_normal((TEXTS, size))
    logits[:, : size // 3] = -np.inf  # never drawn
    uniforms = rng.random(TEXTS)
    uniforms[:3] = 0, 1 - 1e-16, 0.5
    draw = indices(backend, size)
    for temperature in (1.0, 0.3):
        drawn, sums = draw(logits, uniforms, temperature)
        expected = choose_from_logits(logits, uniforms, temperature=temperature)
        assert drawn.tolist() == expected.tolist()
        assert np.isfinite(sums).all()


def test_what_has_no_weight_is_not_drawn_where_rounding_leads_past_the_end():
    logits = pt.matrix("logits", dtype="float32")
    uniforms = pt.vector("uniforms", dtype="float32")
    drawn, _ = draw_indices(pt.specify_shape(logits, (None, 3)), uniforms, pt.as_tensor(1.0), 3)
    draw = pytensor.function([logits, uniforms], drawn, mode="FAST_COMPILE")
    found = draw(np.array([[0, 0, -np.inf]] * 2, "f4"), np.array([1, 0.99999994], "f4"))
    assert found.tolist() == [1, 1]


MODELS = {
    "word tutorial": lambda: RNNTheano(70, 5, rng=0, dtype="float64"),
    "word tutorial, others' backend": lambda: RNNTheano(
        70, 5, rng=0, dtype="float64", backend=installed_backends()[-1]
    ),
    "language model": lambda: LanguageModel(
        None, vocabulary_size=70, hidden_dim=6, layers=2, rng=0, dtype="float64"
    ),
    "adaptive": lambda: LanguageModel(
        None, vocabulary_size=2500, hidden_dim=6, output="adaptive", rng=0, dtype="float64"
    ),
    "names": lambda: CharLSTM(70, 6, rng=0, dtype="float64"),
}


@pytest.mark.parametrize("settings", [{}, {"temperature": 0}, {"temperature": 2, "forbidden": [1]}])
@pytest.mark.parametrize("kind", MODELS)
def test_many_steps_in_a_call_draw_what_single_steps_draw(kind, settings):
    model = MODELS[kind]()
    for parameter in model.parameters.values():  # enough to prefer some tokens
        parameter.set_value(3 * parameter.get_value())
    uniforms = np.random.default_rng(1).random((4, 45))
    sampler = Sampler(model, [3, 4], **settings)
    in_calls = list(sampler.draw(uniforms, end=0))
    # Of as many as there are top-k leaves none out.
    by_steps = list(Sampler(model, [3, 4], **settings, top_k=10**6).draw(uniforms, end=0))
    assert [ids.tolist() for ids in in_calls] == [ids.tolist() for ids in by_steps]
    assert len({tuple(ids) for ids in in_calls}) > (1 if "temperature" not in settings else 0)


def test_the_reference_draws_the_same():
    parameters = RNNNumpy(70, 5, rng=3).get_parameters()
    model = RNNTheano(70, 5, rng=0, dtype="float64")
    model.set_parameters(parameters)
    uniforms = np.random.default_rng(1).random((3, 25))
    expected = Sampler(RNNNumpy(70, 5, rng=3), [1]).draw(uniforms, end=2)
    found = Sampler(model, [1]).draw(uniforms, end=2)
    assert [ids.tolist() for ids in found] == [ids.tolist() for ids in expected]


def test_predictions_that_are_not_finite_are_refused():
    model = RNNTheano(6, 4, rng=0)
    model.V.set_value(np.full_like(model.V.get_value(), np.nan))
    with pytest.raises(InputError, match="not finite; its training diverged"):
        list(Sampler(model, [0]).draw(np.full((2, 3), 0.5)))
