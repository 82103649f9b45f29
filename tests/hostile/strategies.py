"""Hypothesis strategies of files that are nearly of a format: JSON, text in columns, and bytes."""

import json
import string
from typing import Any

from hypothesis import strategies as st

from hostile.readers import Reader

NUMBERS = st.integers() | st.floats() | st.sampled_from((10**400, 2**63, -1, 1e-320, True))
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=9)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=9,
)
CELLS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=9),
    st.text(string.printable, max_size=9),
    st.sampled_from(("B-x", "I-x", "O", "_", "-X-", "1-2", "1", '"', "['a', 'b']", "[]", "nan")),
)
SEPARATORS = st.sampled_from((" ", "\t", ",", ";", "/", "  ", "\t_\t"))


def files_like(reader: Reader) -> st.SearchStrategy[bytes]:
    """Contents that a reader of a format has to read or to refuse."""
    lines = _json_lines(reader.content)
    if lines is not None:
        return changed_json(lines)
    try:
        reader.content.decode()
    except UnicodeDecodeError:
        return changed_bytes(reader.content)
    return tables() | changed_bytes(reader.content)


@st.composite
def changed_json(draw, lines: list[Any]) -> bytes:
    """Lines of JSON, with one value anywhere in them replaced, left out or added."""
    document = json.loads(json.dumps(lines))
    holder: Any = document
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            break
        key = draw(st.sampled_from(keys))
        inner = holder[key]
        if not (isinstance(inner, dict | list) and inner and draw(st.booleans())):
            if draw(st.integers(0, 3)):
                holder[key] = draw(VALUES)
            else:
                del holder[key]
            break
        holder = inner
    return "".join(f"{json.dumps(line)}\n" for line in document).encode()


@st.composite
def tables(draw) -> bytes:
    """Lines of cells between one separator, as tagged files and CSV have them."""
    separator = draw(SEPARATORS)
    rows = draw(st.lists(st.lists(CELLS, max_size=5), max_size=9))
    text = "\n".join(separator.join(row) for row in rows)
    return text.encode(draw(st.sampled_from(("utf-8", "utf-8-sig", "utf-16"))))


@st.composite
def changed_bytes(draw, content: bytes) -> bytes:
    """The content with a part of it replaced by other bytes."""
    begin, end = sorted(draw(st.tuples(*2 * [st.integers(0, len(content))])))
    return content[:begin] + draw(st.binary(max_size=20)) + content[end:]


def _json_lines(content: bytes) -> list[Any] | None:
    try:
        return [json.loads(line) for line in content.decode().splitlines()]
    except ValueError:
        return None
