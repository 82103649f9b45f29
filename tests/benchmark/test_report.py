import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from benchmark_results import (
    MARKUP,
    NOT_INSTALLED,
    full_results,
    learned_workload,
    results,
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
    return [" ".join(e.itertext()) for e in picture.iter() if e.tag.endswith("}text")]


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


def test_ids_are_unique_and_references_find_them():
    # Curves have ids of their own, a workload of each run one.
    html = render_html([results(learned_workload()), results(learned_workload())])
    page = Page(html)
    ids = page.values("id")
    assert len(ids) == len(set(ids)) > 100
    references = {value[1:] for value in page.values("xlink:href") + page.values("href")}
    references |= set(re.findall(r"url\(#(.*?)\)", html))
    assert references
    assert references <= set(ids)


def test_the_page_begins_with_the_answers(html):
    places = [
        html.index(text)
        for text in (
            *("<h1>", "<article", 'class="answer"', "<svg", "<details><summary>All figures"),
            *("Not measured here", "<h2>Contents", "<h2>Machine", "<h2>Method"),
        )
    ]
    assert places == sorted(places)
    assert html.count('class="answer"') == html.count("<article") == 6


def test_each_workload_has_its_sentence_and_one_chart(html, pictures):
    # The third workload of each run has nobody to draw.
    assert len(pictures) == 2 * 2
    bars, growth = map(words, pictures[:2])
    assert bars[bars.index("rnn_graph jax float32 (this project)") + 1] == "2.10 ms"
    assert bars.index("matrix products jax") < bars.index("literal graph jax float32")
    assert "T = 180" in growth
    assert "A training step takes 2.10 ms" in html
    assert "This project was not measured here, and neither was anyone else." in html


def test_bars_that_are_cut_are_explained(html):
    first = html[html.index("<figcaption>") :].split("</figcaption>")[0]
    assert "Cut bars do not fit on the axis" in first  # of the reference, 48 times as slow
    growth = html.split("<figcaption>")[2].split("</figcaption>")[0]
    assert growth == "Shorter is better."


def test_charts_take_the_colors_of_the_page(html):
    assert "#010203" not in html
    assert "prefers-color-scheme: dark" in html
    assert '<meta name="viewport"' in html
    colors = set(re.findall(r"var\((--[a-z]+)\)", html))
    assert colors <= set(re.findall(r"(--[a-z]+):", html))


def test_who_was_not_measured_is_in_one_folded_list(html, page, pictures, markdown):
    for picture in pictures:
        assert NOT_INSTALLED not in " ".join(words(picture))
    for text in (html, markdown):
        assert text.count("Not measured here: 7") == 1
        assert text.count("<details><summary>Not measured here") == 1
    text = " ".join("".join(page.text).split())
    assert f"{NOT_INSTALLED}: PyTorch eager (lm-step," in text
    assert f"it failed: RuntimeError: <i>no</i> compiler | none: {MARKUP} (lm-step)" in text
    assert "loss differs by 1.0e-01: rnn_graph jax, GPU (lm-step)" in text


def test_where_everyone_was_measured_there_is_no_such_list():
    everyone = learned_workload()
    everyone["contenders"] = everyone["contenders"][:2]
    for render in (render_html, render_markdown):
        assert "Not measured here" not in render([results(everyone)])


def test_names_are_text_and_nothing_else(html, page, markdown):
    assert MARKUP in "".join(page.text)
    assert {"b", "i"}.isdisjoint(page.elements)
    assert "<b>" not in html
    lines = [line for line in markdown.splitlines() if "http://example.org" in line]
    assert len(lines) == 5  # two headings, two lines of contents, and who is missing
    for line in lines:
        assert re.search(r"(?<!\\)[<>&|]", line) is None
        assert MARKUP in re.sub(r"\\(.)", r"\1", line)


def test_ratios_that_support_no_claim_are_marked(page, markdown):
    for text in ("".join(page.text), markdown):
        assert text.count("8.30? (3.20–11.0)") == 2
        assert text.count("?: the rounds differ too much, or are too few") == 2


@pytest.mark.parametrize("word", ["nan", "None", "null", "inf", "mathdefault"])
def test_no_figure_is_made_up(page, markdown, word):
    for text in (" ".join(page.text), markdown):
        assert not re.search(rf"\b{word}\b", text)
        assert "100 ms" in text


def test_the_markdown_document_has_all_runs_and_workloads_then_the_rest(markdown):
    headings = [line for line in markdown.splitlines() if line.startswith("#")]
    workloads = [
        "## A training step of the word model on one sentence",
        "## The step as sizes grow, as its sizes grow",
        headings[3],
    ]
    assert headings == [
        *("# Benchmarks", *workloads, *workloads),
        *("## Contents", "## Machine", "## Method"),
    ]
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert rows[1] == f"| --- |{' ---: |' * 9}"
    assert rows[0].count("|") == rows[1].count("|") == rows[2].count("|")
    assert "█ this project" in markdown
    assert markdown.count("<details>") == markdown.count("</details>") == 5


def test_each_ratio_belongs_to_a_processor():
    step = full_results()["workloads"][0]
    runs = [results(step), results(step, processor="AMD EPYC", threads=1)]
    for text in (render_html(runs), render_markdown(runs)):
        # With the answer, and in the contents.
        for where in ("Intel(R) Xeon(R) Processor, 2 threads", "AMD EPYC, 1 thread"):
            assert text.count(where) == 2
        assert "AMD EPYC (x86" in text


def test_a_quick_run_is_called_one():
    step = full_results()["workloads"][0]
    for quick in (False, True):
        run = [results(step | {"quick": quick})]
        for text in (render_html(run), render_markdown(run)):
            assert ("Quick run: short turns, few contenders" in text) == quick


def test_a_run_without_workloads_is_a_document_all_the_same():
    assert "2026-11-21" in render_markdown([results()])
    assert Page(render_html([results()])).open == []
