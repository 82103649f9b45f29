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
        """What `predict_labels` takes for each word, its id or a row of numbers."""
        return self.vocabulary.encode_words(words)

    def tag(self, sentences: Sequence[str | Sequence[str]]) -> list[tuple[str, ...]]:
        """The most probable labels of each sentence's words.

        Parameters
        ----------
        sentences
            Strings, which are split as for training, or lists of words.
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
        """
        return score_tagger(self, tagged_sentences_of(data, **reading))
