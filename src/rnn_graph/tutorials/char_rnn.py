"""The character tutorial's models as compiled symbolic graphs: an RNN, an LSTM and a GRU."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pytensor
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.checks import require_above_zero
from rnn_graph.data.char_vocabulary import NEWLINE, CharVocabulary
from rnn_graph.data.padding import BEFORE_FIRST, bucket_length, pad_to
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import require_shapes
from rnn_graph.models.text_model import TextModel
from rnn_graph.nn.basic import affine
from rnn_graph.nn.cells import GRU, LSTM, Cell, Elman
from rnn_graph.nn.losses import softmax_cross_entropy
from rnn_graph.nn.scan import scan_states
from rnn_graph.nn.through_time import recurrent_layer
from rnn_graph.optim.optimizers import clipped
from rnn_graph.predict.metrics import SmoothedLoss
from rnn_graph.predict.sampling import sample_by_steps
from rnn_graph.randomness import RandomSource
from rnn_graph.train.observer import Observer
from rnn_graph.train.recipes import find_recipe
from rnn_graph.train.trainer import Trainer
from rnn_graph.tutorials.char_parameters import (
    GRU_LAYOUT,
    LSTM_LAYOUT,
    RNN_LAYOUT,
    SHAPES,
    CharWeights,
    ParameterLayout,
)
from rnn_graph.tutorials.examples import NameExamples, shuffled

LARGEST_GRADIENT = 5.0  # the tutorial's clipping

State = np.ndarray | tuple[np.ndarray, ...]
Gradients = dict[str, np.ndarray]


@dataclass(frozen=True)
class CharModelConfig:
    """What a character model was compiled for: inputs, hidden units, outputs, precision."""

    n_x: int
    n_a: int
    n_y: int
    dtype: str


class CharModel(TextModel):
    """One-hot characters → recurrent cell → softmax over the next character.

    `CharRNN`, `CharLSTM` and `CharGRU` are its three kinds, which say what they take and have.
    """

    kind = "char-rnn"
    layer_count = 1
    cell_name: ClassVar[str]
    cell: ClassVar[Cell]
    _layout: ClassVar[ParameterLayout]

    def __init__(
        self,
        n_x: int,
        n_a: int = 50,
        n_y: int | None = None,
        *,
        vocabulary: CharVocabulary | None = None,
        rng: RandomSource = None,
        backend: str = "auto",
        device: str = "auto",
        dtype: str = "float32",
    ):
        n_y = n_x if n_y is None else n_y
        if vocabulary is not None and not len(vocabulary) == n_x == n_y:
            raise InputError(
                f"{len(vocabulary)} characters, {n_x} inputs and {n_y} outputs; give as many of"
                " each"
            )
        super().__init__(
            CharModelConfig(n_x, n_a, n_y, dtype),
            vocabulary,
            choose_backend(backend, device, dtype, bound_by_launches=True),
            self._layout.from_reference(self._layout.draw(n_a, n_x, n_y, rng))._asdict(),
        )
        self.weights = CharWeights(**self.parameters)
        self._variables = CharWeights(*(parameter.variable for parameter in self.weights))

    # The equations, of parameters given one by one

    @staticmethod
    def projected(weights: CharWeights, ids: TensorVariable) -> TensorVariable:
        """`x Wx + b` of one-hot inputs, of which -1 is the zero vector: [...] -> [..., k · H]."""
        return weights.Wx[pt.maximum(ids, 0)] * _is_character(ids, weights.Wx) + weights.b

    def states_and_logits(
        self, weights: CharWeights, projected, states, mask=None, steps=None
    ) -> tuple[list[TensorVariable], TensorVariable]:
        """States after each step, and logits: [T, ..., k · H] -> [T, ..., H] …, [T, ..., n_y]."""
        traces = recurrent_layer(self.cell, projected, states, weights.Wh, mask, steps=steps)
        return traces, affine(traces[0], weights.Wy, weights.by)

    def gradients_of_name(
        self, weights: CharWeights, x: TensorVariable, y: TensorVariable, states
    ) -> tuple[TensorVariable, CharWeights, list[TensorVariable]]:  # [T], [T], [H] …
        """Loss of a name, its gradients by full BPTT, and the states after it, as expressions.

        Parameters
        ----------
        weights
        x, y : (T,) int32
            Ids of the inputs, -1 for the zero vector, and ids to predict, -1 in places beyond the
            name, which change nothing.
        states : list of (H,)
            Those before the first step.

        Returns
        -------
        loss : ()
            The summed −ln p in nats.
        gradients : CharWeights
        states : list of (H,)
        """
        mask = pt.ge(y, 0).astype(self.dtype)
        projected = self.projected(weights, x)
        # The recurrence needs no mask: what comes after the name has no loss, and is not read.
        traces, logits = self.states_and_logits(weights, projected, states, steps=1 * y.shape[0])
        length = mask.sum(acc_dtype=self.dtype).astype("int64")
        last = [
            pt.switch(length > 0, trace[length - 1], before)
            for trace, before in zip(traces, states, strict=True)
        ]
        losses, d_logits = softmax_cross_entropy(logits, pt.maximum(y, 0), mask)
        d_projected, d_Wh, d_Wy, d_by = pytensor.grad(
            None,
            [projected, weights.Wh, weights.Wy, weights.by],
            known_grads={logits: d_logits},
            disconnected_inputs="ignore",
        )
        d_Wx = pt.zeros_like(weights.Wx)[pt.maximum(x, 0)].inc(d_projected * _is_character(x, mask))
        d_b = d_projected.sum(axis=0, acc_dtype=self.dtype)
        gradients = CharWeights(d_Wx, d_Wh, d_b, d_Wy, d_by)
        return losses.sum(acc_dtype=self.dtype), gradients, last

    def step_on_name(self, weights: CharWeights, x, y, states, rate):
        """A name's loss, clipped gradients and last states, and the weights after the step."""
        loss, gradients, last = self.gradients_of_name(weights, x, y, states)
        gradients = CharWeights(*(clipped(g, LARGEST_GRADIENT) for g in gradients))
        pairs = zip(weights, gradients, strict=True)
        return loss, gradients, last, CharWeights(*(w - rate * g for w, g in pairs))

    # One name a step

    @property
    def zero_state(self) -> State:
        """The state before the first character: (n_a, 1) zeros, a pair of them for an LSTM."""
        return _as_given([states[0] for states in self.zero_states(1)])

    def forward(
        self, x: np.ndarray, a0: np.ndarray, c0: np.ndarray | None = None
    ) -> tuple[np.ndarray, ...]:
        """The states and predictions for inputs of any numbers.

        Parameters
        ----------
        x : (n_x, m, T)
            m sequences of T columns.
        a0 : (n_a, m)
            The first states.
        c0 : (n_a, m)
            An LSTM's first cells; zero if None.

        Returns
        -------
        a : (n_a, m, T)
        y : (n_y, m, T)
            Probabilities.
        c : (n_a, m, T)
            An LSTM's cells; not there for other cells.
        """
        n_x, n_a, x = self.config.n_x, self.config.n_a, np.asarray(x)
        if x.ndim != 3 or x.shape[0] != n_x or 0 in x.shape:
            raise InputError(f"x has shape {x.shape}; give ({n_x}, m, T)")
        first = [a0, np.zeros_like(a0) if c0 is None else c0][: self.cell.states]
        for name, state in zip(("a0", "c0"), first, strict=False):
            if np.shape(state) != (n_a, x.shape[1]):
                raise InputError(f"{name} has shape {np.shape(state)}; give ({n_a}, {x.shape[1]})")
        x, *states = (np.array(np.transpose(v), self.dtype, order="C") for v in (x, *first))
        y, a, *cells = self._forward(x, np.ones(x.shape[:2], self.dtype), *states)
        return tuple(np.asarray(value).transpose(2, 1, 0) for value in (a, y, *cells))

    def loss_and_gradients(
        self, X: Sequence[int | None], Y: Sequence[int], a_prev: State
    ) -> tuple[float, Gradients, State]:
        """The summed −ln p of a name in nats, its gradients by full BPTT, and the last state.

        Parameters
        ----------
        X
            T inputs: ids, or None for the zero vector.
        Y
            T ids to predict.
        a_prev
            As `zero_state`.

        Returns
        -------
        loss : float
            In nats.
        gradients : dict
            Under the reference's names, each with a d before it.
        state
            In the form of `zero_state`.

        Raises
        ------
        InputError
            If there is not one target for each input, an id is out of its range, or the state has
            another shape.
        """
        return self._named(self._loss_and_gradients(*self._name(X, Y), *self._states(a_prev)))

    def optimize(
        self,
        X: Sequence[int | None],
        Y: Sequence[int],
        a_prev: State,
        learning_rate: float = 0.01,
    ) -> tuple[float, Gradients, State]:
        """One step of gradient descent on a name.

        Parameters
        ----------
        X, Y, a_prev
            As for `loss_and_gradients`, which also says what is raised.
        learning_rate
            Factor on the gradients, which are clipped to ±5 first.

        Returns
        -------
        loss, gradients, state
            As of `loss_and_gradients`, before the step; the gradients are clipped.
        """
        require_above_zero(learning_rate=learning_rate)
        rate = np.array(learning_rate, dtype=self.dtype)
        return self._named(self._optimize(*self._name(X, Y), *self._states(a_prev), rate))

    def optimize_names(
        self,
        names: np.ndarray,
        carried: np.ndarray,
        states: Sequence[np.ndarray],
        learning_rate: float,
    ) -> tuple[Any, list[Any]]:
        """`optimize` for one name after another in one call.

        It returns before the steps have ended where the backend can (JAX); the next call, or
        `numpy.asarray`, waits for them.

        Parameters
        ----------
        names : (N, 2, T) int32
            Inputs (-1: the zero vector) and targets (-1: beyond the name) of each.
        carried : (N,)
            1 where the state is carried on from the name before, 0 where it is zero again.
        states
            One (n_a) array for each of the cell's states.
        learning_rate
            As for `optimize`.

        Returns
        -------
        losses : (N,)
            In nats, before each step.
        states
            After the last name.
        """
        rate = np.array(learning_rate, dtype=self.dtype)
        losses, *states = self._optimize_names(names, carried.astype(self.dtype), *states, rate)
        return losses, states

    def train(
        self,
        names: Sequence[str],
        iterations: int,
        *,
        learning_rate: float = 0.01,
        order: RandomSource = 0,
        carry_state: bool = True,
    ) -> list[float]:
        """Train on a name a step, the names over and over.

        Parameters
        ----------
        names
            Of characters of the vocabulary, without the newline that ends each.
        iterations
            Number of steps.
        learning_rate
            As for `optimize`.
        order
            What shuffles the names: an int, a `Generator` or a legacy `RandomState`.
        carry_state
            Whether a name begins with the state that the last one ended with, as in the tutorial,
            or with zero, as names do when they are generated, which teaches more.

        Returns
        -------
        list of float
            The smoothed loss of a name in nats (`SmoothedLoss`) after each step.

        Raises
        ------
        TrainingDiverged
            If a loss is NaN or infinite. The model then holds parameters from before it.
        InputError
            If there is no name, or a setting is not positive.
        """
        vocabulary = self._line_vocabulary
        lines = [vocabulary.encode_line(name) for name in shuffled(names, order)]
        examples = NameExamples.of_lines(lines, vocabulary[NEWLINE], carry_state=carry_state)
        recipe = find_recipe("char", "tutorial").changed(
            learning_rate=learning_rate, iterations=iterations
        )
        losses = SmoothedLosses(self.config.n_y)
        Trainer(self, examples, recipe, observers=[losses]).run()
        return losses.values

    def sample(self, seed: int) -> list[int]:
        """Draw the ids of a name, as `rnn_graph.reference.sample`; the last is the newline's.

        Parameters
        ----------
        seed
            Draw t, from 0, takes the first number of `RandomState(seed + 2 t)`.

        Returns
        -------
        list of int
            At most 50 characters and the newline.

        Raises
        ------
        InputError
            If the model has no vocabulary of lines.
        """

        def step(character, states):
            last = BEFORE_FIRST if character is None else character
            logits, states = self.next_logits(np.array([last], dtype=np.int32), states)
            weights = np.exp(logits[0].astype(np.float64) - logits.max())
            return weights / weights.sum(), states

        newline = self._line_vocabulary[NEWLINE]
        return sample_by_steps(step, self.zero_states(1), newline=newline, seed=seed)

    # Many texts at once

    def advance(self, ids, states):
        """As `TextModel.advance`; for -1, before the first character, the zero vector stands."""
        weights = self._variables
        combined = self.cell.combine(self.projected(weights, ids), states[0] @ weights.Wh)
        after = self.cell.advance(combined, *states)
        return affine(after[0], weights.Wy, weights.by), after

    def character_losses(
        self, x: np.ndarray, y: np.ndarray, states: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, list[np.ndarray]]:  # [T, B], [T, B], [B, n_a] … -> [T, B], [B, n_a] …
        """−ln p of each character of `y` in nats, and the states after the last.

        Parameters
        ----------
        x, y : (T, B) int32
            Inputs and targets, a text a column; -1 as in `optimize_names`.
        states : list of (B, n_a)
            The states before the first step.

        Returns
        -------
        losses : (T, B)
            In nats, 0 where there is nothing to predict.
        states : list of (B, n_a)
            The states after the last step.
        """
        losses, *states = self._character_losses(x, y, y.ravel(), *states)
        return np.asarray(losses).reshape(y.shape), states

    def padded_length(self, length: int) -> int:
        """The length to pad a name of `length` characters to, so that few lengths are compiled."""
        return bucket_length(length) if self.backend.compiles_per_shape else length

    @property
    def token_count(self) -> int:
        """Characters that the model predicts."""
        return self.config.n_y

    def zero_states(self, texts: int) -> list[np.ndarray]:
        """The states of so many texts before their first characters: (texts, n_a) zeros each."""
        shape = (texts, self.config.n_a)
        return [np.zeros(shape, dtype=self.dtype) for _ in range(self.cell.states)]

    # Compiled functions

    @cached_property
    def _forward(self) -> Callable[..., Any]:
        x = pt.tensor("x", dtype=self.dtype, shape=(None, None, self.config.n_x))
        mask, states = pt.matrix("mask", dtype=self.dtype), self._state_variables()
        projected = affine(x, self._variables.Wx, self._variables.b)
        traces, logits = self.states_and_logits(self._variables, projected, states, mask)
        outputs = [pt.special.softmax(logits, axis=-1), *traces]
        return compile_function([x, mask, *states], outputs, self.backend)

    @cached_property
    def _loss_and_gradients(self) -> Callable[..., Any]:
        x, y, states = pt.ivector("x"), pt.ivector("y"), self._states_of_one_text()
        loss, gradients, last = self.gradients_of_name(self._variables, x, y, states)
        return compile_function([x, y, *states], [loss, *gradients, *last], self.backend)

    @cached_property
    def _optimize(self) -> Callable[..., Any]:
        x, y, states = pt.ivector("x"), pt.ivector("y"), self._states_of_one_text()
        rate = pt.scalar("learning_rate", dtype=self.dtype)
        loss, gradients, last, after = self.step_on_name(self._variables, x, y, states, rate)
        return self._compile_updates([x, y, *states, rate], [loss, *gradients, *last], after)

    @cached_property
    def _optimize_names(self) -> Callable[..., Any]:
        names = pt.tensor("names", dtype="int32", shape=(None, 2, None))
        carried, states = pt.vector("carried", dtype=self.dtype), self._states_of_one_text()
        rate, count = pt.scalar("learning_rate", dtype=self.dtype), len(self._variables)

        def step(name, carried, *weights_states_rate):
            weights = CharWeights(*weights_states_rate[:count])
            *states, rate = weights_states_rate[count:]
            before = [carried * state for state in states]
            loss, _, last, after = self.step_on_name(weights, name[0], name[1], before, rate)
            return [*after, *last, loss]

        *traces, losses = scan_states(
            step, [names, carried], [*self._variables, *states], [rate], names.shape[0], outputs=1
        )
        after = [trace[-1] for trace in traces]
        inputs = [names, carried, *states, rate]
        return self._compile_updates(inputs, [losses, *after[count:]], after[:count])

    @cached_property
    def _character_losses(self) -> Callable[..., Any]:
        # JAX would not know before it runs that a flattened y is as long as T · B: it is an input.
        x, y, targets = pt.imatrix("x"), pt.imatrix("y"), pt.ivector("targets")
        states, weights = self._state_variables(), self._variables
        mask, shares = (pt.ge(ids, 0).astype(self.dtype) for ids in (y, targets))
        projected = self.projected(weights, x)
        traces, logits = self.states_and_logits(weights, projected, states, mask)
        logits = logits.reshape((-1, self.config.n_y))
        losses, _ = softmax_cross_entropy(logits, pt.maximum(targets, 0), shares)
        last = [trace[-1] for trace in traces]
        return compile_function([x, y, targets, *states], [losses, *last], self.backend)

    def _compile_updates(self, inputs, outputs, after) -> Callable[..., Any]:
        updates = dict(zip(self._variables, after, strict=True))
        return compile_function(inputs, outputs, self.backend, updates=updates)

    def _states_of_one_text(self) -> list[TensorVariable]:
        shape = (self.config.n_a,)
        return [
            pt.tensor(f"state_{k}", dtype=self.dtype, shape=shape) for k in range(self.cell.states)
        ]

    # What users give and get

    def reference_parameters(self) -> dict[str, np.ndarray]:
        """Copies of the parameters under the names and in the shapes of `rnn_graph.reference`."""
        return self._layout.to_reference(CharWeights(**self.get_parameters()))

    def set_reference_parameters(self, values: dict[str, np.ndarray]) -> None:
        """Replace the parameters by those of a dictionary of `rnn_graph.reference`.

        Parameters
        ----------
        values
            Arrays by name, as `reference_parameters` gives them.

        Raises
        ------
        InputError
            If one is missing, or has another shape.
        """
        for name, value in self.reference_parameters().items():
            if name not in values:
                raise InputError(f"the parameters lack {name!r}; give all of this cell's")
            if np.shape(values[name]) != value.shape:
                raise InputError(f"{name} has shape {np.shape(values[name])}; give {value.shape}")
        self.set_parameters(self._layout.from_reference(values)._asdict())

    @property
    def _line_vocabulary(self) -> CharVocabulary:
        if self.vocabulary is None or self.vocabulary.unit != "line":
            raise InputError(
                "the model knows no names; build it with vocabulary=CharVocabulary.of_lines(…)"
            )
        return self.vocabulary

    def _name(self, X: Sequence[int | None], Y: Sequence[int]) -> list[np.ndarray]:
        """Inputs and targets, int32, -1 beyond the name; None becomes -1 as well."""
        x = np.array([BEFORE_FIRST if i is None else i for i in X])
        y, config = np.array(Y), self.config
        if not x.shape == y.shape == (y.size,) or not y.size:
            raise InputError(f"X has shape {x.shape}, Y {y.shape}; give one target for each input")
        for name, ids, low, high in (("X", x, BEFORE_FIRST, config.n_x), ("Y", y, 0, config.n_y)):
            if ids.dtype.kind not in "iu" or ids.min() < low or ids.max() >= high:
                raise InputError(
                    f"{name} holds {ids.min()} to {ids.max()}; ids are whole numbers from 0 to"
                    f" {high - 1}{', None for none' if low < 0 else ''}"
                )
        length = self.padded_length(len(x))
        return [pad_to(ids.astype(np.int32) + 1, length) - 1 for ids in (x, y)]

    def _states(self, given: State) -> list[np.ndarray]:
        """The state, (n_a, 1) or a tuple of such, as vectors."""
        states = given if isinstance(given, tuple) else (given,)
        shapes, shape = [np.shape(state) for state in states], (self.config.n_a, 1)
        if shapes != [shape] * self.cell.states:
            raise InputError(
                f"the state has shapes {shapes}; give {self.cell.states} of {shape}, as"
                " zero_state has them"
            )
        return [np.asarray(state, dtype=self.dtype)[:, 0] for state in states]

    def _named(self, outputs) -> tuple[float, Gradients, State]:
        loss, *rest = map(np.asarray, outputs)
        count = len(CharWeights._fields)
        gradients = self._layout.to_reference(CharWeights(*rest[:count]))
        named = {f"d{name}": value for name, value in gradients.items()}
        return float(loss), named, _as_given(rest[count:])

    # Files

    @staticmethod
    def build(
        vocabulary: CharVocabulary, *, cell: str, hidden_dim: int, **options: Any
    ) -> "CharModel":
        """A model with a cell of that name.

        Parameters
        ----------
        vocabulary
            The characters behind the ids.
        cell
            "rnn" (or "elman"), "lstm" or "gru".
        hidden_dim
            n_a of the class.
        options
            As for the class.

        Returns
        -------
        CharModel

        Raises
        ------
        InputError
            If the cell is not known.
        """
        size = len(vocabulary)
        return char_model_class(cell)(size, hidden_dim, vocabulary=vocabulary, **options)

    @staticmethod
    def of_file(content, vocabulary, *, backend, device, dtype) -> "CharModel":
        """See `Model.of_file`."""
        kind = char_model_class(content.configuration.get("cell"))
        sizes = require_shapes(content.arrays, SHAPES)
        if vocabulary is not None and len(vocabulary) != sizes["n_x"]:
            raise InputError(
                f"there are {len(vocabulary)} characters for {sizes['n_x']} inputs; the file is"
                " damaged"
            )
        return kind(
            sizes["n_x"],
            sizes["n_a"],
            sizes["n_y"],
            vocabulary=vocabulary,
            rng=0,  # overwritten by the caller
            backend=backend,
            device=device,
            dtype=dtype or content.configuration.get("dtype", "float32"),
        )

    def configuration(self) -> dict[str, Any]:
        """What a file says of the model; the sizes are those of its arrays."""
        return {"model": self.kind, "cell": self.cell_name, "dtype": self.dtype}


class CharRNN(CharModel):
    """The character tutorial's RNN as a compiled symbolic graph.

    `a_t = tanh(Waa a_{t−1} + Wax x_t + b)`, `y_t = softmax(Wya a_t + by)`, of one-hot x.

    The model of `rnn_graph.reference`, the same to rounding and drawn alike from the same `rng`.
    Functions are compiled when they are first called.

    J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990).

    Parameters
    ----------
    n_x, n_a, n_y
        Number of inputs (the characters), of hidden units, and of outputs (n_x if None).
    vocabulary
        The characters behind the ids, for text in and out; n_x of them.
    rng
        An int, a `Generator` or a legacy `RandomState`, from which the first values are drawn.
    backend, device, dtype
        As for `RNNTheano`.

    Attributes
    ----------
    weights : CharWeights of Parameter
        Wx (n_x, n_a), Wh (n_a, n_a), b (n_a), Wy (n_a, n_y), by (n_y); `get_value()` and
        `set_value()` each.
    config : CharModelConfig
    backend : Backend

    Raises
    ------
    InputError
        If a size is below 1, is not that of `vocabulary`, or the backend or device is not
        available.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph import CharRNN
    >>> from rnn_graph.reference import loss_and_gradients
    >>> model = CharRNN(n_x=5, n_a=8, rng=0)
    >>> loss, gradients, state = model.loss_and_gradients([None, 2, 3], [2, 3, 0], model.zero_state)
    >>> gradients["dWax"].shape, state.shape
    ((8, 5), (8, 1))
    >>> parameters = model.reference_parameters()
    >>> expected, _, _ = loss_and_gradients([None, 2, 3], [2, 3, 0], np.zeros((8, 1)), parameters)
    >>> np.allclose(loss, expected, rtol=1e-4)
    True
    """

    cell_name, cell, _layout = "rnn", Elman(), RNN_LAYOUT


class CharLSTM(CharModel):
    """The character tutorial's LSTM as a compiled symbolic graph.

    `f, i, o = σ(W_{f,i,o} [a; x] + b_{f,i,o})`, `c̃ = tanh(Wc [a; x] + bc)`,
    `c_t = f ∘ c_{t−1} + i ∘ c̃`, `a_t = o ∘ tanh(c_t)`, `y_t = softmax(Wy a_t + by)`, of one-hot x.

    The model of `rnn_graph.reference`, the same to rounding and drawn alike from the same `rng`.
    Functions are compiled when they are first called.

    S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997), with the
    forget gate of F. Gers et al. (2000).

    Parameters
    ----------
    n_x, n_a, n_y
        Number of inputs (the characters), of hidden units, and of outputs (n_x if None).
    vocabulary
        The characters behind the ids, for text in and out; n_x of them.
    rng
        An int, a `Generator` or a legacy `RandomState`, from which the first values are drawn.
    backend, device, dtype
        As for `RNNTheano`.

    Attributes
    ----------
    weights : CharWeights of Parameter
        Wx (n_x, 4 · n_a), Wh (n_a, 4 · n_a), b (4 · n_a), Wy (n_a, n_y), by (n_y);
        `get_value()` and `set_value()` each.
    config : CharModelConfig
    backend : Backend

    Raises
    ------
    InputError
        If a size is below 1, is not that of `vocabulary`, or the backend or device is not
        available.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph import CharLSTM
    >>> model = CharLSTM(n_x=5, n_a=8, rng=0)
    >>> a, y, c = model.forward(np.ones((5, 2, 7)), np.zeros((8, 2)))  # two sequences, seven steps
    >>> a.shape, y.shape, c.shape
    ((8, 2, 7), (5, 2, 7), (8, 2, 7))
    >>> np.allclose(y.sum(axis=0), 1, atol=1e-5)
    True
    """

    cell_name, cell, _layout = "lstm", LSTM(), LSTM_LAYOUT


class CharGRU(CharModel):
    """A character model with a GRU (see `rnn_graph.nn.GRU`), as a compiled symbolic graph.

    `y_t = softmax(a_t Wy + by)`, of one-hot x. The tutorial has no such cell, nor has
    `rnn_graph.reference`: where the other models give dictionaries in its form, these are those of
    `get_parameters`. Functions are compiled when they are first called.

    K. Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP (2014), with
    the reset gate after the product.

    Parameters
    ----------
    n_x, n_a, n_y
        Number of inputs (the characters), of hidden units, and of outputs (n_x if None).
    vocabulary
        The characters behind the ids, for text in and out; n_x of them.
    rng
        An int, a `Generator` or a legacy `RandomState`, from which the first values are drawn.
    backend, device, dtype
        As for `RNNTheano`.

    Attributes
    ----------
    weights : CharWeights of Parameter
        Wx (n_x, 3 · n_a), Wh (n_a, 3 · n_a), b (3 · n_a), Wy (n_a, n_y), by (n_y);
        `get_value()` and `set_value()` each.
    config : CharModelConfig
    backend : Backend

    Raises
    ------
    InputError
        If a size is below 1, is not that of `vocabulary`, or the backend or device is not
        available.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph import CharGRU
    >>> model = CharGRU(n_x=5, n_a=8, rng=0)
    >>> model.get_parameters()["Wx"].shape
    (5, 24)
    >>> logits, (a,) = model.next_logits(np.array([-1, 2], dtype="int32"), model.zero_states(2))
    >>> logits.shape, a.shape
    ((2, 5), (2, 8))
    """

    cell_name, cell, _layout = "gru", GRU(), GRU_LAYOUT


class SmoothedLosses(Observer):
    """The smoothed loss of an example after each step of training; parameters of `SmoothedLoss`."""

    def __init__(self, symbols: int, characters: float = 7):
        self._smoothed, self.values = SmoothedLoss(symbols, characters), []

    def on_losses(self, losses: list[tuple[int, float]]) -> None:
        self.values += [self._smoothed.add(nats) for _, nats in losses]


def char_model_class(cell: Any) -> type[CharModel]:
    """The class with a cell of that name; "elman" is another name of "rnn".

    Raises
    ------
    InputError
        If there is none.
    """
    known = {model.cell_name: model for model in CharModel.__subclasses__()}
    name = "rnn" if cell == "elman" else cell
    if not isinstance(name, str) or name not in known:
        raise InputError(f"unknown cell {cell!r}; give one of {', '.join(known)}")
    return known[name]


def _is_character(ids: TensorVariable, like: TensorVariable) -> TensorVariable:
    return pt.expand_dims(pt.ge(ids, 0), -1).astype(like.dtype)


def _as_given(states: Sequence[np.ndarray]) -> State:
    """Vectors as (n_a, 1) columns, one or a tuple."""
    columns = tuple(np.asarray(state)[:, None] for state in states)
    return columns if len(columns) > 1 else columns[0]
