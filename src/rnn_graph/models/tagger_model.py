"""What taggers of any kind do with sentences."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.data.splitting import Splitting
from rnn_graph.data.tagged_files import tagged_sentences_of
from rnn_graph.models.model import Model
from rnn_graph.predict.metrics import TagScore
from rnn_graph.predict.tagging import score_tagger, tag_sentences


class TaggerModel(Model):
    """A model that labels the words of sentences."""

    def encode_words(self, words: Sequence[str]) -> np.ndarray:
        """Word ids for `predict_labels`.

        Parameters
        ----------
        words
            The words of a sentence, T of them.

        Returns
        -------
        numpy.ndarray
            int32 (T,), or (T, n) where a word has features beside its id.
        """
        return self.vocabulary.encode_words(words)

    def tag(self, sentences: Sequence[str | Sequence[str]]) -> list[tuple[str, ...]]:
        """The most probable labels of each sentence's words.

        Parameters
        ----------
        sentences
            Strings, which are split as for training, or lists of words.

        Returns
        -------
        list of tuple of str
            For each sentence one label a word.
        """
        splitting = replace(self.vocabulary.splitting or Splitting(), lowercase=False)
        words = [splitting.words(s) if isinstance(s, str) else list(s) for s in sentences]
        return tag_sentences(self, words)

    def score(self, data: str | Path | Sequence[Any], **reading: Any) -> TagScore:
        """How well the model labels sentences whose labels are known.

        Parameters
        ----------
        data
            A path, or a list of sentences, each a list of (word, label).
        reading
            As for `rnn_graph.read_tagged_sentences`.

        Returns
        -------
        TagScore
            Precision, recall and F1 of phrases, and the accuracy of words, in percent.

        Raises
        ------
        InputError
            If the data cannot be read.
        """
        return score_tagger(self, tagged_sentences_of(data, **reading))
