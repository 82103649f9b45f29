"""Recipes: how each kind of model is built and trained, as data.

A recipe is what the literature or this project's measurements recommend; each of its settings can
be changed. This module imports nothing heavy, so that `--help` can show the values at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from rnn_graph.errors import InputError

# What the model is made of, and how data become batches; all else is how training goes on.
NETWORK_SETTINGS = frozenset(
    (
        "cell",
        "hidden_dim",
        "embedding_dim",
        "layers",
        "dropout",
        "embedding_dropout",
        "locked_dropout",
        "token_dropout",
        "weight_dropout",
        "tie_weights",
        "output",
        "window",
        "bidirectional",
        "char_features",
        "bptt_truncate",
    )
)
SPLITTING_SETTINGS = frozenset(("pre_split", "tokenizer"))
DATA_SETTINGS = SPLITTING_SETTINGS | {"vocabulary_size", "unit", "longest_line"}
BATCH_SETTINGS = frozenset(
    (
        "batch_size",
        "sequence_length",
        "sampling",
        "piece_length",
        "carry_state",
        "words_a_step",
        "word_dropout",
    )
)


@dataclass(frozen=True)
class Recipe:
    """How to build and train a model.

    Attributes
    ----------
    task
        "word", "char" or "tagger".
    name
        As the command line has it.
    kind
        The model's kind, a key of `rnn_graph.models.kinds.KINDS`.
    source
        Where the settings come from.
    settings
        By name. A setting that is not here has no meaning for this recipe.
    """

    task: str
    name: str
    kind: str
    source: str
    settings: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))

    def __getitem__(self, setting: str) -> Any:
        return self.settings[setting]

    def changed(self, **settings: Any) -> "Recipe":
        """The recipe with other settings; None leaves a setting as it is.

        Raises
        ------
        InputError
            If the recipe has no such setting.
        """
        given = {name: value for name, value in settings.items() if value is not None}
        for name, value in given.items():
            if name not in self.settings:
                option = f"--{name.replace('_', '-')} ({name}={value!r})"
                raise InputError(
                    f"recipe {self.name!r} has no {option}; leave it out{self._elsewhere(name)}"
                )
        return replace(self, settings={**self.settings, **given})

    def network(self) -> dict[str, Any]:
        """The settings of the model."""
        return self._only(NETWORK_SETTINGS)

    def splitting(self) -> dict[str, Any]:
        """The settings of `rnn_graph.data.splitting.Splitting`."""
        return self._only(SPLITTING_SETTINGS)

    def batches(self) -> dict[str, Any]:
        """The settings of the batches."""
        return self._only(BATCH_SETTINGS)

    def training(self) -> dict[str, Any]:
        """The settings of `rnn_graph.train.settings.TrainingSettings`."""
        other = NETWORK_SETTINGS | DATA_SETTINGS | BATCH_SETTINGS
        return {name: value for name, value in self.settings.items() if name not in other}

    def _only(self, names: frozenset[str]) -> dict[str, Any]:
        return {name: value for name, value in self.settings.items() if name in names}

    def _elsewhere(self, setting: str) -> str:
        having = [r.name for r in recipes_of(self.task).values() if setting in r.settings]
        return f", or give --recipe {' or '.join(having)}" if having else ""


_MINIBATCHES = {
    "layers": 1,
    "cell": "lstm",
    "hidden_dim": 256,
    "embedding_dim": None,
    "dropout": 0.0,
    "embedding_dropout": 0.0,
    "locked_dropout": False,
    "token_dropout": 0.0,
    "weight_dropout": 0.0,
    "tie_weights": False,
    "output": "softmax",
    "batch_size": 32,
    "sequence_length": 35,
    "sampling": "sequential",
    "epochs": 10,
    "iterations": None,
    "learning_rate": 0.004,
    "schedule": "cosine",
    "warmup": 0.05,
    "optimizer": "adam",
    "clip_norm": 1.0,
    "clip_value": None,
    "weight_decay": 0.0,
    "accumulate": 1,
    "averaging": 0.0,
    "patience": None,
    "evaluate_every": 1,
}

_PUBLISHED_TAGGER = {
    "window": 7,
    "schedule": "constant",
    "iterations": None,
    "patience": None,
    "evaluate_every": 1,
    "seed": 345,
}

RECIPES = (
    Recipe(
        "word",
        "modern",
        "language-model",
        "minibatches with carried states and clipping: A. Zhang et al., Dive into Deep Learning"
        " (2023), chapter 9; LSTM, Adam, and this project's measurements",
        _MINIBATCHES
        | {"vocabulary_size": 8000, "dropout": 0.4, "embedding_dropout": 0.2, "seed": 0},
    ),
    Recipe(
        "word",
        "penn",
        "language-model",
        "for text like that of the Penn Treebank; S. Merity et al.,"
        " Regularizing and optimizing LSTM language models (2018)",
        _MINIBATCHES
        | {
            # All 9,999 words, the markers of sentences, and <unk>.
            "vocabulary_size": 10_002,
            "pre_split": True,
            "tokenizer": "whitespace",
            "hidden_dim": 512,
            "tie_weights": True,
            "dropout": 0.5,
            "embedding_dropout": 0.4,
            "locked_dropout": True,
            "weight_dropout": 0.3,
            "learning_rate": 0.002,  # 0.004 is too much for so many units, see benchmarks/NOTES.md
            "epochs": 10,
            "seed": 0,
        },
    ),
    Recipe(
        "word",
        "tutorial",
        "word-rnn",
        "D. Britz, Recurrent Neural Networks Tutorial, part 2 (2015)",
        {
            "vocabulary_size": 8000,
            "hidden_dim": 100,
            "bptt_truncate": 4,
            "epochs": 100,
            "iterations": None,
            "learning_rate": 0.005,
            "schedule": "rise",
            "patience": None,
            "evaluate_every": 5,
            "seed": 0,
        },
    ),
    Recipe(
        "char",
        "modern",
        "language-model",
        "as for words; A. Karpathy, The Unreasonable Effectiveness of Recurrent Neural Networks"
        " (2015)",
        _MINIBATCHES | {"unit": "text", "longest_line": 1000, "seed": 0},
    ),
    Recipe(
        "char",
        "tutorial",
        "char-rnn",
        "A. Ng et al., Sequence Models, week 1 (2018), after A. Karpathy's min-char-rnn (2015)",
        {
            "unit": "line",
            "longest_line": 1000,
            "cell": "lstm",
            "hidden_dim": 50,
            "piece_length": 50,
            "carry_state": False,
            "epochs": None,
            "iterations": 35_000,
            "learning_rate": 0.01,
            "schedule": "constant",
            "patience": None,
            "evaluate_every": None,
            "seed": 0,
        },
    ),
    Recipe(
        "tagger",
        "modern",
        "sequence-tagger",
        "this project's measurements on ATIS",
        {
            "cell": "gru",
            "hidden_dim": 200,
            "embedding_dim": 100,
            "window": 3,
            "bidirectional": True,
            "output": "crf",
            "dropout": 0.5,
            "embedding_dropout": 0.5,
            "char_features": 30,
            "word_dropout": 0.05,
            "batch_size": 16,
            "epochs": 24,
            "iterations": None,
            "learning_rate": 0.002,
            "schedule": "cosine",
            "warmup": 0.0,
            "optimizer": "adam",
            "clip_norm": 5.0,
            "clip_value": None,
            "weight_decay": 1e-4,
            "accumulate": 1,
            "averaging": 0.998,
            "patience": None,
            "evaluate_every": 1,
            "seed": 345,
        },
    ),
    Recipe(
        "tagger",
        "word",
        "slot-rnn",
        "G. Mesnil et al., Interspeech (2013): a step a word",
        _PUBLISHED_TAGGER
        | {
            "hidden_dim": 100,
            "embedding_dim": 100,
            "words_a_step": 9,
            "epochs": 50,
            "learning_rate": 0.0627142536696559,
        },
    ),
    Recipe(
        "tagger",
        "sentence",
        "slot-rnn",
        "G. Mesnil et al., Interspeech (2013): a step a sentence, halving from the best epoch",
        _PUBLISHED_TAGGER
        | {
            "hidden_dim": 200,
            "embedding_dim": 50,
            "epochs": 60,
            "learning_rate": 0.0970806646812754,
            "schedule": "back-off",
        },
    ),
)


def recipes_of(task: str) -> dict[str, Recipe]:
    """The recipes of a task ("word", "char" or "tagger") by name, the default first."""
    return {recipe.name: recipe for recipe in RECIPES if recipe.task == task}


def find_recipe(task: str, name: str | Recipe) -> Recipe:
    """A recipe by its name; a `Recipe` of one's own is returned as it is.

    Raises
    ------
    InputError
        If the task has no such recipe.
    """
    if isinstance(name, Recipe):
        if name.task != task:
            raise InputError(f"the recipe is for task {name.task!r}; give one for {task!r}")
        return name
    known = recipes_of(task)
    if str(name) not in known:
        raise InputError(f"unknown recipe {str(name)!r}; give one of {', '.join(known)}")
    return known[str(name)]
