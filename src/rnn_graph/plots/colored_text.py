"""Text on the color of a hidden unit's state: in HTML, and as colors of terminals."""

from collections.abc import Sequence
from html import escape
from string import Template

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.plots.activity import Activity

# From −1 to 1, blue to orange, which color-blind readers tell apart: numbers of xterm's 256 colors.
TERMINAL_COLORS = (25, 32, 74, 117, 153, 231, 223, 222, 215, 208, 166)
DARK_TERMINAL_COLORS = (25, 32, 166)
WHITE, BLACK = 231, 16
NEGATIVE, POSITIVE = np.array([0, 90, 160]), np.array([200, 80, 0])  # red, green and blue

PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 50rem; padding: 1rem; font: 1.25rem/2 system-ui, sans-serif; }
h1 { font-size: 1.25rem; line-height: 1.4; }
p { overflow-wrap: break-word; }
.text { white-space: pre-wrap; }
.text span, .scale span { padding: 0.2em 0; }
.scale span { padding: 0.2em 0.5em; }
</style>
</head>
<body>
<main>
<h1>$title</h1>
<p class="scale">$scale</p>
<p class="text">$text</p>
</main>
</body>
</html>
""")


def unit_states(
    found: Activity, unit: int, layer: int | None = None
) -> tuple[str, list[str], np.ndarray]:
    """A hidden unit along a text.

    Parameters
    ----------
    found
        What happened in the model.
    unit, layer
        Counted from 0; the last layer if None.

    Returns
    -------
    name
        Of layer and unit.
    texts
        The T tokens of the text, as they stand in it.
    values : (T,)
        The state after each.

    Raises
    ------
    InputError
        If there is no such layer or unit.
    """
    names = list(found.states)
    layer = len(names) - 1 if layer is None else layer
    if not 0 <= layer < len(names):
        raise InputError(
            f"layer {layer} is none of the {len(names)}; give a number from 0 to {len(names) - 1}"
        )
    states = found.states[names[layer]]
    if not 0 <= unit < states.shape[1]:
        raise InputError(
            f"unit {unit} is none of {names[layer]}; give a number from 0 to {states.shape[1] - 1}"
        )
    steps = [step for step, text in enumerate(found.texts) if text]
    return (
        f"{names[layer]}, unit {unit}",
        [found.texts[step] for step in steps],
        states[steps, unit].astype(float),
    )


def terminal_colors(value: float) -> tuple[int, int]:
    """Numbers of the colors of text and background for a state from −1 to 1."""
    place = round((min(max(value, -1), 1) + 1) / 2 * (len(TERMINAL_COLORS) - 1))
    background = TERMINAL_COLORS[place]
    return (WHITE if background in DARK_TERMINAL_COLORS else BLACK), background


def colored_page(title: str, texts: Sequence[str], values: Sequence[float], blanks: bool) -> str:
    """A page of HTML with the text on the color of its states.

    Parameters
    ----------
    title
    texts, values
        Tokens and states from −1 to 1, which are shown when one points at a token.
    blanks
        Whether a blank stands between any two tokens.
    """
    spans = [_span(text, value, f"{value:.3f}") for text, value in zip(texts, values, strict=True)]
    scale = [_span(f"{value:g}".replace("-", "−"), value) for value in (-1, -0.5, 0, 0.5, 1)]
    return PAGE.substitute(
        title=escape(title), scale="".join(scale), text=(" " if blanks else "").join(spans)
    )


def page_color(value: float) -> tuple[int, int, int]:
    """Red, green and blue of a background: white at 0, darker to both sides."""
    share = min(abs(value), 1)
    color = (1 - share) * 255 + share * (NEGATIVE if value < 0 else POSITIVE)
    red, green, blue = (round(float(part)) for part in color)
    return red, green, blue


def _span(text: str, value: float, hint: str = "") -> str:
    background = page_color(value)
    ink = "#000" if _lightness(background) > 0.18 else "#fff"
    shown = escape(text).replace("\n", "↵\n")
    title = f' title="{hint}"' if hint else ""
    color = "#" + "".join(f"{part:02x}" for part in background)
    return f'<span style="background:{color};color:{ink}"{title}>{shown}</span>'


def _lightness(color: Sequence[int]) -> float:
    """Relative luminance by WCAG 2; above 0.18 black has more contrast than white."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in color)
    ]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))
