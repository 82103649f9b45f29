"""What a model is composed of, as a picture: its layers, or the operations of its loss."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pytensor.graph.basic import Variable

from rnn_graph.errors import InputError
from rnn_graph.names import GRAPH_DETAILS
from rnn_graph.plots.graph import graph_svg
from rnn_graph.plots.layered import Edge, Point, layered_layout
from rnn_graph.plots.svg import NAME_SIZE, NOTE_SIZE, Box, arrow, document, text, text_width

HEAD = 60  # height of the title and of the axes' names
LOOP = 24  # width of the arrow that leads a state to the next step
BLANK = "\u00a0"  # one that is not collapsed


@dataclass(frozen=True)
class Part:
    """A part of a model.

    Attributes
    ----------
    name
    parameters
        Shapes by name.
    result
        The axes of what it yields, such as "[T, B, 256]".
    inputs
        Places of what goes in: the composition's inputs are counted first, then its parts.
    notes
        Lines of text.
    states
        Names of the states that it hands on from step to step.
    outputs
        Its own graph; empty if it has no operation.
    names
        Of variables in this graph.
    """

    name: str
    parameters: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    result: str = ""
    inputs: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    outputs: Sequence[Variable] = ()
    names: Mapping[Variable, str] = field(default_factory=dict)

    @property
    def box(self) -> Box:
        """Its name, notes, parameters in columns, and result."""
        rows = [
            (name, f"[{', '.join(map(str, shape))}]", f"{math.prod(shape):,}")
            for name, shape in self.parameters.items()
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            f"{name:{widths[0]}}  {shape:{widths[1]}}  {count:>{widths[2]}}".replace(" ", BLANK)
            for name, shape, count in rows
        ]
        notes = list(self.notes)
        if self.states:
            notes.append(f"{', '.join(self.states)}: from step to step")
        return Box("operation", self.name, (*notes, *lines, f"→ {self.result}"))

    @property
    def sentence(self) -> str:
        """The same for those who do not see it."""
        shapes = [f"{n} {' by '.join(map(str, shape))}" for n, shape in self.parameters.items()]
        said = ", ".join([self.name, *self.notes, *shapes])
        return f"{said}, yields {self.result}."


@dataclass(frozen=True)
class Composition:
    """What a model is composed of.

    Attributes
    ----------
    title
    axes
        What the letters for axes stand for.
    inputs
        Names and types of what goes in.
    parts
        In the order in which they are computed; the last one yields the loss.
    loss
        Builds the graph of a minibatch's loss.
    """

    title: str
    axes: str
    inputs: Sequence[tuple[str, str]]
    parts: Sequence[Part]
    loss: Callable[[], Variable]


def composition_svg(composition: Composition, detail: str = "layers") -> str:
    """Draw a model: its layers, or the operations of its loss.

    Raises
    ------
    InputError
        If `detail` is neither "layers" nor "operations", or there are too many operations.
    """
    if detail not in GRAPH_DETAILS:
        raise InputError(f"unknown detail {detail!r}; give one of {', '.join(GRAPH_DETAILS)}")
    if detail == "operations":
        loss, title = composition.loss(), f"{composition.title}: operations of the loss"
        return graph_svg(loss, names={loss: "loss"}, title=title)
    return _layers_svg(composition)


def _layers_svg(composition: Composition) -> str:
    inputs, parts = composition.inputs, composition.parts
    boxes = [Box("variable", name, (kind,)) for name, kind in inputs]
    boxes += [part.box for part in parts]
    boxes.append(Box("variable", "loss"))
    edges = [
        Edge(source, target, 0.5, (k + 1) / (len(part.inputs) + 1))
        for target, part in enumerate(parts, len(inputs))
        for k, source in enumerate(part.inputs)
    ]
    edges.append(Edge(len(boxes) - 2, len(boxes) - 1))
    layout = layered_layout([box.size for box in boxes], edges)

    drawn = [f'<g transform="translate(0 {HEAD})">', *map(arrow, layout.routes)]
    drawn += [box.draw(corner) for box, corner in zip(boxes, layout.corners, strict=True)]
    for k, part in enumerate(parts, len(inputs)):
        if part.states:
            drawn.append(_loop(boxes[k], layout.corners[k]))
    title, axes = composition.title, composition.axes
    head = [
        text((0, NAME_SIZE), title, kind="headline"),
        text((0, 2.4 * NAME_SIZE), axes, kind="note", size=NOTE_SIZE),
    ]
    widths = layout.width + LOOP, text_width(title, NAME_SIZE), text_width(axes, NOTE_SIZE)
    size = max(widths), layout.height + HEAD
    return document(size, title, " ".join(part.sentence for part in parts), [*head, *drawn, "</g>"])


def _loop(box: Box, corner: Point) -> str:
    """An arrow from the right side of a box back to it."""
    (x, y), (width, height) = corner, box.size
    right, low, high = x + width, y + 0.75 * height, y + 0.25 * height
    bend = f"M{right:.1f} {low:.1f}c{LOOP} 0 {LOOP} {high - low:.1f} 5 {high - low:.1f}"
    return f'<path d="{bend}"/><path class="head" d="M{right:.1f} {high:.1f}l8 -4v8z"/>'
