"""How far back a gradient reaches: its norm for the hidden states of earlier steps."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytensor
from pytensor import tensor as pt

from rnn_graph.backend.compile import compile_function
from rnn_graph.nn.composed import Stack
from rnn_graph.nn.scan import scan_states
from rnn_graph.plots.embedded import embedded_before_last, layers_above, weights_of
from rnn_graph.plots.figures import COLORS, new_figure, styled, write_figure

LINES = ("-", "--", "-.", ":")


def gradient_norms(model, tokens: Sequence[int]) -> np.ndarray:
    """The norm of the gradient of the last step's loss for the hidden states k steps earlier.

    The loss is −ln p of the last token, after all others have been read from the zero state on. The
    gradient is the total one, through all later steps and all layers above. Where a layer has
    several states (h and c of an LSTM) it is that for all of them together.

    Y. Bengio, P. Simard, P. Frasconi, "Learning long-term dependencies with gradient descent is
    difficult", IEEE Transactions on Neural Networks 5 (1994).

    Parameters
    ----------
    model
        A `LanguageModel`.
    tokens
        Ids, T + 1 of them: T to read, and the one to predict.

    Returns
    -------
    numpy.ndarray
        (layers, T): in column k the state k steps before the loss.

    Raises
    ------
    InputError
        If there are fewer than two tokens, or the model is none of layers.
    """
    rows = embedded_before_last(model, tokens)
    steps, batch = rows.shape[:2]
    widths = [layer.state_count for layer in layers_above(model).layers if layer.state_count]
    # The gradient for zeros that are added to a state is that for the state.
    size = (steps, batch, model.config.hidden_dim)
    added = [pt.tensor(f"added{k}", dtype=model.dtype, shape=size) for k in range(sum(widths))]
    x, target = pt.tensor("x", dtype=model.dtype, shape=rows.shape), pt.iscalar("target")
    hidden = _states(model, x, added)[-widths[-1]]  # a layer's first state is its output
    logits, _ = model.config.output_layer(weights_of(model), hidden[-1])
    loss = -pt.special.log_softmax(logits, axis=-1)[0, target]
    compiled = compile_function([x, *added, target], pytensor.grad(loss, added), model.backend)
    zeros = [np.zeros(size, model.dtype) for _ in added]
    found = compiled(rows, *zeros, np.array(tokens[-1], dtype=np.int32))
    squares = [np.square(np.asarray(g, dtype=np.float64)).sum(axis=(1, 2)) for g in found]
    firsts = np.cumsum([0, *widths[:-1]])
    return np.sqrt(np.add.reduceat(squares, firsts, axis=0))[:, ::-1]


def _states(model, x, added):
    """The states after each step, [T, B, H], to each of which something was added."""
    stack, weights = layers_above(model), weights_of(model)

    def step(x, *rest):
        extra, before = iter(rest[: len(added)]), iter(rest[len(added) : 2 * len(added)])
        given = dict(zip(weights, rest[2 * len(added) :], strict=True))
        value, after = x[None], []
        for name, layer in zip(stack.names, stack.layers, strict=True):
            if layer.state_count:  # and not dropout, which leaves out nothing here
                own = [next(before) for _ in range(layer.state_count)]
                _, states = Stack([layer], [name])(given, value, states=own)
                after += [state + next(extra) for state in states]
                value = after[-layer.state_count][None]
        return after

    nothing = [pt.zeros_like(state[0]) for state in added]
    return scan_states(step, [x, *added], nothing, list(weights.values()), x.type.shape[0])


@styled
def plot_gradients(path: str | Path, norms: np.ndarray, title: str) -> None:
    """Draw norms of gradients against the lag, a line a layer, as a PNG.

    Parameters
    ----------
    path
        The PNG.
    norms : (layers, T)
        What `gradient_norms` yields.
    title
    """
    from matplotlib.ticker import MaxNLocator, NullFormatter

    figure = new_figure(10, 5.6)
    axes = figure.subplots()
    for layer, line in enumerate(norms):
        style = {"color": COLORS[layer % len(COLORS)], "linestyle": LINES[layer % len(LINES)]}
        # A norm that is zero has no place on a logarithmic axis.
        axes.plot(np.where(line > 0, line, np.nan), marker=".", label=f"layer {layer}", **style)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title(title)
    axes.set_xlabel("lag (steps before the loss)")
    axes.set_ylabel("norm of the gradient for the state")
    axes.grid(visible=True)
    if len(norms) > 1:
        axes.legend()
    write_figure(path, figure)
