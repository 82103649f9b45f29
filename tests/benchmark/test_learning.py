"""Benchmarks of results: the same minibatches, the same scores, and what is made of them."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from rnn_graph import train_language_model
from rnn_graph.benchmark import learner as learner_module
from rnn_graph.benchmark import learning, suite
from rnn_graph.benchmark.environment import environment
from rnn_graph.benchmark.learner import Clock, Point, StartUp
from rnn_graph.benchmark.learning_entry import LearningEntry, rows_of
from rnn_graph.benchmark.process import Absence
from rnn_graph.benchmark.report.results import FORMAT, read_results
from rnn_graph.benchmark.selection import Selection
from rnn_graph.benchmark.workloads import learning_tasks
from rnn_graph.benchmark.workloads.learning_contenders import (
    OurLearner,
    learning_contenders,
    own_settings,
)
from rnn_graph.benchmark.workloads.learning_tasks import tag_task, text_task
from rnn_graph.datasets import sample_sentences
from rnn_graph.train.language import minibatches
from rnn_graph.train.recipes import find_recipe
from rnn_graph.train.settings import TrainingSettings
from rnn_graph.train.tagger import tagged_batches

TASKS = {
    "learn-words": partial(text_task, "word", cell="lstm", layers=2, hidden_dim=7, epochs=2),
    "learn-chars": partial(text_task, "char", cell="elman", hidden_dim=7, epochs=2),
    "learn-tags": partial(tag_task, cell="gru", hidden_dim=7, epochs=2),
}
ON_JAX = Selection(backends=("jax",), devices=("cpu",))
OURS = replace(ON_JAX, patterns=("rnn_graph *",))
COMPUTING = {"backend": "jax", "device": "cpu", "dtype": "float32"}


@pytest.fixture(autouse=True)
def _little_data(monkeypatch):
    for name, count in (("SENTENCES", 40), ("SENTENCES_OF_TEXT", 60), ("QUERIES", 40)):
        monkeypatch.setattr(learning_tasks, name, count)


@pytest.fixture
def torch_learner():
    """From a task to PyTorch's learner of it."""
    pytest.importorskip("torch", reason="torch is not here; pip install 'rnn-graph[bench]'")

    def build(task):
        (peer,) = (c for c in learning_contenders(task, ON_JAX) if c.kind == "peer")
        return peer.build(task)

    return build


def arrays(batches, epoch):
    return [array for segment in batches.segments(epoch) for array in (segment.x, segment.y)]


@pytest.mark.parametrize("name", TASKS)
def test_minibatches_are_those_of_the_project(name):
    task = TASKS[name](seed=3)
    model = OurLearner(task, **COMPUTING)._model
    function = tagged_batches if name == "learn-tags" else minibatches
    expected = arrays(function(model, task.training, task.recipe), 1)
    found = arrays(task.batches(), 1)
    assert len(found) == len(expected) > 1
    assert all(np.array_equal(*pair) for pair in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", TASKS)
def test_weights_of_pytorch_have_the_same_score_in_both(name, torch_learner):
    task = TASKS[name]()
    peer, ours = torch_learner(task), OurLearner(task, **COMPUTING)
    weights = peer.parameters()
    assert all(np.abs(value).max() > 0.01 for value in weights.values())
    figures = peer.figures()
    ours.set_parameters(weights)
    assert ours.figures() == pytest.approx(figures, rel=1e-4)
    assert learning.disagreement(figures, ours.figures()) is None
    # With its columns in another order a layer computes something else, and that is seen.
    layer = next(key for key in weights if key.endswith("_Wx"))
    ours.set_parameters(weights | {layer: np.roll(weights[layer], 3, axis=1)})
    wrong = learning.disagreement(figures, ours.figures())
    assert wrong.status == "wrong"
    assert wrong.reason.startswith("of its first weights it finds ")


def test_what_is_no_number_in_both_is_no_disagreement():
    assert learning.disagreement({"loss": 1.0, "p": None}, {"loss": 1.0, "p": None}) is None
    assert learning.disagreement({"p": 3.0}, {"p": None}).status == "wrong"


@pytest.mark.parametrize("name", TASKS)
def test_a_step_of_pytorch_is_that_of_the_trainer(name, torch_learner):
    """By plain gradients: the loss before it, and how the output layer moves."""
    from rnn_graph.train.minibatch_steps import MinibatchSteps

    task = TASKS[name]()
    plain = {"optimizer": "sgd", "clip_norm": None, "weight_decay": 0.0, "averaging": 0.0}
    plain |= {"dropout": 0.0, "embedding_dropout": 0.0}
    task = replace(task, settings={**task.settings, **plain})
    peer, ours = torch_learner(task), OurLearner(task, **COMPUTING)
    weights = peer.parameters()
    ours.set_parameters(weights)
    segment = next(task.batches().segments(0))
    steps = MinibatchSteps(ours._model, task.recipe, task.batches())
    steps.load(segment)
    nats, tokens = steps.run(range(1), 0, 1.0)
    loss = peer._step(segment.x[0], segment.y[0], 1.0)
    assert float(loss) == pytest.approx(float(nats) / float(tokens), rel=1e-5)
    moved, expected = peer.parameters(), ours._model.get_parameters()
    for parameter in ("embeddings", "W", "b"):
        assert np.abs(expected[parameter] - weights[parameter]).max() > 1e-4
        np.testing.assert_allclose(moved[parameter], expected[parameter], rtol=0, atol=1e-6)


def test_a_step_of_pytorch_is_clipped(torch_learner):
    task = TASKS["learn-words"]()
    task = replace(task, settings={**task.settings, "optimizer": "sgd", "clip_norm": 0.01})
    peer = torch_learner(task)
    trained = [p.detach() for p in peer._network.parameters()]
    before = [p.clone() for p in trained]
    segment = next(task.batches().segments(0))
    peer._step(segment.x[0], segment.y[0], 10.0)
    pairs = zip(trained, before, strict=True)
    squares = sum(float(((now - then) ** 2).sum()) for now, then in pairs)
    assert squares**0.5 == pytest.approx(10.0 * 0.01, rel=1e-3)


def test_the_peer_goes_on_from_the_states_of_the_last_minibatch(torch_learner):
    task = TASKS["learn-chars"]()
    (segment,) = task.batches().segments(0)
    losses = []
    for carries in (True, False):
        peer = torch_learner(task)
        peer._carries_state = carries
        peer._step(segment.x[0], segment.y[0], 1e-9)
        losses.append(float(peer._step(segment.x[1], segment.y[1], 1e-9)))
    assert losses[0] != pytest.approx(losses[1], rel=1e-6)
    reader = peer._reader()
    _, states = reader.token_losses(segment.x[0], segment.y[0], None)
    carried, _ = reader.token_losses(segment.x[1], segment.y[1], states)
    counted = segment.y[1] >= 0
    assert losses[0] == pytest.approx(carried[counted].mean(), rel=1e-4)


def test_a_run_is_what_reports_read_and_what_training_comes_to(tmp_path):
    settings = {"seeds": 2, "epochs": 2, "hidden_dim": 6, "vocabulary_size": 50}
    found = suite.run("learn-words", OURS, settings=settings, threads=1, seed=4)
    results = {"format": FORMAT, "environment": environment(1), "workloads": [found]}
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results))
    assert read_results(path) == results
    (ours,) = found["contenders"]
    assert [run["seed"] for run in ours["runs"]] == [4, 5]
    assert ours["compile_s"] > 0
    (run, other) = ours["runs"]
    points = run["points"]
    assert 0 < run["start_up_s"] <= points[0]["seconds"] < points[1]["seconds"]
    data = [list(s.words) for s in sample_sentences(40, rng=0)]
    options = {"hidden_dim": 6, "vocabulary_size": 50, "seed": 4, "progress": False}
    model = train_language_model(data, held_out=0.1, epochs=2, backend="jax", **options)
    expected = [record["held_out"]["perplexity"] for record in model.history]
    assert [point["score"] for point in points] == pytest.approx(expected, rel=1e-5)
    assert points[0]["score"] != pytest.approx(other["points"][0]["score"], rel=1e-5)


def test_without_pytorch_it_is_named_and_ours_learns(monkeypatch):
    def without(task, selection):
        ours, torch = learning_contenders(task, selection)
        return [ours, replace(torch, libraries=("torch_that_is_not_here",))]

    monkeypatch.setattr(learning, "learning_contenders", without)
    settings = {"seeds": 1, "epochs": 1, "hidden_dim": 6}
    found = suite.run("learn-chars", ON_JAX, settings=settings, threads=1)
    ours, peer = found["contenders"]
    assert (peer["status"], ours["status"]) == ("missing", "measured")
    assert "torch_that_is_not_here is not installed" in peer["reason"]
    assert found["learning"]["same_scores"] == [ours["runs"][0]["points"][0]["score"]]


def test_what_the_peer_lacks_is_named():
    recipe = find_recipe("tagger", "modern").changed(averaging=0.9)
    assert "averaging 0.9" in own_settings(recipe)
    plain = recipe.changed(averaging=0.0)
    assert "averaging" not in (own_settings(plain) or "")
    gathered = replace(plain, settings={**plain.settings, "accumulate": 2})
    assert "accumulate 2" in own_settings(gathered)


def test_a_clock_leaves_out_what_happens_while_it_stands(monkeypatch):
    now = iter([10.0, 11.0, 14.0, 20.0, 100.0, 103.0])
    monkeypatch.setattr(learner_module.time, "perf_counter", lambda: next(now))
    clock = Clock()
    clock.go()  # 10
    clock.compiled()  # 11
    clock.stepped()  # 14
    clock.stepped()
    clock.stop()  # 20
    assert clock.seconds == 10
    clock.go()  # 100
    assert clock.seconds == 13
    assert clock.start_up == StartUp(1.0, 3.0)


class Events(list):
    """A clock that writes down what it is told, and tasks that do so as well."""

    start_up, seconds = None, 1.0

    def __getattr__(self, event):
        if event not in ("go", "stop", "compiled", "stepped"):
            raise AttributeError(event)
        return lambda: self.append(event)

    def recording(self, task):
        class Recorded(type(task)):
            def evaluate(found, model):
                self.append("evaluate")
                return super().evaluate(model)

        return Recorded(**vars(task))


@pytest.mark.parametrize("who", ["ours", "peer"])
def test_the_clock_stands_while_the_held_out_data_are_scored(who, request):
    events = Events()
    task = events.recording(TASKS["learn-chars"]())
    if who == "ours":
        learner = OurLearner(task, **COMPUTING)
    else:
        learner = request.getfixturevalue("torch_learner")(task)
    learner.learn(events, lambda point: events.append(point.epoch))
    steps = task.batches().steps_per_epoch
    assert steps > 1
    assert events.count("stepped") >= 2 * steps
    others = [event for event in events if event != "stepped"]
    assert [event for event in others if event != "compiled"] == [
        *("go", "stop", "evaluate", 1),
        *("go", "stop", "evaluate", 2, "go"),
    ]
    assert others.index("compiled") == 1 if who == "ours" else "compiled" not in others
    assert set(events[: events.index("stop")]) <= {"go", "compiled", "stepped"}


def test_the_peer_has_the_learning_rates_of_the_recipe(torch_learner, monkeypatch):
    task = TASKS["learn-chars"]()
    changed = {"schedule": "linear", "warmup": 0.0, "learning_rate": 0.5}
    task = replace(task, settings={**task.settings, **changed})
    peer, rates = torch_learner(task), []
    step = peer._step
    monkeypatch.setattr(peer, "_step", lambda x, y, rate: rates.append(rate) or step(x, y, 1e-9))
    peer.learn(Events(), lambda point: None)
    total = 2 * task.batches().steps_per_epoch
    assert rates == pytest.approx([0.5 * (1 - k / total) for k in range(total)])


def test_the_peer_halves_its_rate_by_its_own_scores(torch_learner):
    from rnn_graph.benchmark.workloads.torch_adapters import Rate

    rate, found = Rate(TrainingSettings(schedule="plateau", learning_rate=8.0)), []
    for criterion in (3.0, 2.0, 2.5, 2.0, 1.0):
        rate.judge(criterion)
        found.append(rate.after(0.5))
    assert found == [8.0, 8.0, 4.0, 2.0, 2.0]


@pytest.fixture
def entries():
    """Ours, which compiles for 2 s and begins its second step at 3 s, and a peer."""
    task = TASKS["learn-words"]()
    ours, peer = (LearningEntry(c, set_up=[1.0, 1.0]) for c in learning_contenders(task, ON_JAX))
    ours.take((StartUp(2.0, 1.0), Point(1, 6.0, 9.0)), 0)  # 3 s, 2 s of them for other lengths
    for point in (Point(2, 7.0, 5.0), Point(3, 8.0, 6.0)):
        ours.take(point, 0)
    ours.take((StartUp(2.0, 1.0), Point(1, 4.0, 9.0)), 1)
    for point in (Point(2, 5.0, 8.0), Point(3, 6.0, 7.0)):
        ours.take(point, 1)
    for seed in (0, 1):
        peer.take((StartUp(None, 0.5), Point(1, 4.0, 6.0)), seed)
        for point in (Point(2, 8.0, 5.5), Point(3, 12.0, 4.0)):
            peer.take(point, seed)
    return ours, peer


def test_the_time_to_the_same_score(entries):
    (ours, peer), same = rows_of(entries, [0, 1], higher_is_better=False)
    assert same == [5.0, 7.0]  # ours with both seeds
    assert [run["same_score_s"] for run in ours["runs"]] == [7.0, 6.0]
    assert [run["same_score_s"] for run in peer["runs"]] == [12.0, 4.0]
    ratio = peer["same_score_over_ours"]
    assert (ratio["low"], ratio["high"]) == (4 / 6, 12 / 7)
    assert ratio["is_supported"] is False
    assert [run["start_up_s"] for run in ours["runs"]] == [5.0, 3.0]
    assert [run["start_up_s"] for run in peer["runs"]] == [0.5, 0.5]
    assert (ours["compile_s"], ours["first_call_s"]) == (3.0, 1.0)
    assert (peer["compile_s"], peer["seconds"]) == (None, [4.0, 4.0])
    assert (ours["seconds"], ours["over_ours"]["median"]) == ([1.0, 1.0], 1.0)
    assert peer["over_ours"]["median"] == 4.0


def test_where_more_is_better_the_smaller_best_score_is_that_of_all(entries):
    (ours, peer), same = rows_of(entries, [0, 1], higher_is_better=True)
    assert same == [6.0, 6.0]
    assert [run["same_score_s"] for run in ours["runs"]] == [6.0, 4.0]
    assert [run["same_score_s"] for run in peer["runs"]] == [4.0, 4.0]


def test_who_breaks_down_is_left_out_with_the_seed(entries):
    entries[0].take(Absence("failed", "TrainingDiverged: the loss became nan"), 1)
    (ours, peer), same = rows_of(entries, [0, 1], higher_is_better=False)
    assert (ours["status"], ours["runs"], ours["steady_s"]) == ("failed", [], None)
    assert ours["reason"] == "with seed 1: TrainingDiverged: the loss became nan"
    assert (peer["same_score_over_ours"], peer["over_ours"]) == (None, None)
    assert same == [4.0, 4.0]


def test_a_peer_that_diverges_says_so(torch_learner):
    peer = torch_learner(TASKS["learn-words"]())
    peer._network.output.bias.data[0] = np.nan
    with pytest.raises(ArithmeticError, match="the held-out loss became nan"):
        peer.learn(Clock(), lambda point: None)
