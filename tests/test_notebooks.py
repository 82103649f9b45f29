"""The chapters of the course: their cells run, with small sizes, one after the other."""

import importlib.util
import re
import warnings
from pathlib import Path

import matplotlib
import pytest
import yaml

CHAPTERS = sorted((Path(__file__).parent.parent / "docs/learn").glob("[0-9]*.md"))
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
# What a chapter needs beyond the library.
NEEDS = {"12-bayesian": "pymc"}


def cells(chapter: Path) -> list[str]:
    return CELL.findall(chapter.read_text(encoding="utf-8"))


def small_sizes(chapter: Path) -> dict[str, object]:
    """The sizes of a chapter's front matter."""
    return yaml.safe_load(chapter.read_text(encoding="utf-8").split("---\n")[1])["quick"]


def without_options(cell: str) -> str:
    return re.sub(r"\A(?::[^\n]*\n)+", "", cell)


def test_there_are_twelve_chapters():
    assert [chapter.name[:2] for chapter in CHAPTERS] == [f"{k:02}" for k in range(1, 13)]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)
def test_a_chapter_runs(chapter, tmp_path, monkeypatch):
    needed = NEEDS.get(chapter.stem, "rnn_graph")
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed")
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    sizes, namespace, found = small_sizes(chapter), {"__name__": "__main__"}, False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, cell in enumerate(cells(chapter), 1):
            code = compile(without_options(cell), f"{chapter.name}, cell {number}", "exec")
            exec(code, namespace)
            if ":tags: [parameters]" in cell:
                assert sizes.keys() <= namespace.keys()
                namespace |= sizes
                found = True
    matplotlib.pyplot.close("all")
    assert found, "no cell has the tag parameters"
