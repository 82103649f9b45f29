"""Graphs of PyTensor as pictures: variables and operations, from the inputs down to the outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import HasInnerGraph
from pytensor.scan.op import Scan

from rnn_graph.errors import InputError
from rnn_graph.plots.graph_names import (
    constant_text,
    cut,
    inner_names,
    numbered,
    operation_name,
    own_name,
    result_types,
    type_text,
    with_constants,
)
from rnn_graph.plots.layered import Edge, layered_layout
from rnn_graph.plots.svg import HEADLINE, NAME_SIZE, Box, arrow, document, text, text_width

MOST_BOXES = 1000
SECTION_GAP = 30

Names = Mapping[Variable, str]


def graph_svg(
    outputs: Variable | Sequence[Variable], *, names: Names | None = None, title: str = ""
) -> str:
    """Draw the graph of some variables as SVG, from their inputs at the top down to them.

    A variable is a box with round ends: inputs, outputs, and what has a name on the way. An
    operation (an `Apply` node) is a box with corners, with the dtype and the static shape of its
    result; `?` is a length that is known only when the function runs. Arguments enter from left to
    right; constants stand in the operation's name, where `·` is a variable. A dashed box has a
    graph of its own (a `Scan`, an `OpFromGraph`), which is drawn below.

    Parameters
    ----------
    outputs
        Variables of any graph, or the `maker.fgraph.outputs` of a compiled function.
    names
        For variables that shall have another name than their own, or have none.
    title
        The picture's name for those who do not see it; the names of inputs and outputs if "".

    Returns
    -------
    str
        It refers to nothing outside of itself, and is legible in light and in dark.

    Raises
    ------
    InputError
        If there is no output, or there are more than 1,000 boxes.
    """
    outputs = [outputs] if isinstance(outputs, Variable) else list(outputs)
    if not outputs:
        raise InputError("outputs is empty; give at least one variable")
    sections = _sections(outputs, dict(names or {}))
    count = sum(len(section.boxes) for section in sections)
    if count > MOST_BOXES:
        raise InputError(
            f"the graph has {count:,} boxes, and a picture at most {MOST_BOXES:,}; give outputs of"
            " a smaller part of it, or print it with pytensor.dprint"
        )
    parts, width, height = [], 0.0, 0.0
    for section in sections:
        if section.headline:
            height += SECTION_GAP
            parts.append(text((0, height + NAME_SIZE), section.headline, kind="headline"))
            width = max(width, text_width(section.headline, NAME_SIZE))
            height += HEADLINE
        layout = layered_layout([box.size for box in section.boxes], section.edges)
        parts.append(f'<g transform="translate(0 {height:.1f})">')
        parts += [arrow(route) for route in layout.routes]
        parts += [b.draw(c) for b, c in zip(section.boxes, layout.corners, strict=True)]
        parts.append("</g>")
        width, height = max(width, layout.width), height + layout.height
    first = sections[0]
    return document((width, height), title or first.title, first.description, parts)


@dataclass
class Section:
    """One graph of a picture.

    Attributes
    ----------
    headline
        "" for the graph that the picture is of.
    boxes, edges
        In an order in which no edge points backwards.
    nested
        The operations that have graphs of their own, and the names of what they are applied to.
    """

    headline: str
    boxes: list[Box] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    nested: list[tuple["_Nested", list[str]]] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What goes in, and what comes out."""
        sources = {edge.source for edge in self.edges}
        named = [(k in sources, b.name) for k, b in enumerate(self.boxes) if b.kind == "variable"]
        inputs = ", ".join(name for is_source, name in named if is_source) or "no variable"
        return f"Graph of {', '.join(n for is_source, n in named if not is_source)} from {inputs}"

    @property
    def description(self) -> str:
        """The operations in turn."""
        operations = [box.name for box in self.boxes if box.kind != "variable"]
        return f"{len(operations)} operations: {', '.join(operations)}."


@dataclass(frozen=True)
class _Nested:
    """An operation that has a graph of its own, and its name in the picture."""

    op: HasInnerGraph
    name: str


def _sections(outputs: Sequence[Variable], names: dict[Variable, str]) -> list[Section]:
    """The graph itself, then those inside of its operations, each once."""
    reader = _Reader()
    sections = [reader.section("", outputs, names, numbered("output", len(outputs)))]
    known = set()
    for section in sections:  # which grows
        for nested, outer in section.nested:
            if nested.name not in known:
                known.add(nested.name)
                op = nested.op
                inputs, results = inner_names(op, outer)
                inner = dict(zip(op.inner_inputs, inputs, strict=True))
                headline = f"Inside of {nested.name}"
                if isinstance(op, Scan):
                    headline += ", one step"
                sections.append(reader.section(headline, op.inner_outputs, inner, results))
    return sections


class _Reader:
    """Graphs to boxes and edges; operations with graphs of their own are numbered throughout."""

    def __init__(self):
        self._nested: list[_Nested] = []

    def section(
        self,
        headline: str,
        outputs: Sequence[Variable],
        names: dict[Variable, str],
        results: Sequence[str],
    ) -> Section:
        """One graph; `results` are names for those of its outputs that have none."""
        section, places = Section(headline), {}

        def add(box: Box, *inputs: Variable) -> int:
            target, count = len(section.boxes), len(inputs)
            for k, value in enumerate(inputs):
                source, leaves = places[value]
                section.edges.append(Edge(source, target, leaves, (k + 1) / (count + 1)))
            section.boxes.append(box)
            return target

        def add_variable(value: Variable, *inputs: Variable, name: str = "") -> int:
            name = names.get(value) or value.name or name or constant_text(value) or "variable"
            return add(Box("variable", cut(name), (type_text(value),), name), *inputs)

        for node in _in_order(outputs):
            if all(constant_text(value) for value in node.outputs):
                continue
            variables = [value for value in node.inputs if not constant_text(value)]
            for value in variables:
                if value not in places:
                    places[value] = add_variable(value, name="input"), 0.5
            if isinstance(node.op, HasInnerGraph):
                kind, nested = "nested", self._numbered(node.op)
                name = with_constants(nested.name, node)
                section.nested.append((nested, [names.get(v) or v.name or "" for v in node.inputs]))
            else:
                kind, name = "operation", operation_name(node)
            place = add(Box(kind, cut(name), result_types(node), name), *variables)
            for k, value in enumerate(node.outputs):
                places[value] = place, (k + 1) / (len(node.outputs) + 1)
                if (names.get(value) or value.name) and value not in outputs:
                    places[value] = add_variable(value, value), 0.5
        for value, name in zip(outputs, results, strict=True):
            if value not in places:
                places[value] = add_variable(value, name="input"), 0.5
            add_variable(value, value, name=name)
        return section

    def _numbered(self, op: HasInnerGraph) -> _Nested:
        """An operation under its name, with a number if another one has the same name."""
        for nested in self._nested:
            if nested.op is op or nested.op == op:
                return nested
        own = own_name(op)
        same = sum(nested.name.split(" #")[0] == own for nested in self._nested)
        self._nested.append(_Nested(op, f"{own} #{same + 1}" if same else own))
        return self._nested[-1]


def _in_order(outputs: Sequence[Variable]) -> list[Apply]:
    """The operations, each after those that its arguments come from, the first ones' first."""
    done: dict[Apply, None] = {}
    waiting = [value.owner for value in reversed(outputs) if value.owner is not None]
    while waiting:
        owners = [value.owner for value in waiting[-1].inputs]
        missing = next((o for o in owners if o is not None and o not in done), None)
        if missing is None:
            done.setdefault(waiting.pop())
        else:
            waiting.append(missing)
    return list(done)
