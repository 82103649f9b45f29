"""How Sphinx builds the documentation; `make docs` does it."""

import contextlib
import importlib.util
import re
import threading
import urllib.request
from pathlib import Path

from latex2mathml.converter import convert

from rnn_graph import __version__

project = "rnn_graph"
copyright = "the rnn_graph contributors"
version = release = __version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "sphinx_design",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]

# Chapters of the course are notebooks; unchanged ones are not executed again.
nb_execution_mode = "cache"
nb_execution_cache_path = str(Path(__file__).parents[1] / "build/notebooks")
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_execution_excludepatterns = [] if importlib.util.find_spec("pymc") else ["learn/12-*"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
default_role = "code"
autodoc_default_options = {"member-order": "bysource"}
autodoc_typehints = "none"  # numpydoc's sections have the types
numpydoc_show_class_members = False


# References to other projects are links where there is a network, and plain text where not.
OTHERS = {
    "numpy": "https://numpy.org/doc/stable/",
    "pymc": "https://www.pymc.io/projects/docs/en/stable/",
    "pytensor": "https://pytensor.readthedocs.io/en/latest/",
    "python": "https://docs.python.org/3/",
}
intersphinx_mapping = {}


def _add_if_it_answers(name: str, url: str) -> None:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}objects.inv", timeout=3):
        intersphinx_mapping[name] = (url, None)


# In threads, since looking for a server's name can take longer than any limit that one sets.
searches = [
    threading.Thread(target=_add_if_it_answers, args=o, daemon=True) for o in OTHERS.items()
]
for search in searches:
    search.start()
for search in searches:
    search.join(timeout=3)
del searches

html_theme = "pydata_sphinx_theme"
html_title = "rnn_graph"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sourcelink = False
html_math_renderer = "mathml"
html_theme_options = {
    "navbar_align": "left",
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {"index": []}


def _visit_inline_math(translator, node) -> None:
    from docutils.nodes import SkipNode

    translator.body.append(convert(node.astext()))
    raise SkipNode


def _visit_math(translator, node) -> None:
    from docutils.nodes import SkipNode

    translator.body.append(f'<div class="formula">{convert(node.astext(), display="block")}</div>')
    raise SkipNode


def _keep_links_within(app, name: str, source: list[str]) -> None:
    source[0] = re.sub(r"\[([^\]]+)\]\((?:\.\./)+(?:benchmarks|data)/[^)]+\)", r"\1", source[0])


def setup(app) -> None:
    """Prepare what the extensions lack.

    Formulas become MathML, which browsers draw themselves: pages ask no other server. Links to
    files of the repository that are no pages become plain text.
    """
    app.connect("source-read", _keep_links_within)
    app.add_html_math_renderer("mathml", (_visit_inline_math, None), (_visit_math, None))
