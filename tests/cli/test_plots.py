"""`rnn-graph plot`: what is written, printed and refused."""

import os
import pty
import re

import pytest

from cli_checks import assert_done, assert_refused

PNG = b"\x89PNG"


@pytest.fixture(scope="session")
def modern(trained):
    """A language model of characters of running text, made of layers."""
    return trained("char", "modern")


def test_a_graph_as_a_page_and_as_svg(cli, tagger, modern, tmp_path):
    page, layers, operations = (tmp_path / name for name in ("g.html", "l.svg", "o.svg"))
    assert_done(cli("plot", "graph", modern, "--out", page), f"picture in {page}")
    assert f"<h1>Graph of {modern.name}</h1>" in page.read_text()
    assert "<summary>layer0: LSTM, 8 units</summary>" in page.read_text()
    assert_done(cli("plot", "graph", tagger, "--out", layers))
    assert ">CRF</text>" in layers.read_text()
    assert_done(cli("plot", "graph", modern, "--out", operations, "--detail", "operations"))
    assert ">Scan</text>" in operations.read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--out", "g.png"), "g.png is neither HTML nor SVG; give a name that ends in .html"),
        (("--out", "g.html", "--detail", "layers"), "--detail is for an SVG"),
        (("--out", "g.svg", "--detail", "all"), "all"),
        (("--out", "no/g.svg"), "there is no folder no; create it first"),
    ],
)
def test_graphs_that_are_not_drawn(cli, modern, options, said):
    assert_refused(cli("plot", "graph", modern, *options), said)


def test_a_tutorials_network_has_no_layers(cli, model, names_model, tmp_path):
    out = tmp_path / "g.svg"
    for command in (
        ("graph", model, "--out", out),
        ("gradients", model, "--text", "the cat sees", "--out", tmp_path / "g.png"),
        ("saliency", names_model, "--text", "mira", "--out", tmp_path / "g.png"),
    ):
        assert_refused(cli("plot", *command), "is a tutorial's network", "give a model of the rec")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("backend", ["auto", "numpy"])
def test_states_of_a_model_of_words(cli, model, tmp_path, backend):
    out = tmp_path / "states.png"
    options = ("--text", "the cat sees a zebra", "--backend", backend, "--out", out)
    assert_done(cli("plot", "states", model, *options), f"picture in {out}")
    assert out.read_bytes().startswith(PNG)


def test_states_of_a_tagger_and_what_its_labels_depend_on(cli, tagger, tmp_path):
    for name, options in (("states", ()), ("saliency", ("--at", 2))):
        out = tmp_path / f"{name}.png"
        assert_done(cli("plot", name, tagger, "--text", "to boston", *options, "--out", out))
        assert out.read_bytes().startswith(PNG)
    result = cli("plot", "saliency", tagger, "--text", "to boston", "--at", 3, "--out", out)
    assert_refused(result, "there is no token 3; give a number from 1 to 2")


def test_gradients_of_a_language_model(cli, modern, tagger, tmp_path):
    out = tmp_path / "gradients.png"
    assert_done(cli("plot", "gradients", modern, "--text", "the cat", "--out", out))
    assert out.read_bytes().startswith(PNG)
    result = cli("plot", "gradients", tagger, "--text", "to boston", "--out", out)
    assert_refused(result, "holds a SequenceTagger, a tagger")


def test_a_unit_along_a_text_as_lines(cli, modern):
    result = cli("plot", "states", modern, "--text", "the\ncat", "--unit", 3)
    assert_done(result)
    rows = [line.split("\t") for line in result.out.splitlines()]
    assert [token for token, _ in rows] == ["t", "h", "e", "\\n", "c", "a", "t"]
    assert all(-1 <= float(value) <= 1 for _, value in rows)
    assert result.err == ""


def test_a_unit_along_a_text_as_a_page(cli, model, tmp_path):
    out = tmp_path / "unit.html"
    options = ("--text", "the cat", "--unit", 3, "--layer", 0, "--out", out)
    result = cli("plot", "states", model, *options)
    assert_done(result, f"picture in {out}")
    assert result.out == ""
    assert re.search(r"<span [^>]*>the</span> <span [^>]*>cat</span>", out.read_text())


def test_a_unit_along_a_text_in_the_colors_of_a_terminal(start, modern):
    ours, theirs = pty.openpty()
    environment = {"TERM": "xterm-256color", "COLUMNS": "80", "NO_COLOR": ""}
    options = ("--text", "the\ncat", "--unit", "3")
    process = start("plot", "states", modern, *options, stdout=theirs, env=environment)
    process.wait(timeout=120)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert len(re.findall(r"\x1b\[38;5;(?:16|231);48;5;\d+m", shown)) == 7
    assert re.sub(r"\x1b\[[\d;]*m", "", shown).split() == ["the↵", "cat"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--layer", 0), "--layer is for one unit of it; give --unit too"),
        (("--unit", 8), "unit 8 is none of layer 0; give a number from 0 to 7"),
        (("--unit", 0, "--layer", 1), "layer 1 is none of the 1; give a number from 0 to 0"),
        (("--unit", 0, "--out", "x.png"), "x.png is no HTML, which --unit writes"),
    ],
)
def test_units_that_there_are_not(cli, modern, options, said):
    assert_refused(cli("plot", "states", modern, "--text", "the", *options), said)
