"""Boxes, arrows and text as SVG: legible in light and dark, with nothing from elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]

NAME_SIZE, NOTE_SIZE = 15, 13  # of the text, in pixels
LETTER = 0.61  # width of a letter of a monospaced font, beside its size
LINE = 1.35  # height of a line, beside the size of its text
PADDING = 10
HEADLINE = 30

# Beside their colors, kinds of boxes differ in their corners and lines.
STYLE = """
.rg{color-scheme:light dark;--paper:#fff;--ink:#1a1a1a;--note:#4a4a4a;--line:#6b6b6b;
--variable:#fff;--operation:#dcebf7;--nested:#fbe6c8}
@media (prefers-color-scheme:dark){.rg{--paper:#15181c;--ink:#f2f2f2;--note:#c4c8cc;--line:#98a0a8;
--variable:#15181c;--operation:#1d3a52;--nested:#4d3a17}}
.rg text{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink)}
.rg .note{fill:var(--note)}
.rg .headline{font-weight:bold}
.rg rect,.rg path{stroke:var(--line);stroke-width:1.4;fill:none}
.rg .paper{fill:var(--paper);stroke:none}
.rg .variable rect{fill:var(--variable)}
.rg .operation rect{fill:var(--operation)}
.rg .nested rect{fill:var(--nested);stroke-dasharray:6 3}
.rg .head{fill:var(--line);stroke:none}
"""


@dataclass(frozen=True)
class Box:
    """A box with a name and notes below it.

    Attributes
    ----------
    kind
        "variable", "operation", or "nested", an operation with a graph of its own.
    name
    notes
        A line each, in smaller text.
    hint
        What is shown when one points at the box; nothing if "".
    """

    kind: str
    name: str
    notes: tuple[str, ...] = ()
    hint: str = ""

    @property
    def size(self) -> Point:
        """Width and height."""
        notes = [text_width(note, NOTE_SIZE) for note in self.notes]
        height = LINE * (NAME_SIZE + NOTE_SIZE * len(self.notes))
        return max(text_width(self.name, NAME_SIZE), *notes, 0) + 2 * PADDING, height + PADDING

    def draw(self, corner: Point) -> str:
        """The box with its upper left corner in this place."""
        (x, y), (width, height) = corner, self.size
        round_corners = height / 2 if self.kind == "variable" else 4
        baseline, middle = y + PADDING / 2 + NAME_SIZE, x + width / 2
        parts = [f"<title>{escape(self.hint)}</title>"] if self.hint else []
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
            f' rx="{round_corners:.1f}"/>'
        )
        parts.append(text((middle, baseline), self.name, anchor="middle"))
        for line, note in enumerate(self.notes, 1):
            place = middle, baseline + line * LINE * NOTE_SIZE
            parts.append(text(place, note, kind="note", size=NOTE_SIZE, anchor="middle"))
        return f'<g class="{self.kind}">{"".join(parts)}</g>'


def text_width(content: str, size: int) -> float:
    """How wide a line of text is, in pixels."""
    return len(content) * size * LETTER


def text(
    place: Point, content: str, *, kind: str = "", size: int = NAME_SIZE, anchor: str = "start"
) -> str:
    """A line of text, whose baseline begins (or has its middle) in this place."""
    x, y = place
    named = f' class="{kind}"' if kind else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{named}>'
        f"{escape(content)}</text>"
    )


def arrow(route: Sequence[Point]) -> str:
    """A curve downwards through points, with a head at the last one."""
    (x, y), *rest = route
    end, bottom = rest[-1]
    steps = [f"M{x:.1f} {y:.1f}"]
    for next_x, next_y in [*rest[:-1], (end, bottom - 5)]:
        middle = (y + next_y) / 2
        steps.append(f"C{x:.1f} {middle:.1f} {next_x:.1f} {middle:.1f} {next_x:.1f} {next_y:.1f}")
        x, y = next_x, next_y
    head = f"M{end:.1f} {bottom:.1f}l-4 -8h8z"
    return f'<path d="{"".join(steps)}"/><path class="head" d="{head}"/>'


def document(size: Point, title: str, description: str, parts: Iterable[str]) -> str:
    """A whole SVG.

    Parameters
    ----------
    size
        Width and height in pixels; a margin is added.
    title, description
        For those who do not see it.
    parts
        Elements, drawn one upon the other.
    """
    width, height = size[0] + 2 * PADDING, size[1] + 2 * PADDING
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rg" role="img" width="{width:.0f}"'
        f' height="{height:.0f}" viewBox="{-PADDING} {-PADDING} {width:.1f} {height:.1f}"'
        f' aria-label="{escape(title)}"><title>{escape(title)}</title>'
        f"<desc>{escape(description)}</desc><style>{STYLE}</style>"
        f'<rect class="paper" x="{-PADDING}" y="{-PADDING}" width="{width:.1f}"'
        f' height="{height:.1f}"/>{"".join(parts)}</svg>\n'
    )
