"""The compiled character models against the NumPy reference and the published numbers."""

import numpy as np
import pytest
from pytensor import tensor as pt

import char_vectors as vectors
from plain_cells import PLAIN_CELLS
from rnn_graph import load_model, reference
from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.errors import InputError
from rnn_graph.finite_differences import central_differences
from rnn_graph.optim.optimizers import clip_by_value
from rnn_graph.tutorials.char_rnn import CharGRU, CharLSTM, CharRNN
from tolerances import TOLERANCES, assert_close, each_backend

NAMES = ["anna", "nan", "hannah", "ana", "ahna"]
VOCABULARY = CharVocabulary.of_lines(NAMES)
CHAR_TO_IX = {symbol: i for i, symbol in enumerate(VOCABULARY.symbols)}
X, Y = [None, 3, 1, 2, 2], [3, 1, 2, 2, 0]
REFERENCE_CELLS = [CharRNN, CharLSTM]
CELLS = [CharRNN, CharLSTM, CharGRU]

by_cell = pytest.mark.parametrize("kind", CELLS)
by_reference_cell = pytest.mark.parametrize("kind", REFERENCE_CELLS)


def model_of(kind, backend="jax", dtype="float64", n_a=5, **options):
    """A model whose states move: the first parameters alone are very small."""
    model = kind(4, n_a, vocabulary=VOCABULARY, rng=1, backend=backend, dtype=dtype, **options)
    rng = np.random.RandomState(7)
    model.set_parameters(
        {name: rng.standard_normal(v.shape) for name, v in model.get_parameters().items()}
    )
    return model


def random_state(model, seed=9):
    rng = np.random.RandomState(seed)
    columns = tuple(0.5 * rng.standard_normal((model.cell.states, model.config.n_a, 1)))
    return columns if len(columns) > 1 else columns[0]


@each_backend()
@by_reference_cell
def test_a_step_is_the_references(backend, kind):
    if backend != "jax" and kind is CharLSTM:
        pytest.skip("slow to compile; tests/nn has its cell on all backends")
    model = model_of(kind, backend)
    parameters, state = model.reference_parameters(), random_state(model)
    for _ in range(2):
        expected = reference.optimize(X, Y, state, parameters, 0.1)
        loss, gradients, last = model.optimize(X, Y, state, 0.1)
        assert_close(loss, expected[0])
        assert set(gradients) == set(expected[1])
        for name, gradient in gradients.items():
            assert_close(gradient, expected[1][name])
        assert_close(last, expected[2])
        state = last
    for name, value in model.reference_parameters().items():
        assert_close(value, parameters[name])


@by_reference_cell
def test_gradients_before_clipping(kind):
    model = model_of(kind)
    parameters, state = model.reference_parameters(), random_state(model)
    for length in (1, 2, 5, 12, 130):  # JAX counts some lengths in int8
        rng = np.random.RandomState(length)
        x, y = [None, *rng.randint(0, 4, length - 1)], list(rng.randint(0, 4, length))
        loss, gradients, _ = model.loss_and_gradients(x, y, state)
        expected = reference.loss_and_gradients(x, y, state, parameters)
        assert_close(loss, expected[0])
        for name, gradient in gradients.items():
            assert_close(gradient, expected[1][name])


def test_gradients_beyond_five_are_clipped():
    model = model_of(CharRNN)
    model.set_parameters({n: 10 * v for n, v in model.get_parameters().items()})
    _, before, _ = model.loss_and_gradients(X, Y, random_state(model))
    _, clipped, _ = model.optimize(X, Y, random_state(model), 0.01)
    assert max(np.abs(value).max() for value in before.values()) > 5
    for name, value in reference.clip(before, 5).items():
        assert_close(clipped[name], value)


def test_the_grus_gradients_are_those_of_its_loss():
    model = model_of(CharGRU)
    state = random_state(model)
    _, gradients, _ = model.loss_and_gradients(X, Y, state)
    values = model.get_parameters()
    for name, value in values.items():

        def loss(shifted, name=name):
            model.set_parameters(values | {name: shifted})
            return model.loss_and_gradients(X, Y, state)[0]

        expected = central_differences(loss, value, 1e-5)
        scale = np.abs(expected).max()
        assert np.abs(gradients[f"d{name}"] - expected).max() < TOLERANCES["differences"] * scale


@by_cell
def test_parameters_go_to_the_reference_and_back_without_loss(kind):
    model, other = model_of(kind, dtype="float64"), kind(4, 5, rng=2, dtype="float64")
    values = model.reference_parameters()
    other.set_reference_parameters(values)
    for name, value in other.get_parameters().items():
        assert (value == model.get_parameters()[name]).all()
    with pytest.raises(InputError, match="lack 'by'; give all"):
        other.set_reference_parameters({n: v for n, v in values.items() if n != "by"})
    with pytest.raises(InputError, match=r"by has shape \(3,\); give \(4,"):
        other.set_reference_parameters(values | {"by": np.zeros(3)})


def test_states_are_arrays_of_their_own():
    model = model_of(CharLSTM)
    for a, c in (model.zero_state, model.zero_states(2)):
        a += 1
        assert (c == 0).all()


def test_first_parameters_are_drawn_as_the_references():
    for kind, draw in (
        (CharRNN, reference.char_model.draw_char_rnn_parameters),
        (CharLSTM, reference.char_model.draw_char_lstm_parameters),
    ):
        model = kind(7, 5, rng=1, dtype="float64")
        for name, value in draw(5, 7, 7, 1).items():
            assert (model.reference_parameters()[name] == value).all()


# The published numbers


def vector_model(kind, parameters):
    n_x = 3 if "Wya" in parameters or kind is CharLSTM else 27
    n_a, n_y = 5, 2
    model = kind(n_x, n_a, n_y, backend="jax", dtype="float64")
    model.set_reference_parameters({**parameters, "b": parameters.get("ba")})
    return model


def near(value):
    return pytest.approx(value, rel=0, abs=5e-9)


def test_published_rnn_cell():
    xt, a_prev, parameters = vectors.rnn_cell_case()
    a, y = vector_model(CharRNN, parameters).forward(xt[:, :, None], a_prev)
    assert a[4, :, 0] == near(vectors.RNN_CELL_A)
    assert y[1, :, 0] == near(vectors.RNN_CELL_Y)


def test_published_rnn():
    x, a0, parameters = vectors.rnn_case()
    a, y = vector_model(CharRNN, parameters).forward(x, a0)
    assert a[4][1] == near(vectors.RNN_A)
    assert y[1][3] == near(vectors.RNN_Y)


def test_published_lstm_cell():
    xt, a_prev, c_prev, parameters = vectors.lstm_cell_case()
    model = vector_model(CharLSTM, parameters)
    a, y, c = model.forward(xt[:, :, None], a_prev, c_prev)
    assert a[4, :, 0] == near(vectors.LSTM_CELL_A)
    assert y[1, :, 0] == near(vectors.LSTM_CELL_Y)
    assert c[2, :, 0] == near(vectors.LSTM_CELL_C)
    assert c[3, :, 0] == near(vectors.LSTM_CELL_CACHE)


def test_published_lstm():
    x, a0, parameters = vectors.lstm_case()
    a, y, c = vector_model(CharLSTM, parameters).forward(x, a0)
    assert a[4][3][6] == pytest.approx(vectors.LSTM_A, abs=1e-14)
    assert y[1][4][3] == pytest.approx(vectors.LSTM_Y, abs=1e-14)
    assert c[1][2][1] == pytest.approx(vectors.LSTM_C, abs=1e-14)


ALPHABET = CharVocabulary(tuple("\nabcdefghijklmnopqrstuvwxyz"))


def test_published_optimize():
    a_prev, parameters = vectors.name_case()
    model = CharRNN(27, 100, backend="jax", dtype="float64")
    model.set_reference_parameters(parameters)
    loss, gradients, last = model.optimize(vectors.X, vectors.Y, a_prev, 0.01)
    assert loss == pytest.approx(vectors.LOSS, rel=1e-13)
    for name, (place, value) in vectors.GRADIENTS.items():
        assert gradients[name][place] == near(value)
    assert gradients["dWax"].argmax() == vectors.LARGEST_OF_WAX
    place, value = vectors.LAST_STATE
    assert last[place] == near(value)


def test_published_clip():
    values = vectors.clip_case()
    gradients = [pt.dmatrix(name) for name in values]
    clip = compile_function(
        gradients,
        list(clip_by_value(10)(dict(enumerate(gradients))).values()),
        choose_backend("jax", dtype="float64"),
    )
    found = dict(zip(values, map(np.asarray, clip(*values.values())), strict=True))
    for name, (place, value) in vectors.CLIPPED.items():
        assert found[name][place] == near(value)


def test_published_sample():
    model = CharRNN(27, 100, vocabulary=ALPHABET, backend="jax", dtype="float64")
    model.set_reference_parameters(vectors.drawn(2, vectors.NAME_SHAPES))
    ids = model.sample(0)
    assert ids[: len(vectors.SAMPLED)] == vectors.SAMPLED
    assert ids[-1] == 0


# Many names, many texts


@pytest.mark.parametrize("kind", [CharRNN, CharGRU])  # of an LSTM training has it, below
def test_many_names_in_one_call_are_one_after_another(kind):
    model, one_by_one = model_of(kind), model_of(kind)
    state, losses, carried = one_by_one.zero_state, [], np.array([1, 1, 0, 1, 0, 1, 1])
    for name, is_carried in zip(NAMES, carried, strict=False):
        state = state if is_carried else one_by_one.zero_state
        ids = VOCABULARY.encode(name).tolist()
        loss, _, state = one_by_one.optimize([None, *ids], [*ids, 0], state, 0.02)
        losses.append(loss)
    names = np.full((7, 2, 10), -1, dtype=np.int32)
    for row, name in enumerate(NAMES):
        ids = VOCABULARY.encode(name)
        names[row, 0, 1 : len(ids) + 1] = names[row, 1, : len(ids)] = ids
        names[row, 1, len(ids)] = 0
    zero = [part[0] for part in model.zero_states(1)]
    found, states = model.optimize_names(names, carried, zero, 0.02)
    assert_close(found[:5], losses)
    assert (found[5:] == 0).all()
    expected = state if isinstance(state, tuple) else (state,)
    assert_close([np.asarray(s) for s in states], [s[:, 0] for s in expected])
    for name, value in model.get_parameters().items():
        assert_close(value, one_by_one.get_parameters()[name])


def steps_of(model, ids, before):
    """The logits after each character and the last states, by the plain cells."""
    weights, states, logits = model.get_parameters(), list(before), []
    cell = PLAIN_CELLS[{"rnn": "elman"}.get(model.cell_name, model.cell_name)]
    for i in ids:
        projected = weights["b"] + (weights["Wx"][i] if i >= 0 else 0)
        states = cell(projected, states[0] @ weights["Wh"], *states)
        logits.append(states[0] @ weights["Wy"] + weights["by"])
    return logits, states


@by_cell
def test_next_logits_of_several_texts(kind):
    model = model_of(kind)
    rng = np.random.RandomState(2)
    before = rng.standard_normal((model.cell.states, 3, 5))
    ids = np.array([-1, 2, 3], dtype=np.int32)
    logits, states = model.next_logits(ids, list(before))
    for row, i in enumerate(ids):
        (expected,), after = steps_of(model, [i], before[:, row])
        assert_close(logits[row], expected)
        for state, value in zip(states, after, strict=True):
            assert_close(np.asarray(state)[row], value)


@by_cell
def test_losses_of_several_texts(kind):
    model = model_of(kind)
    texts = [[2, 1, 3, 1], [3, 0]]
    x, y = (np.full((5, 2), -1, dtype=np.int32) for _ in "xy")
    for column, ids in enumerate(texts):
        x[1 : len(ids), column], y[: len(ids), column] = ids[:-1], ids
    losses, states = model.character_losses(x, y, model.zero_states(2))
    for column, ids in enumerate(texts):
        logits, after = steps_of(model, [-1, *ids[:-1]], np.zeros((model.cell.states, 5)))
        expected = [np.log(np.exp(z).sum()) - z[i] for z, i in zip(logits, ids, strict=True)]
        assert_close(losses[: len(ids), column], expected)
        assert (losses[len(ids) :, column] == 0).all()
        for state, value in zip(states, after, strict=True):
            assert_close(np.asarray(state)[column], value)


@by_reference_cell
def test_training_is_the_references(kind):
    model = kind(4, 6, vocabulary=VOCABULARY, rng=1, backend="jax", dtype="float64")
    found = model.train(NAMES, 100, learning_rate=0.1)
    expected = []
    parameters = reference.model(
        NAMES,
        CHAR_TO_IX,
        100,
        6,
        cell=model.cell_name,
        learning_rate=0.1,
        on_iteration=lambda _, loss: expected.append(loss),
    )
    assert_close(found, expected)
    for name, value in model.reference_parameters().items():
        assert_close(value, parameters[name])


DINOSAUR_LOSSES = [23.087336, 27.884160, 25.901815, 24.608779, 24.070350, 23.844446]


def test_the_published_losses_of_dinosaurs(real_data):
    names = real_data("dinos/dinos.txt").read_text().lower().split()
    model = CharRNN(27, 50, vocabulary=ALPHABET, rng=1, dtype="float64")
    losses = model.train(names, 35_000)
    assert losses[:10_001:2000] == pytest.approx(DINOSAUR_LOSSES, abs=5e-7)
    assert 22.0 <= losses[34_000] <= 22.7


# Files


@by_cell
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_saved_model_is_loaded_as_it_was(kind, dtype, tmp_path):
    model = model_of(kind, dtype=dtype)
    model.save(tmp_path / "model.npz")
    loaded = kind.load(tmp_path / "model.npz")
    assert type(load_model(tmp_path / "model.npz")) is kind
    assert loaded.config == model.config
    assert loaded.vocabulary == VOCABULARY
    assert (loaded.vocabulary.seen_lines == VOCABULARY.seen_lines).all()
    for name, value in loaded.get_parameters().items():
        assert (value == model.get_parameters()[name]).all()


def test_a_model_of_another_kind_is_refused(tmp_path):
    model_of(CharRNN).save(tmp_path / "model.npz")
    with pytest.raises(InputError, match="holds a CharRNN, no CharLSTM"):
        CharLSTM.load(tmp_path / "model.npz")


# What cannot be


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([None, 1], [1]), r"X has shape \(2,\), Y \(1,\); give one target for each input"),
        (([], []), "give one target"),
        (([None, 4], [1, 0]), "X holds -1 to 4; ids are whole numbers from 0 to 3, None for none"),
        (([None, -2], [1, 0]), "X holds -2 to -1"),
        (([None, 1], [1, 4]), "Y holds 1 to 4; ids are whole numbers from 0 to 3$"),
        (([None, 1], [1, -1]), "Y holds -1 to 1"),
        (([None, 1.5], [1, 0]), "X holds -1.0 to 1.5"),
    ],
)
def test_refuses_what_are_no_ids(arguments, message):
    model = model_of(CharRNN)
    for method in (model.loss_and_gradients, model.optimize):
        with pytest.raises(InputError, match=message):
            method(*arguments, model.zero_state)


def test_refuses_other_states_and_inputs():
    model = model_of(CharLSTM)
    for state in (np.zeros((5, 1)), (np.zeros(5), np.zeros(5)), (np.zeros((4, 1)),) * 2):
        with pytest.raises(InputError, match=r"the state has shapes .* give 2 of \(5, 1\)"):
            model.optimize(X, Y, state)
    with pytest.raises(InputError, match=r"x has shape \(3, 2, 1\); give \(4, m, T\)"):
        model.forward(np.zeros((3, 2, 1)), np.zeros((5, 2)))
    with pytest.raises(InputError, match=r"a0 has shape \(5, 1\); give \(5, 2\)"):
        model.forward(np.zeros((4, 2, 1)), np.zeros((5, 1)))
    with pytest.raises(InputError, match=r"c0 has shape \(5, 1\); give \(5, 2\)"):
        model.forward(np.zeros((4, 2, 1)), np.zeros((5, 2)), np.zeros((5, 1)))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"n_x": 0}, "n_x is 0; give a whole number"),
        ({"n_a": 0}, "n_a is 0"),
        ({"n_y": 0}, "n_y is 0"),
        ({"n_x": 5, "vocabulary": VOCABULARY}, "4 characters, 5 inputs and 5 outputs; give as"),
    ],
)
@by_cell
def test_refuses_sizes_that_cannot_be(kind, sizes, message):
    with pytest.raises(InputError, match=message):
        kind(**{"n_x": 4, "n_a": 5} | sizes)


@pytest.mark.parametrize("vocabulary", [None, CharVocabulary(tuple("abcd"), "text")])
def test_a_model_without_lines_neither_trains_on_names_nor_samples(vocabulary):
    model = CharRNN(4, 5, vocabulary=vocabulary)
    for method, arguments in ((model.train, (NAMES, 10)), (model.sample, (0,))):
        with pytest.raises(InputError, match=r"build it with vocabulary=CharVocabulary\.of_lines"):
            method(*arguments)


def test_names_of_several_lines_and_rates_of_nothing_are_refused():
    model = model_of(CharRNN)
    with pytest.raises(InputError, match=r"'an\\na' goes over a line's end"):
        model.train(["an\na"], 3)
    with pytest.raises(InputError, match="learning_rate is nan"):
        model.optimize(X, Y, model.zero_state, float("nan"))
