import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from benchmark_results import (
    MARKUP,
    NOT_INSTALLED,
    full_results,
    measured,
    ratio,
    results,
    workload,
)
from rnn_graph.benchmark.report.html_report import render_html
from rnn_graph.benchmark.report.markdown import render_markdown

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """What a browser would find in a page: elements, attributes and text outside of style."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.attributes, self.text, self.open = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)

    def values(self, name):
        return [value for attribute, value in self.attributes if attribute == name]


@pytest.fixture(scope="module")
def html():
    return render_html([full_results(), full_results()])


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture(scope="module")
def pictures(html):
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]


@pytest.fixture(scope="module")
def markdown():
    return render_markdown([full_results(), full_results()])


def words(picture):
    return [" ".join(element.itertext()) for element in picture.iter() if is_text(element)]


def is_text(element):
    return element.tag.endswith("}text")


def test_the_page_is_whole_and_asks_for_nothing(html, page):
    assert page.open == []
    assert not {"script", "link", "iframe", "img", "object"} & set(page.elements)
    assert page.values("src") == []
    assert all(value.startswith("#") for value in page.values("xlink:href") + page.values("href"))
    namespaces = {value for name, value in page.attributes if name.startswith("xmlns")}
    elsewhere = {value for _, value in page.attributes if "http" in value} - namespaces
    assert elsewhere == set()
    assert "@import" not in html
    assert set(re.findall(r"url\((.)", html)) <= {"#"}
    assert "<?xml" not in html
    assert html.count("<!DOCTYPE") == 1


def test_ids_are_unique_and_references_find_them(html, page):
    ids = page.values("id")
    assert len(ids) == len(set(ids)) > 100
    references = {value[1:] for value in page.values("xlink:href")}
    references |= set(re.findall(r"url\(#(.*?)\)", html))
    assert references
    assert references <= set(ids)


def test_ids_are_unique_where_a_workload_has_contenders_and_growth():
    measuring, growing, _ = full_results()["workloads"]
    html = render_html([results(measuring | {"growth": growing["growth"]})])
    assert html.count("<svg") == 4
    ids = Page(html).values("id")
    assert len(ids) == len(set(ids))


def test_each_run_has_its_pictures(pictures):
    # Bars and totals of the first workload, and two sizes that grow in the second; two runs.
    assert len(pictures) == 2 * 4
    bars, totals, length, vocabulary = map(words, pictures[:4])
    assert "NumPy reference, float64" in bars
    assert "100 ms" in bars
    assert "steps after the first call" in totals
    assert {"45", "90", "180", "matrix products jax"} <= set(length)
    assert {"8,000", "16,000"} <= set(vocabulary)
    assert "PyTorch eager" not in vocabulary  # nothing was measured to draw a line of


def test_pictures_take_the_colors_of_the_page(html):
    assert "#010203" not in html
    assert "currentColor" in html
    assert "prefers-color-scheme: dark" in html
    assert '<meta name="viewport"' in html


def test_who_was_not_measured_is_in_the_picture_and_below_the_table(pictures, page):
    drawn = " ".join(" ".join(words(pictures[0])).split())
    assert f"not measured: {NOT_INSTALLED}" in drawn
    assert f"{MARKUP}, float32" in drawn
    assert "not measured: it failed: RuntimeError: <i>no</i>" in drawn
    text = "".join(page.text)
    assert f"PyTorch eager, float32: not measured: {NOT_INSTALLED}" in text
    assert "rnn_graph jax, float32, GPU: not measured: loss differs by 1.0e-01" in text


def test_names_are_text_and_nothing_else(html, page, markdown):
    assert MARKUP in "".join(page.text)
    assert {"b", "i"}.isdisjoint(page.elements)
    assert "<b>" not in html
    rows = [line for line in markdown.splitlines() if line.startswith("| a ")]
    assert len(rows) == 2
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) == 10  # nine cells
        assert re.search(r"(?<!\\)[<>&]", row) is None
        assert re.sub(r"\\(.)", r"\1", row).startswith(f"| {MARKUP}, float32 |")


def test_ratios_that_support_no_claim_are_marked(page, markdown):
    for text in ("".join(page.text), markdown):
        assert text.count("8.30? (3.20–11.0)") == 2
        assert text.count("?: the rounds differ too much, or are too few") == 2


@pytest.mark.parametrize("word", ["nan", "None", "null", "inf", "mathdefault"])
def test_no_figure_is_made_up(page, markdown, word):
    for text in (" ".join(page.text), markdown):
        assert not re.search(rf"\b{word}\b", text)
        assert "100 ms" in text


def test_the_markdown_document_has_all_runs_and_workloads(markdown):
    headings = [line for line in markdown.splitlines() if line.startswith("#")]
    assert headings[:6] == [
        "# Benchmarks",
        "## Run of 2026-11-21T16:30:00+00:00",
        "### A training step of the word model on one sentence (lm-step)",
        "### The step as sizes grow (lm-growth)",
        "#### As the sizes grow",
        headings[5],
    ]
    assert len(headings) == 1 + 2 * 6
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert rows[1] == f"| --- |{' ---: |' * 8}"
    assert rows[0].count("|") == rows[1].count("|") == rows[2].count("|")


def test_a_run_without_workloads_is_a_document_all_the_same():
    assert "2026-11-21" in render_markdown([results()])
    assert Page(render_html([results()])).open == []


def test_bars_have_a_log_scale_only_where_times_lie_far_apart():
    def label_of(slow):
        fast = measured("fast", "ours", [0.01, 0.011], times_reference=ratio(slow / 0.01))
        contenders = [measured("slow", "reference", [slow, slow]), fast]
        return Page(render_html([results(workload(contenders))])).text

    assert any("time per step, log scale" in text for text in label_of(0.21))
    assert not any("log scale" in text for text in label_of(0.19))


def test_long_times_are_not_in_thousands_of_seconds():
    contenders = [measured("slow", "reference", [30.0]), measured("fast", "ours", [1.0])]
    text = Page(render_html([results(workload(contenders))])).text
    assert "10,000 s" in text
    assert not any(word.endswith(" ks") for word in text)


def test_of_many_contenders_the_two_fastest_of_each_kind_are_drawn_over_the_work():
    contenders = [
        measured(f"backend{k} float32", "ours", [0.001 * (k + 1)], start_up=(1, 1, 1))
        for k in range(5)
    ]
    page = render_html([results(workload(contenders, ours="backend3 float32", reference=None))])
    _, totals = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    lines = [text for text in words(ElementTree.fromstring(totals)) if "backend" in text]
    assert lines == ["backend0 float32", "backend3 float32"]
