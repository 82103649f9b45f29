import numpy as np
import pytest
from matplotlib.image import imread

from rnn_graph.plots.curves import plot_histories, plot_smoothed_losses
from rnn_graph.train.observer import Record


def records(losses, held_out=None):
    return [
        Record(k, k / 2, 10 * k, 1.0, 10.0, 0.1, loss, loss, held_out(k) if held_out else None)
        for k, loss in enumerate(losses)
    ]


def of_text(k):
    return {"loss": 3.0 - k / 10}


def of_tags(k):
    return {"f1": 50.0 + k, "loss": 1.0}


@pytest.mark.parametrize(
    ("held_out", "options", "height"),
    [(None, {}, 480), (of_text, {}, 480), (of_text, {"truth": 12.0}, 480), (of_tags, {}, 720)],
)
def test_histories_are_drawn_with_all_that_they_have(tmp_path, held_out, options, height):
    path = tmp_path / "losses.png"
    plot_histories(path, {"one": list(map(vars, records([4.0, 3.0])))})
    plain = imread(path)
    runs = {"one": records([4.0, 3.0], held_out), "other": records([5.0, 2.0, 1.0])}
    plot_histories(path, {name: list(map(vars, run)) for name, run in runs.items()}, **options)
    found = imread(path)
    assert found.shape == (height, 840, 4)
    assert found.shape != plain.shape or (found != plain).any()
    assert [p.name for p in tmp_path.iterdir()] == ["losses.png"]


def test_smoothed_losses_of_many_steps_are_drawn(tmp_path):
    plot_smoothed_losses(tmp_path / "s.png", {"lstm": np.linspace(3, 1, 2000), "gru": [2.0]})
    assert imread(tmp_path / "s.png").shape == (480, 840, 4)
