"""`keep_best` with a model that counts its steps and scores that are given in advance."""

import math

import numpy as np
import pytest

from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.predict.metrics import PhraseScore, TagScore
from rnn_graph.train.observer import Step
from rnn_graph.train.tagger_training import SlotRecipe, _HalvingRate, keep_best, train_slot_tagger
from rnn_graph.tutorials.windows import shuffle

STEPS = 3


class Counter:
    """A model whose only parameter says how many steps it made."""

    def __init__(self):
        self.value = np.zeros(())

    def get_parameters(self):
        return {"steps": self.value.copy()}

    def set_parameters(self, values):
        self.value = values["steps"].copy()


def scored(f1):
    overall = PhraseScore(f1, f1, f1, 1, 1, 1)
    return TagScore(overall, {}, f1, 1)


def train(scores, *, patience=None, rate=0.5, losses=None, **options):
    """Train a `Counter` with scripted scores; the model, the epochs, and where each began."""
    model, script, begins = Counter(), iter(scores), []
    losses = iter(losses or [2.0] * STEPS * len(scores))

    def run_epoch(number):
        begins.append(int(model.value))
        for _ in range(STEPS):
            model.value += 1
            yield Step(4, next(losses))

    settings = {
        "epochs": len(scores),
        "rates": _HalvingRate(rate, patience),
        "on_step": lambda step: None,
        "on_epoch": lambda epoch: None,
        "should_stop": lambda: False,
    }
    history = keep_best(model, run_epoch, lambda: scored(next(script)), **{**settings, **options})
    return model, history, begins


@pytest.mark.parametrize(
    ("scores", "best", "improved"),
    [
        ([10, 30, 20], 2, [True, True, False]),
        ([10, 30, 30], 2, [True, True, False]),
        ([0, 0, 0], 1, [True, False, False]),
        ([1, 2, 3], 3, [True, True, True]),
    ],
)
def test_the_first_of_the_best_epochs_is_kept(scores, best, improved):
    model, history, _ = train(scores)
    assert model.value == STEPS * best
    assert [epoch.is_best for epoch in history] == improved
    assert [epoch.score.overall.f1 for epoch in history] == scores
    assert [epoch.epoch for epoch in history] == [1, 2, 3]


def test_an_epochs_loss_is_the_mean_over_its_labels():
    _, history, _ = train([1, 1], losses=[4.0, 8.0, 12.0, 1.0, 1.0, 1.0])
    assert [epoch.loss for epoch in history] == [24 / 12, 3 / 12]


def test_the_rate_is_halved_each_epoch_after_patience_until_a_better_one():
    _, history, _ = train([5, 4, 4, 4, 9, 8, 8], patience=2, rate=0.8)
    rates = [epoch.learning_rate for epoch in history]
    assert rates == pytest.approx([0.8, 0.8, 0.4, 0.2, 0.2, 0.2, 0.1])


def test_where_the_rate_is_halved_training_goes_back_to_the_best():
    _, _, begins = train([5, 6, 4, 4, 4], patience=2)
    assert begins == [0, STEPS, 2 * STEPS, 3 * STEPS, 2 * STEPS]


def test_without_patience_training_goes_on_from_where_it_is():
    _, history, begins = train([5, 1, 1, 1])
    assert begins == [0, STEPS, 2 * STEPS, 3 * STEPS]
    assert {epoch.learning_rate for epoch in history} == {0.5}


def test_a_rate_that_is_too_small_ends_the_training():
    _, history, _ = train([5, 1, 1, 1, 1, 1], patience=1, rate=3e-5)
    assert [epoch.learning_rate for epoch in history] == pytest.approx([3e-5, 1.5e-5, 7.5e-6])


def test_stopping_leaves_the_best_epochs_parameters():
    steps = []
    model, history, _ = train(
        [1, 5, 3, 9], on_step=steps.append, should_stop=lambda: len(steps) == 3 * STEPS + 1
    )
    assert len(steps) == 3 * STEPS + 1
    assert len(history) == 3
    assert model.value == 2 * STEPS


def test_stopping_in_the_first_epoch_leaves_what_was_learned():
    model, history, _ = train([1], should_stop=lambda: True)
    assert history == []
    assert model.value == 1


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_in_the_best_parameters(loss):
    seen, epochs, model = [], [], Counter()

    def run_epoch(number):
        for k in range(STEPS):
            model.value += 1
            yield Step(1, loss if (number, k) == (3, 1) else 1.0)

    script = iter([4, 2, 9])
    with pytest.raises(TrainingDiverged, match=r"became (nan|inf) in epoch 3.* 0.4;.* as 0.1"):
        keep_best(
            model,
            run_epoch,
            lambda: scored(next(script)),
            epochs=3,
            rates=_HalvingRate(0.4, None),
            on_step=seen.append,
            on_epoch=epochs.append,
            should_stop=lambda: False,
        )
    assert len(seen) == 2 * STEPS + 1
    assert [epoch.epoch for epoch in epochs] == [1, 2]
    assert model.value == STEPS


def test_no_epoch_is_refused():
    with pytest.raises(InputError, match="epochs is 0"):
        train([], epochs=0)


class Recorder(Counter):
    """Stands for `RNNSLU`: writes down what it was trained on."""

    def __init__(self, vocabulary):
        super().__init__()
        self.vocabulary, self.calls = vocabulary, []

    def sentence_train(self, windows, labels, rate, *, normalize=False):
        self.calls.append(("sentence", windows.tolist(), np.atleast_1d(labels).tolist(), normalize))
        return 1.0

    def train_on_steps(self, steps, rate):
        self.calls.append(("steps", steps.tolist()))
        return np.ones(len(steps))

    def normalize(self):
        self.calls.append(("normalize",))


@pytest.fixture
def sentences():
    return [
        TaggedSentence(("to", "boston"), ("O", "B-city")),
        TaggedSentence(("from", "york"), ("O", "B-city")),
        TaggedSentence(("york",), ("B-city",)),
    ]


def calls_of(sentences, words_a_step):
    model = Recorder(TagVocabulary.of(sentences))
    recipe = SlotRecipe(3, 4, 4, 0.1, epochs=2, words_a_step=words_a_step)
    train_slot_tagger(model, sentences, recipe, lambda: scored(1.0), seed=345)
    return model.calls


def test_the_sentence_recipe_normalizes_all_words_once_and_then_those_of_each_step(sentences):
    calls = calls_of(sentences, None)
    kinds = [(call[0], *call[3:]) for call in calls]
    later = ("sentence", True)
    assert kinds == [("sentence", False), ("normalize",), *[later] * 5]
    trained_on = [call[1:3] for call in calls if call[0] == "sentence"]
    examples = [  # of the words boston, from, to, york and the labels B-city, O
        ([[-1, 2, 0], [2, 0, -1]], [1, 0]),
        ([[-1, 1, 3], [1, 3, -1]], [1, 0]),
        ([[-1, 3, -1]], [0]),
    ]
    order = [0, 1, 2]
    for epoch in (trained_on[:3], trained_on[3:]):
        shuffle([order], 345)  # from the last epoch's order
        assert epoch == [examples[i] for i in order]


def test_the_word_recipe_makes_a_step_of_each_word(sentences):
    calls = calls_of(sentences, 2)
    assert [call[0] for call in calls] == ["sentence", "normalize", "steps", "steps"]
    (_, first_windows, first_labels, _), _, (_, rest), (_, second_epoch) = calls
    assert len(first_windows) == len(first_labels) == 1
    assert [len(rest), len(second_epoch)] == [4, 5]
    # A row: a stretch of 4 words, how many windows of 3 count, the label.
    assert sorted(row[4] for row in second_epoch) == [1, 1, 1, 2, 2]
    assert sorted(row[5] for row in second_epoch) == [0, 0, 0, 1, 1]
