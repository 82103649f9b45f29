"""Pages with a model in them: their numbers in a JavaScript engine, their text, their safety."""

import configparser
import json
import re
import sys
from base64 import b64encode
from fnmatch import fnmatch
from hashlib import sha256
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from page_models import (
    LANGUAGE_MODELS,
    LETTERS,
    LINES,
    PREDICTED,
    PROMISED,
    SHIPPED,
    TAGGERS,
    WORDS,
    label_probabilities,
    language,
    next_probabilities,
    round_to_float16,
    sentences_to_tag,
    softmax,
    tagger,
    tokens_to_read,
)
from rnn_graph import RNNTheano, Vocabulary, load_model
from rnn_graph.data.splitting import Splitting
from rnn_graph.errors import InputError
from rnn_graph.plots.page import model_page
from rnn_graph.plots.page.model_page import model_content, render_page, write_model_page

ROOT = Path(__file__).parent.parent.parent
PAGE = Path(model_page.__file__).parent
FILES_OF_0_1 = sorted((ROOT / "tests/files_of_0_1").glob("*.npz"))
SAME_PARAMETERS = 1e-5  # float32 in Python, sums of float64 on the page

# What the tests ask of the scripts.
ASKED = (
    PREDICTED
    + """
let network, codec;
function load(content) {
  network = buildNetwork(content);
  codec = content.codec;
  return true;
}
function tagged(words) {
  const ids = words.map((word) => encode({ ...codec, tokenizer: "whitespace" }, word).ids[0]);
  const spellings = words.map((word) => (codec.spellings ? spellingOf(codec, word) : []));
  const { labels, probabilities } = tagWords(network, ids, spellings);
  return [labels.map((id) => codec.labels[id]), probabilities.map((row) => Array.from(row))];
}
function sequencesOf(transitions, starts, ends, scores) {
  const columns = starts.length;
  const matrix = (values) => ({ values: Float64Array.from(values), columns });
  const crf = { transitions: matrix(transitions), starts: matrix(starts), ends: matrix(ends) };
  const emissions = scores.map((row) => Float64Array.from(row));
  const probabilities = marginals(crf, emissions).map((row) => Array.from(row));
  return [bestSequence(crf, emissions), probabilities];
}
function drawnAt(probabilities, places) {
  return places.map((place) => draw(probabilities, place));
}
function adjusted(logits, temperature, topK, forbidden) {
  return Array.from(drawnFrom(logits, { temperature, topK: topK || Infinity, forbidden }));
}
"""
)


@pytest.fixture(scope="module")
def engine():
    """A JavaScript engine with the scripts that need no document."""
    racer = pytest.importorskip("py_mini_racer", reason="mini-racer, a test extra, is not here")
    context = racer.MiniRacer()
    for name in ("forward.js", "tagging.js", "text.js"):
        context.eval((PAGE / name).read_text(encoding="utf-8"))
    context.eval(ASKED)
    return context


def assert_promised(found, expected, most=PROMISED):
    found = np.array(found)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < most


def compare_language_model(engine, model, **settings):
    """The page of a model against the model itself, and against the model rounded to float16."""
    for most_bytes, most in ((None, PROMISED), (0, SAME_PARAMETERS)):
        content = model_content(model, "m", **({"most_bytes": 0} if most_bytes == 0 else {}))
        if most_bytes == 0:
            round_to_float16(model)
        engine.call("load", content)
        ids = tokens_to_read(content["codec"], **settings)
        expected = next_probabilities(model, [content["codec"]["start"], *ids])
        assert_promised(engine.call("predicted", ids), expected, most)


@pytest.mark.parametrize("name", LANGUAGE_MODELS)
def test_the_next_tokens_probabilities_are_those_of_python(engine, name):
    compare_language_model(engine, LANGUAGE_MODELS[name]())


@pytest.mark.parametrize("path", FILES_OF_0_1, ids=lambda path: path.stem)
def test_files_of_0_1_have_pages(engine, path):
    model = load_model(path, backend="jax")
    content = model_content(model, path.stem)
    if "labels" not in content["codec"]:
        compare_language_model(engine, model, count=50)
        return
    engine.call("load", content)
    words = ["fly", "to", "new", "york", "never-seen", "on", "monday"]
    labels, _ = engine.call("tagged", words)
    assert tuple(labels) == model.tag([words])[0]


def test_the_shipped_model(engine, tmp_path):
    model = load_model(SHIPPED, backend="jax")
    path = tmp_path / "shakespeare.html"
    assert write_model_page(path, model, "Shakespeare") == path.stat().st_size <= 8_000_000
    content = content_of(path.read_text(encoding="utf-8"))
    engine.call("load", content)
    # Text as the model writes it, since there states matter most.
    text = model.generate(1, max_length=1000, rng=4)[0]
    ids = model.vocabulary.encode(text).tolist()
    expected = next_probabilities(model, [-1, *ids])
    assert_promised(engine.call("predicted", ids), expected)


@pytest.mark.parametrize("name", TAGGERS)
def test_labels_and_their_probabilities_are_those_of_python(engine, name):
    model, sentences = TAGGERS[name](), sentences_to_tag()
    probabilities = label_probabilities(model)
    for most_bytes, most in ((model_page.MOST_BYTES, PROMISED), (0, SAME_PARAMETERS)):
        engine.call("load", model_content(model, "m", most_bytes=most_bytes))
        if not most_bytes:
            round_to_float16(model)
        expected = probabilities(sentences)
        chosen = model.tag(sentences)
        found = [engine.call("tagged", words) for words in sentences]
        assert [tuple(labels) for labels, _ in found] == chosen
        for (_, rows), row in zip(found, expected, strict=True):
            assert_promised(rows, row, most)


def test_sequences_of_labels_are_those_of_counting_all(engine):
    n, T, rng = 3, 6, np.random.RandomState(5)
    transitions, starts, ends, scores = (
        rng.standard_normal(shape) for shape in ((n, n), (n,), (n,), (T, n))
    )
    sequences = np.array(list(product(range(n), repeat=T)))
    total = (
        starts[sequences[:, 0]]
        + scores[np.arange(T), sequences].sum(axis=1)
        + transitions[sequences[:, :-1], sequences[:, 1:]].sum(axis=1)
        + ends[sequences[:, -1]]
    )
    shares = softmax(total)
    expected = [[shares[sequences[:, t] == k].sum() for k in range(n)] for t in range(T)]
    given = [array.ravel().tolist() for array in (transitions, starts, ends)]
    best, probabilities = engine.call("sequencesOf", *given, scores.tolist())
    assert best == sequences[total.argmax()].tolist()
    np.testing.assert_allclose(probabilities, expected, atol=1e-12)


def test_a_sentence_without_words_has_no_labels(engine):
    engine.call("load", model_content(tagger(output="crf"), "m"))
    assert engine.call("tagged", []) == [[], []]


@pytest.mark.parametrize("context", ["text", "sentence"])
def test_behind_a_sentence_the_next_one_begins(engine, context):
    model = language(WORDS, cell="gru", context=context)
    content = model_content(model, "m")
    engine.call("load", content)
    start, end = content["codec"]["start"], content["codec"]["end"]
    first, second = [0, 1, 2, end], [2, 1]
    found = engine.call("predicted", [*first, *second])
    if context == "text":
        read = next_probabilities(model, [start, *first, start, *second])
        expected = np.concatenate([read[:4], read[5:]])  # the end itself predicts nothing
    else:
        parts = [next_probabilities(model, [start, *part]) for part in (first[:-1], second)]
        expected = np.concatenate(parts)
    assert_promised(found, expected, SAME_PARAMETERS)


def test_lines_are_read_apart(engine):
    model = language(LINES)
    engine.call("load", model_content(model, "m"))
    found = engine.call("predicted", [1, 2, 0, 3])
    parts = [next_probabilities(model, [-1, *part]) for part in ([1, 2], [3])]
    assert_promised(found, np.concatenate(parts), SAME_PARAMETERS)


# Drawing


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("top_k", [None, 1, 5])
def test_temperature_and_top_k(engine, temperature, top_k):
    logits = np.random.RandomState(0).standard_normal(20)
    allowed = logits.copy()
    allowed[[3, 7]] = -np.inf
    if top_k:
        allowed[np.argsort(-allowed)[top_k:]] = -np.inf
    found = engine.call("adjusted", logits.tolist(), temperature, top_k, [3, 7])
    np.testing.assert_allclose(found, softmax(allowed / temperature), atol=1e-12)


def test_top_k_of_equal_ones_are_k(engine):
    found = engine.call("adjusted", [1.0, 2.0, 1.0, 1.0, 0.0], 1.0, 3, [])
    assert np.count_nonzero(found) == 3


def test_temperature_zero_takes_the_likeliest(engine):
    assert engine.call("adjusted", [1.0, 3.0, 2.0], 0, None, [1]) == [0, 0, 1]


def test_draws_are_in_proportion(engine):
    probabilities = [0.1, 0, 0.6, 0.3, 0]
    drawn = engine.call("drawnAt", probabilities, [(k + 0.5) / 1000 for k in range(1000)])
    assert np.bincount(drawn, minlength=5).tolist() == [100, 0, 600, 300, 0]
    assert engine.call("draw", [0.5, 0.5 - 1e-12, 0], 1 - 1e-16) == 1


# Text

SENTENCES = [
    "Good muffins cost $3.88 (roughly 3,36 euros)\nin New York.  Please buy me\nsome.\nThanks.",
    "I don't know; can't you? They'll say it's 'quite' \"fine\"... isn't it?",
    "He said: 'we're gonna go, cannot wait' -- d'ye see? “So’s he,” she said. *wow*",
    "'tis the [UNK] of <unk>, an UNK. more'n 50% & #1 @home; 10:30, 1:a 3,5 — ok",
    "10\u00a0000 naïve caf\u00e9s.)\u00a0 ",
    "\"Quoted.\" ``ticks'' ''double'' (end.)",
    "",
    "   ",
]
PIECES = st.sampled_from([*"abnN tsd'\"`.,:;!?()[]<>{}-—&$%*“”‘’« »\n1é_", "n't", "gonna ", "'s"])


def words_on_page(engine, splitting, text):
    codec = {"lowercase": splitting.lowercase, "tokenizer": splitting.tokenizer}
    return engine.call("splitWords", codec, text)


@pytest.mark.parametrize("tokenizer", ["nltk", "whitespace", "characters"])
@pytest.mark.parametrize("lowercase", [True, False])
def test_text_is_split_as_in_python(engine, tokenizer, lowercase):
    splitting = Splitting(tokenizer=tokenizer, lowercase=lowercase)
    for text in SENTENCES:
        assert words_on_page(engine, splitting, text) == splitting.words(text)


@given(text=st.lists(PIECES, max_size=25).map("".join))
def test_any_text_is_split_as_in_python(engine, text):
    assert words_on_page(engine, Splitting(), text) == Splitting().words(text)


def encoded(engine, model, text):
    return engine.call("encode", model_content(model, "m")["codec"], text)


def test_characters_are_read_in_their_composed_form(engine):
    model = language(LETTERS)
    text = "be\u0301a Z<unk>\n"
    found = encoded(engine, model, text)
    known = "".join(c for c in LETTERS.plain(text) if c in LETTERS.symbols)
    assert found["ids"] == LETTERS.encode(known).tolist()
    assert found["unknown"] == ["Z", "<", "u", ">"]


def test_characters_are_read_in_lower_case(engine):
    found = encoded(engine, language(LINES), "AbC")
    assert found["ids"] == LINES.encode("abc").tolist()
    assert found["shown"] == ["a", "b", "c"]


def test_words_that_are_not_known_are_named(engine):
    found = encoded(engine, language(WORDS), "The dog sat . <unk>")
    assert found["ids"] == WORDS.encode(["the", "dog", "sat", ".", "<unk>"]).tolist()
    assert found["shown"] == ["the", "dog", "sat", ".", "UNKNOWN_TOKEN"]
    assert found["unknown"] == ["dog"]


def test_words_of_taggers_are_looked_up_as_in_python(engine):
    model = tagger(char_features=3)
    codec = model_content(model, "m")["codec"]
    for words in sentences_to_tag(200):
        rows = model.encode_words(words)
        split = codec | {"tokenizer": "whitespace"}
        assert engine.call("encode", split, " ".join(words))["ids"] == rows[:, 0].tolist()
        for word, row in zip(words, rows, strict=True):
            spelled = engine.call("spellingOf", codec, word)
            assert spelled == row[2 : 2 + len(spelled)].tolist()
            assert not row[2 + len(spelled) :].any()


# The file


class Elements(HTMLParser):
    """The elements of a page, and what stands in its scripts and styles."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts, self.is_open = [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.texts.append("")
        self.is_open = True

    def handle_endtag(self, tag):
        self.is_open = False

    def handle_data(self, data):
        if self.is_open:
            self.texts[-1] += data

    def texts_of(self, tag):
        pairs = zip(self.elements, self.texts, strict=True)
        return [text for (name, _), text in pairs if name == tag]


def content_of(page):
    pairs = zip(Elements(page).elements, Elements(page).texts, strict=True)
    (text,) = [text for (_, attrs), text in pairs if attrs.get("id") == "model"]
    return json.loads(text)


@pytest.fixture(scope="module")
def page():
    return render_page(model_content(language(WORDS), "A model"))


def test_nothing_in_the_page_leads_elsewhere(page):
    elements = Elements(page).elements
    addresses = [
        value
        for _, attrs in elements
        for name, value in attrs.items()
        if name in ("src", "href", "action", "data", "poster", "srcset", "formaction", "ping")
    ]
    assert addresses == ["data:,"]
    assert not re.search(r"//[a-z0-9-]+\.[a-z]|https?:|url\(|@import|sourceMappingURL", page)
    ways = "fetch XMLHttpRequest WebSocket EventSource sendBeacon import( importScripts Worker"
    for way in [*ways.split(), "RTCPeerConnection", "location", "window.open", "Image("]:
        assert way not in page, way


def test_text_is_never_read_as_markup(page):
    ways = "innerHTML outerHTML insertAdjacentHTML document.write eval( Function( setHTML srcdoc"
    for way in ways.split():
        assert way not in page, way


def test_its_policy_allows_its_own_scripts_and_style_alone(page):
    parsed = Elements(page)
    (policy,) = [
        attrs["content"]
        for tag, attrs in parsed.elements
        if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["connect-src"] == "'none'"
    _, *scripts = parsed.texts_of("script")  # the first one is the model, and no script
    for rule, sources in (("script-src", scripts), ("style-src", parsed.texts_of("style"))):
        digests = [b64encode(sha256(source.encode()).digest()).decode() for source in sources]
        assert rules[rule].split() == [f"'sha256-{digest}'" for digest in digests]
    assert "unsafe" not in policy
    assert not any(re.match("on|style$", name) for _, attrs in parsed.elements for name in attrs)


def test_words_and_titles_cannot_leave_their_place(engine):
    hostile = [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "%POLICY%",
        "__proto__",
        "&lt;",
    ]
    vocabulary = Vocabulary([*hostile, *WORDS.tokens])
    model = language(vocabulary)
    page = render_page(model_content(model, "<b>&%MODEL%</b>"))
    assert "<b>" not in page
    assert len(Elements(page).texts_of("script")) == 1 + len(model_page.SCRIPTS)
    content = content_of(page)
    assert content["codec"]["tokens"] == list(vocabulary.tokens)
    assert content["title"] == "<b>&%MODEL%</b>"
    split = content["codec"] | {"tokenizer": "whitespace"}
    assert engine.call("encode", split, "__proto__ constructor")["ids"] == [3, len(vocabulary) - 1]


def test_every_control_has_a_label(page):
    elements = Elements(page).elements
    labelled = {attrs.get("for") for tag, attrs in elements if tag == "label"}
    ids = [attrs["id"] for _, attrs in elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    within = re.findall(r"<label(?: [^>]*)?>.*?</label>", page, re.DOTALL)
    for tag, attrs in elements:
        if tag in ("input", "select", "textarea"):
            inside = any(f'id="{attrs["id"]}"' in label for label in within)
            assert attrs["id"] in labelled or inside, attrs
        if tag in ("canvas",):
            assert attrs.get("role") == "img" or attrs.get("aria-hidden") or attrs["id"], attrs


def test_scripts_and_style_go_into_the_wheel():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    patterns = config["options.package_data"]["rnn_graph.plots.page"].split()
    parts = {path.name for path in PAGE.iterdir() if path.suffix in (".js", ".css", ".html")}
    assert parts == {*model_page.SCRIPTS, model_page.STYLE, model_page.TEMPLATE}
    assert all(any(fnmatch(name, pattern) for pattern in patterns) for name in parts)


def test_the_page_keeps_to_its_room():
    model = language(LETTERS, hidden_dim=64)
    sizes = {}
    for most in (0, 100_000, 150_000, model_page.MOST_BYTES):
        content = model_content(model, "m", most_bytes=most)
        with_rest = {name for name, array in content["arrays"].items() if "rest" in array}
        sizes[most] = (len(render_page(content)), with_rest)
    assert not sizes[0][1]
    assert sizes[model_page.MOST_BYTES][1] == set(model.get_parameters())
    for most, (size, with_rest) in sizes.items():
        assert size <= most or not with_rest


def test_parameters_beyond_float16_are_refused(tmp_path):
    model = language(LETTERS)
    model.set_parameters(model.get_parameters() | {"b": np.full(len(LETTERS), 7e4)})
    with pytest.raises(InputError, match=r"b has a value of 7e\+04"):
        write_model_page(tmp_path / "m.html", model, "m")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda: RNNTheano(5, 3, backend="jax", rng=1), "no vocabulary"),
        (
            lambda: RNNTheano(
                2, 3, backend="jax", rng=1, vocabulary=Vocabulary(["a", "UNKNOWN_TOKEN"])
            ),
            "SENTENCE_START",
        ),
    ],
    ids=["no words", "no markers"],
)
def test_models_that_read_no_text_are_refused(tmp_path, model, said):
    with pytest.raises(InputError, match=said):
        write_model_page(tmp_path / "m.html", model(), "m")


@pytest.mark.parametrize("options", [("--to", "html"), ("--out", "other.html")])
def test_the_command(tmp_path, monkeypatch, capsys, options):
    from rnn_graph.cli import main

    monkeypatch.chdir(tmp_path)
    language(LETTERS).save("letters.npz")
    monkeypatch.setattr(sys, "argv", ["rnn-graph", "export", "letters.npz", *options])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    name = "other.html" if "--out" in options else "letters.html"
    assert capsys.readouterr().out.split() == ["size", "0.1", "MB", "written", name]
    assert content_of(Path(name).read_text(encoding="utf-8"))["title"] == "letters"


def test_the_title_may_be_of_bytes_that_are_no_text(tmp_path):
    write_model_page(tmp_path / "m.html", language(LETTERS), "m\udcff")
    assert "<h1>m?</h1>" in (tmp_path / "m.html").read_text(encoding="utf-8")


def test_a_page_says_what_the_model_is():
    model = language(WORDS, layers=2)
    assert model_content(model, "m")["about"] == (
        "Language model of words: LSTM, 2 layers, 12 units each; 7 words,"
        f" {model.parameter_count:,} parameters"
    )
    assert model_content(tagger(output="crf"), "m")["about"].startswith(
        "Tagger: GRU, 7 units in each direction, CRF; 10 words, 5 labels"
    )
