"""A tagger that reads sentences in both directions, in minibatches, with any cell."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.backend.parameter import Parameter
from rnn_graph.checks import check_window, require_sizes
from rnn_graph.data.padding import padding_as_row
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.errors import InputError
from rnn_graph.nn.basic import affine, windows
from rnn_graph.nn.cells import CELLS
from rnn_graph.nn.initializers import glorot_uniform, orthogonal
from rnn_graph.nn.recurrent import recurrent_layer
from rnn_graph.randomness import RandomSource, as_random_generator

EMBEDDING_RANGE = 0.1


@dataclass(frozen=True)
class SequenceTaggerConfig:
    """What a tagger was compiled for; it cannot change afterwards.

    Attributes
    ----------
    cell
        "elman", "gru" or "lstm".
    hidden_dim
        Hidden units a direction.
    embedding_dim
        Numbers in a word's embedding.
    window
        Words whose embeddings a step sees, odd; 1: the word alone.
    bidirectional
        Whether a second layer reads from the end.
    dtype
        "float32" or "float64".
    """

    cell: str = "gru"
    hidden_dim: int = 200
    embedding_dim: int = 100
    window: int = 3
    bidirectional: bool = True
    dtype: str = "float32"

    @property
    def directions(self) -> tuple[str, ...]:
        return ("forward", "backward") if self.bidirectional else ("forward",)


class SequenceTagger:
    """Embeddings → window → recurrent layer in one or both directions → softmax for each word.

    Parameters
    ----------
    vocabulary
        The words and labels it knows.
    config
        Sizes and kind.
    rng
        An int, a `Generator` or a legacy `RandomState`, from which the first values are drawn.
    backend, device
        As for `RNNSLU`.

    Attributes
    ----------
    parameters : dict of str to Parameter
        "embeddings" (words + 1, embedding_dim), the last row for what is beyond a sentence; for
        each direction "…_Wx" (window · embedding_dim, blocks · hidden_dim), "…_Wh", "…_b"; "W",
        "b". The blocks are those of the cell.

    Raises
    ------
    InputError
        If a size is below 1, the window is even, the cell is not known, or the backend or device
        is not available.
    """

    def __init__(
        self,
        vocabulary: TagVocabulary,
        config: SequenceTaggerConfig = SequenceTaggerConfig(),
        *,
        rng: RandomSource = None,
        backend: str = "auto",
        device: str = "auto",
    ):
        require_sizes(hidden_dim=config.hidden_dim, embedding_dim=config.embedding_dim)
        check_window(config.window)
        if config.cell not in CELLS:
            raise InputError(f"unknown cell {config.cell!r}; give one of {', '.join(CELLS)}")
        self.vocabulary = vocabulary
        self.config = config
        self.cell = CELLS[config.cell]
        self.backend = choose_backend(backend, device, config.dtype)
        self.parameters = {
            name: Parameter(name, value, config.dtype, self.backend)
            for name, value in self._first_values(rng).items()
        }

    @property
    def window(self) -> int:
        return self.config.window

    @property
    def dtype(self) -> str:
        return self.config.dtype

    def get_parameters(self) -> dict[str, np.ndarray]:
        """Copies of the parameters by name."""
        return {name: parameter.get_value() for name, parameter in self.parameters.items()}

    def set_parameters(self, values: dict[str, np.ndarray]) -> None:
        """Replace the parameters by copies of `values`."""
        for name, parameter in self.parameters.items():
            parameter.set_value(values[name])

    def predict_labels(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """The most probable labels of a batch, as `RNNSLU.predict_labels`."""
        return np.asarray(self._predict_labels(self.with_padding_row(ids), mask))

    def with_padding_row(self, ids: np.ndarray) -> np.ndarray:
        """Ids as the compiled functions take them."""
        return padding_as_row(ids, len(self.vocabulary.words))

    # Symbolic expressions

    def logits(
        self,
        ids: TensorVariable,
        mask: TensorVariable,
        embedding_dropout: TensorVariable | None = None,
        output_dropout: TensorVariable | None = None,
    ) -> TensorVariable:  # [T + window - 1, B], [T, B] -> [T, B, labels]
        """Unnormalized log-probabilities of the labels.

        Parameters
        ----------
        ids
            A sentence a column, with half a window of padding before and after.
        mask
            1 where there is a word; an input of the compiled function.
        embedding_dropout, output_dropout
            Factors on the embeddings, [T + window - 1, B, embedding_dim], and on the recurrent
            layers' output, [T, B, directions · hidden_dim].
        """
        embedded = self._variable("embeddings")[ids]
        if embedding_dropout is not None:
            embedded = embedded * embedding_dropout
        outputs = [self._layer(direction, embedded, mask) for direction in self.config.directions]
        output = pt.concatenate(outputs, axis=-1) if len(outputs) > 1 else outputs[0]
        if output_dropout is not None:
            output = output * output_dropout
        return affine(output, self._variable("W"), self._variable("b"))

    def _layer(self, direction: str, embedded: TensorVariable, mask: TensorVariable):
        Wx, Wh, b = (self._variable(f"{direction}_{name}") for name in ("Wx", "Wh", "b"))
        projected = affine(windows(embedded, self.config.window), Wx, b)
        zero = pt.zeros_like(mask[0])[:, None] + np.zeros(
            (1, self.config.hidden_dim), dtype=self.dtype
        )
        output, *_ = recurrent_layer(
            self.cell,
            projected,
            [zero] * self.cell.states,
            Wh,
            mask,
            backwards=direction == "backward",
        )
        return output

    def _variable(self, name: str):
        return self.parameters[name].variable

    def _first_values(self, rng: RandomSource) -> dict[str, np.ndarray]:
        generator, config = as_random_generator(rng), self.config
        words, labels = len(self.vocabulary.words), len(self.vocabulary.labels)
        blocks, units = self.cell.blocks, config.hidden_dim
        embeddings = generator.uniform(
            -EMBEDDING_RANGE, EMBEDDING_RANGE, (words + 1, config.embedding_dim)
        )
        embeddings[-1] = 0
        values = {"embeddings": embeddings}
        for direction in config.directions:
            Wx = [
                glorot_uniform(config.window * config.embedding_dim, units, generator)
                for _ in range(blocks)
            ]
            Wh = [orthogonal(units, generator) for _ in range(blocks)]
            values[f"{direction}_Wx"] = np.hstack(Wx)
            values[f"{direction}_Wh"] = np.hstack(Wh)
            values[f"{direction}_b"] = self.cell.first_bias(units)
        values["W"] = glorot_uniform(len(config.directions) * units, labels, generator)
        return values | {"b": np.zeros(labels)}

    @cached_property
    def _predict_labels(self) -> Callable[..., Any]:
        ids, mask = pt.imatrix("ids"), pt.matrix("mask", dtype=self.dtype)
        return compile_function([ids, mask], self.logits(ids, mask).argmax(axis=2), self.backend)
