"""Pages with a model in them, in Chromium: what one types, presses and sees."""

import re
import shutil

import numpy as np
import pytest

from page_models import (
    PREDICTED,
    PROMISED,
    SHIPPED,
    language,
    next_probabilities,
    sentences_to_tag,
    tagger,
)
from rnn_graph import CharVocabulary, load_model
from rnn_graph.plots.page.model_page import write_model_page

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not here; pip install playwright"
)

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        browser = launched(started.chromium)
        yield browser
        browser.close()


def launched(chromium):
    """Playwright's own Chromium, or the one of this machine."""
    sandboxed = {"args": ["--no-sandbox"]}  # in containers Chromium has none
    try:
        return chromium.launch(**sandboxed)
    except playwright.Error:
        found = next(filter(None, map(shutil.which, NAMES)), None)
        if found is None:
            pytest.skip("there is no Chromium; playwright install chromium")
        return chromium.launch(executable_path=found, **sandboxed)


@pytest.fixture(scope="module")
def shipped():
    return load_model(SHIPPED, backend="jax")


@pytest.fixture
def opened(browser, tmp_path):
    """A function that opens the page of a model; at the end nothing may have gone wrong in it."""
    contexts, said, requested = [], [], []

    def open_page(model, width=1200, title="A model", **settings):
        path = tmp_path / "page.html"
        write_model_page(path, model, title)
        context = browser.new_context(viewport={"width": width, "height": 850}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: requested.append(request.url))
        page.goto(path.as_uri())
        wait_until(page, "!run.frame")  # the text that the page begins with is drawn
        return page

    yield open_page
    assert not said
    assert all(url.startswith("file:") and url.endswith("/page.html") for url in requested)
    assert len(requested) == len(contexts)
    for context in contexts:
        context.close()


def wait_until(page, condition):
    """Wait without a script of the test in the page, which its policy would forbid."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"{condition} never came true")


def tokens_of(page):
    return page.evaluate("[...state.shown]")


def shown_bars(page):
    """The names and percentages of the bars."""
    rows = page.locator("#bars li").all()
    signs = [row.locator(".sign").inner_text() for row in rows]
    percents = [row.locator(".percent").inner_text() for row in rows]
    return dict(zip(signs, percents, strict=True))


def test_a_thousand_characters_have_the_probabilities_of_python(opened, shipped):
    page = opened(shipped)
    text = shipped.generate(1, max_length=1000, rng=4)[0]
    ids = shipped.vocabulary.encode(text).tolist()
    found = np.array(page.evaluate(PREDICTED, ids))
    assert np.abs(found - next_probabilities(shipped, [-1, *ids])).max() < PROMISED


def test_what_is_typed_is_followed_by_bars(opened, shipped):
    page = opened(shipped)
    text = "First Citizen:\nBefore we proceed any furth"
    page.get_by_label("Beginning").fill(text)
    wait_until(page, f"count() === {len(text)}")
    ids = shipped.vocabulary.encode(text)
    expected = next_probabilities(shipped, [-1, *ids])[-1]
    order = np.argsort(-expected)[:12]
    shown = shown_bars(page)
    assert next(iter(shown)) == shipped.vocabulary.symbols[order[0]] == "e"
    for k in order[:3]:
        percent = f"{100 * expected[k]:.1f}%" if expected[k] >= 5e-4 else "< 0.1%"
        sign = {" ": "␣", "\n": "⏎"}.get(
            shipped.vocabulary.symbols[k], shipped.vocabulary.symbols[k]
        )
        assert shown[sign] == percent
    assert page.locator("#text").inner_text().startswith("First Citizen:")


def test_text_is_drawn_with_the_keyboard(opened):
    page = opened(language(CharVocabulary(tuple("\nabcdefgh"), "text")))
    page.get_by_label("Beginning").focus()
    page.keyboard.type("abc")
    page.keyboard.press("Tab")  # Run
    page.keyboard.press("Tab")
    for length in (4, 5):
        page.keyboard.press("Enter")
        assert len(tokens_of(page)) == length
    assert tokens_of(page)[:3] == list("abc")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    wait_until(page, "count() > 30")
    page.keyboard.press("Space")
    drawn = len(tokens_of(page))
    page.wait_for_timeout(200)
    assert len(tokens_of(page)) == drawn
    assert f"{drawn - 5} characters drawn" in page.locator("#said").inner_text()
    page.get_by_role("button", name="Clear").click()
    assert tokens_of(page) == list("abc")


def test_temperature_and_top_k_change_what_is_drawn(opened):
    page = opened(language(CharVocabulary(tuple("\nabcdefgh"), "text")))
    page.get_by_label("Temperature").fill("0")
    assert next(iter(shown_bars(page).values())) == "100.0%"
    page.get_by_label("Temperature").fill("1")
    page.get_by_label("Top k").fill("1")
    assert page.locator("#top-k-value").inner_text() == "2"
    assert list(shown_bars(page).values())[2] == "0.0%"


def test_a_bar_is_a_way_to_go_on(opened):
    page = opened(language(CharVocabulary(tuple("\nabcdefgh"), "text")))
    page.get_by_label("Beginning").fill("abcabc")
    page.get_by_label("Position").fill("2")
    bar = page.locator("#bars li button").nth(3)
    sign = bar.locator(".sign").inner_text()
    bar.click()
    assert tokens_of(page) == ["a", "b", "\n" if sign == "⏎" else sign]
    assert page.get_by_label("Beginning").input_value() == "ab"


def test_a_unit_colors_the_text(opened):
    model = language(CharVocabulary(tuple("\nabcdefgh"), "text"), cell="lstm", layers=2)
    page = opened(model)
    page.get_by_label("Beginning").fill("abc")
    page.locator("#layer").select_option("layer 1: outputs h")
    page.get_by_label("Unit", exact=True).fill("5")
    states = model.zero_states(1)
    expected = []
    for token in [-1, *model.vocabulary.encode("abc")]:
        _, states = model.next_logits(np.array([token], dtype=np.int32), states)
        expected.append(np.asarray(states[2])[0, 5])
    titles = [token.get_attribute("title") for token in page.locator("#text .token").all()]
    found = [float(title.split(": ")[1].replace("−", "-")) for title in titles]
    np.testing.assert_allclose(found, expected[1:], atol=0.006)
    page.get_by_text("Values as a table").click()
    cells = page.locator("#table td").all_inner_texts()
    assert [float(cell.replace("−", "-")) for cell in cells] == found
    # In the map a click chooses the unit and the place under the pointer.
    box = page.locator("#canvas").bounding_box()
    sizes = page.evaluate("[heatMap.cellWidth, heatMap.cellHeight]")
    page.mouse.click(box["x"] + 1.5 * sizes[0], box["y"] + 7.5 * sizes[1])
    assert page.get_by_label("Unit", exact=True).input_value() == "7"
    assert page.get_by_label("Position").input_value() == "2"
    page.get_by_label("color the text").uncheck()
    assert page.locator("#text .token").first.get_attribute("title") is None


def test_words_are_labeled_while_one_types(opened):
    model = tagger(output="crf", label_scheme="bio", char_features=3)
    page = opened(model)
    for words in sentences_to_tag(18):
        page.get_by_label("Words", exact=True).fill(" ".join(words).replace("<unk>", "x"))
        wait_until(page, f"count() === {len(words)}")
        labels = page.locator("#text .label").all_inner_texts()
        typed = [word.replace("<unk>", "x") for word in words]
        assert tuple(labels) == model.tag([typed])[0]
    page.locator("#text .token").first.click()
    assert page.locator("#bars-title").inner_text() == f"Labels of “{typed[0]}”"
    assert not page.get_by_role("button", name="Run").is_visible()


def test_text_that_looks_like_markup_is_text(opened):
    symbols = tuple(sorted(set("\n<img src=x onerror='alert(1)'>&;")))
    page = opened(language(CharVocabulary(symbols, "text")), title="<b>bold</b>")
    page.get_by_label("Beginning").fill("<img src=x onerror='alert(1)'>é")
    assert page.locator("#text").inner_text().startswith("<img src=x onerror='alert(1)'>")
    assert not page.locator("#text img").count()
    assert page.get_by_role("heading", level=1).inner_text() == "<b>bold</b>"
    assert page.locator("#notes").inner_text() == "Not known, and left out: é"


@pytest.mark.parametrize("kind", ["characters", "labels"])
def test_the_page_fits_a_phone(opened, kind):
    if kind == "labels":
        page = opened(tagger(char_features=3), width=400)
        page.get_by_label("Words", exact=True).fill("boston " * 40)
    else:
        page = opened(language(CharVocabulary(tuple("\nabcdefgh"), "text")), width=400)
        page.get_by_label("Beginning").fill("a" * 300)
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    controls = page.locator("button:visible, select:visible, input[type=number]:visible").all()
    heights = [control.bounding_box()["height"] for control in controls]
    assert min(heights) >= 24  # CSS pixels, of WCAG 2.2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colors_are_legible(opened, scheme):
    page = opened(language(CharVocabulary(tuple("\nabcdefgh"), "text")), color_scheme=scheme)
    style = page.evaluate(
        "['--ink', '--soft', '--card', '--paper', '--text-low', '--text-high', '--accent',"
        " '--on-accent'].map((name) =>"
        " getComputedStyle(document.documentElement).getPropertyValue(name).trim())"
    )
    ink, soft, card, paper, low, high, accent, on_accent = map(luminance, style)
    assert (card < 0.1) == (scheme == "dark")
    for one, other in [
        *((ink, back) for back in (card, paper, low, high)),
        *((soft, back) for back in (card, paper)),
        (on_accent, accent),
    ]:
        assert (max(one, other) + 0.05) / (min(one, other) + 0.05) >= 4.5


def luminance(color: str) -> float:
    """The relative luminance of a color, as WCAG 2 has it."""
    parts = [int(part, 16) / 255 for part in re.findall("[0-9a-f]{2}", color)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
