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
        """Draw what the model was trained on: sentences, lines or running text.

        Parameters
        ----------
        n
            Number of sentences, lines or texts. The first ones do not depend on it.
        settings
            `prompt`, `min_length`, `max_length`, `temperature`, `top_k`, `top_p`, `unique`, `raw`,
            `tokenizer`, `unknown`, `rng`; see `rnn_graph.predict.generation.generate_each`.

        Returns
        -------
        list of str

        Raises
        ------
        InputError
            If a setting is out of its range or has no meaning for the model.
        """
        return generate(self, n, **settings)

    def score(self, data: str | Path | Sequence[Any], **reading: Any) -> Score:
        """How well the model predicts a text, which is split as the training text was.

        Parameters
        ----------
        data
            A path, a list of strings, or for words a list of token lists.
        reading
            As for `rnn_graph.predict.scoring.score_data`.

        Returns
        -------
        Score
            `loss` in nats a token, `perplexity`, `bits` a token, `tokens`, `unknown_share`.

        Raises
        ------
        InputError
            If the data cannot be read, or there is nothing to predict.
        """
        return score_data(self, data, **reading)
