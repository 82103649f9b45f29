from itertools import pairwise

import numpy as np
import pytest
from matplotlib.image import imread

from language_models import CHARACTERS, character_model, word_model
from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.data.padding import BEFORE_FIRST
from rnn_graph.errors import InputError
from rnn_graph.plots import states
from rnn_graph.plots.activity import activity, trace
from rnn_graph.plots.states import chosen_units, guesses, plot_states, rows_of
from rnn_graph.plots.unit_order import order_of_units
from rnn_graph.tutorials.char_rnn import CharRNN
from rnn_graph.tutorials.rnn_theano import RNNTheano
from taggers import small_tagger


@pytest.fixture
def drawn(monkeypatch):
    figures = []
    monkeypatch.setattr(states, "write_figure", lambda path, figure: figures.append(figure))
    return figures


def test_a_trace_has_the_states_of_all_layers():
    model = character_model(layers=2)
    probabilities, found = trace(model, np.array([2, 5]))
    carried = model.zero_states(1)
    for step, token in enumerate([BEFORE_FIRST, 2, 5]):
        logits, carried = model.next_logits(np.array([token], dtype=np.int32), carried)
        expected = np.exp(logits[0]) / np.exp(logits[0]).sum()
        np.testing.assert_allclose(probabilities[step], expected, rtol=1e-12)
        np.testing.assert_array_equal(found["layer 0"][step], carried[0][0])
        np.testing.assert_array_equal(found["layer 1"][step], carried[2][0])


def test_the_tutorials_models_are_read_too():
    vocabulary = CharVocabulary.of_lines(["abc"])
    model = CharRNN(4, 3, vocabulary=vocabulary, rng=0, backend="jax")
    found = activity(model, "ab")
    assert found.tokens == ["start", "a", "b"]
    assert found.ids == [1, 2, 0]
    assert found.states["layer 0"].shape == (3, 3)
    words = word_model().vocabulary
    model = RNNTheano(len(words), 5, rng=0, backend="jax", dtype="float64", vocabulary=words)
    found = activity(model, "the cat")
    expected = model.forward_propagation([3, 0, 1])
    np.testing.assert_allclose(found.probabilities, expected, rtol=1e-10)
    assert found.states["layer 0"].shape == (3, 5)


def test_the_states_of_a_tagger_are_those_of_both_directions():
    """The labels follow from them by the output layer."""
    tagger = small_tagger(window=3, char_features=4)
    found = activity(tagger, "fly to boston zz")
    hidden = np.hstack([found.states["forward"], found.states["backward"]])
    parameters = tagger.get_parameters()
    labels = (hidden @ parameters["W"] + parameters["b"]).argmax(axis=1)
    assert list(found.labels) == [tagger.vocabulary.labels[k] for k in labels]
    assert found.unknown == {3}


def test_guesses_are_the_likeliest_and_what_came_is_below_them():
    model = character_model()
    found = activity(model, "abca")
    assert found.tokens == ["start", *"abca"]
    values, labels = guesses(found, range(1, 5))
    for column, step in enumerate(range(1, 5)):
        p = found.probabilities[step]
        assert values[:4, column].tolist() == sorted(p, reverse=True)[:4]
        assert labels[0][column] == {"\n": "↵"}.get(s := CHARACTERS.symbols[p.argmax()], s)
    assert labels[4] == ["b", "c", "a", ""]
    assert values[4, :3].tolist() == [
        found.probabilities[k, i] for k, i in ((1, 2), (2, 3), (3, 1))
    ]
    assert np.isnan(values[4, 3])


def test_columns_line_up_and_a_panel_is_a_layer(drawn):
    plot_states("x.png", character_model(layers=2), "abcdefg" * 12)
    (figure,) = drawn
    assert len(figure.subfigs) == 2
    columns = [0, 0]
    for k, part in enumerate(figure.subfigs):
        panels = part.axes[:3]
        lefts = {round(panel.get_position().x0, 6) for panel in panels}
        assert len(lefts) == 1
        widths = {panel.images[0].get_array().shape[1] for panel in panels}
        assert len(widths) == 1
        (columns[k],) = widths
        assert len(panels[-1].get_xticks()) == columns[k]
        assert [p.get_ylabel() for p in panels] == ["", "layer 0, unit", "layer 1, unit"]
    assert sum(columns) == 1 + 7 * 12
    labels = [label.get_text() for label in figure.subfigs[0].axes[2].get_xticklabels()]
    assert labels[:4] == ["start", "a", "b", "c"]
    units = [int(label.get_text()) for label in figure.subfigs[0].axes[1].get_yticklabels()]
    assert sorted(units) == list(range(5))
    shown = figure.subfigs[0].axes[1].images[0].get_array()
    expected = activity(character_model(layers=2), "abcdefg" * 12).states["layer 0"]
    np.testing.assert_allclose(shown, expected[: columns[0], units].T)


def test_a_word_that_is_not_known_is_in_italics_and_dollars_are_dollars(tmp_path, drawn):
    model = word_model()
    plot_states("x.png", model, "the $x$ sat")
    labels = drawn[0].subfigs[0].axes[1].get_xticklabels()
    styles = {label.get_text(): label.get_style() for label in labels}
    assert styles["the"] == "normal"
    assert "italic" in {style for text, style in styles.items() if "$" in text or text == "x"}


def test_a_picture_is_across(tmp_path):
    plot_states(tmp_path / "s.png", character_model(hidden_dim=40), "abcdefg")
    height, width, _ = imread(tmp_path / "s.png").shape
    assert width == 1600
    assert height < 0.62 * width


@pytest.mark.parametrize(
    ("model", "text", "said"),
    [
        (character_model, "", "the text has 0 characters; give some with --text"),
        (character_model, "a" * 300, "the text has 300 characters; .* 167 of these at most; give"),
        (word_model, "the cat " * 100, "the text has 200 words; a picture can be read with"),
        (character_model, "x", "the model never saw 'x'"),
    ],
)
def test_texts_that_cannot_be_read(tmp_path, model, text, said):
    with pytest.raises(InputError, match=said):
        plot_states(tmp_path / "s.png", model(), text)
    assert not list(tmp_path.iterdir())


def test_rows_are_of_one_length_or_the_last_one_is_shorter():
    found = activity(character_model(), "abc" * 40)
    rows = rows_of(found)
    assert [len(row) for row in rows] == [41, 41, 39]
    assert [step for row in rows for step in row] == list(range(121))


# The order of units


def test_units_that_do_alike_stand_side_by_side():
    """Waves that are shifted by a fortieth of a period each, in any order."""
    time = np.linspace(0, 4 * np.pi, 200)
    waves = np.sin(time[:, None] + np.arange(12) * np.pi / 20)
    shuffled = np.random.RandomState(0).permutation(12)
    order = [int(shuffled[k]) for k in order_of_units(waves[:, shuffled])]
    assert order in (list(range(12)), list(range(12))[::-1])


@pytest.mark.parametrize("units", [1, 2, 7])
def test_every_unit_has_a_place_also_one_that_does_nothing(units):
    rng = np.random.RandomState(units)
    values = rng.standard_normal((9, units))
    values[:, 0] = 0.5
    assert sorted(order_of_units(values)) == list(range(units))
    assert sorted(order_of_units(np.zeros((3, units)))) == list(range(units))


def test_neighbors_correlate_more_than_by_their_numbers():
    values = np.random.RandomState(3).standard_normal((20, 30))
    alike = np.corrcoef(values.T)

    def neighbors(order):
        return np.mean([alike[a, b] for a, b in pairwise(order)])

    assert neighbors(order_of_units(values)) > neighbors(range(30)) + 0.2


def test_of_many_units_those_that_change_most_are_shown():
    values = np.random.RandomState(0).standard_normal((20, 50))
    values[:, 10:40] *= 0.01
    assert set(chosen_units(values, layers=2)) <= {*range(10), *range(40, 50)}
    assert len(chosen_units(values, layers=2)) == 16
    assert len(chosen_units(values, layers=9)) == 8
