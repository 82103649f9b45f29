"""What there is to learn: a language model of words or characters, or a tagger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from rnn_graph.data.char_vocabulary import NEWLINE
from rnn_graph.data.corpus import AnyVocabulary, read_language_corpus, split_held_out
from rnn_graph.data.padding import NO_TARGET
from rnn_graph.data.phrases import phrases
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.data.vocabulary import SENTENCE_START
from rnn_graph.train.recipes import Recipe, find_recipe

HELD_OUT = 0.1  # share, of the end
# Embedded data: so much that two minutes show who learns.
SENTENCES, SENTENCES_OF_TEXT, QUERIES = 2_000, 800, 1_000
EPOCHS = {"word": 8, "char": 8, "tagger": 8}


@dataclass(frozen=True)
class _Task:
    """What both tasks have.

    Attributes
    ----------
    of
        "word", "char" or "tagger".
    settings
        Of the recipe. (A `Recipe` cannot be sent to another process.)
    """

    of: str
    settings: Mapping[str, Any]

    @property
    def recipe(self) -> Recipe:
        """The default one with the sizes that were asked for, evaluated after each epoch."""
        return replace(find_recipe(self.of, "modern"), settings=self.settings)

    @property
    def seed(self) -> int:
        return self.settings["seed"]

    def with_seed(self, seed: int) -> Self:
        """The same task from other first values, in another order."""
        return replace(self, settings={**self.settings, "seed": seed})


@dataclass(frozen=True)
class TextTask(_Task):
    """A language model of words or of running text; see `LearningTask`.

    Attributes
    ----------
    vocabulary
        Of the training part.
    training, held_out
        Ids as `LanguageCorpus` has them.
    """

    vocabulary: AnyVocabulary
    training: np.ndarray
    held_out: np.ndarray
    higher_is_better: bool = False

    @property
    def measure(self) -> str:
        return "perplexity" if self.of == "word" else "nats a character"

    @property
    def sizes(self) -> dict[str, Any]:
        recipe = self.recipe
        return {
            "cell": recipe["cell"],
            "layers": recipe["layers"],
            "H": recipe["hidden_dim"],
            "V": len(self.vocabulary),
            "B": recipe["batch_size"],
            "T": recipe["sequence_length"],
            "tokens": len(self.training),
            "held out": len(self.held_out),
            "epochs": recipe["epochs"],
        }

    @property
    def network(self) -> dict[str, str]:
        """Settings of this project's model that follow from the batches."""
        return {"context": "sentence" if self.recipe["sampling"] == "sentences" else "text"}

    @property
    def start_id(self) -> int:
        """As `LanguageModel` has it."""
        if self.of == "word":
            return self.vocabulary[SENTENCE_START]
        return self.vocabulary[NEWLINE] if NEWLINE in self.vocabulary.symbols else 0

    def targets(self, ids: np.ndarray) -> np.ndarray:
        """As `LanguageModel.targets`."""
        if self.of == "char":
            return ids
        return np.where(ids == self.start_id, NO_TARGET, ids)

    def batches(self):
        from rnn_graph.train.language import text_batches

        return text_batches(
            self.training, self.recipe, start_id=self.start_id, targets=self.targets
        )

    def evaluate(self, model):
        from rnn_graph.predict.scoring import score_text

        return score_text(model, self.held_out)

    def figure(self, score) -> float:
        return score.perplexity if self.of == "word" else score.loss


@dataclass(frozen=True)
class TagTask(_Task):
    """A tagger; see `LearningTask`.

    Attributes
    ----------
    vocabulary
        Of the training part.
    training, held_out
    """

    vocabulary: TagVocabulary
    training: Sequence[TaggedSentence]
    held_out: Sequence[TaggedSentence]
    higher_is_better: bool = True

    @property
    def _has_phrases(self) -> bool:
        return any(phrases(sentence.labels) for sentence in self.held_out)

    @property
    def measure(self) -> str:
        return "F1, %" if self._has_phrases else "accuracy, %"

    @property
    def sizes(self) -> dict[str, Any]:
        recipe = self.recipe
        return {
            "cell": recipe["cell"],
            "H": recipe["hidden_dim"],
            "V": len(self.vocabulary.words),
            "labels": len(self.vocabulary.labels),
            "B": recipe["batch_size"],
            "sentences": len(self.training),
            "held out": len(self.held_out),
            "epochs": recipe["epochs"],
        }

    network = property(lambda self: {})

    def batches(self):
        from rnn_graph.train.tagger import tagged_batches

        # Of a model it takes the vocabulary alone.
        return tagged_batches(self, self.training, self.recipe)

    def evaluate(self, model):
        from rnn_graph.predict.tagging import score_tagger

        return score_tagger(model, self.held_out)

    def figure(self, score) -> float:
        return score.overall.f1 if self._has_phrases else score.accuracy


def text_task(
    unit: str,
    *,
    data: str | None = None,
    epochs: int | None = None,
    vocabulary_size: int | None = None,
    hidden_dim: int | None = None,
    layers: int | None = None,
    cell: str | None = None,
    seed: int = 0,
) -> TextTask:
    """The default recipe on a text, or on sentences drawn from the embedded grammar.

    Parameters
    ----------
    unit
        "word" or "char".
    data
        A file.
    epochs, vocabulary_size, hidden_dim, layers, cell
        In place of the recipe's.

    Raises
    ------
    InputError
        If the file cannot be read, or a setting is out of its range.
    """
    settings = _settings(
        unit,
        epochs=epochs or EPOCHS[unit],
        vocabulary_size=vocabulary_size,
        hidden_dim=hidden_dim,
        layers=layers,
        cell=cell,
        seed=seed,
    )
    if unit == "word":
        reading = {"vocabulary_size": settings["vocabulary_size"]}
    else:
        reading = {"unit": settings["unit"]}
    text = data or _sentences(unit)
    corpus = read_language_corpus(text, held_out=HELD_OUT, **reading)
    return TextTask(unit, settings, corpus.vocabulary, corpus.training, corpus.held_out)


def _sentences(unit: str) -> list[str] | list[list[str]]:
    from rnn_graph.datasets import sample_sentences

    if unit == "word":
        return [list(s.words) for s in sample_sentences(SENTENCES, rng=0)]
    return [" ".join(s.words) for s in sample_sentences(SENTENCES_OF_TEXT, rng=0)]


def tag_task(
    *,
    data: str | None = None,
    epochs: int | None = None,
    hidden_dim: int | None = None,
    cell: str | None = None,
    seed: int = 0,
) -> TagTask:
    """The default recipe on a file of tagged sentences, or on embedded flight queries.

    The parameters, and what is raised, are those of `text_task`.
    """
    settings = _settings(
        "tagger",
        epochs=epochs or EPOCHS["tagger"],
        hidden_dim=hidden_dim,
        cell=cell,
        seed=seed,
    )
    if data:
        from rnn_graph.train.tagger import read_tagged

        training, held_out = read_tagged(data, None, None, {})
    else:
        from rnn_graph.datasets import sample_flight_queries

        queries = sample_flight_queries(QUERIES, rng=0)
        training, held_out = split_held_out(queries, HELD_OUT)
    return TagTask("tagger", settings, TagVocabulary.of(training), training, held_out)


def _settings(task: str, **given: Any) -> dict[str, Any]:
    """Those of the default recipe with others; each epoch is evaluated, and none left out."""
    recipe = find_recipe(task, "modern").changed(**given)
    return {**recipe.settings, "evaluate_every": 1, "patience": None, "iterations": None}
