"""What users pass to the slot tagger, as its compiled functions want it."""

from dataclasses import dataclass

import numpy as np

from rnn_graph.backend.devices import Backend
from rnn_graph.data.padding import bucket_length, padding_as_row
from rnn_graph.errors import InputError


@dataclass(frozen=True)
class SlotTaggerConfig:
    """What a slot tagger was compiled for; it cannot change afterwards."""

    nh: int
    nc: int
    ne: int
    de: int
    cs: int
    dtype: str


class SlotInputs:
    """Checks and pads the inputs of a model.

    Parameters
    ----------
    config
        The model's.
    backend
        Lengths are padded to buckets if it compiles per shape.
    """

    def __init__(self, config: SlotTaggerConfig, backend: Backend):
        self._config = config
        self._pads = backend.compiles_per_shape

    def windows(self, idxs: np.ndarray) -> np.ndarray:  # [T, cs] -> [T, cs]
        """A sentence's windows, checked, with padding as the last row of the embeddings."""
        idxs = np.asarray(idxs)
        config = self._config
        if idxs.ndim != 2 or idxs.shape[1] != config.cs or not len(idxs):
            raise InputError(
                f"idxs has shape {idxs.shape}; give one window of {config.cs} words a word,"
                " as contextwin makes them"
            )
        if idxs.dtype.kind not in "iu" or idxs.min() < -1 or idxs.max() >= config.ne:
            raise InputError(
                f"idxs holds {idxs.min()} to {idxs.max()}; word ids are whole numbers from 0 to"
                f" {config.ne - 1}, and -1 for padding"
            )
        return padding_as_row(idxs, config.ne)

    def labelled(self, idxs: np.ndarray, y: np.ndarray | int) -> tuple[np.ndarray, ...]:
        """Windows, labels, and the share of each label in the loss, padded.

        Parameters
        ----------
        idxs
            As `windows` gives them.
        y
            A label for each word: the loss is their mean. A single number: it is the last word's.
        """
        T, labels = len(idxs), np.asarray(y)
        if labels.shape not in ((T,), ()) or labels.dtype.kind not in "iu":
            raise InputError(
                f"y has shape {labels.shape}; give a list of {T} labels, or a number for the last"
            )
        labels = np.atleast_1d(labels)
        if labels.min() < 0 or labels.max() >= self._config.nc:
            raise InputError(
                f"y holds {labels.min()} to {labels.max()}; the model knows the labels 0 to"
                f" {self._config.nc - 1}"
            )
        padded = self.padded(idxs)
        all_labels = np.zeros(len(padded), dtype=np.int32)
        shares = np.zeros(len(padded), dtype=self._config.dtype)
        counted = slice(T - len(labels), T)
        all_labels[counted], shares[counted] = labels, 1 / len(labels)
        return padded, all_labels, shares

    def steps(self, steps: np.ndarray) -> np.ndarray:
        """Rows of `last_word_steps`, checked, with padding as the last row of the embeddings."""
        steps, config = np.asarray(steps), self._config
        if steps.ndim != 2 or not len(steps) or steps.shape[1] < config.cs + 2:
            raise InputError(
                f"steps has shape {steps.shape}; give at least one row, as last_word_steps makes"
                f" them for windows of {config.cs} words"
            )
        ids, counts, labels = steps[:, :-2], steps[:, -2], steps[:, -1]
        most_windows = steps.shape[1] - config.cs - 1
        for name, values, low, high in (
            ("word ids", ids, -1, config.ne - 1),
            ("numbers of windows", counts, 1, most_windows),
            ("labels", labels, 0, config.nc - 1),
        ):
            if values.dtype.kind not in "iu" or values.min() < low or values.max() > high:
                raise InputError(
                    f"steps holds {name} from {values.min()} to {values.max()}; they are whole"
                    f" numbers from {low} to {high}"
                )
        return np.column_stack([padding_as_row(ids, config.ne), counts, labels]).astype(np.int32)

    def padded(self, idxs: np.ndarray) -> np.ndarray:
        """Windows up to a bucket's length; what comes last changes nothing that comes before."""
        if not self._pads:
            return idxs
        return np.pad(idxs, ((0, bucket_length(len(idxs)) - len(idxs)), (0, 0)), mode="edge")

    def filled_up(self, steps: np.ndarray, count: int) -> np.ndarray:
        """`count` steps; those that are added have no window, no loss and no gradient."""
        if not self._pads:
            return steps
        rows = np.zeros((count, steps.shape[1]), dtype=np.int32)
        rows[:, :-2] = self._config.ne
        rows[: len(steps)] = steps
        return rows
