import numpy as np
import pytest

from language_models import WORDS, character_model, plain_log_probabilities, random_ids, word_model
from plain_cells import PLAIN_CELLS
from rnn_graph.errors import InputError
from rnn_graph.plots import gradients
from rnn_graph.plots.gradients import gradient_norms, plot_gradients
from rnn_graph.tutorials.rnn_theano import RNNTheano


def test_norms_are_those_of_a_product_of_jacobians():
    """Of an Elman network: dL/dh_{t−1} = W_h (1 − h_t²) dL/dh_t, beginning with W (p − 1_y)."""
    model, ids = character_model(cell="elman"), random_ids(9)
    p = model.get_parameters()
    hidden = [np.zeros(5)]
    for token in ids[:-1]:
        a = p["embeddings"][token] @ p["layer0_Wx"] + p["layer0_b"] + hidden[-1] @ p["layer0_Wh"]
        hidden.append(np.tanh(a))
    probabilities = np.exp(plain_log_probabilities(model.config, p, ids[:-1])[-1])
    gradient = p["W"] @ (probabilities - np.eye(8)[ids[-1]])
    expected = []
    for h in hidden[:0:-1]:
        expected.append(np.linalg.norm(gradient))
        jacobian = p["layer0_Wh"] * (1 - h**2)
        gradient = jacobian @ gradient
    assert len(expected) == 8
    np.testing.assert_allclose(gradient_norms(model, ids), [expected], rtol=1e-6)


def loss_with(model, ids, place, added):
    """−ln p of the last token in NumPy, with numbers added to a state: (step, layer, state)."""
    p, config = model.get_parameters(), model.config
    width = 2 if config.cell == "lstm" else 1
    states = [[np.zeros(config.hidden_dim)] * width for _ in range(config.layers)]
    for step, token in enumerate(ids[:-1]):
        value = p["embeddings"][token]
        for k in range(config.layers):
            projected = value @ p[f"layer{k}_Wx"] + p[f"layer{k}_b"]
            recurrent = states[k][0] @ p[f"layer{k}_Wh"]
            states[k] = list(PLAIN_CELLS[config.cell](projected, recurrent, *states[k]))
            for state in range(width):
                if place == (step, k, state):
                    states[k][state] = states[k][state] + added
            value = states[k][0]
    logits = value @ p["W"] + p["b"]
    return np.log(np.exp(logits).sum()) - logits[ids[-1]]


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_norms_are_those_of_differences(cell):
    """In two layers, at every lag; of an LSTM for h and c together."""
    model, ids = character_model(cell=cell, layers=2, hidden_dim=3), random_ids(4, seed=1)
    expected = np.zeros((2, 3))
    for lag in range(3):
        for layer in range(2):
            for state in range(2 if cell == "lstm" else 1):
                for unit in np.eye(3) * 1e-5:
                    place = (2 - lag, layer, state)
                    up, down = (loss_with(model, ids, place, sign * unit) for sign in (1, -1))
                    expected[layer, lag] += ((up - down) / 2e-5) ** 2
    np.testing.assert_allclose(gradient_norms(model, ids), np.sqrt(expected), rtol=1e-6)


def test_nothing_is_left_out_for_the_norms():
    model = word_model(dropout=0.5, weight_dropout=0.2)
    plain = word_model()
    plain.set_parameters(model.get_parameters())
    ids = random_ids(5, size=6)
    np.testing.assert_allclose(gradient_norms(model, ids), gradient_norms(plain, ids), rtol=1e-12)


def test_what_has_no_norms_is_refused():
    with pytest.raises(InputError, match="there are 1 tokens; give at least two"):
        gradient_norms(character_model(), [3])
    model = RNNTheano(6, 4, vocabulary=WORDS, backend="jax")
    with pytest.raises(InputError, match=r"RNNTheano is a tutorial's network.*; give a model"):
        gradient_norms(model, [3, 0])


def test_norms_are_drawn_against_the_lag(monkeypatch):
    figures = []
    monkeypatch.setattr(gradients, "write_figure", lambda path, figure: figures.append(figure))
    plot_gradients("x.png", np.array([[1.0, 0.1, 0.0], [2.0, 0.5, 0.2]]), "of a model")
    (axes,) = figures[0].axes
    assert axes.get_yscale() == "log"
    assert axes.get_xlabel() == "lag (steps before the loss)"
    first, second = axes.get_lines()
    assert second.get_xydata().tolist() == [[0, 2], [1, 0.5], [2, 0.2]]
    assert np.isnan(first.get_ydata()[2])
    assert first.get_linestyle() != second.get_linestyle()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["layer 0", "layer 1"]
    figures[0].canvas.draw()
    assert {"0.1", "1"} <= {label.get_text() for label in axes.get_yticklabels()}
