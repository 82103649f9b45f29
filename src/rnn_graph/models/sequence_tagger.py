"""A tagger that reads sentences in both directions, in minibatches, with any cell."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
import pytensor
from pytensor import tensor as pt
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.tensor import TensorVariable

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import Backend, choose_backend
from rnn_graph.data.label_schemes import forbidden_transitions
from rnn_graph.data.padding import padding_as_row
from rnn_graph.data.spellings import NOTHING, Spellings
from rnn_graph.data.splitting import UNKNOWN_TOKEN
from rnn_graph.data.tag_vocabulary import TagVocabulary, plain_form
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import ModelFile
from rnn_graph.models.batch_gradients import BatchGradients
from rnn_graph.models.model import checked_settings
from rnn_graph.models.parts import Parts
from rnn_graph.models.tagger_config import SequenceTaggerConfig
from rnn_graph.models.tagger_model import TaggerModel
from rnn_graph.nn.basic import Embedding, side_by_side
from rnn_graph.nn.char_convolution import CharConvolution
from rnn_graph.nn.crf import CRF
from rnn_graph.nn.losses import softmax_cross_entropy
from rnn_graph.plots.composition import Composition
from rnn_graph.randomness import RandomSource, as_random_generator

# Standard deviation of first embeddings: a tagger has few examples, and on ATIS a deviation of 1
# costs 0.4 of F1.
EMBEDDING_DEVIATION = 0.06


class SequenceTagger(TaggerModel):
    """Embeddings → window → recurrent layer in one or both directions → softmax or CRF.

    Beside the embeddings there may be features of the words' characters.

    Parameters
    ----------
    vocabulary
        The words and labels it knows.
    config
        Sizes and kind; None for those of `SequenceTaggerConfig()`.
    rng
        An int, a `Generator` or a legacy `RandomState`, from which the first values are drawn.
    backend, device
        As for `RNNSLU`; also a `Backend` of your own.

    Attributes
    ----------
    parameters : dict of str to Parameter
        "embeddings" (words + 1, embedding_dim), the last row for the places beyond a sentence; of
        characters "char_embeddings", "char_W", "char_b"; for each direction "…_Wx"
        (window · numbers for a word, blocks · hidden_dim), "…_Wh", "…_b"; "W", "b"; of a CRF
        "transitions", "starts", "ends". The blocks are those of the cell.
    embedding : Embedding
    characters : CharConvolution or None
    network : Stack
        The layers over what these two yield.
    crf : CRF or None
        What chooses among sequences of labels.

    Raises
    ------
    InputError
        If the backend or device is not available.

    Examples
    --------
    >>> from rnn_graph import SequenceTagger
    >>> from rnn_graph.data.tag_vocabulary import TagVocabulary
    >>> from rnn_graph.datasets import sample_flight_queries
    >>> from rnn_graph.models.tagger_config import SequenceTaggerConfig
    >>> queries = sample_flight_queries(20, rng=0)
    >>> config = SequenceTaggerConfig(hidden_dim=8, embedding_dim=4)
    >>> tagger = SequenceTagger(TagVocabulary.of(queries), config, rng=0)
    >>> tagger.get_parameters()["forward_Wx"].shape  # window 3, a GRU
    (12, 24)
    >>> labels = tagger.tag([["fly", "to", "boston"]])  # of a tagger that has learned nothing yet
    >>> len(labels[0])
    3
    """

    kind = "sequence-tagger"

    # What the steps of training ask for: no state is carried, all labels have one output layer.
    row_lists = 0
    zero_states = rows_of = staticmethod(lambda *_: [])

    def __init__(
        self,
        vocabulary: TagVocabulary,
        config: SequenceTaggerConfig | None = None,
        *,
        rng: RandomSource = None,
        backend: str | Backend = "auto",
        device: str = "auto",
    ):
        config = config or SequenceTaggerConfig()
        if not isinstance(backend, Backend):
            backend = choose_backend(backend, device, config.dtype)
        rng = as_random_generator(rng)
        self.embedding = Embedding(
            len(vocabulary.words),
            config.embedding_dim,
            padding=True,
            deviation=EMBEDDING_DEVIATION,
        )
        self.network = config.network(len(vocabulary.labels))
        self.characters = self.spellings = None
        first_values = self.embedding.init(rng)
        if config.char_features:
            self.spellings = Spellings(vocabulary.words.tokens)
            self.characters = CharConvolution(self.spellings.ids, config.char_features)
            first_values |= self.characters.init(rng)
        first_values |= self.network.init(rng)
        self.crf = None
        if config.output == "crf":
            forbidden = forbidden_transitions(vocabulary.labels, config.label_scheme)
            self.crf = CRF(len(vocabulary.labels), forbidden)
            first_values |= self.crf.init()
        super().__init__(config, vocabulary, backend, first_values)

    @classmethod
    def build(
        cls, vocabulary: TagVocabulary, *, rng, backend, device="auto", dtype, **network: Any
    ) -> Self:
        """A tagger of a vocabulary.

        Parameters
        ----------
        vocabulary, rng, backend, device
            As for the class.
        dtype
            "float32" or "float64".
        network
            Settings of `SequenceTaggerConfig`.

        Returns
        -------
        SequenceTagger
        """
        config = SequenceTaggerConfig(**network, dtype=dtype)
        return cls(vocabulary, config, rng=rng, backend=backend, device=device)

    @classmethod
    def of_file(cls, content: ModelFile, vocabulary, *, backend, device, dtype) -> Self:
        """See `Model.of_file`."""
        if vocabulary is None:
            raise InputError("it has no vocabulary; the file is damaged")
        settings = checked_settings(content, SequenceTaggerConfig)
        config = SequenceTaggerConfig(**settings | {"dtype": dtype or settings["dtype"]})
        # The parameters drawn here are overwritten by the caller.
        return cls(vocabulary, config, rng=0, backend=backend, device=device)

    @property
    def window(self) -> int:
        """Words whose embeddings a step sees."""
        return self.config.window

    @property
    def drops(self) -> bool:
        """Whether a training step drops anything out."""
        return bool(self.config.dropout or self.config.embedding_dropout)

    @property
    def dropouts(self) -> int:
        """How many masks a training step draws."""
        return self.network.key_count

    def predict_labels(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """The labels of a batch of sentences.

        Parameters
        ----------
        ids : (T + window - 1, B) or (T + window - 1, B, n)
            What `encode_words` gives, a sentence a column, with half a window of padding, -1,
            before and after.
        mask : (T, B)
            1 where there is a word.

        Returns
        -------
        numpy.ndarray
            Label ids (T, B); anything where there is no word.
        """
        words = len(self.vocabulary.words)
        if self.spellings is None:
            return np.asarray(self._predict_labels(padding_as_row(ids, words), mask))
        padded = padding_as_row(ids[..., 0], words)
        return np.asarray(self._predict_labels(padded, mask, np.maximum(ids[..., 1:], NOTHING)))

    def encode_words(self, words: Sequence[str]) -> np.ndarray:
        """Word ids for `predict_labels`, with those of the spelling if there are features of it.

        Parameters
        ----------
        words
            The words of a sentence, T of them.

        Returns
        -------
        numpy.ndarray
            int32 (T,); with features of characters (T, n): a word's id, and those of its spelling.
        """
        ids = self.vocabulary.encode_words(words)
        if self.spellings is None:
            return ids
        plain = [plain_form(word, lowercase=self.vocabulary.lowercase) for word in words]
        return np.column_stack([ids, self.spellings.of(plain)])

    def composition(self) -> Composition:
        """See `Model.composition`."""
        words, labels = pt.imatrix("words"), pt.imatrix("labels")
        parts = Parts(self.parameters, 2 + (self.characters is not None), self.window - 1)
        time = parts.time
        inputs = [("words", f"int32 [{time}, B]"), ("labels", "int32 [T, B]")]
        x = parts.add_layer(self.embedding, words)
        if self.characters is not None:
            inputs.append(("characters", f"int32 [{time}, B, ?]"))
            places = [parts.last]
            features = parts.add_layer(self.characters, pt.itensor3("characters"), inputs=[2])
            places.append(parts.last)
            x = parts.add("Side by side", side_by_side([x, features]), places)
        logits = parts.add_stack(self.network, x)
        if self.crf is None:
            parts.add_cross_entropy(logits, targets=1)
        else:
            parts.add_crf(self.crf, logits, targets=1)
        return Composition(
            f"{type(self).__name__}: {self.parameter_count:,} parameters",
            "T words, B sentences side by side",
            inputs,
            parts.found,
            lambda: self.gradients(words, labels, [], []).loss,
        )

    # Symbolic expressions

    def logits(
        self,
        ids: TensorVariable,
        mask: TensorVariable,
        key: TensorVariable | None = None,
        characters: TensorVariable | None = None,
    ) -> TensorVariable:  # [T + window - 1, B], [T, B] -> [T, B, labels]
        """Unnormalized log-probabilities of the labels.

        Parameters
        ----------
        ids
            A sentence a column, with half a window of padding before and after.
        mask
            1 where there is a word.
        key
            What dropout hashes, a uint32 scalar; None for no dropout.
        characters
            The spellings of the words, [T + window - 1, B, n], if there are features of them.
        """
        x, _ = self.embedding(self._variables, ids)
        if self.characters is not None:
            features, _ = self.characters(self._variables, characters)
            x = side_by_side([x, features])
        logits, _ = self.network(self._variables, x, mask=mask, key=key)
        return logits

    def gradients(self, x, y, states, rows, key=None) -> BatchGradients:
        """The mean loss of a minibatch and its gradients.

        Of a CRF the loss of a sentence is shared among its words.

        Parameters
        ----------
        x, y
            Words and labels, [T, B], a sentence a column; -1 beyond it. Words from `words + 1` on
            are unknown ones that are spelled like the word of so much less.
        states, rows
            None of either.
        key
            What dropout hashes; None for no dropout.
        """
        dtype, labels = self.dtype, len(self.vocabulary.labels)
        mask = pt.ge(y, 0).astype(dtype)
        count = mask.sum(acc_dtype=dtype)
        words, characters = self._words_and_characters(x)
        logits = self.logits(words, mask, key, characters)
        variables = list(self._variables.values())
        if self.crf is not None:
            losses = self.crf.losses(self._variables, logits, y, mask) / count
            loss = losses.sum(acc_dtype=dtype)
            gradients = dict(zip(self.parameters, pytensor.grad(loss, variables), strict=True))
            return BatchGradients(loss, count, gradients, [])
        losses, d_rows = softmax_cross_entropy(
            logits.reshape((-1, labels)),
            pt.maximum(y, 0).reshape((-1,)),
            mask.reshape((-1,)) / count,
        )
        found = pytensor.grad(None, variables, known_grads={logits: d_rows.reshape(logits.shape)})
        gradients = dict(zip(self.parameters, found, strict=True))
        return BatchGradients(losses.sum(acc_dtype=dtype), count, gradients, [])

    def _words_and_characters(self, x: TensorVariable):
        """What `logits` takes, of the words of a minibatch; no characters if none are asked for."""
        beyond = len(self.vocabulary.words)
        x = _with_margins(pt.switch(pt.lt(x, 0), np.int32(beyond), x), self.window, self.vocabulary)
        is_dropped = pt.gt(x, beyond)
        words = pt.switch(is_dropped, np.int32(self.vocabulary.words.unknown_id), x)
        if self.spellings is None:
            return words, None
        return words, self._spelled_words[pt.switch(is_dropped, x - np.int32(beyond + 1), x)]

    @cached_property
    def _predict_labels(self) -> Callable[..., Any]:
        ids, mask = pt.imatrix("ids"), pt.matrix("mask", dtype=self.dtype)
        characters = [] if self.spellings is None else [pt.itensor3("characters")]
        logits = self.logits(ids, mask, None, *characters)
        if self.crf is None:
            labels = logits.argmax(axis=2)
        else:
            labels, _ = self.crf(self._variables, logits, mask=mask)
        return compile_function([ids, mask, *characters], labels, self.backend)

    @cached_property
    def _spelled_words(self) -> SharedVariable:
        """The spelling of each word, and of what is beyond a sentence: nothing."""
        rows = self.spellings.of([*self.vocabulary.words.tokens, UNKNOWN_TOKEN])
        table = pytensor.shared(rows, name="spellings")
        self.backend.assign(table, rows)
        return table

    @property
    def _variables(self) -> dict[str, TensorVariable]:
        return {name: parameter.variable for name, parameter in self.parameters.items()}


def _with_margins(words: TensorVariable, window: int, vocabulary: TagVocabulary):
    """Half a window of padding before and after: [T, B] -> [T + window - 1, B]."""
    if window == 1:
        return words
    margin = pt.zeros_like(words[:1]) + np.int32(len(vocabulary.words))
    margins = [margin] * (window // 2)
    return pt.concatenate([*margins, words, *margins])
