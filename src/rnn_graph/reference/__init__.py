"""The models in plain NumPy: the oracle that everything else is checked against."""

from rnn_graph.reference.gradient_check import GradientCheck as GradientCheck
from rnn_graph.reference.rnn_numpy import RNNNumpy as RNNNumpy
