"""A model's graph as a page of HTML: the layers, and the operations of each, which open."""

import io
from collections.abc import Mapping, Sequence
from html import escape
from string import Template

import pytensor
from pytensor.graph.basic import Variable

from rnn_graph.errors import InputError
from rnn_graph.plots.composition import Composition, composition_svg
from rnn_graph.plots.graph import graph_svg

PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --faint: #6b6b6b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f2f2f2; --paper: #15181c; --faint: #98a0a8; }
}
body {
  margin: 0; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 1.125rem/1.5 system-ui, sans-serif; overflow-wrap: break-word;
}
h1, h2 { line-height: 1.25; }
p { max-width: 45rem; }
figure, pre { margin: 1rem 0; overflow-x: auto; }
.layers svg { width: min(100%, 44rem); height: auto; }
pre { font: 0.875rem/1.4 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
details { border-top: 1px solid var(--faint); padding: 0.5rem 0; }
details details { margin-left: 1rem; }
summary { cursor: pointer; font-weight: 600; padding: 0.25rem 0; }
summary:focus-visible { outline: 3px solid; }
</style>
</head>
<body>
<main>
<h1>$title</h1>
<figure class="layers">$picture</figure>
<h2>Operations</h2>
<p>The graph of each part, as it is before PyTensor compiles it, and without dropout. A box with
round ends is a variable, a box with corners an operation; a dashed one has a graph of its own,
which is drawn below. Arguments enter from left to right; ? is a length that is not known before
the function runs.</p>
$details
</main>
</body>
</html>
""")


def composition_page(composition: Composition, title: str) -> str:
    """The page; it refers to nothing outside of itself, and has no script."""
    details = [
        _details(part.name, part.outputs, part.names) for part in composition.parts if part.outputs
    ]
    loss = composition.loss()
    return PAGE.substitute(
        title=escape(title),
        picture=composition_svg(composition),
        details="".join([*details, _details("The whole loss", [loss], {loss: "loss"})]),
    )


def _details(name: str, outputs: Sequence[Variable], names: Mapping[Variable, str]) -> str:
    """The operations of a part: drawn, and as PyTensor prints them."""
    printed = io.StringIO()
    pytensor.dprint(list(outputs), file=printed, print_type=True)
    try:
        picture = graph_svg(outputs, names=names, title=f"{name}: operations")
    except InputError as error:  # of many layers there are too many boxes
        picture = escape(f"No picture: {error}.")
    return (
        f"<details><summary>{escape(name)}</summary>\n<figure>{picture}</figure>\n"
        "<details><summary>The same, as pytensor.dprint prints it</summary>\n"
        f"<pre>{escape(printed.getvalue())}</pre></details></details>\n"
    )
