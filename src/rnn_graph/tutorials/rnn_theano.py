"""The tutorial's word-level language model as a compiled symbolic graph."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pytensor
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.checks import Ids, checked_ids, checked_pair, require_truncation
from rnn_graph.data.padding import bucket_length, pad_to
from rnn_graph.data.vocabulary import Vocabulary
from rnn_graph.files.word_model import word_model_sizes
from rnn_graph.models.text_model import TextModel
from rnn_graph.nn.basic import times
from rnn_graph.nn.cells import Elman
from rnn_graph.nn.initializers import draw_word_model_parameters
from rnn_graph.nn.losses import softmax_cross_entropy
from rnn_graph.nn.scan import positions
from rnn_graph.nn.through_time import recurrent_layer
from rnn_graph.optim.optimizers import Rows, sgd
from rnn_graph.randomness import RandomSource

CELL = Elman()

# Sentences side by side, and how many logits they may have at a time: those in a cache are fastest.
SENTENCES_A_CALL, LOGITS_A_CALL = 64, 2**21


@dataclass(frozen=True)
class WordModelConfig:
    """What a word model was compiled for; it cannot change afterwards."""

    word_dim: int
    hidden_dim: int
    bptt_truncate: int | None
    dtype: str


class RNNTheano(TextModel):
    """The word tutorial's language model as a compiled symbolic graph.

    `s_t = tanh(U[:, x_t] + W s_{t−1})`, `o_t = softmax(V s_t)`, `s_{−1} = 0`, no biases.

    The model of `RNNNumpy`, the same to rounding, and drawn alike from the same `rng`. Functions
    are compiled when they are first called.

    J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990); D. Britz, "Recurrent
    neural networks tutorial", WildML (2015).

    Parameters
    ----------
    word_dim
        Words in the vocabulary, `V`.
    hidden_dim
        Hidden units, `H`.
    bptt_truncate
        The loss at step t sends its gradient through `s_t, s_{t−1}, …, s_{t−bptt_truncate}`;
        None for all states.
    rng
        An int, a `Generator` or a legacy `RandomState`, from which U, V, W are drawn in that order.
    backend
        "jax", "numba", "c", or "auto" for the fastest one installed.
    device
        "cpu", "gpu" (through JAX), or "auto".
    dtype
        "float32" to train, "float64" to check.
    vocabulary
        The words behind the ids, for generation and model files.

    Attributes
    ----------
    U, V, W : Parameter
        `get_value()` and `set_value()` in shapes (H, V), (V, H), (H, H).
    config : WordModelConfig
    backend : Backend

    Raises
    ------
    InputError
        If a size is below 1, or the backend or device is not available.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph import RNNNumpy, RNNTheano
    >>> model = RNNTheano(word_dim=6, hidden_dim=8, rng=0)
    >>> probabilities = model.forward_propagation([0, 2, 3])
    >>> probabilities.shape
    (3, 6)
    >>> reference, _ = RNNNumpy(word_dim=6, hidden_dim=8, rng=0).forward_propagation([0, 2, 3])
    >>> np.allclose(probabilities, reference, atol=1e-5)
    True
    """

    kind = "word-rnn"
    layer_count = 1

    def __init__(
        self,
        word_dim: int,
        hidden_dim: int = 100,
        bptt_truncate: int | None = 4,
        *,
        rng: RandomSource = None,
        backend: str = "auto",
        device: str = "auto",
        dtype: str = "float32",
        vocabulary: Vocabulary | None = None,
    ):
        require_truncation(bptt_truncate)
        super().__init__(
            WordModelConfig(word_dim, hidden_dim, bptt_truncate, dtype),
            vocabulary,
            choose_backend(backend, device, dtype),
            draw_word_model_parameters(word_dim, hidden_dim, rng),
            # Inside, a word's input weights are a row, which a gather reads in one go, and its
            # output weights a column, in which layout the logits' products are fastest.
            stored_transposed=("U", "V"),
        )
        self.U, self.V, self.W = (self.parameters[name] for name in "UVW")
        # One function with the reverse sweep and one without, each compiled when first asked for.
        self._bptt = cache(self._compile_bptt)
        self._sgd_step = cache(self._compile_sgd_step)

    @property
    def word_dim(self) -> int:
        """Words in the vocabulary."""
        return self.config.word_dim

    @property
    def token_count(self) -> int:
        """Words in the vocabulary, under the name that all models have for it."""
        return self.word_dim

    @property
    def hidden_dim(self) -> int:
        """Hidden units."""
        return self.config.hidden_dim

    @property
    def bptt_truncate(self) -> int | None:
        """How many states before its own a loss reaches; None for all."""
        return self.config.bptt_truncate

    @classmethod
    def build(
        cls,
        vocabulary: Vocabulary,
        *,
        hidden_dim: int,
        bptt_truncate: int | None,
        **options: Any,
    ) -> "RNNTheano":
        """A model of a vocabulary's words.

        Parameters
        ----------
        vocabulary
            The words behind the ids.
        hidden_dim, options
            As for the class.
        bptt_truncate
            As for the class; below 0 is the same as None.

        Returns
        -------
        RNNTheano
        """
        truncate = bptt_truncate if bptt_truncate is None or bptt_truncate >= 0 else None
        return cls(len(vocabulary), hidden_dim, truncate, vocabulary=vocabulary, **options)

    @classmethod
    def of_file(cls, content, vocabulary, *, backend, device, dtype) -> "RNNTheano":
        """See `Model.of_file`; the sizes are those of the arrays."""
        stored = np.result_type(*(content.arrays.get(name, 0) for name in "UVW"))
        return cls(
            **word_model_sizes(content, vocabulary),
            rng=0,  # overwritten by the caller
            backend=backend,
            device=device,
            dtype=dtype or ("float64" if stored == np.float64 else "float32"),
            vocabulary=vocabulary,
        )

    # Symbolic expressions

    def states(
        self, rows: TensorVariable, truncate: int | None = None
    ) -> TensorVariable:  # [T, H] -> [T, H]
        """The hidden states of a sentence, from the zero state, as a symbolic expression.

        Parameters
        ----------
        rows : (T, H)
            The input weights of each word, `U.variable[x]`.
        truncate
            How many states before its own a loss reaches; None for all.

        Returns
        -------
        TensorVariable
            (T, H).
        """
        nothing = pt.zeros(self.hidden_dim, dtype=self.config.dtype)
        (states,) = recurrent_layer(CELL, rows, [nothing], self.W.variable.T, truncate=truncate)
        return states

    def logits(self, states: TensorVariable) -> TensorVariable:  # [..., H] -> [..., V]
        """Unnormalized log-probabilities of the next word, as a symbolic expression.

        Parameters
        ----------
        states : (..., H)

        Returns
        -------
        TensorVariable
            (..., V).
        """
        return states @ self.V.variable

    # Compiled functions

    def forward_propagation(self, x: Ids) -> np.ndarray:  # [T] -> [T, V]
        """The word probabilities of a sentence.

        Parameters
        ----------
        x : (T,)
            Word ids.

        Returns
        -------
        numpy.ndarray
            (T, V). Row t: the probabilities of word t + 1, given words 0 … t.

        Raises
        ------
        InputError
            If there is no id, or one is outside 0 … V - 1.
        """
        x, padded = self._checked(x)
        return np.asarray(self._forward_propagation(padded))[: len(x)]

    def predict(self, x: Ids) -> np.ndarray:  # [T] -> [T]
        """The most probable next word after each word of `x`.

        Parameters
        ----------
        x : (T,)
            Word ids.

        Returns
        -------
        numpy.ndarray
            Word ids, (T,).
        """
        x, padded = self._checked(x)
        return np.asarray(self._predict(padded))[: len(x)]

    def word_losses(self, x: Ids, y: Ids) -> np.ndarray:  # [T], [T] -> [T]
        """−ln p of each word of `y`, in nats.

        Parameters
        ----------
        x, y : (T,)
            Word ids, and the ids of the words that follow them.

        Returns
        -------
        numpy.ndarray
            (T,).

        Raises
        ------
        InputError
            If `x` and `y` are not as long, or an id is outside 0 … V - 1.
        """
        x, y, *padded = self._checked_pair(x, y)
        return np.asarray(self._word_losses(*padded))[: len(x)]

    def losses_of_sentences(self, X: Sequence[Ids], Y: Sequence[Ids]) -> list[np.ndarray]:
        """`word_losses` of each sentence, those of like length side by side.

        Parameters
        ----------
        X, Y
            Sentences as for `word_losses`.

        Returns
        -------
        list of numpy.ndarray
            (T,) each.
        """
        pairs = [checked_pair(x, y, self.word_dim) for x, y in zip(X, Y, strict=True)]
        lengths = [len(x) for x, _ in pairs]
        longest_first = sorted(range(len(pairs)), key=lengths.__getitem__, reverse=True)
        losses: dict[int, np.ndarray] = {}
        while len(losses) < len(pairs):
            left = longest_first[len(losses) :]
            length = self._padded_length(lengths[left[0]])
            columns = min(max(LOGITS_A_CALL // (self.word_dim * length), 1), SENTENCES_A_CALL)
            ids = np.zeros((2, length, min(columns, len(pairs))), dtype=np.int32)
            places = left[: ids.shape[2]]
            for column, place in enumerate(places):
                ids[:, : lengths[place], column] = pairs[place]
            found = np.asarray(self._losses_side_by_side(ids[0], ids[1].ravel()))
            losses |= {place: found[: lengths[place], k] for k, place in enumerate(places)}
        return [losses[place] for place in range(len(pairs))]

    def ce_error(self, x: Ids, y: Ids) -> float:
        """The summed cross-entropy of a sentence, in nats.

        Parameters
        ----------
        x, y : (T,)
            As for `word_losses`.
        """
        return float(self.word_losses(x, y).sum(dtype=np.float64))

    def calculate_total_loss(self, X: Sequence[Ids], Y: Sequence[Ids]) -> float:
        """The sum of −ln p over all words of all sentences, in nats.

        Parameters
        ----------
        X, Y
            Sentences as for `word_losses`.
        """
        return sum(float(found.sum(dtype=np.float64)) for found in self.losses_of_sentences(X, Y))

    def calculate_loss(self, X: Sequence[Ids], Y: Sequence[Ids]) -> float:
        """The mean of −ln p over all words, in nats a word.

        Parameters
        ----------
        X, Y
            As for `calculate_total_loss`.
        """
        return self.calculate_total_loss(X, Y) / sum(len(y) for y in Y)

    def bptt(self, x: Ids, y: Ids) -> list[np.ndarray]:
        """Gradients of a sentence's summed loss, truncated exactly as `RNNNumpy.bptt` does.

        Parameters
        ----------
        x, y : (T,)
            As for `word_losses`.

        Returns
        -------
        dLdU, dLdV, dLdW
            In the shapes of U, V, W.
        """
        x, y, *padded = self._checked_pair(x, y)
        compiled = self._bptt(self._sweeps(len(padded[0])))
        row_gradients, dLdV, dLdW = map(np.asarray, compiled(*padded))
        dLdU = np.zeros((self.word_dim, self.hidden_dim), dtype=self.config.dtype)
        np.add.at(dLdU, x, row_gradients[: len(x)])
        return [dLdU.T, dLdV.T, dLdW]

    def sgd_step(self, x: Ids, y: Ids, learning_rate: float) -> float:
        """One step of stochastic gradient descent.

        Parameters
        ----------
        x, y : (T,)
            As for `word_losses`.
        learning_rate
            Factor on the gradients of the sentence's summed loss.

        Returns
        -------
        float
            The sentence's summed loss before the step, in nats.
        """
        return float(self.begin_sgd_step(x, y, learning_rate))

    def begin_sgd_step(self, x: Ids, y: Ids, learning_rate: float) -> Any:
        """As `sgd_step`, but returns before the step has ended where the backend can (JAX).

        The next step may begin meanwhile; it uses the parameters that this one leaves.

        Parameters
        ----------
        x, y, learning_rate
            As for `sgd_step`.

        Returns
        -------
        array
            The loss, of no axis; `float` waits for it.
        """
        _, _, *padded = self._checked_pair(x, y)
        step = self.compiled_sgd_step(len(padded[0]))
        return step(*padded, np.array(learning_rate, dtype=self.config.dtype))

    def compiled_sgd_step(self, length: int) -> Callable[..., Any]:
        """The function that `sgd_step` calls, compiled now if it is not yet.

        Parameters
        ----------
        length
            Words of a sentence; sentences of like length share a function.

        Returns
        -------
        callable
        """
        return self._sgd_step(self._sweeps(self._padded_length(length)))

    def next_word_logits(
        self, word: int, state: Any = None
    ) -> tuple[np.ndarray, Any]:  # [], [H] -> [V], [H]
        """One step of the recurrence.

        Parameters
        ----------
        word
            The last word's id.
        state : (H,), optional
            The state before it; None for zero.

        Returns
        -------
        logits : (V,)
            Unnormalized log-probabilities of the next word.
        state : (H,)
            The state after the word.
        """
        states = self.zero_states(1) if state is None else [np.asarray(state)[None]]
        (logits,), (states,) = self.next_logits(np.array([word]), states)
        return logits, np.asarray(states)[0]

    def zero_states(self, texts: int) -> list[np.ndarray]:
        """The states of so many sentences before their first words: (texts, H) zeros."""
        return [np.zeros((texts, self.hidden_dim), dtype=self.config.dtype)]

    def advance(self, ids, states):
        """As `TextModel.advance`; a sentence begins with the id of its start marker."""
        combined = CELL.combine(self.U.variable[ids], times(states[0], self.W.variable.T))
        after = CELL.advance(combined, *states)
        return self.logits(after[0]), after

    # What the compiled functions are made of

    def _checked(self, x: Ids) -> tuple[np.ndarray, np.ndarray]:
        x = checked_ids(x, self.word_dim)
        return x, pad_to(x, self._padded_length(len(x)))

    def _checked_pair(self, x: Ids, y: Ids) -> tuple[np.ndarray, ...]:
        """x, y; x and y padded, and their true length."""
        x, y = checked_pair(x, y, self.word_dim)
        length = self._padded_length(len(x))
        return x, y, pad_to(x, length), pad_to(y, length), np.array(len(x), dtype=np.int32)

    def _padded_length(self, length: int) -> int:
        if self.backend.compiles_per_shape:
            return bucket_length(length)
        # PyTensor takes the gradient of a single row for one to be broadcast, and refuses it.
        return max(length, 2)

    def _sweeps(self, length: int) -> bool:
        """Whether a sentence takes the ordinary reverse sweep instead of truncated sums.

        Where the truncation does not reach, both are the same and the sweep is cheaper. A backend
        with one function for all lengths keeps to the sums, rather than compile two.
        """
        if self.bptt_truncate is None:
            return True
        return self.backend.compiles_per_shape and length <= self.bptt_truncate + 1

    def _compile(self, inputs, outputs, **options) -> Callable[..., Any]:
        return compile_function(inputs, outputs, self.backend, **options)

    @cached_property
    def _forward_propagation(self):
        x = pt.ivector("x")
        logits = self.logits(self.states(self.U.variable[x]))
        return self._compile([x], pt.special.softmax(logits, axis=1))

    @cached_property
    def _predict(self):
        x = pt.ivector("x")
        return self._compile([x], self.logits(self.states(self.U.variable[x])).argmax(axis=1))

    @cached_property
    def _word_losses(self):
        inputs, _, _, losses, _ = self._loss_graph(None)
        return self._compile(inputs, losses)

    @cached_property
    def _losses_side_by_side(self):
        # JAX would not know before it runs that a flattened matrix is as long as T · B.
        x, targets = pt.imatrix("x"), pt.ivector("targets")
        nothing = pt.zeros((x.shape[1], self.hidden_dim), dtype=self.config.dtype)
        (states,) = recurrent_layer(CELL, self.U.variable[x], [nothing], self.W.variable.T)
        logits = self.logits(states).reshape((-1, self.word_dim))
        losses, _ = softmax_cross_entropy(
            logits, targets, pt.ones_like(targets, dtype=self.config.dtype)
        )
        return self._compile([x, targets], losses.reshape(x.shape))

    def _compile_bptt(self, sweep: bool):
        inputs, gradients, _ = self._gradient_graph(sweep)
        return self._compile(inputs, [gradients[p] for p in (self.U, self.V, self.W)])

    def _compile_sgd_step(self, sweep: bool):
        inputs, gradients, losses = self._gradient_graph(sweep)
        learning_rate = pt.scalar("learning_rate", dtype=self.config.dtype)
        of_variables = {p.variable: gradients[p] for p in (self.V, self.W)}
        of_variables[self.U.variable] = Rows(inputs[0], gradients[self.U])
        updates = sgd()(of_variables, learning_rate)
        return self._compile(
            [*inputs, learning_rate],
            losses.sum(acc_dtype=self.config.dtype),
            updates=updates,
        )

    def _loss_graph(self, truncate: int | None):
        x, y, length = pt.ivector("x"), pt.ivector("y"), pt.iscalar("length")
        mask = (positions(x.shape[0]) < length).astype(self.config.dtype)
        rows = self.U.variable[x]
        logits = self.logits(self.states(rows, truncate))
        losses, logit_gradients = softmax_cross_entropy(logits, y, mask)
        return [x, y, length], rows, logits, losses, logit_gradients

    def _gradient_graph(self, sweep: bool):
        """Inputs, gradients and losses; U's gradient by step: row t is for the weights of x_t."""
        inputs, rows, logits, losses, logit_gradients = self._loss_graph(
            None if sweep else self.bptt_truncate
        )
        gradients = pytensor.grad(
            None,
            [rows, self.V.variable, self.W.variable],
            known_grads={logits: logit_gradients},
        )
        return inputs, dict(zip((self.U, self.V, self.W), gradients, strict=True)), losses
