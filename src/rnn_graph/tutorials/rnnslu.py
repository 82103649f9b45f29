"""The tutorial's Elman slot tagger as a compiled symbolic graph."""

from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

import numpy as np
from pytensor import tensor as pt

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.data.padding import padding_as_row
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import require_shapes
from rnn_graph.models.tagger_model import TaggerModel
from rnn_graph.nn.basic import windows
from rnn_graph.nn.initializers import draw_slot_tagger_parameters
from rnn_graph.nn.scan import scan_states
from rnn_graph.randomness import RandomSource
from rnn_graph.tutorials import slot_graph
from rnn_graph.tutorials.slot_graph import SlotWeights
from rnn_graph.tutorials.slot_inputs import SlotInputs, SlotTaggerConfig

# Steps in one call of `train_on_steps`'s compiled function: enough that a call costs nothing
# beside them, few enough that Ctrl-C is heard.
STEPS_A_CALL = 512

SHAPES = {
    "embeddings": ("ne + 1", "de"),
    "Wx": ("de · cs", "nh"),
    "Wh": ("nh", "nh"),
    "W": ("nh", "nc"),
    "bh": ("nh",),
    "b": ("nc",),
    "h0": ("nh",),
}


class RNNSLU(TaggerModel):
    """The tutorial's Elman slot tagger as a compiled symbolic graph.

    `h_t = σ(x_t Wx + h_{t−1} Wh + bh)`, `s_t = softmax(h_t W + b)`, `h_{−1} = h0` learned; x_t are
    the embeddings of a window of words around word t, side by side.

    The model of `RNNSLUNumpy`, the same to rounding, and drawn alike from the same `rng`. Functions
    are compiled when they are first called.

    G. Mesnil, X. He, L. Deng, Y. Bengio, "Investigation of recurrent-neural-network architectures
    and learning methods for spoken language understanding", Interspeech (2013).

    Parameters
    ----------
    nh
        Hidden units.
    nc
        Labels.
    ne
        Words; the id -1 is padding.
    de
        Length of a word's embedding.
    cs
        Words in a window, odd.
    rng
        An int, a `Generator` or a legacy `RandomState`, from which the embeddings, Wx, Wh, W are
        drawn in that order.
    backend
        "jax", "numba", "c", or "auto" for the fastest one installed.
    device
        "cpu", "gpu" (through JAX), or "auto".
    dtype
        "float32" to train, "float64" to check.
    vocabulary
        The words and labels behind the ids, for tagging and model files.

    Attributes
    ----------
    weights : SlotWeights of Parameter
        embeddings (ne + 1, de), Wx (de · cs, nh), Wh (nh, nh), W (nh, nc), bh (nh), b (nc) and
        h0 (nh); `get_value()` and `set_value()` each.
    config : SlotTaggerConfig
    backend : Backend

    Raises
    ------
    InputError
        If a size is below 1, the window is even, or the backend or device is not available.

    Examples
    --------
    >>> from rnn_graph import RNNSLU, contextwin
    >>> tagger = RNNSLU(nh=8, nc=3, ne=10, de=4, cs=3, rng=0)
    >>> windows = contextwin([7, 8, 9], 3)
    >>> losses = [tagger.sentence_train(windows, [0, 1, 2], learning_rate=0.5) for _ in range(20)]
    >>> losses[-1] < losses[0]
    True
    """

    kind = "slot-rnn"

    def __init__(
        self,
        nh: int,
        nc: int,
        ne: int,
        de: int,
        cs: int,
        *,
        rng: RandomSource = None,
        backend: str = "auto",
        device: str = "auto",
        dtype: str = "float32",
        vocabulary: TagVocabulary | None = None,
    ):
        if vocabulary is not None:
            vocabulary.require_sizes(words=ne, labels=nc)
        super().__init__(
            SlotTaggerConfig(nh, nc, ne, de, cs, dtype),
            vocabulary,
            choose_backend(backend, device, dtype, bound_by_launches=True),
            draw_slot_tagger_parameters(nh, nc, ne, de, cs, rng),
            # Inside, two of its three products then run along rows, which are long.
            stored_transposed=("Wx",),
        )
        self.weights = SlotWeights(**self.parameters)
        self._inputs = SlotInputs(self.config, self.backend)
        # A function that normalizes the embeddings of a step, and one that does not.
        self._sentence_train = cache(self._compile_sentence_train)
        self._train_on_steps = cache(self._compile_train_on_steps)

    @classmethod
    def build(
        cls,
        vocabulary: TagVocabulary,
        *,
        hidden_dim: int,
        embedding_dim: int,
        window: int,
        **options: Any,
    ) -> "RNNSLU":
        """A tagger of a vocabulary's words and labels.

        Parameters
        ----------
        vocabulary
            The words and labels behind the ids.
        hidden_dim, embedding_dim, window
            nh, de and cs of the class.
        options
            As for the class.

        Returns
        -------
        RNNSLU
        """
        sizes = len(vocabulary.labels), len(vocabulary.words), embedding_dim, window
        return cls(hidden_dim, *sizes, vocabulary=vocabulary, **options)

    @classmethod
    def of_file(cls, content, vocabulary, *, backend, device, dtype) -> "RNNSLU":
        """See `Model.of_file`; the sizes are those of the arrays."""
        sizes = require_shapes(content.arrays, SHAPES)
        window, remainder = divmod(sizes["de · cs"], sizes["de"])
        if remainder:
            raise InputError(
                f"Wx has {sizes['de · cs']} rows, embeddings {sizes['de']} columns; expected a"
                " whole number of embeddings a window"
            )
        stored = np.result_type(*(content.arrays[name] for name in SHAPES))
        return cls(
            sizes["nh"],
            sizes["nc"],
            sizes["ne + 1"] - 1,
            sizes["de"],
            window,
            rng=0,  # overwritten by the caller
            backend=backend,
            device=device,
            dtype=dtype or ("float64" if stored == np.float64 else "float32"),
            vocabulary=vocabulary,
        )

    @property
    def window(self) -> int:
        """Words in a window."""
        return self.config.cs

    # Compiled functions

    def predict_proba(self, idxs: np.ndarray) -> np.ndarray:  # [T, cs] -> [T, nc]
        """The probabilities of each word's labels.

        Parameters
        ----------
        idxs : (T, cs)
            The windows of a sentence, as `contextwin` makes them.

        Returns
        -------
        numpy.ndarray
            (T, nc).

        Raises
        ------
        InputError
            If the windows have another size, or an id is outside -1 … ne - 1.
        """
        idxs = self._inputs.windows(idxs)
        return np.asarray(self._predict_proba(self._inputs.padded(idxs)))[: len(idxs)]

    def classify(self, idxs: np.ndarray) -> np.ndarray:  # [T, cs] -> [T]
        """The most probable label of each word.

        Parameters
        ----------
        idxs : (T, cs)
            As for `predict_proba`.

        Returns
        -------
        numpy.ndarray
            Label ids, (T,).
        """
        return self.predict_proba(idxs).argmax(axis=1)

    def predict_labels(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """The most probable labels of a batch of sentences.

        Parameters
        ----------
        ids : (T + cs - 1, B)
            A sentence a column, with half a window of padding, -1, before and after.
        mask : (T, B)
            1 where there is a word.

        Returns
        -------
        numpy.ndarray
            Label ids (T, B); anything where there is no word.
        """
        return np.asarray(self._predict_labels(padding_as_row(ids, self.config.ne), mask))

    def loss_and_gradients(
        self, idxs: np.ndarray, y: np.ndarray | int
    ) -> tuple[float, dict[str, np.ndarray]]:
        """The loss of `sentence_train` and its gradient for each parameter.

        Parameters
        ----------
        idxs, y
            As for `sentence_train`.

        Returns
        -------
        loss : float
            In nats.
        gradients : dict
            In the shapes of the parameters, by name.
        """
        idxs = self._inputs.windows(idxs)
        padded, *labels = self._inputs.labelled(idxs, y)
        loss, *gradients = map(np.asarray, self._loss_and_gradients(padded, *labels))
        found = dict(zip(SlotWeights._fields, gradients, strict=True))
        d_rows = found["embeddings"]
        found["embeddings"] = np.zeros(self.weights.embeddings.shape, dtype=self.config.dtype)
        np.add.at(found["embeddings"], padded.ravel(), d_rows)
        return float(loss), found | {"Wx": found["Wx"].T}

    def sentence_train(
        self,
        idxs: np.ndarray,
        y: np.ndarray | int,
        learning_rate: float,
        *,
        normalize: bool = False,
    ) -> float:
        """One step of gradient descent; returns the loss before it, in nats.

        Parameters
        ----------
        idxs : (T, cs)
            The windows of a sentence, as `contextwin` makes them.
        y
            T labels: the loss is the mean of their −ln p. One label: it is the last word's −ln p.
        learning_rate
            Factor on the gradients of that loss.
        normalize
            Whether the embeddings that took part are scaled to unit length afterwards. If all have
            been normalized once this is `normalize`, to rounding, at a fraction of its cost.

        Returns
        -------
        float

        Raises
        ------
        InputError
            If windows and labels do not fit together, or not the model.
        """
        return float(self.begin_sentence_train(idxs, y, learning_rate, normalize=normalize))

    def begin_sentence_train(
        self,
        idxs: np.ndarray,
        y: np.ndarray | int,
        learning_rate: float,
        *,
        normalize: bool = False,
    ) -> Any:
        """As `sentence_train`, but returns before the step has ended where the backend can (JAX).

        Parameters
        ----------
        idxs, y, learning_rate, normalize
            As for `sentence_train`.

        Returns
        -------
        array
            The loss, of no axis; `float` waits for it.
        """
        idxs = self._inputs.windows(idxs)
        step = self._sentence_train(normalize)
        return step(*self._inputs.labelled(idxs, y), self._rate(learning_rate))

    def train_on_steps(
        self, steps: np.ndarray, learning_rate: float, *, normalize: bool = True
    ) -> np.ndarray:  # [N, bs + cs + 1] -> [N]
        """Many steps of the last-word recipe in one call.

        Parameters
        ----------
        steps : (N, bs + cs + 1)
            Rows of `rnn_graph.tutorials.windows.last_word_steps`, of one sentence or of many. The
            result is that of `sentence_train(windows, label, learning_rate, normalize=normalize)`
            row by row.
        learning_rate, normalize
            As for `sentence_train`.

        Returns
        -------
        numpy.ndarray
            The losses before each step in nats, (N,).
        """
        steps = self._inputs.steps(steps)
        train = self._train_on_steps(normalize, steps.shape[1])
        rate = self._rate(learning_rate)
        losses = []
        for start in range(0, len(steps), STEPS_A_CALL):
            part = self._inputs.filled_up(steps[start : start + STEPS_A_CALL], STEPS_A_CALL)
            losses.append(np.asarray(train(part, rate)))
        return np.concatenate(losses)[: len(steps)]

    def normalize(self) -> None:
        """Scale every row of the embeddings to unit length."""
        self._normalize()

    # What the compiled functions are made of

    def _rate(self, learning_rate: float) -> np.ndarray:
        return np.array(learning_rate, dtype=self.config.dtype)

    @property
    def _variables(self) -> SlotWeights:
        return SlotWeights(*(parameter.variable for parameter in self.weights))

    def _compile(self, inputs, outputs, **options) -> Callable[..., Any]:
        return compile_function(inputs, outputs, self.backend, **options)

    @cached_property
    def _predict_proba(self):
        idxs = pt.matrix("idxs", dtype="int32", shape=(None, self.config.cs))
        inputs = self._variables.embeddings[idxs].reshape((-1, self.config.cs * self.config.de))
        mask = pt.ones_like(idxs[:, 0], dtype=self.config.dtype)
        logits = self._logits(inputs, mask)
        return self._compile([idxs], pt.special.softmax(logits, axis=1))

    @cached_property
    def _predict_labels(self):
        ids, mask = pt.imatrix("ids"), pt.matrix("mask", dtype=self.config.dtype)
        inputs = windows(self._variables.embeddings[ids], self.config.cs)
        logits = self._logits(inputs, mask)
        return self._compile([ids, mask], logits.argmax(axis=2))

    @cached_property
    def _loss_and_gradients(self):
        inputs, loss, gradients = self._sentence_graph()
        return self._compile(inputs, [loss, *gradients])

    def _compile_sentence_train(self, normalize: bool):
        inputs, loss, gradients = self._sentence_graph()
        learning_rate = pt.scalar("learning_rate", dtype=self.config.dtype)
        after = slot_graph.updated(
            self._variables, inputs[0].flatten(), gradients, learning_rate, normalize=normalize
        )
        return self._compile_updates([*inputs, learning_rate], loss, after)

    def _logits(self, inputs, mask):
        states = slot_graph.hidden_states(self._variables, inputs, mask)
        return slot_graph.label_logits(self._variables, states)

    def _sentence_graph(self):
        cs, de, dtype = self.config.cs, self.config.de, self.config.dtype
        idxs = pt.matrix("idxs", dtype="int32", shape=(None, cs))
        labels, shares = pt.ivector("labels"), pt.vector("shares", dtype=dtype)
        rows = self._variables.embeddings[idxs.flatten()]
        mask = pt.ones_like(shares)
        logits = self._logits(rows.reshape((-1, cs * de)), mask)
        loss, gradients = slot_graph.gradients(self._variables, rows, logits, labels, shares)
        return [idxs, labels, shares], loss, gradients

    def _compile_train_on_steps(self, normalize: bool, width: int):
        # One matrix: of two, JAX would not know before it runs that they are as long.
        steps = pt.matrix("steps", dtype="int32", shape=(None, width))
        learning_rate = pt.scalar("learning_rate", dtype=self.config.dtype)

        def step(row, *weights_and_rate):
            *weights, learning_rate = weights_and_rate
            weights = SlotWeights(*weights)
            ids, count, label = row[:-2], row[-2], row[-1:]
            rows = weights.embeddings[ids]
            inputs = windows(rows, self.config.cs)
            # The first windows of a sentence's first steps are missing.
            mask = slot_graph.last_places(width - self.config.cs - 1, count)
            states = slot_graph.hidden_states(weights, inputs, mask.astype(self.config.dtype))
            logits = slot_graph.label_logits(weights, states[-1:])
            share = (count[None] > 0).astype(self.config.dtype)
            loss, gradients = slot_graph.gradients(weights, rows, logits, label, share)
            after = slot_graph.updated(weights, ids, gradients, learning_rate, normalize=normalize)
            return [*after, loss]

        *after, losses = scan_states(
            step, [steps], self._variables, [learning_rate], steps.shape[0], outputs=1
        )
        return self._compile_updates(
            [steps, learning_rate], losses, SlotWeights(*(trace[-1] for trace in after))
        )

    def _compile_updates(self, inputs, outputs, after: SlotWeights):
        return self._compile(
            inputs,
            outputs,
            updates=dict(zip(self._variables, after, strict=True)),
        )

    @cached_property
    def _normalize(self):
        embeddings = self._variables.embeddings
        return self._compile([], [], updates={embeddings: slot_graph.normalized(embeddings)})
