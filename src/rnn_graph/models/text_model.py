"""What language models of any kind do with text."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.backend.compile import compile_function
from rnn_graph.models.model import Model
from rnn_graph.predict.drawing import Drawing
from rnn_graph.predict.generation import generate
from rnn_graph.predict.scoring import Score, score_data


class TextModel(Model):
    """A language model of words or characters."""

    layer_count = 1  # recurrent layers

    # What each kind of model says of itself

    @property
    def token_count(self) -> int:
        """How many tokens it knows, V."""
        raise NotImplementedError

    def zero_states(self, texts: int) -> list[np.ndarray]:
        """The states of so many texts before their first tokens, (texts, H) zeros each."""
        raise NotImplementedError

    def advance(
        self, ids: TensorVariable, states: Sequence[TensorVariable]
    ) -> tuple[TensorVariable, list[TensorVariable]]:  # [B], [B, H] … -> [B, V], [B, H] …
        """One step for B texts, symbolically: the next tokens' logits, and the new states.

        Parameters
        ----------
        ids : (B,)
            The last tokens; of models that were not given a start marker -1 before the first.
        states : list of (B, H)

        Returns
        -------
        logits : (B, V)
        states : list of (B, H)
        """
        raise NotImplementedError

    # Many texts at once

    def next_logits(
        self, ids: np.ndarray, states: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, list[np.ndarray]]:  # [B], [B, H] … -> [B, V], [B, H] …
        """One step of the recurrence for B texts at once.

        Parameters
        ----------
        ids : (B,)
            The last tokens, as for `advance`.
        states : list of (B, H)
            The states before the step.

        Returns
        -------
        logits : (B, V)
            Unnormalized log-probabilities of the next tokens.
        states : list of (B, H)
            The states after the step.
        """
        logits, *states = self._next_logits(ids.astype(np.int32), *states)
        return np.asarray(logits), states

    def draw(
        self,
        ids: np.ndarray,
        states: Sequence[np.ndarray],
        uniforms: np.ndarray,
        *,
        temperature: float = 1.0,
        forbidden: Sequence[int] = (),
    ) -> tuple[np.ndarray, list[np.ndarray]]:  # [B], [B, H] …, [S, B] -> [S, B], [B, H] …
        """Draw the next S tokens of B texts in one call.

        Parameters
        ----------
        ids : (B,)
            The last tokens, as for `advance`.
        states : list of (B, H)
            The states before the first step.
        uniforms : (S, B)
            For each token a number from 0 to below 1 that decides which it is. Each S and B costs
            a compilation.
        temperature, forbidden
            As for `sample_from_logits`.

        Returns
        -------
        ids : (S, B)
        states : list of (B, H)
            The states after the last step.

        Raises
        ------
        InputError
            If the model's predictions are not finite.
        """
        settings = {"temperature": temperature, "forbidden": forbidden}
        return self._drawing(ids, states, uniforms, **settings)

    @cached_property
    def _next_logits(self):
        ids, states = pt.ivector("ids"), self._state_variables()
        logits, after = self.advance(ids, states)
        return compile_function([ids, *states], [logits, *after], self.backend)

    @cached_property
    def _drawing(self) -> Drawing:
        parameters = [parameter.variable for parameter in self.parameters.values()]
        states = self._state_variables()
        return Drawing(self.advance, states, parameters, self.token_count, self.backend, self.dtype)

    def _state_variables(self) -> list[TensorVariable]:
        """Variables like `zero_states`."""
        return [
            pt.tensor(f"state{k}", dtype=self.dtype, shape=(None, *state.shape[1:]))
            for k, state in enumerate(self.zero_states(1))
        ]

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
