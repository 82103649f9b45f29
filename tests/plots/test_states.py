import numpy as np

from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.plots.states import shown_symbols, trace
from rnn_graph.tutorials.char_rnn import CharRNN


def test_a_picture_shows_what_came_however_improbable():
    """Of 40 symbols that fill the rows, the text's own are among them."""
    symbols = tuple(chr(ord("A") + k) for k in range(40))
    model = CharRNN(40, 3, vocabulary=CharVocabulary(symbols, "text"), rng=0, backend="jax")
    model.set_parameters(
        {n: 0 * v for n, v in model.get_parameters().items()} | {"by": np.arange(40.0)}
    )
    probabilities, states = trace(model, np.array([0, 3]))
    assert probabilities.shape == (3, 40)
    assert states.shape == (2, 3)
    rows = shown_symbols(probabilities[:2], [0, 3])
    assert {0, 3} <= set(rows)
    assert len(rows) == 30
    assert rows.tolist() == sorted(rows)
    assert {39, 38} <= set(rows)
