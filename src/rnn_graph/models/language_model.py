"""Recurrent language models of words or characters, made for minibatches."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
from pytensor import tensor as pt

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import Backend, choose_backend
from rnn_graph.data.char_vocabulary import NEWLINE, CharVocabulary
from rnn_graph.data.padding import NO_TARGET
from rnn_graph.data.vocabulary import SENTENCE_START, Vocabulary
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import ModelFile
from rnn_graph.models.language_config import LanguageModelConfig, draw_language_model_parameters
from rnn_graph.models.language_graph import LanguageGraph
from rnn_graph.models.model import checked_settings
from rnn_graph.models.parts import Parts
from rnn_graph.models.text_model import TextModel
from rnn_graph.plots.composition import Composition
from rnn_graph.randomness import RandomSource

States = list[np.ndarray]


class LanguageModel(TextModel):
    """Embeddings → one or more recurrent layers → softmax over the next token.

    Parameters
    ----------
    vocabulary
        The words or characters it knows. Words include the sentence markers; characters are those
        of running text or of lines. None for a model of ids alone.
    vocabulary_size
        Number of ids, where there is no vocabulary.
    cell
        "elman", "gru" or "lstm".
    hidden_dim, embedding_dim, layers
        Hidden units, length of an embedding (`hidden_dim` if None), and recurrent layers.
    dropout, embedding_dropout
        Shares of the layers' outputs and of the embeddings that a training step leaves out.
    locked_dropout
        Whether these leave out the same units at all steps of a minibatch.
    token_dropout, weight_dropout
        Shares of the tokens, and of the recurrent weights, that a training step leaves out.
    tie_weights
        Whether the embeddings are the output layer's weights too.
    embedding_scale
        Factor on embeddings when they are looked up; if None √embedding_dim where weights are tied,
        so that small output weights are inputs of variance 1, and 1 elsewhere.
    output
        "softmax", or "adaptive" for large vocabularies: see `AdaptiveSoftmax`.
    context
        "text" if a state is carried on from sentence to sentence, "sentence" if each begins anew.
    recurrent_bias
        Whether the product with a state has a bias of its own, as in PyTorch's layers.
    rng
        An int, a `Generator` or a legacy `RandomState`, from which the first values are drawn.
    backend
        "jax", "numba" or "c", a `Backend` of your own, or "auto" for the fastest one installed.
    device, dtype
        As for `RNNTheano`.

    Attributes
    ----------
    parameters : dict of str to Parameter
        See `draw_language_model_parameters`.
    config : LanguageModelConfig
    graph : LanguageGraph
        Its symbolic expressions.

    Raises
    ------
    InputError
        If a setting is out of its range, or the backend or device is not available.

    Examples
    --------
    >>> import numpy as np
    >>> from rnn_graph import LanguageModel
    >>> model = LanguageModel(None, vocabulary_size=6, hidden_dim=8, rng=0)
    >>> {name: value.shape for name, value in model.get_parameters().items()}  # doctest: +ELLIPSIS
    {'embeddings': (6, 8), 'layer0_Wx': (8, 32), 'layer0_Wh': (8, 32), ...}
    >>> logits, states = model.next_logits(np.array([1, 2, 3]), model.zero_states(3))
    >>> logits.shape, [state.shape for state in states]
    ((3, 6), [(3, 8), (3, 8)])
    """

    kind = "language-model"

    def __init__(
        self,
        vocabulary: Vocabulary | CharVocabulary | None,
        *,
        vocabulary_size: int | None = None,
        cell: str = "lstm",
        hidden_dim: int = 256,
        embedding_dim: int | None = None,
        layers: int = 1,
        dropout: float = 0.0,
        embedding_dropout: float = 0.0,
        locked_dropout: bool = False,
        token_dropout: float = 0.0,
        weight_dropout: float = 0.0,
        tie_weights: bool = False,
        embedding_scale: float | None = None,
        output: str = "softmax",
        context: str = "text",
        recurrent_bias: bool = False,
        rng: RandomSource = None,
        backend: str | Backend = "auto",
        device: str = "auto",
        dtype: str = "float32",
    ):
        embedding_dim = hidden_dim if embedding_dim is None else embedding_dim
        if embedding_scale is None:
            embedding_scale = embedding_dim**0.5 if tie_weights else 1.0
        config = LanguageModelConfig(
            vocabulary_size=vocabulary_size if vocabulary is None else len(vocabulary),
            cell=str(cell),
            hidden_dim=hidden_dim,
            embedding_dim=embedding_dim,
            layers=layers,
            dropout=dropout,
            embedding_dropout=embedding_dropout,
            locked_dropout=locked_dropout,
            token_dropout=token_dropout,
            weight_dropout=weight_dropout,
            tie_weights=tie_weights,
            embedding_scale=embedding_scale,
            output=str(output),
            context=str(context),
            recurrent_bias=recurrent_bias,
            dtype=str(dtype),
        )
        if config.output == "adaptive" and isinstance(vocabulary, CharVocabulary):
            raise InputError(
                "the adaptive output is for words, whose ids are ranks of frequency; give the"
                " output softmax"
            )
        self.start_id = _start_id(vocabulary)
        if not isinstance(backend, Backend):
            backend = choose_backend(backend, device, dtype)
        super().__init__(config, vocabulary, backend, draw_language_model_parameters(config, rng))
        variables = {name: parameter.variable for name, parameter in self.parameters.items()}
        self.graph = LanguageGraph(self.config, variables, is_shared=backend.devices > 1)

    @classmethod
    def build(cls, vocabulary: Vocabulary | CharVocabulary, **options: Any) -> Self:
        """A model of a vocabulary.

        Parameters
        ----------
        vocabulary
        options
            As for the class.

        Returns
        -------
        LanguageModel
        """
        return cls(vocabulary, **options)

    @classmethod
    def of_file(cls, content: ModelFile, vocabulary, *, backend, device, dtype) -> Self:
        """See `Model.of_file`."""
        size = content.configuration.get("vocabulary_size")
        if vocabulary is None and not isinstance(size, int):
            raise InputError("it has neither words nor characters; the file is damaged")
        if vocabulary is not None and size not in (None, len(vocabulary)):
            raise InputError(
                f"the vocabulary has {len(vocabulary)} words and the model {size!r}; give the"
                " vocabulary that the model was trained with"
            )
        settings = checked_settings(content, LanguageModelConfig, without=("vocabulary_size",))
        settings["dtype"] = dtype or settings["dtype"]
        # The parameters drawn here are overwritten by the caller.
        return cls(
            vocabulary, vocabulary_size=size, rng=0, backend=backend, device=device, **settings
        )

    @property
    def token_count(self) -> int:
        """The number of tokens, V."""
        return self.config.vocabulary_size

    @property
    def word_dim(self) -> int:
        """The number of tokens, under the name that the word models have for it."""
        return self.token_count

    @property
    def reads_words(self) -> bool:
        """Whether the tokens are words, and not characters."""
        return isinstance(self.vocabulary, Vocabulary)

    @property
    def state_count(self) -> int:
        """How many states a text has: those of the cell, for each layer."""
        return self.config.network.state_count

    @property
    def layer_count(self) -> int:
        """Recurrent layers."""
        return self.config.layers

    # What the steps of training ask for

    @property
    def row_lists(self) -> int:
        """How many lists of rows `rows_of` gives."""
        return self.config.output_layer.row_lists

    def rows_of(self, targets: np.ndarray) -> list[np.ndarray]:  # [K, N] -> [K, n] …
        """The rows that each part of the output layer works on; see `rnn_graph.nn.outputs`.

        Parameters
        ----------
        targets : (K, N)
            K batches of N targets, -1 for none.

        Returns
        -------
        list of numpy.ndarray
            int32 (K, n), filled up with -1; `row_lists` of them.
        """
        return self.config.output_layer.rows_of(targets)

    @property
    def drops(self) -> bool:
        """Whether a training step drops anything out."""
        return self.config.drops

    @property
    def dropouts(self) -> int:
        """How many masks a training step draws."""
        return self.config.network.key_count

    def gradients(self, x, y, states, rows, key=None):
        """The mean loss of a minibatch and its gradients, as symbolic expressions.

        Parameters
        ----------
        x, y : (T, B) int32
            Variables for the ids of inputs and targets, a text a column; the target -1 does not
            count.
        states : list of (B, hidden_dim)
            Variables for the states before the first step; no gradient goes through them.
        rows
            Variables for what `rows_of` yields for these targets.
        key : () uint32, optional
            What dropout derives its masks from; None for no dropout.

        Returns
        -------
        BatchGradients
            The mean loss in nats a token, its gradients by name, and the states after the last
            step.
        """
        return self.graph.gradients(x, y, states, rows, key)

    def composition(self) -> Composition:
        """See `Model.composition`."""
        parts, tokens = Parts(self.parameters, inputs=2), pt.imatrix("tokens")
        hidden = parts.add_stack(self.config.network, tokens)
        logits = parts.add_layer(self.config.output_layer, hidden)
        if self.config.output == "softmax":
            parts.add_cross_entropy(logits, targets=1)
        else:
            parts.add_loss("Cross-entropy", targets=1)
        rows = [pt.ivector(f"rows{k}") for k in range(self.row_lists)]
        targets = pt.imatrix("next tokens")
        return Composition(
            f"{type(self).__name__}: {self.parameter_count:,} parameters",
            "T steps, B texts side by side",
            [("tokens", "int32 [T, B]"), ("next tokens", "int32 [T, B]")],
            parts.found,
            lambda: self.gradients(tokens, targets, self._state_variables(), rows).loss,
        )

    # Many texts at once

    def zero_states(self, texts: int) -> States:
        """The states of so many texts before their first tokens.

        Parameters
        ----------
        texts
            Number of texts, B.

        Returns
        -------
        list of numpy.ndarray
            Zeros (B, hidden_dim), `state_count` of them.
        """
        shape = (texts, self.config.hidden_dim)
        return [np.zeros(shape, dtype=self.dtype) for _ in range(self.state_count)]

    def advance(self, ids, states):
        """As `TextModel.advance`; for -1, before the first token, `start_id` stands."""
        return self.graph.advance(pt.switch(ids < 0, self.start_id, ids), states)

    def token_losses(
        self, x: np.ndarray, y: np.ndarray, states: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, States]:  # [T, B], [T, B], [B, H] … -> [T, B], [B, H] …
        """−ln p of each token of `y` in nats, and the states after the last.

        Parameters
        ----------
        x, y : (T, B)
            Ids of inputs and targets, a text a column; -1 in `y` where there is nothing to predict.
        states : list of (B, hidden_dim)
            The states before the first step.

        Returns
        -------
        losses : (T, B)
            In nats, 0 where there is nothing to predict.
        states : list of (B, hidden_dim)
            The states after the last step.
        """
        rows = [rows[0] for rows in self.rows_of(y.reshape(1, -1))]
        losses, *states = self._token_losses(x.astype(np.int32), y.astype(np.int32), *rows, *states)
        return np.asarray(losses).reshape(y.shape), states

    def targets(self, ids: np.ndarray) -> np.ndarray:
        """The ids as targets: -1 for a sentence's start, which nobody has to predict."""
        if not self.reads_words:
            return ids
        return np.where(ids == self.start_id, NO_TARGET, ids)

    @cached_property
    def _token_losses(self):
        x, y, states = pt.imatrix("x"), pt.imatrix("y"), self._state_variables()
        rows = [pt.ivector(f"rows{k}") for k in range(self.config.output_layer.row_lists)]
        losses, last = self.graph.losses(x, y, states, rows)
        return compile_function([x, y, *rows, *states], [losses, *last], self.backend)


def _start_id(vocabulary: Vocabulary | CharVocabulary | None) -> int:
    """What a text is read after: a sentence's start, or the end of a line."""
    if vocabulary is None:
        return 0
    if isinstance(vocabulary, Vocabulary):
        vocabulary.require_sentence_markers()
        return vocabulary[SENTENCE_START]
    return vocabulary[NEWLINE] if NEWLINE in vocabulary.symbols else 0
