import re
import xml.etree.ElementTree as ET

import numpy as np
import pytensor
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytensor import tensor as pt

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.errors import InputError
from rnn_graph.nn import LSTM, Recurrent
from rnn_graph.plots.graph import graph_svg
from rnn_graph.plots.layered import Edge, layered_layout

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [element.text for element in ET.fromstring(svg).iter(f"{SVG}text")]


def boxes(svg: str, kind: str) -> list[list[str]]:
    """The lines of each box of a kind."""
    groups = ET.fromstring(svg).iter(f"{SVG}g")
    found = [group for group in groups if group.get("class") == kind]
    return [[line.text for line in group.iter(f"{SVG}text")] for group in found]


def heads(svg: str) -> int:
    return svg.count('class="head"')


def regression():
    x, b = pt.matrix("x", dtype="float64"), pt.vector("b", dtype="float64", shape=(2,))
    W = pytensor.shared(np.zeros((3, 2)), name="W", shape=(3, 2))
    loss = ((x @ W + b) ** 2).sum()
    loss.name = "loss"
    return loss


def test_a_graph_has_its_variables_its_operations_and_its_constants():
    svg = graph_svg(regression())
    assert sorted(boxes(svg, "variable")) == [
        ["W", "float64 [3, 2]"],
        ["b", "float64 [2]"],
        ["loss", "float64"],
        ["x", "float64 [?, ?]"],
    ]
    assert boxes(svg, "operation") == [
        ["Matmul", "float64 [?, 2]"],
        ["ExpandDims{axis=0}", "float64 [1, 2]"],
        ["Add", "float64 [?, 2]"],
        ["Pow(·, 2)", "float64 [?, 2]"],
        ["Sum{axes=None}", "float64"],
    ]
    assert heads(svg) == 8  # x, W → Matmul → Add ← ExpandDims ← b; Add → Pow → Sum → loss
    assert "5 operations: Matmul, ExpandDims{axis=0}, Add" in svg
    assert "Graph of loss from x, W, b" in svg


def test_names_are_those_given_and_what_has_a_name_on_the_way_has_a_box():
    x = pt.vector("x")
    y = pt.tanh(x)
    y.name = "y"
    svg = graph_svg([y * 3, y.sum()], names={x: "a < b & c", y: "s"})
    names = [lines[0] for lines in boxes(svg, "variable")]
    assert names == ["a < b & c", "s", "output 0", "output 1"]
    assert "Tanh" in texts(svg)


def test_indices_are_written_as_in_python():
    x, k, ids = pt.tensor3("x"), pt.iscalar("k"), pt.ivector("ids")
    svg = graph_svg([x[0, ::-1, 1:k], x[:, ids]])
    assert {"Subtensor[0, ::-1, 1:·]", "AdvancedSubtensor[:, ·]"} <= set(texts(svg))


def test_a_variable_that_is_an_output_and_one_that_is_used_twice():
    x = pt.vector("x")
    svg = graph_svg([x, x * x])
    assert [lines[0] for lines in boxes(svg, "variable")] == ["x", "x", "output 1"]
    assert heads(svg) == 4


def test_the_picture_refers_to_nothing_and_fits_light_and_dark():
    svg = graph_svg(regression())
    assert re.findall(r"https?://[^\"<]*", svg) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"href|url\(|@import|\bid=", svg)
    assert "prefers-color-scheme:dark" in svg
    root = ET.fromstring(svg)
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root.get("role") == "img"


def test_a_graph_is_drawn_alike_each_time():
    def lstm():
        layer = Recurrent(LSTM(), units=2, inputs=3)
        weights = {n: pt.as_tensor(v, name=n) for n, v in layer.init(0).items()}
        return layer(weights, pt.tensor3("x"))[0]

    assert graph_svg(lstm()) == graph_svg(lstm())


def test_a_scan_is_a_box_with_a_graph_of_its_own_below():
    x, first = pt.vector("x"), pt.scalar("first")

    def step(value, state, rate):
        return rate * state + value, value > 1

    states, _ = pytensor.scan(
        step, [x], [first, None], [pt.scalar("rate")], return_updates=False, name="leaky"
    )
    svg = graph_svg(states)
    assert [lines[0] for lines in boxes(svg, "nested")] == ["Scan"]
    assert "Inside of Scan, one step" in texts(svg)
    inside = [lines[0] for lines in boxes(svg, "variable")]
    inside = set(inside[inside.index("output") + 1 :])
    assert inside == {"rate", "sequence 0 [t]", "state 0 [t-1]", "state 0 [t]", "result 0 [t]"}


def test_the_gradient_of_a_scan_and_what_it_is_compiled_to():
    x, first = pt.vector("x", dtype="float64"), pt.scalar("first", dtype="float64")
    states = pytensor.scan(
        lambda value, state: pt.tanh(state + value), [x], [first], return_updates=False
    )
    gradient = pytensor.grad(states[-1], first)
    svg = graph_svg(gradient)
    assert [lines[0] for lines in boxes(svg, "nested")] == ["Scan", "Scan #2"]
    assert {"sum 0 [+0]", "sum 0 [+1], new"} <= set(texts(svg))
    compiled = compile_function([x, first], gradient, choose_backend("jax", "cpu", "float64"))
    svg = graph_svg(compiled.maker.fgraph.outputs)
    assert {"x", "first", "output"} <= {lines[0] for lines in boxes(svg, "variable")}
    assert [lines[0] for lines in boxes(svg, "nested")] == ["Scan", "Scan #2"]


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(InputError, match="outputs is empty; give at least one"):
        graph_svg([])
    x = pt.vector("x")
    for _ in range(1050):
        x = pt.tanh(x)
    with pytest.raises(InputError, match=r"the graph has 1,052 boxes, .* at most 1,000; give"):
        graph_svg(x)


# Layout


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 9))
    size = st.tuples(st.integers(10, 90).map(float), st.integers(10, 40).map(float))
    sizes = [draw(size) for _ in range(count)]
    pairs = [(a, b) for b in range(count) for a in range(b)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=14)) if pairs else []
    share = st.floats(0, 1)
    return sizes, [Edge(a, b, draw(share), draw(share)) for a, b in chosen]


@given(graphs())
def test_boxes_stand_apart_and_arrows_point_downwards(graph):
    sizes, edges = graph
    layout = layered_layout(sizes, edges)
    rectangles = [
        (x, y, x + w, y + h) for (x, y), (w, h) in zip(layout.corners, sizes, strict=True)
    ]
    for k, (left, top, right, bottom) in enumerate(rectangles):
        assert left >= -1e-6
        assert right <= layout.width + 1e-6
        assert 0 <= top <= bottom <= layout.height + 1e-6
        for x, y, u, v in rectangles[:k]:
            assert u <= left + 1e-6 or right <= x + 1e-6 or v <= top or bottom <= y
    for edge, route in zip(edges, layout.routes, strict=True):
        heights = [y for _, y in route]
        assert heights == sorted(heights)
        left, _, right, bottom = rectangles[edge.source]
        assert route[0] == pytest.approx((left + edge.leaves * (right - left), bottom))
        left, top, right, _ = rectangles[edge.target]
        assert route[-1] == pytest.approx((left + edge.enters * (right - left), top))


def test_arrows_do_not_cross_where_they_need_not():
    """Two chains that begin in the wrong order, and a long arrow."""
    sizes = [(50.0, 20.0)] * 7
    edges = [Edge(0, 3), Edge(1, 2), Edge(2, 4, enters=0.2), Edge(3, 4, enters=0.8), Edge(4, 5)]
    layout = layered_layout(sizes, [*edges, Edge(1, 6), Edge(5, 6)])
    assert layout.corners[2][0] < layout.corners[3][0]
    assert layout.corners[1][0] < layout.corners[0][0]
    assert layout.corners[6][1] > layout.corners[5][1] > layout.corners[4][1]
