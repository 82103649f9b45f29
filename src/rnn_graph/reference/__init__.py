"""The models in plain NumPy: the oracle that everything else is checked against."""

from rnn_graph.finite_differences import GradientCheck as GradientCheck
from rnn_graph.reference.char_model import clip as clip
from rnn_graph.reference.char_model import loss_and_gradients as loss_and_gradients
from rnn_graph.reference.char_model import model as model
from rnn_graph.reference.char_model import optimize as optimize
from rnn_graph.reference.char_model import sample as sample
from rnn_graph.reference.lstm_cells import lstm_backward as lstm_backward
from rnn_graph.reference.lstm_cells import lstm_cell_backward as lstm_cell_backward
from rnn_graph.reference.lstm_cells import lstm_cell_forward as lstm_cell_forward
from rnn_graph.reference.lstm_cells import lstm_forward as lstm_forward
from rnn_graph.reference.minibatch_model import MinibatchModelNumpy as MinibatchModelNumpy
from rnn_graph.reference.rnn_cells import rnn_backward as rnn_backward
from rnn_graph.reference.rnn_cells import rnn_cell_backward as rnn_cell_backward
from rnn_graph.reference.rnn_cells import rnn_cell_forward as rnn_cell_forward
from rnn_graph.reference.rnn_cells import rnn_forward as rnn_forward
from rnn_graph.reference.rnn_numpy import RNNNumpy as RNNNumpy
