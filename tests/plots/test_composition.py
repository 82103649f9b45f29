import re
import xml.etree.ElementTree as ET

import pytest

from language_models import WORDS, character_model, word_model
from rnn_graph.errors import InputError
from rnn_graph.models.language_model import LanguageModel
from rnn_graph.plots import graph
from rnn_graph.plots.graph_page import composition_page
from rnn_graph.tutorials.rnn_theano import RNNTheano
from taggers import small_tagger

SVG = "{http://www.w3.org/2000/svg}"


def boxes(svg):
    """The lines of each box, with plain blanks."""
    groups = [g for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("class")]
    return [
        [" ".join(line.text.replace("\u00a0", " ").split()) for line in group.iter(f"{SVG}text")]
        for group in groups
    ]


def test_the_layers_of_a_language_model_with_their_parameters_and_axes():
    model = character_model(layers=2, dropout=0.25, weight_dropout=0.5)
    svg = model.graph_picture()
    assert boxes(svg) == [
        ["tokens", "int32 [T, B]"],
        ["next tokens", "int32 [T, B]"],
        ["Embedding", "embeddings [8, 4] 32", "→ [T, B, 4]"],
        [
            "layer0: LSTM, 5 units",
            "0.5 of Wh left out in training",
            "h, c: from step to step",
            "layer0_Wx [4, 20] 80",
            "layer0_Wh [5, 20] 100",
            "layer0_b [20] 20",
            "→ [T, B, 5]",
        ],
        ["Dropout", "0.25 left out in training", "→ [T, B, 5]"],
        [
            "layer1: LSTM, 5 units",
            "0.5 of Wh left out in training",
            "h, c: from step to step",
            "layer1_Wx [5, 20] 100",
            "layer1_Wh [5, 20] 100",
            "layer1_b [20] 20",
            "→ [T, B, 5]",
        ],
        ["Dropout", "0.25 left out in training", "→ [T, B, 5]"],
        ["Softmax", "W [5, 8] 40", "b [8] 8", "→ [T, B, 8]"],
        ["Cross-entropy", "→ mean, nats a token"],
        ["loss"],
    ]
    assert model.parameter_count == 32 + 200 + 220 + 48
    assert f"LanguageModel: {model.parameter_count} parameters" in svg
    assert "T steps, B texts side by side" in svg
    assert "Embedding, embeddings 8 by 4, yields [T, B, 4]." in svg


def test_tied_weights_and_a_large_vocabulary():
    svg = word_model(tie_weights=True, embedding_dim=5).graph_picture()
    softmax = next(lines for lines in boxes(svg) if lines[0] == "Softmax")
    assert softmax[1:] == [
        "W is that of the embeddings",
        "embeddings [6, 5] 30",
        "b [6] 6",
        "→ [T, B, 6]",
    ]
    model = LanguageModel(None, vocabulary_size=120, hidden_dim=4, output="adaptive")
    names = [lines[0] for lines in boxes(model.graph_picture())]
    assert names[-3:] == ["AdaptiveSoftmax", "Cross-entropy", "loss"]


def test_the_layers_of_a_tagger():
    tagger = small_tagger(window=3, char_features=2, output="crf")
    shown = boxes(tagger.graph_picture())
    assert shown[:3] == [
        ["words", "int32 [T + 2, B]"],
        ["labels", "int32 [T, B]"],
        ["characters", "int32 [T + 2, B, ?]"],
    ]
    by_name = {lines[0]: lines[1:] for lines in shown[3:]}
    assert list(by_name) == [
        *("Embedding", "CharConvolution", "Side by side", "Window"),
        *("GRU, 5 units, both directions", "Dense", "CRF", "loss"),
    ]
    assert by_name["Side by side"] == ["→ [T + 2, B, 6]"]
    assert by_name["Window"] == ["→ [T, B, 18]"]
    assert "forward_Wx [18, 15] 270" in by_name["GRU, 5 units, both directions"]
    assert by_name["GRU, 5 units, both directions"][-1] == "→ [T, B, 10]"
    assert "transitions [3, 3] 9" in by_name["CRF"]


def test_every_parameter_is_in_the_picture():
    for model in (character_model(cell="gru"), small_tagger(bidirectional=False)):
        rows = {line.split(" ")[0] for lines in boxes(model.graph_picture()) for line in lines}
        assert set(model.parameters) <= rows


def test_operations_end_in_the_loss():
    shown = boxes(word_model().graph_picture(detail="operations"))
    names = [lines[0] for lines in shown]
    assert {"tokens", "next tokens", "state0", "loss", "layer0_Wh", "Elman", "Scan"} <= set(names)


def test_a_page_has_the_layers_and_their_operations_which_open():
    page = composition_page(word_model().composition(), "Graph of <x>")
    assert "<h1>Graph of &lt;x&gt;</h1>" in page
    found = re.findall(r"<details><summary>(.*?)</summary>", page)
    printed = "The same, as pytensor.dprint prints it"
    parts = ["Embedding", "layer0: Elman, 5 units", "Softmax", "Cross-entropy", "The whole loss"]
    assert found == [line for part in parts for line in (part, printed)]
    assert page.count("<svg") == page.count("</svg>") == 1 + len(parts)
    assert "Elman{inline=True}" in page
    assert not re.search(r"<script|src=|href=|@import|url\(", page)
    assert len(re.findall("https?://", page)) == 1 + len(parts)  # the name of SVG's namespace


def test_what_has_no_layers_or_no_such_detail_is_refused():
    with pytest.raises(InputError, match=r"RNNTheano is a tutorial's network.*; give a model"):
        RNNTheano(len(WORDS), 4, vocabulary=WORDS, backend="jax").graph_picture()
    with pytest.raises(InputError, match="unknown detail 'x'; give one of layers, operations"):
        word_model().graph_picture(detail="x")


def test_a_page_says_what_it_leaves_out(monkeypatch):
    monkeypatch.setattr(graph, "MOST_BOXES", 40)
    page = composition_page(word_model().composition(), "many")
    said = r"No picture: the graph has \d+ boxes, and a picture at most 40"
    assert len(re.findall(said, page)) == 2
    assert page.count("<svg") == 4
    assert page.count("<pre>") == 5
