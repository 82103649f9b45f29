"""The tutorial's word-level language model in plain NumPy, written to be read."""

from collections.abc import Sequence

import numpy as np

from rnn_graph.checks import Ids, checked_ids, checked_pair, require_truncation
from rnn_graph.data.vocabulary import Vocabulary
from rnn_graph.files.model_file import ModelFile
from rnn_graph.files.word_model import word_model_sizes
from rnn_graph.finite_differences import GradientCheck, central_differences, largest_relative_error
from rnn_graph.nn.initializers import draw_word_model_parameters
from rnn_graph.randomness import RandomSource


def softmax(z):  # [n] -> [n]
    e = np.exp(z - z.max())
    return e / e.sum()


class RNNNumpy:
    """The word tutorial's language model in plain NumPy.

    `s_t = tanh(U[:, x_t] + W s_{t−1})`, `o_t = softmax(V s_t)`, `s_{−1} = 0`, no biases.

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
    vocabulary
        The words behind the ids, for generation and model files.

    Attributes
    ----------
    U, V, W : numpy.ndarray
        Shapes (H, V), (V, H), (H, H); float64.

    Raises
    ------
    InputError
        If a size is below 1, or `bptt_truncate` below 0.

    Examples
    --------
    >>> from rnn_graph import RNNNumpy
    >>> model = RNNNumpy(word_dim=6, hidden_dim=8, rng=0)
    >>> o, s = model.forward_propagation([0, 2, 3])
    >>> o.shape, s.shape
    ((3, 6), (4, 8))
    >>> before = model.sgd_step([0, 2, 3], [2, 3, 1], learning_rate=0.1)
    >>> after = model.word_losses([0, 2, 3], [2, 3, 1]).sum()
    >>> bool(after < before)
    True
    >>> model.gradient_check([0, 2, 3], [2, 3, 1]).passed
    True
    """

    def __init__(
        self,
        word_dim: int,
        hidden_dim: int = 100,
        bptt_truncate: int | None = 4,
        *,
        rng: RandomSource = None,
        vocabulary: Vocabulary | None = None,
    ):
        require_truncation(bptt_truncate)
        self.word_dim = word_dim
        self.hidden_dim = hidden_dim
        self.bptt_truncate = bptt_truncate
        self.vocabulary = vocabulary
        self.set_parameters(draw_word_model_parameters(word_dim, hidden_dim, rng))

    @classmethod
    def build(cls, vocabulary, *, hidden_dim, bptt_truncate, rng=None) -> "RNNNumpy":
        """A model of a vocabulary's words.

        Parameters
        ----------
        vocabulary
            The words behind the ids.
        hidden_dim, rng
            As for the class.
        bptt_truncate
            As for the class; below 0 is the same as None.

        Returns
        -------
        RNNNumpy
        """
        truncate = bptt_truncate if bptt_truncate is None or bptt_truncate >= 0 else None
        return cls(len(vocabulary), hidden_dim, truncate, vocabulary=vocabulary, rng=rng)

    @classmethod
    def of_file(cls, content: ModelFile, vocabulary) -> "RNNNumpy":
        """A model of the sizes of a file, whose parameters are overwritten by the caller."""
        return cls(**word_model_sizes(content, vocabulary), vocabulary=vocabulary, rng=0)

    def get_parameters(self) -> dict[str, np.ndarray]:
        """Copies of U, V, W by name."""
        return {name: getattr(self, name).copy() for name in "UVW"}

    def set_parameters(self, values: dict[str, np.ndarray]) -> None:
        """Replace U, V, W by copies of `values`.

        Parameters
        ----------
        values
            Arrays by name, in the shapes of U, V, W.
        """
        self.U, self.V, self.W = (np.array(values[name], dtype=np.float64) for name in "UVW")

    def forward_propagation(self, x: Ids) -> list[np.ndarray]:  # [T] -> [T, V], [T + 1, H]
        """The word probabilities and the states of a sentence.

        Parameters
        ----------
        x : (T,)
            Word ids.

        Returns
        -------
        o : (T, V)
            Row t: the probabilities of word t + 1, given words 0 … t.
        s : (T + 1, H)
            Row t: the state after word t. The last row is `s_{−1}`, which is zero.

        Raises
        ------
        InputError
            If there is no id, or one is outside 0 … V - 1.
        """
        x = checked_ids(x, self.word_dim)
        T = len(x)
        s = np.zeros((T + 1, self.hidden_dim))
        o = np.zeros((T, self.word_dim))
        for t in range(T):
            s[t] = np.tanh(self.U[:, x[t]] + self.W @ s[t - 1])
            o[t] = softmax(self.V @ s[t])
        return [o, s]

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
        o, _ = self.forward_propagation(x)
        return np.argmax(o, axis=1)

    def next_word_logits(self, word, state=None):  # [], [H] -> [V], [H]
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
        if state is None:
            state = np.zeros(self.hidden_dim)
        state = np.tanh(self.U[:, word] + self.W @ state)
        return self.V @ state, state

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
        x, y = checked_pair(x, y, self.word_dim)
        o, _ = self.forward_propagation(x)
        return -np.log(o[np.arange(len(y)), y])

    def losses_of_sentences(self, X: Sequence[Ids], Y: Sequence[Ids]) -> list[np.ndarray]:
        """`word_losses` of each sentence.

        Parameters
        ----------
        X, Y
            Sentences as for `word_losses`.

        Returns
        -------
        list of numpy.ndarray
            (T,) each.
        """
        return [self.word_losses(x, y) for x, y in zip(X, Y, strict=True)]

    def calculate_total_loss(self, X: Sequence[Ids], Y: Sequence[Ids]) -> float:
        """The sum of −ln p over all words of all sentences, in nats.

        Parameters
        ----------
        X, Y
            Sentences as for `word_losses`, one after the other.
        """
        return float(sum(losses.sum() for losses in self.losses_of_sentences(X, Y)))

    def calculate_loss(self, X: Sequence[Ids], Y: Sequence[Ids]) -> float:
        """The mean of −ln p over all words, in nats a word.

        Parameters
        ----------
        X, Y
            As for `calculate_total_loss`.
        """
        return self.calculate_total_loss(X, Y) / sum(len(y) for y in Y)

    def bptt(self, x: Ids, y: Ids) -> list[np.ndarray]:
        """Backpropagation through time of a sentence's summed loss.

        P. J. Werbos, "Backpropagation through time: what it does and how to do it", Proceedings of
        the IEEE 78 (1990).

        Parameters
        ----------
        x, y : (T,)
            As for `word_losses`.

        Returns
        -------
        dLdU, dLdV, dLdW
            In the shapes of U, V, W.
        """
        x, y = checked_pair(x, y, self.word_dim)
        o, s = self.forward_propagation(x)
        return self._backward(x, y, o, s, self.bptt_truncate)

    def _backward(self, x, y, o, s, truncate):
        T = len(x)
        first_step = 0
        dLdU, dLdV, dLdW = (np.zeros(p.shape) for p in (self.U, self.V, self.W))
        delta_o = o.copy()
        delta_o[np.arange(T), y] -= 1
        for t in reversed(range(T)):
            dLdV += np.outer(delta_o[t], s[t])
            delta = (self.V.T @ delta_o[t]) * (1 - s[t] ** 2)
            if truncate is not None:
                first_step = max(0, t - truncate)
            for step in reversed(range(first_step, t + 1)):
                dLdW += np.outer(delta, s[step - 1])
                dLdU[:, x[step]] += delta
                delta = (self.W.T @ delta) * (1 - s[step - 1] ** 2)
        return [dLdU, dLdV, dLdW]

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
        x, y = checked_pair(x, y, self.word_dim)
        o, s = self.forward_propagation(x)
        dLdU, dLdV, dLdW = self._backward(x, y, o, s, self.bptt_truncate)
        self.U -= learning_rate * dLdU
        self.V -= learning_rate * dLdV
        self.W -= learning_rate * dLdW
        return float(-np.log(o[np.arange(len(y)), y]).sum())

    def gradient_check(
        self, x: Ids, y: Ids, h: float = 0.001, error_threshold: float = 0.01
    ) -> GradientCheck:
        """Compare untruncated BPTT with finite differences, element by element.

        No finite difference agrees with a truncated gradient, so the truncation is left out.

        Parameters
        ----------
        x, y : (T,)
            As for `word_losses`.
        h
            The step of the differences, (L(θ + h) − L(θ − h)) / 2h.
        error_threshold
            The largest relative error that passes.

        Returns
        -------
        GradientCheck
        """
        x, y = checked_pair(x, y, self.word_dim)
        o, s = self.forward_propagation(x)
        gradients = self._backward(x, y, o, s, truncate=None)
        errors = {}
        for name, gradient in zip("UVW", gradients, strict=True):
            value = getattr(self, name)

            def loss(shifted: np.ndarray, name: str = name) -> float:
                setattr(self, name, shifted)
                return self.calculate_total_loss([x], [y])

            try:
                estimated = central_differences(loss, value, h)
            finally:
                setattr(self, name, value)
            errors[name] = largest_relative_error(estimated, gradient)
        return GradientCheck(errors, error_threshold)
