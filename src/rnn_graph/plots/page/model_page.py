"""The HTML file of a model: everything that it needs is in it, and it asks for nothing else."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.files.atomic import atomic_write
from rnn_graph.plots.page.page_codecs import codec_of
from rnn_graph.plots.page.page_networks import Network, network_of

SCRIPTS = (
    "forward.js",
    "tagging.js",
    "text.js",
    "state.js",
    "heat-map.js",
    "units.js",
    "showing.js",
    "page.js",
)
STYLE, TEMPLATE = "page.css", "page.html"
# What the page may grow to by what float16 leaves of the parameters.
MOST_BYTES = 8_000_000
# Nothing is fetched, sent or embedded; these scripts and this style alone are run.
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {style}; img-src data:;"
    " connect-src 'none'; base-uri 'none'; form-action 'none'"
)


def write_model_page(path: str | Path, model, title: str, *, most_bytes: int = MOST_BYTES) -> int:
    """Write a page on which a model reads, draws or labels what one types.

    Parameters
    ----------
    path
        The HTML file.
    model
        Of any kind that has a vocabulary.
    title
        The headline.
    most_bytes
        See `model_content`.

    Returns
    -------
    int
        The size of the file in bytes.

    Raises
    ------
    InputError
        If the model has no vocabulary, a parameter is too large for float16, or the file cannot be
        written.
    """
    page = render_page(model_content(model, title, most_bytes=most_bytes))
    encoded = page.encode(errors="replace")  # a file's name may hold bytes that are no text
    with atomic_write(path) as stream:
        stream.write(encoded)
    return len(encoded)


def model_content(model, title: str, *, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """What the page's scripts are given: the text's codec, the network, and its parameters.

    Parameters are rounded to float16. What rounding left off an array follows as a second array of
    float16, from the smallest array to the largest, while the page has at most `most_bytes`: of
    rounded parameters alone probabilities differ by up to 0.003 (`shakespeare-char-lstm.npz`, 12
    texts of 1,000 characters).

    Raises
    ------
    InputError
        As `write_model_page`.
    """
    codec, network = codec_of(model), network_of(model)
    arrays = {name: _halves(name, array) for name, array in network.arrays.items()}
    content = {
        "title": title,
        "about": _about(model, codec, network),
        "codec": codec,
        "network": network.layers,
        "arrays": arrays,
    }
    room = most_bytes - len(render_page(content))
    for name, array in sorted(network.arrays.items(), key=lambda item: np.size(item[1])):
        rest = _encoded(array - array.astype(np.float16).astype(array.dtype))
        room -= len(rest) + len(',"rest":""')
        if room < 0:
            break
        arrays[name]["rest"] = rest
    return content


def render_page(content: dict[str, Any]) -> str:
    """The page of what `model_content` gave."""
    scripts, style = [_part(name) for name in SCRIPTS], _part(STYLE)
    policy = POLICY.format(scripts=" ".join(map(_allowed, scripts)), style=_allowed(style))
    parts = {
        "TITLE": escape(content["title"]),
        "ABOUT": escape(content["about"]),
        "POLICY": policy,
        "STYLE": style,
        "MODEL": _as_json(content),
        "SCRIPTS": "\n".join(f"<script>{script}</script>" for script in scripts),
    }
    # In one pass, since a title may look like a place to fill.
    return re.sub(r"%([A-Z]+)%", lambda place: parts[place[1]], _part(TEMPLATE))


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _allowed(source: str) -> str:
    """How the page's policy names a script or style that may be used."""
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"


def _as_json(content: Any) -> str:
    """JSON in which nothing can end a script element, or begin a comment in it."""
    text = json.dumps(content, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _halves(name: str, array: np.ndarray) -> dict[str, Any]:
    """An array of the page, rounded to float16."""
    with np.errstate(over="ignore"):
        halves = array.astype(np.float16)
    if not np.isfinite(halves).all():
        raise InputError(
            f"{name} has a value of {np.abs(array).max():.3g}; numbers of float16, which the page"
            " has, reach to 65,504; train with a lower learning rate or with clipping"
        )
    return {"shape": list(array.shape), "halves": _encoded(halves)}


def _encoded(array: np.ndarray) -> str:
    """The numbers row by row, two bytes each, the lower one first, in base64."""
    return b64encode(np.ascontiguousarray(array, dtype="<f2").tobytes()).decode()


def _about(model, codec: dict[str, Any], network: Network) -> str:
    """What the model is, in a line."""
    tokens = f"{len(codec['tokens']):,} {codec['unit']}s"
    if "labels" in codec:
        task, tokens = "Tagger", f"{tokens}, {len(codec['labels'])} labels"
    else:
        task = f"Language model of {codec['unit']}s"
    return f"{task}: {network.about}; {tokens}, {model.parameter_count:,} parameters"
