from matplotlib.image import imread

from rnn_graph.plots.curves import plot_loss_curve


def test_draws_all_that_it_is_given(tmp_path):
    path = tmp_path / "loss.png"
    curves = {"running": [(5, 4.0), (10, 3.0)], "evaluations": [(0, 6.0), (10, 2.8)]}
    plot_loss_curve(path, **curves)
    plain = imread(path)
    plot_loss_curve(path, **curves, held_out=17.0, truth=12.0)
    assert plain.shape == imread(path).shape == (480, 840, 4)
    assert (plain != imread(path)).any()
    assert [p.name for p in tmp_path.iterdir()] == ["loss.png"]
