"""A run that is stopped and taken up by another trainer ends in the same bits, in every recipe."""

import pytest

from rnn_graph.errors import InputError
from training_checks import PAIRS, Watching, assert_same_bits, small_trainer, spread

# What a checkpoint has to hold beside the parameters, for the recipes that know of it.
SETTINGS = {
    ("word", "modern"): {
        "optimizer": "rmsprop",
        "accumulate": 2,
        "schedule": "plateau",
    },
    ("word", "tutorial"): {"evaluate_every": 1},
    ("char", "modern"): {"cell": "lstm", "dropout": 0.3, "schedule": "cosine", "averaging": 0.9},
    ("char", "tutorial"): {"carry_state": True},
    ("tagger", "modern"): {"batch_size": 2, "patience": 2},
    ("tagger", "sentence"): {"evaluate_every": 1},
}


@pytest.fixture(autouse=True)
def _several_calls_and_segments_an_epoch(monkeypatch):
    monkeypatch.setattr("rnn_graph.data.batches.TOKENS_A_SEGMENT", 4 * 6 * 2)
    monkeypatch.setattr("rnn_graph.train.trainer.CALLS_A_LOOK", 3)
    monkeypatch.setattr("rnn_graph.tutorials.steps.NAMES_A_CALL", 4)
    monkeypatch.setattr("rnn_graph.tutorials.steps.NameSteps.steps_a_call", 4)
    for place in ("rnnslu", "steps"):
        monkeypatch.setattr(f"rnn_graph.tutorials.{place}.STEPS_A_CALL", 8)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_a_run_that_was_stopped_comes_to_the_same_bits(pair):
    settings = SETTINGS.get(pair, {})
    watching = Watching(), Watching()
    one = small_trainer(pair, watching[0], evaluate=spread, **settings)
    first = one.model.get_parameters()
    one.run()
    whole, history, steps = one.model.get_parameters(), one.history, one.position.steps
    per_epoch = one.batches.steps_per_epoch
    assert per_epoch > 3
    # The tutorials' models compile their functions themselves; there is nothing in them but the
    # parameters.
    shared = None if "modern" in pair else one.model
    other = small_trainer(pair, watching[1], model=shared, evaluate=spread, **settings)
    other.model.set_parameters(first)

    # In the middle of the first epoch; at the end of it; in the middle of the next one.
    stops = [per_epoch // 2, per_epoch, per_epoch + per_epoch // 2 + 1]
    taking_turns = [(other, watching[1]), (one, watching[0])] * 2
    for stop, (trainer, watch) in zip([*stops, None], taking_turns, strict=True):
        watch.stop_at = stop
        trainer.run()
        if stop is not None:
            assert stop <= trainer.position.steps < steps
            nxt = one if trainer is other else other
            nxt.model.set_parameters({name: 0 * value for name, value in first.items()})
            nxt.restore(dict(watch.stopped.arrays), watch.stopped.values)
    assert one.position.steps == steps
    assert_same_bits(one.model.get_parameters(), whole)
    assert [_without_times(r) for r in one.history] == [_without_times(r) for r in history]


def _without_times(record):
    rounded = {k: pytest.approx(v) if k in SUMS else v for k, v in record.items()}
    return {k: v for k, v in rounded.items() if not k.endswith(("seconds", "per_second"))}


# Of floats that are added up in other groups.
SUMS = ("loss", "recent_loss", "perplexity", "bits")


def changed_values(values):
    position = values["position"]
    yield values | {"position": None}
    yield {"position": position}
    for name, value in (("steps", -1), ("steps", 1.5), ("seen", 10**400), ("seconds", None)):
        yield values | {"position": position | {name: value}}
    yield values | {"position": position | {"step_in_epoch": 10**6}}
    yield values | {"position": {n: v for n, v in position.items() if n != "epoch"}}
    yield values | {"history": "x"}
    yield values | {"history": [{"step": "1", "tokens": 2}]}


def changed_arrays(arrays):
    name = next(iter(arrays))
    yield {n: a for n, a in arrays.items() if n != name}
    yield arrays | {"more": arrays[name]}
    yield arrays | {name: arrays[name][..., :-1]}
    yield arrays | {name: arrays[name].astype("int32")}
    yield arrays | {"best_W": arrays[name]}


@pytest.mark.parametrize("pair", [("char", "modern"), ("char", "tutorial")], ids="-".join)
def test_what_is_no_state_is_refused_and_changes_nothing(pair):
    trainer = small_trainer(pair, Watching(), evaluate=spread)
    arrays, values = trainer.state()
    trainer.check_fits(arrays, values)
    for other in changed_values(values):
        with pytest.raises(InputError):
            trainer.restore(arrays, other)
    for other in changed_arrays(arrays):
        with pytest.raises(InputError):
            trainer.restore(other, values)
    assert_same_bits(trainer.state()[0], arrays)
