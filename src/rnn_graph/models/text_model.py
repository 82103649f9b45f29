"""What language models of any kind do with text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rnn_graph.models.model import Model
from rnn_graph.predict.generation import generate
from rnn_graph.predict.scoring import Score, score_data


class TextModel(Model):
    """A language model of words or characters."""

    layer_count = 1  # recurrent layers

    def generate(self, n: int = 10, **settings: Any) -> list[str]:
        """Draw sentences, lines or texts; see `rnn_graph.predict.generation.generate`."""
        return generate(self, n, **settings)

    def score(self, data: str | Path | Sequence[Any], **reading: Any) -> Score:
        """How well the model predicts a text, which is split as the training text was.

        Parameters
        ----------
        data
            A path, a list of strings, or for words a list of token lists.
        reading
            As for `rnn_graph.predict.scoring.score_data`.
        """
        return score_data(self, data, **reading)
