"""Labelled phrases as one reads them."""

import zlib
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from rnn_graph.predict.metrics import phrases

COLORS = ("cyan", "green", "magenta", "yellow", "blue", "red")


def print_spans(words: Sequence[str], labels: Sequence[str]) -> None:
    """Print a sentence with its phrases in brackets, in color on a terminal.

    A type has the same color in every sentence.
    """
    line, place = Text(), 0
    for start, end, kind in phrases(labels):
        style = COLORS[zlib.crc32(kind.encode()) % len(COLORS)]
        line.append("".join(f"{word} " for word in words[place:start]))
        line.append(f"[{' '.join(words[start:end])}", style=f"bold {style}")
        line.append(f" {kind}] ", style=style)
        place = end
    line.append(" ".join(words[place:]))
    Console(highlight=False, soft_wrap=True).print(line)
