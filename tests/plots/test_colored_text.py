import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from language_models import character_model, word_model
from rnn_graph.errors import InputError
from rnn_graph.plots.activity import activity
from rnn_graph.plots.colored_text import _lightness as lightness
from rnn_graph.plots.colored_text import colored_page, page_color, terminal_colors, unit_states

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def contrast(one, other):
    dark, light = sorted(map(lightness, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def test_a_unit_is_that_of_the_layer_without_the_start():
    found = activity(character_model(layers=2), "bad")
    name, texts, values = unit_states(found, 3)
    assert (name, texts) == ("layer 1, unit 3", ["b", "a", "d"])
    np.testing.assert_array_equal(values, found.states["layer 1"][1:, 3])
    name, _, values = unit_states(found, 0, layer=0)
    assert name == "layer 0, unit 0"
    np.testing.assert_array_equal(values, found.states["layer 0"][1:, 0])


def test_units_and_layers_that_there_are_not():
    found = activity(word_model(), "the cat")
    with pytest.raises(InputError, match="unit 5 is none of layer 0; give a number from 0 to 4"):
        unit_states(found, 5)
    with pytest.raises(InputError, match="layer 1 is none of the 1; give a number from 0 to 0"):
        unit_states(found, 0, layer=1)


def spans(page, kind):
    """The spans of a paragraph."""
    (paragraph,) = re.findall(rf'<p class="{kind}">.*?</p>', page, re.DOTALL)
    return list(ET.fromstring(paragraph))


def test_colors_go_from_blue_over_white_to_orange_and_text_can_be_read_on_them():
    values = np.linspace(-1, 1, 41)
    shown = spans(colored_page("", ["x"] * 41, values, blanks=False), "text")
    for value, span in zip(values, shown, strict=True):
        paper, ink = re.findall("#(\\w+)", span.get("style"))
        assert tuple(bytes.fromhex(paper)) == page_color(value)
        assert contrast(page_color(value), {"fff": WHITE, "000": BLACK}[ink]) > 4.5
    assert page_color(0) == WHITE
    red, _, blue = page_color(-0.8)
    assert blue > red
    red, _, blue = page_color(0.8)
    assert red > blue
    backgrounds = [terminal_colors(value)[1] for value in (-2, -1, 0, 1, 2)]
    assert backgrounds == [25, 25, 231, 166, 166]


def test_a_page_has_the_text_and_its_states():
    page = colored_page("unit <3>", ["a", "<b>", "\n", "c"], [-1, 0.5, 0, 1], blanks=False)
    shown = spans(page, "text")
    assert [span.text for span in shown] == ["a", "<b>", "↵\n", "c"]
    assert [span.get("title") for span in shown] == ["-1.000", "0.500", "0.000", "1.000"]
    assert [span.text for span in spans(page, "scale")] == ["−1", "−0.5", "0", "0.5", "1"]
    assert "<h1>unit &lt;3&gt;</h1>" in page
    assert not re.search(r"https?:|src=|href=", page)
    (first, _) = spans(colored_page("", ["a", "b"], [0, 0], blanks=True), "text")
    assert first.tail == " "
