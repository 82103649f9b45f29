"""How slot taggers are trained: the two published recipes, and a modern one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rnn_graph.errors import TrainingDiverged
from rnn_graph.metrics import TagScore
from rnn_graph.models.rnnslu import STEPS_A_CALL, RNNSLU
from rnn_graph.tag_vocabulary import TagVocabulary
from rnn_graph.tagged_sentences import TaggedSentence
from rnn_graph.training import Step
from rnn_graph.windows import contextwin, last_word_steps, shuffle


@dataclass(frozen=True)
class SlotRecipe:
    """A published way to train `RNNSLU`.

    Attributes
    ----------
    window, hidden_dim, embedding_dim
        Words a window, hidden units, numbers in a word's embedding.
    learning_rate
        Of a word's or a sentence's mean −ln p.
    epochs
    words_a_step
        How many words a step looks back on, the labelled one among them, and predicts the label
        of the last; None: a step is a sentence, and predicts the labels of all its words.
    patience
        Epochs without a better score after which the learning rate is halved, in each epoch
        until there is one; None: it stays.
    """

    window: int
    hidden_dim: int
    embedding_dim: int
    learning_rate: float
    epochs: int
    words_a_step: int | None = None
    patience: int | None = None


PUBLISHED_SEED = 345
SMALLEST_LEARNING_RATE = 1e-5

WORD = SlotRecipe(
    window=7,
    hidden_dim=100,
    embedding_dim=100,
    learning_rate=0.0627142536696559,
    epochs=50,
    words_a_step=9,
)
SENTENCE = SlotRecipe(
    window=7,
    hidden_dim=200,
    embedding_dim=50,
    learning_rate=0.0970806646812754,
    epochs=60,
    patience=10,
)
