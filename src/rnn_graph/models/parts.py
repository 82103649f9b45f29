"""Models as the parts that a picture shows."""

from collections.abc import Mapping, Sequence

from pytensor import tensor as pt
from pytensor.graph.traversal import ancestors
from pytensor.tensor import TensorVariable

from rnn_graph.backend.parameter import Parameter
from rnn_graph.nn.basic import Window
from rnn_graph.nn.composed import Bidirectional, Stack
from rnn_graph.nn.dropout import Dropout
from rnn_graph.nn.layer import Layer, Weights
from rnn_graph.nn.losses import softmax_cross_entropy
from rnn_graph.nn.recurrent import Recurrent
from rnn_graph.plots.composition import Part

LOSS = "mean, nats a token"


class Parts:
    """The parts of a model, in the order in which they are computed.

    Parameters
    ----------
    parameters
        The model's.
    inputs
        How many inputs it has; the first one goes into the first part.
    beyond
        How many steps the first input has beyond T, until a window takes them.

    Attributes
    ----------
    found : list of Part
    last : int
        The place of the part that was added last, counted behind the inputs.
    """

    def __init__(self, parameters: Mapping[str, Parameter], inputs: int, beyond: int = 0):
        self._parameters, self._inputs, self._beyond = parameters, inputs, beyond
        self.found: list[Part] = []
        self.last = 0

    @property
    def time(self) -> str:
        """The length of the axis of time."""
        return f"T + {self._beyond}" if self._beyond else "T"

    def add_stack(self, stack: Stack, x: TensorVariable) -> TensorVariable:
        """Add the layers of a stack, but those of dropout that leave out nothing."""
        for prefix, layer in zip(stack.names, stack.layers, strict=True):
            if not isinstance(layer, Dropout) or layer.share:
                x = self.add_layer(layer, x, prefix=prefix)
        return x

    def add_layer(
        self, layer: Layer, x: TensorVariable, *, prefix: str = "", inputs: Sequence[int] = ()
    ) -> TensorVariable:
        """Add a layer that takes a variable.

        Parameters
        ----------
        layer
        x
            An input, of the type that goes in.
        prefix
            What the names of its parameters begin with.
        inputs
            Places of what goes in; the part before if there are none.

        Returns
        -------
        TensorVariable
            An input for the next part, of the type of what this one yields.
        """
        if isinstance(layer, Window):
            self._beyond = 0
        y, _ = layer(self._weights(prefix), x)
        name = f"{prefix}: {_headline(layer)}" if prefix else _headline(layer)
        return self.add(name, y, inputs, notes=_notes(layer), states=_state_names(layer))

    def add(
        self, name: str, y: TensorVariable, inputs: Sequence[int] = (), **described: tuple[str, ...]
    ) -> TensorVariable:
        """Add a part that yields a variable; see `add_layer`."""
        lengths = [self.time, "B", *("?" if n is None else str(n) for n in y.type.shape[2:])]
        outputs = [] if y.owner is None else [y]  # without dropout, a layer of it does nothing
        self._add(name, f"[{', '.join(lengths)}]", outputs, inputs, **described)
        return y.type("x")

    def add_cross_entropy(self, logits: TensorVariable, targets: int) -> None:
        """Add the loss of a softmax; `targets` is the place of the ids to predict."""
        rows = logits.reshape((-1, logits.type.shape[-1]))
        y, counted = pt.ivector("targets"), pt.vector("weights", dtype=logits.dtype)
        losses, _ = softmax_cross_entropy(rows, y, counted)
        self._add("Cross-entropy", LOSS, [losses.sum()], (self.last, targets))

    def add_crf(self, crf, emissions: TensorVariable, targets: int) -> None:
        """Add the loss of a CRF; `targets` is the place of the label sequences."""
        losses = crf.losses(self._weights(""), emissions, pt.imatrix("labels"))
        self._add("CRF", LOSS, [losses.sum()], (self.last, targets))

    def add_loss(self, name: str, targets: int) -> None:
        """Add a loss that is part of the layer before; `targets` is the place of the ids."""
        self._add(name, LOSS, [], (self.last, targets))

    def _add(self, name, result, outputs, inputs, **described) -> None:
        variables = set(ancestors(outputs))
        self.found.append(
            Part(
                name,
                {n: p.shape for n, p in self._parameters.items() if p.variable in variables},
                result,
                tuple(inputs) or (self.last,),
                outputs=outputs,
                names=dict.fromkeys(outputs, "output"),
                **described,
            )
        )
        self.last = self._inputs + len(self.found) - 1

    def _weights(self, prefix: str) -> Weights:
        start = f"{prefix}_" if prefix else ""
        return {
            name.removeprefix(start): parameter.variable
            for name, parameter in self._parameters.items()
            if name.startswith(start)
        }


def _headline(layer: Layer) -> str:
    if isinstance(layer, Bidirectional):
        return f"{_headline(layer.forward)}, both directions"
    if isinstance(layer, Recurrent):
        return f"{type(layer.cell).__name__}, {layer.units} units"
    return type(layer).__name__


def _notes(layer: Layer) -> tuple[str, ...]:
    notes = {
        "share": "left out in training",
        "row_dropout": "of the ids left out in training",
        "weight_dropout": "of Wh left out in training",
    }
    said = [f"{getattr(layer, n):g} {note}" for n, note in notes.items() if getattr(layer, n, 0)]
    return (*said, *(["W is that of the embeddings"] if getattr(layer, "tied", False) else []))


def _state_names(layer: Layer) -> tuple[str, ...]:
    if isinstance(layer, Bidirectional):
        layer = layer.forward
    return layer.cell.state_names if isinstance(layer, Recurrent) else ()
