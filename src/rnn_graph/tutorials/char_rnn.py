"""The character tutorial's models as compiled symbolic graphs, one for each cell."""

from rnn_graph.nn.cells import GRU, LSTM, Elman
from rnn_graph.tutorials.char_model import CharModel
from rnn_graph.tutorials.char_parameters import GRU_LAYOUT, LSTM_LAYOUT, RNN_LAYOUT


class CharRNN(CharModel):
    """`a_t = tanh(Waa a_{t−1} + Wax x_t + b)`, `y_t = softmax(Wya a_t + by)`; see `CharModel`."""

    cell_name, cell, _layout = "rnn", Elman(), RNN_LAYOUT


class CharLSTM(CharModel):
    """Gates f, i, o and candidate c on `[a; x]`, `y_t = softmax(Wy a_t + by)`; see `CharModel`."""

    cell_name, cell, _layout = "lstm", LSTM(), LSTM_LAYOUT


class CharGRU(CharModel):
    """Reset and update gates, `y_t = softmax(Wy a_t + by)`; see `CharModel`.

    The reference has no such cell: its dictionaries are here those of `get_parameters`.
    """

    cell_name, cell, _layout = "gru", GRU(), GRU_LAYOUT
