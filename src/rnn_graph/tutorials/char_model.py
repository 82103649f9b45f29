"""What the character models have in common, whatever their cell."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from rnn_graph.backend.devices import choose_backend
from rnn_graph.checks import require_above_zero
from rnn_graph.data.char_vocabulary import NEWLINE, CharVocabulary
from rnn_graph.data.padding import BEFORE_FIRST
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import require_shapes
from rnn_graph.models.text_model import TextModel
from rnn_graph.nn.cells import Cell
from rnn_graph.predict.metrics import SmoothedLoss
from rnn_graph.predict.sampling import sample_by_steps
from rnn_graph.randomness import RandomSource
from rnn_graph.train.observer import Observer
from rnn_graph.train.recipes import find_recipe
from rnn_graph.train.trainer import Trainer
from rnn_graph.tutorials.char_functions import CharFunctions
from rnn_graph.tutorials.char_graph import CharWeights
from rnn_graph.tutorials.char_inputs import CharInputs, CharModelConfig, State
from rnn_graph.tutorials.char_parameters import ParameterLayout
from rnn_graph.tutorials.examples import NameExamples, shuffled

Gradients = dict[str, np.ndarray]

SHAPES = {
    "Wx": ("n_x", "k · n_a"),
    "Wh": ("n_a", "k · n_a"),
    "b": ("k · n_a",),
    "Wy": ("n_a", "n_y"),
    "by": ("n_y",),
}


class CharModel(TextModel):
    """One-hot characters → recurrent cell → softmax over the next character.

    `CharRNN`, `CharLSTM` and `CharGRU` are its three kinds. The models of `rnn_graph.reference`,
    the same to rounding and drawn alike from the same `rng`. Functions are compiled when they are
    first called.

    Parameters
    ----------
    n_x
        Inputs: the number of characters.
    n_a
        Hidden units.
    n_y
        Outputs; `n_x` if None.
    vocabulary
        The characters behind the ids, for text in and out; `n_x` of them.
    rng
        An int, a `Generator` or a legacy `RandomState`, from which the first values are drawn.
    backend, device, dtype
        As for `RNNTheano`.

    Attributes
    ----------
    weights : CharWeights of Parameter
        `get_value()` and `set_value()` each.
    config : CharModelConfig
    backend : Backend

    Raises
    ------
    InputError
        If a size is below 1, is not that of `vocabulary`, or the backend or device is not
        available.
    """

    kind = "char-rnn"
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
        first = self._layout.from_reference(self._layout.draw(n_a, n_x, n_y, rng))
        super().__init__(
            CharModelConfig(n_x, n_a, n_y, dtype),
            vocabulary,
            choose_backend(backend, device, dtype),
            first._asdict(),
        )
        self._inputs = CharInputs(self.config, self.cell, pads=self.backend.compiles_per_shape)
        self.weights = CharWeights(**self.parameters)
        self._functions = CharFunctions(
            self.cell,
            CharWeights(*(parameter.variable for parameter in self.weights)),
            self.config,
            self.backend,
        )

    @staticmethod
    def build(
        vocabulary: CharVocabulary, *, cell: str, hidden_dim: int, **options: Any
    ) -> "CharModel":
        """A model with a cell of that name; `options` as for the class."""
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

    # Parameters

    def reference_parameters(self) -> dict[str, np.ndarray]:
        """Copies of the parameters under the names and in the shapes of `rnn_graph.reference`."""
        return self._layout.to_reference(CharWeights(**self.get_parameters()))

    def set_reference_parameters(self, values: dict[str, np.ndarray]) -> None:
        """Replace the parameters by those of a dictionary of `rnn_graph.reference`."""
        for name, value in self.reference_parameters().items():
            if name not in values:
                raise InputError(f"the parameters lack {name!r}; give all of this cell's")
            if np.shape(values[name]) != value.shape:
                raise InputError(f"{name} has shape {np.shape(values[name])}; give {value.shape}")
        self.set_parameters(self._layout.from_reference(values)._asdict())

    # One name a step

    @property
    def zero_state(self) -> State:
        """The state before the first character: (n_a, 1) zeros, a pair of them for an LSTM."""
        return self._inputs.as_given([states[0] for states in self.zero_states(1)])

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
        first = [a0, np.zeros_like(a0) if c0 is None else c0][: self.cell.states]
        x, states = self._inputs.columns(x, first)
        mask = np.ones(x.shape[:2], dtype=self.dtype)
        y, a, *cells = self._functions.forward(x, mask, *states)
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
        loss, gradients, state
            The gradients under the reference's names, each with a d before it.
        """
        return self._named(
            self._functions.loss_and_gradients(
                *self._inputs.name(X, Y), *self._inputs.states(a_prev)
            )
        )

    def optimize(
        self,
        X: Sequence[int | None],
        Y: Sequence[int],
        a_prev: State,
        learning_rate: float = 0.01,
    ) -> tuple[float, Gradients, State]:
        """A step of gradient descent; what `loss_and_gradients` gave before it, clipped to ±5."""
        require_above_zero(learning_rate=learning_rate)
        rate = np.array(learning_rate, dtype=self.dtype)
        return self._named(
            self._functions.optimize(*self._inputs.name(X, Y), *self._inputs.states(a_prev), rate)
        )

    def optimize_names(
        self,
        names: np.ndarray,
        carried: np.ndarray,
        states: Sequence[np.ndarray],
        learning_rate: float,
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """`optimize` for one name after another in one call.

        Parameters
        ----------
        names : (N, 2, T) int32
            Inputs (-1: the zero vector) and targets (-1: beyond the name) of each.
        carried : (N,)
            1 where the state is carried on from the name before, 0 where it is zero again.
        states
            One (n_a) array for each of the cell's states.

        Returns
        -------
        losses : (N,)
        states
            After the last name.
        """
        rate = np.array(learning_rate, dtype=self.dtype)
        losses, *states = self._functions.optimize_names(
            names, carried.astype(self.dtype), *states, rate
        )
        return np.asarray(losses), states

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
        """Draw the ids of a name, as `rnn_graph.reference.sample`; the last is the newline's."""

        def step(character, states):
            last = BEFORE_FIRST if character is None else character
            logits, states = self.next_logits(np.array([last], dtype=np.int32), states)
            weights = np.exp(logits[0].astype(np.float64) - logits.max())
            return weights / weights.sum(), states

        newline = self._line_vocabulary[NEWLINE]
        return sample_by_steps(step, self.zero_states(1), newline=newline, seed=seed)

    @property
    def _line_vocabulary(self) -> CharVocabulary:
        if self.vocabulary is None or self.vocabulary.unit != "line":
            raise InputError(
                "the model knows no names; build it with vocabulary=CharVocabulary.of_lines(…)"
            )
        return self.vocabulary

    # Many texts at once

    def next_logits(
        self, ids: np.ndarray, states: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, list[np.ndarray]]:  # [B], [B, n_a] … -> [B, n_y], [B, n_a] …
        """One step of the recurrence: unnormalized log-probabilities, and the new states.

        Parameters
        ----------
        ids
            The last characters; -1 before the first.
        """
        logits, *states = self._functions.next_logits(ids, *states)
        return np.asarray(logits), states

    def character_losses(
        self, x: np.ndarray, y: np.ndarray, states: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, list[np.ndarray]]:  # [T, B], [T, B], [B, n_a] … -> [T, B], [B, n_a] …
        """−ln p of each character of `y` in nats, and the states after the last.

        Parameters
        ----------
        x, y
            Inputs and targets, a text a column; -1 as in `optimize_names`.
        """
        losses, *states = self._functions.character_losses(x, y, y.ravel(), *states)
        return np.asarray(losses).reshape(y.shape), states

    def padded_length(self, length: int) -> int:
        """The length to pad a name of `length` characters to, so that few are compiled."""
        return self._inputs.padded_length(length)

    def zero_states(self, texts: int) -> list[np.ndarray]:
        """The states of so many texts before their first characters: (texts, n_a) zeros each."""
        shape = (texts, self.config.n_a)
        return [np.zeros(shape, dtype=self.dtype) for _ in range(self.cell.states)]

    def _named(self, outputs) -> tuple[float, Gradients, State]:
        loss, *rest = map(np.asarray, outputs)
        count = len(CharWeights._fields)
        gradients = self._layout.to_reference(CharWeights(*rest[:count]))
        return (
            float(loss),
            {f"d{name}": value for name, value in gradients.items()},
            self._inputs.as_given(rest[count:]),
        )


class SmoothedLosses(Observer):
    """The smoothed loss of an example after each step of training.

    Parameters
    ----------
    symbols, characters
        As for `SmoothedLoss`.
    """

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
