"""The character tutorial's language models in plain NumPy: one name a step.

A character's id is its place in the one-hot input column; `None` stands for the zero column before
the first character. Parameters are a dictionary as in `rnn_cells` (with the bias `b` for `ba`) or
as in `lstm_cells`: the names in it say which cell it is for. The state is `a (n_a, 1)`, or the
pair `(a, c)` for an LSTM.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.nn.initializers import draw_char_lstm_parameters, draw_char_rnn_parameters
from rnn_graph.predict.metrics import SmoothedLoss
from rnn_graph.predict.sampling import sample_by_steps
from rnn_graph.randomness import RandomSource, as_random_generator
from rnn_graph.reference.lstm_cells import lstm_cell_backward, lstm_cell_forward
from rnn_graph.reference.rnn_cells import Parameters, add_to, rnn_cell_backward, rnn_cell_forward

State = np.ndarray | tuple[np.ndarray, np.ndarray]

LARGEST_GRADIENT = 5.0
DRAW = {"rnn": draw_char_rnn_parameters, "lstm": draw_char_lstm_parameters}


def clip(gradients: Parameters, max_value: float) -> Parameters:
    """Clip each number of each gradient to ±`max_value`.

    Parameters
    ----------
    gradients
        Arrays by name.
    max_value
        The largest magnitude.

    Returns
    -------
    dict
        New arrays by name.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.reference import clip
    >>> clip({"db": np.array([-9.0, 0.5, 9.0])}, 5)["db"].tolist()
    [-5.0, 0.5, 5.0]
    """
    return {name: np.clip(value, -max_value, max_value) for name, value in gradients.items()}


def loss_and_gradients(
    X: Sequence[int | None], Y: Sequence[int], a_prev: State, parameters: Parameters
) -> tuple[float, Parameters, State]:
    """The summed −ln p of a name, its gradients by full BPTT, and the last state.

    Parameters
    ----------
    X
        T inputs: ids, or None for the zero column.
    Y
        T ids to predict.
    a_prev
        The state before the first step: `a (n_a, 1)`, or `(a, c)` for an LSTM.
    parameters
        Those of an RNN, `Wax (n_a, n_x)`, `Waa (n_a, n_a)`, `Wya (n_y, n_a)`, `b (n_a, 1)`,
        `by (n_y, 1)`, or those of an LSTM as in `lstm_cell_forward`.

    Returns
    -------
    loss : float
        In nats.
    gradients : dict
        In the shapes of the parameters, under their names with a d before them.
    state
        In the form of `a_prev`.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.reference import loss_and_gradients
    >>> shapes = {"Wax": (5, 3), "Waa": (5, 5), "Wya": (3, 5), "b": (5, 1), "by": (3, 1)}
    >>> parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    >>> loss, gradients, a = loss_and_gradients([None, 1], [1, 2], np.zeros((5, 1)), parameters)
    >>> bool(np.isclose(loss, 2 * np.log(3))), gradients["dWax"].shape, a.shape
    (True, (5, 3), (5, 1))
    """
    cell = _LSTM if "Wf" in parameters else _RNN
    output_weights = parameters[cell.output_weights]
    inputs = _one_hot(X, len(parameters["by"]))
    state, loss, steps = cell.as_tuple(a_prev), 0.0, []
    for t, target in enumerate(Y):
        state, y, cache = cell.forward(inputs[:, t : t + 1], state, parameters)
        loss -= np.log(y[target, 0])
        y[target] -= 1  # the gradient of −ln p[target] by the logits
        steps.append((state[0], y, cache))

    gradients: Parameters = {}
    d_state = tuple(np.zeros_like(part) for part in state)
    for a, dy, cache in reversed(steps):
        d_a, *d_rest = d_state
        d_state, step = cell.backward((d_a + output_weights.T @ dy, *d_rest), cache)
        add_to(gradients, step | {f"d{cell.output_weights}": dy @ a.T, "dby": dy})
    return float(loss), gradients, cell.as_given(state)


def optimize(
    X: Sequence[int | None],
    Y: Sequence[int],
    a_prev: State,
    parameters: Parameters,
    learning_rate: float = 0.01,
) -> tuple[float, Parameters, State]:
    """One step of gradient descent on a name, which changes `parameters` in place.

    Parameters
    ----------
    X, Y, a_prev, parameters
        As for `loss_and_gradients`.
    learning_rate
        Factor on the gradients, which are clipped to ±5 first.

    Returns
    -------
    loss : float
        In nats, before the step.
    gradients : dict
        Clipped.
    state
        After the last character.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.reference import optimize
    >>> shapes = {"Wax": (5, 3), "Waa": (5, 5), "Wya": (3, 5), "b": (5, 1), "by": (3, 1)}
    >>> parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    >>> before, _, _ = optimize([None, 1], [1, 2], np.zeros((5, 1)), parameters)
    >>> after, _, _ = optimize([None, 1], [1, 2], np.zeros((5, 1)), parameters)
    >>> after < before
    True
    """
    loss, gradients, last = loss_and_gradients(X, Y, a_prev, parameters)
    gradients = clip(gradients, LARGEST_GRADIENT)
    for name, value in parameters.items():
        value -= learning_rate * gradients[f"d{name}"]
    return loss, gradients, last


def sample(parameters: Parameters, char_to_ix: Mapping[str, int], seed: int) -> list[int]:
    r"""Draw the ids of a name, as the tutorial did; the last is the newline's.

    Parameters
    ----------
    parameters
        As for `loss_and_gradients`.
    char_to_ix
        Ids of characters, the newline's among them.
    seed
        Draw t, from 0, takes the first number of `RandomState(seed + 2 t)`. (The tutorial seeded
        the global generator with `counter + seed`, and counted both up.)

    Returns
    -------
    list of int
        At most 50 characters and the newline.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph.reference import sample
    >>> shapes = {"Wax": (5, 3), "Waa": (5, 5), "Wya": (3, 5), "b": (5, 1), "by": (3, 1)}
    >>> parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    >>> ids = sample(parameters, {"\n": 0, "a": 1, "b": 2}, seed=0)
    >>> ids[-1], set(ids[:-1]) <= {1, 2}
    (0, True)
    """
    cell = _LSTM if "Wf" in parameters else _RNN
    n_y = len(parameters["by"])

    def step(character: int | None, state):
        state, y, _ = cell.forward(_one_hot([character], n_y), state, parameters)
        return y.ravel(), state

    zero_state = cell.as_tuple(zero_state_of(parameters))
    return sample_by_steps(step, zero_state, newline=char_to_ix["\n"], seed=seed)


def zero_state_of(parameters: Parameters) -> State:
    """The state before a text's first character."""
    if "Wf" in parameters:
        zero = np.zeros_like(parameters["bf"])
        return zero, zero.copy()
    return np.zeros_like(parameters["b"])


def model(
    names: Sequence[str],
    char_to_ix: Mapping[str, int],
    num_iterations: int = 35_000,
    n_a: int = 50,
    *,
    cell: str = "rnn",
    learning_rate: float = 0.01,
    rng: RandomSource = 1,
    order: RandomSource = 0,
    on_iteration: Callable[[int, float], None] = lambda iteration, smoothed_loss: None,
) -> Parameters:
    r"""Train on a name a step, the names over and over; the state is carried from name to name.

    Parameters
    ----------
    names
        Without newlines; each ends in one.
    char_to_ix
        Ids of characters, the newline's among them.
    num_iterations
        Number of steps.
    n_a
        Hidden units.
    cell
        "rnn" or "lstm".
    learning_rate
        As for `optimize`.
    rng, order
        Sources of the first parameters, and of the order of the names.
    on_iteration
        Called with the number of each step, from 0, and the smoothed loss after it, in nats.

    Returns
    -------
    dict
        The trained parameters, as for `loss_and_gradients`.

    Raises
    ------
    InputError
        If the cell is not known.

    Examples
    --------
    >>> from rnn_graph.reference import model
    >>> losses = []
    >>> parameters = model(
    ...     ["ab", "abab"],
    ...     {"\n": 0, "a": 1, "b": 2},
    ...     num_iterations=50,
    ...     n_a=8,
    ...     on_iteration=lambda iteration, loss: losses.append(loss),
    ... )
    >>> parameters["Waa"].shape, losses[-1] < losses[0]
    ((8, 8), True)
    """
    if cell not in DRAW:
        raise InputError(f"unknown cell {cell!r}; give rnn or lstm")
    n = len(char_to_ix)
    parameters = DRAW[cell](n_a, n, n, rng)
    names = list(names)
    as_random_generator(order).shuffle(names)
    smoothed = SmoothedLoss(n)
    state = zero_state_of(parameters)
    for iteration in range(num_iterations):
        ids = [char_to_ix[character] for character in names[iteration % len(names)]]
        loss, _, state = optimize(
            [None, *ids], [*ids, char_to_ix["\n"]], state, parameters, learning_rate
        )
        on_iteration(iteration, smoothed.add(loss))
    return parameters


def _one_hot(X: Sequence[int | None], n: int) -> np.ndarray:  # -> [n, T]
    columns = np.zeros((n, len(X)))
    for t, character in enumerate(X):
        if character is not None:
            columns[character, t] = 1
    return columns


class _RNN:
    output_weights = "Wya"

    @staticmethod
    def as_tuple(a):
        return (a,)

    @staticmethod
    def as_given(state):
        return state[0]

    @staticmethod
    def forward(x, state, p):
        a, y, cache = rnn_cell_forward(x, *state, {**p, "ba": p["b"]})
        return (a,), y, cache

    @staticmethod
    def backward(d_state, cache):
        step = rnn_cell_backward(*d_state, cache)
        return (step["da_prev"],), {"dWax": step["dWax"], "dWaa": step["dWaa"], "db": step["dba"]}


class _LSTM:
    output_weights = "Wy"

    @staticmethod
    def as_tuple(state):
        return state

    @staticmethod
    def as_given(state):
        return state

    @staticmethod
    def forward(x, state, p):
        a, c, y, cache = lstm_cell_forward(x, *state, p)
        return (a, c), y, cache

    @staticmethod
    def backward(d_state, cache):
        step = lstm_cell_backward(*d_state, cache)
        d_before = step.pop("da_prev"), step.pop("dc_prev")
        del step["dxt"]
        return d_before, step
