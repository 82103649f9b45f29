"""What the tests of training have in common: observers, scores, and small trainers."""

import math
from dataclasses import dataclass

import numpy as np

from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, UNKNOWN_TOKEN, Vocabulary
from rnn_graph.datasets.flight_queries import sample_flight_queries
from rnn_graph.models.kinds import find_kind
from rnn_graph.train.checkpoints import Checkpoint, checkpoint_as_bytes, checkpoint_of_bytes
from rnn_graph.train.observer import Observer
from rnn_graph.train.recipes import find_recipe
from rnn_graph.train.trainer import Trainer


@dataclass(frozen=True)
class GivenScore:
    """A score that is given in advance."""

    criterion: float

    def as_dict(self):
        return {"loss": self.criterion, "perplexity": math.exp(min(self.criterion, 700))}


def spread(model) -> GivenScore:
    """Stands for an evaluation: cheap, and another figure for other parameters."""
    return GivenScore(float(sum((v.astype(float) ** 2).sum() for v in _values(model))))


def _values(model):
    return model.get_parameters().values()


class Watching(Observer):
    """Keeps all that it is told; may ask to stop after so many steps.

    Attributes
    ----------
    told : list of str
        The events in their order.
    losses : list of (int, float)
        Tokens and summed nats of each step.
    stopped : Checkpoint or None
        What was there at the end, as it comes out of a file.
    """

    def __init__(self, stop_at: int | None = None):
        self.stop_at = stop_at
        self.told, self.losses, self.records, self.epochs = [], [], [], []
        self.stopped = None

    def on_begin(self, trainer):
        self.told.append("begin")
        self.trainer = trainer

    def on_losses(self, losses):
        self.losses += losses

    def on_record(self, record):
        self.told.append("record")
        self.records.append(record)

    def on_epoch(self, record):
        self.told.append("epoch")
        self.epochs.append(record)

    def on_step(self):
        self.told.append("step")

    def on_end(self):
        self.told.append("end")
        arrays, values = self.trainer.state()
        written = checkpoint_as_bytes(Checkpoint(arrays, values, {}, False))
        self.stopped = checkpoint_of_bytes(written)

    def should_stop(self):
        return self.stop_at is not None and self.trainer.position.steps >= self.stop_at


WORDS = Vocabulary(["a", "b", "c", "d", SENTENCE_START, SENTENCE_END, UNKNOWN_TOKEN])
QUERIES = [q for q in sample_flight_queries(100, rng=2) if 6 <= len(q.words) <= 10][:10]
NAMES = ["ab", "abab", "ba", "b", "aabb", "bab", "abba", "bb", "aab", "a"]


def sentences(count=11, seed=0):
    """Ids of sentences of WORDS one after another, from marker to marker."""
    rng = np.random.RandomState(seed)
    parts = [[4, *rng.choice([0, 1, 2, 3, 6], rng.randint(1, 8)), 5] for _ in range(count)]
    return np.concatenate(parts).astype(np.int32)


def text_ids(length=150, size=3, seed=0):
    return np.random.RandomState(seed).randint(0, size, length).astype(np.int32)


_LINES = CharVocabulary.of_lines(NAMES)
# A vocabulary, and data as the batches of the task want them.
DATA = {
    ("word", "modern"): (WORDS, sentences(20)),
    ("word", "tutorial"): (WORDS, sentences()),
    ("char", "modern"): (CharVocabulary(("\n", "a", "b"), "text"), text_ids()),
    ("char", "tutorial"): (_LINES, _LINES.encode("\n" + "\n".join(NAMES) + "\n")),
    ("tagger", "modern"): (TagVocabulary.of(QUERIES), QUERIES),
    ("tagger", "word"): (TagVocabulary.of(QUERIES[:4]), QUERIES[:4]),
    ("tagger", "sentence"): (TagVocabulary.of(QUERIES), QUERIES),
}
MINIBATCHES = {
    "cell": "elman",
    "hidden_dim": 5,
    "embedding_dim": 4,
    "batch_size": 4,
    "sequence_length": 6,
    "epochs": 3,
    "learning_rate": 0.02,
}
SMALL = {
    ("word", "modern"): MINIBATCHES,
    ("word", "tutorial"): {"hidden_dim": 5, "epochs": 3, "learning_rate": 0.1},
    ("char", "modern"): MINIBATCHES,
    ("char", "tutorial"): {"hidden_dim": 5, "iterations": 25, "learning_rate": 0.1},
    ("tagger", "modern"): {
        "cell": "elman",
        "bidirectional": False,
        "hidden_dim": 4,
        "embedding_dim": 3,
        "char_features": 2,
        "word_dropout": 0.2,
        "batch_size": 4,
        "epochs": 3,
        "averaging": 0.5,
    },
    ("tagger", "word"): {"hidden_dim": 4, "embedding_dim": 3, "window": 3, "epochs": 2},
    ("tagger", "sentence"): {"hidden_dim": 4, "embedding_dim": 3, "window": 3, "epochs": 3},
}
PAIRS = list(SMALL)


def small_recipe(pair, **settings):
    return find_recipe(*pair).changed(**SMALL[pair] | settings)


def small_model(pair, recipe, *, dtype="float32", **computing):
    options = {"backend": "jax", "rng": recipe["seed"]} | computing
    build = find_kind(recipe.kind).model_class().build
    return build(DATA[pair][0], dtype=dtype, **recipe.network(), **options)


def small_trainer(
    pair, *observers, model=None, data=None, evaluate=None, held_out=True, dtype="float32", **given
):
    """A trainer of a recipe, with small sizes and other settings; `evaluate` gets the model."""
    recipe = small_recipe(pair, **given)
    model = small_model(pair, recipe, dtype=dtype) if model is None else model
    data = DATA[pair][1] if data is None else data
    return Trainer(
        model,
        find_kind(recipe.kind).batches_function()(model, data, recipe),
        recipe,
        evaluate=None if evaluate is None else lambda: evaluate(model),
        held_out=held_out,
        observers=observers,
    )


def assert_same_bits(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
