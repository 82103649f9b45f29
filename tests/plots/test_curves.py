import numpy as np
import pytest
from matplotlib.image import imread

from rnn_graph.plots import curves
from rnn_graph.plots.curves import plot_histories, plot_smoothed_losses
from rnn_graph.plots.figures import COLORS
from rnn_graph.train.observer import Record


def records(losses, held_out=None):
    """A record an epoch, with a learning rate that falls."""
    return [
        vars(Record(k, k / 2, 10 * k, 1, 10, 0.1 / (k + 1), loss, loss, held_out and held_out(k)))
        for k, loss in enumerate(losses)
    ]


def of_text(k):
    return {"loss": 3.0 - k / 10}


def of_tags(k):
    return {"f1": 50.0 + k, "loss": 1.0}


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were written, as figures."""
    figures = []
    monkeypatch.setattr(curves, "write_figure", lambda path, figure: figures.append(figure))
    return figures


def lines_of(axes):
    return {line.get_label(): line for line in axes.get_lines()}


def test_training_and_held_out_losses_are_told_apart_by_their_lines(drawn):
    plot_histories("x.png", {"one": records([4.0, 3.0], of_text), "two": records([5.0])})
    losses, rates = drawn[0].axes
    lines = lines_of(losses)
    held_out = "one, held out: 2.900, perplexity 18.17"
    assert list(lines) == ["one, training", held_out, "two, training"]
    assert lines["one, training"].get_xydata().tolist() == [[0, 4], [10, 3]]
    assert lines[held_out].get_xydata().tolist() == [[0, 3], [10, 2.9]]
    assert [line.get_linestyle() for line in lines.values()] == ["-", "--", "-"]
    assert [line.get_color() for line in lines.values()] == [COLORS[0], COLORS[0], COLORS[1]]
    assert losses.get_ylabel() == "loss (nats a token)"
    assert rates.get_ylabel() == "learning rate"
    assert rates.get_lines()[0].get_ydata().tolist() == [0.1, 0.05]
    assert rates.get_legend() is None
    assert losses.get_title(loc="left") == "Training of one, two"
    assert rates.get_xlabel() == "tokens seen"


def test_each_unit_has_an_axis(drawn):
    plot_histories("x.png", {"a": records([4.0, 3.0], of_tags)})
    labels = [axes.get_ylabel() for axes in drawn[0].axes]
    assert labels == ["F1 (percent)", "loss (nats a token)", "learning rate"]
    assert lines_of(drawn[0].axes[0])["a, held out: 51.00"].get_ydata().tolist() == [50, 51]


def test_what_does_not_change_and_what_is_alone_needs_no_panel_and_no_legend(drawn):
    plain = [entry | {"learning_rate": 0.1} for entry in records([4.0, 3.0])]
    plot_histories("x.png", {"a": plain})
    (losses,) = drawn[0].axes
    assert losses.get_legend() is None
    plot_histories("x.png", {"a": plain}, truth=np.e)
    line = lines_of(drawn[1].axes[0])["truth: perplexity 2.72"]
    assert line.get_ydata() == pytest.approx([1, 1])


def test_histories_are_written_as_a_picture(tmp_path):
    plot_histories(tmp_path / "losses.png", {"one": records([4.0, 3.0], of_text)})
    assert imread(tmp_path / "losses.png").shape == (768, 1200, 4)
    assert [p.name for p in tmp_path.iterdir()] == ["losses.png"]


def test_smoothed_losses_of_many_steps_are_drawn(tmp_path, drawn):
    plot_smoothed_losses("s.png", {"lstm": np.linspace(3, 1, 2000), "gru": [2.0]})
    lines = lines_of(drawn[0].axes[0])
    assert list(lines) == ["lstm: 1.00", "gru: 2.00"]
    assert len(lines["lstm: 1.00"].get_xdata()) == 500
    assert lines["lstm: 1.00"].get_ydata()[0] == 3
