"""Published numbers of the character tutorial's functions.

Each case draws its arrays from `RandomState(seed)` in the order listed, standard normal.
"""

import numpy as np

LSTM_SHAPES = [
    (f"{letter}{gate}", (5, 8) if letter == "W" else (5, 1)) for gate in "fioc" for letter in "Wb"
]
RNN_SHAPES = [("Waa", (5, 5)), ("Wax", (5, 3)), ("Wya", (2, 5)), ("ba", (5, 1)), ("by", (2, 1))]
OUTPUT_SHAPES = [("Wy", (2, 5)), ("by", (2, 1))]
NAME_SHAPES = [
    ("Wax", (100, 27)),
    ("Waa", (100, 100)),
    ("Wya", (27, 100)),
    ("b", (100, 1)),
    ("by", (27, 1)),
]

# fmt: off
RNN_CELL_A = [0.59584544, 0.18141802, 0.61311866, 0.99808218, 0.85016201, 0.99980978, -0.18887155,
              0.99815551, 0.6531151, 0.82872037]  # of unit 4
RNN_CELL_Y = [0.9888161, 0.01682021, 0.21140899, 0.36817467, 0.98988387, 0.88945212, 0.36920224,
              0.9966312, 0.9982559, 0.17746526]  # of output 1
RNN_A = [-0.99999375, 0.77911235, -0.99861469, -0.99833267]  # of unit 4, example 1
RNN_Y = [0.79560373, 0.86224861, 0.11118257, 0.81515947]  # of output 1, example 3
RNN_X = [-1.1425182, -0.34934272, -0.20889423, 0.58662319]  # of input 1, example 3
LSTM_CELL_A = [-0.66408471, 0.0036921, 0.02088357, 0.22834167, -0.85575339, 0.00138482, 0.76566531,
               0.34631421, -0.00215674, 0.43827275]  # of unit 4
LSTM_CELL_C = [0.63267805, 1.00570849, 0.35504474, 0.20690913, -1.64566718, 0.11832942, 0.76449811,
               -0.0981561, -0.74348425, -0.26810932]  # of unit 2
LSTM_CELL_Y = [0.79913913, 0.15986619, 0.22412122, 0.15606108, 0.97057211, 0.31146381, 0.00943007,
               0.12666353, 0.39380172, 0.07828381]  # of output 1
LSTM_CELL_CACHE = [-0.16263996, 1.03729328, 0.72938082, -0.54101719, 0.02752074, -0.30821874,
                   0.07651101, -1.03752894, 1.41219977, -0.37647422]  # c_next of unit 3
LSTM_A = 0.17211776753291672  # of unit 4, example 3, step 6
LSTM_Y = 0.9508734618501101  # of output 1, example 4, step 3
LSTM_C = -0.8555449167181982  # of unit 1, example 2, step 1
LSTM_X = [0.82797464, 0.23009474, 0.76201118, -0.22232814, -0.20075807, 0.18656139, 0.41005165]
CLIPPED = {"dWaa": ((1, 2), 10.0), "dWax": ((3, 1), -10.0), "dWya": ((1, 2), 0.2971381536101662),
           "db": ((4, 0), 10.0), "dby": ((1, 0), 8.45833407)}
# Later draws hang on the last bit of the matrix products.
SAMPLED = [12, 17, 24, 14, 13, 9, 10, 22, 24, 6, 13, 11, 12, 6, 21, 15, 21, 14, 3, 2, 1, 21, 18,
           24, 7, 25, 6, 25, 18, 10, 16, 2, 3, 8, 15, 12, 11, 7, 1, 12, 10, 2, 7]
X, Y = [12, 3, 5, 11, 22, 3], [4, 14, 11, 22, 25, 26]
LOSS = 126.5039757216534
GRADIENTS = {"dWaa": ((1, 2), 0.19470931534726443), "dWya": ((1, 2), -0.007773876032004488),
             "db": ((4, 0), -0.06809825), "dby": ((1, 0), 0.01538192)}
LARGEST_OF_WAX = 93  # argmax of dWax
LAST_STATE = ((4, 0), -1.0)
# fmt: on


def drawn(seed: int, shapes) -> dict[str, np.ndarray]:
    rng = np.random.RandomState(seed)
    return {name: rng.standard_normal(shape) for name, shape in shapes}


def rnn_cell_case():
    values = drawn(1, [("xt", (3, 10)), ("a_prev", (5, 10)), *RNN_SHAPES])
    return values.pop("xt"), values.pop("a_prev"), values


def rnn_case():
    values = drawn(1, [("x", (3, 10, 4)), ("a0", (5, 10)), *RNN_SHAPES])
    return values.pop("x"), values.pop("a0"), values


def lstm_cell_case():
    shapes = [("xt", (3, 10)), ("a_prev", (5, 10)), ("c_prev", (5, 10))]
    values = drawn(1, [*shapes, *LSTM_SHAPES, *OUTPUT_SHAPES])
    return *(values.pop(name) for name, _ in shapes), values


def lstm_case():
    values = drawn(1, [("x", (3, 10, 7)), ("a0", (5, 10)), *LSTM_SHAPES, *OUTPUT_SHAPES])
    return values.pop("x"), values.pop("a0"), values


def clip_case() -> dict[str, np.ndarray]:
    shapes = [("dWax", (5, 3)), ("dWaa", (5, 5)), ("dWya", (2, 5)), ("db", (5, 1)), ("dby", (2, 1))]
    return {name: 10 * value for name, value in drawn(3, shapes).items()}


def name_case():
    values = drawn(1, [("a_prev", (100, 1)), *NAME_SHAPES])
    return values.pop("a_prev"), values
