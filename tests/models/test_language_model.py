import numpy as np
import pytensor
import pytest
from pytensor import tensor as pt

from language_models import (
    CHARACTERS,
    START,
    WORDS,
    character_model,
    plain_log_probabilities,
    random_ids,
    word_model,
)
from rnn_graph import LanguageModel, generate_sentence, load_model, save_model
from rnn_graph.backend.compile import compile_function
from rnn_graph.data.vocabulary import UNKNOWN_TOKEN, Vocabulary
from rnn_graph.errors import InputError
from rnn_graph.finite_differences import central_differences
from rnn_graph.predict.generation import generate_texts
from tolerances import assert_close, each_backend

T, B = 6, 3
SETTINGS = [
    {"cell": "gru"},
    {"cell": "lstm", "layers": 2, "hidden_dim": 4, "tie_weights": True},
]


def losses_of_loop(model, x, y):
    expected = np.zeros(x.shape)
    for column in range(x.shape[1]):
        rows = plain_log_probabilities(model.config, model.get_parameters(), x[:, column])
        expected[:, column] = -rows[np.arange(len(x)), y[:, column]]
    return expected


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_losses_and_states_are_those_of_a_plain_loop(settings):
    model = character_model(**settings)
    x, y = random_ids(T * B).reshape(T, B), random_ids(T * B, seed=1).reshape(T, B)
    expected = losses_of_loop(model, x, y)
    losses, states = model.token_losses(x[:4], y[:4], model.zero_states(B))
    assert_close(losses, expected[:4])
    losses, _ = model.token_losses(x[4:], y[4:], states)
    assert_close(losses, expected[4:])


def adaptive_model(**settings):
    tokens = [f"w{k}" for k in range(117)]
    vocabulary = Vocabulary([*tokens, "SENTENCE_START", "SENTENCE_END", UNKNOWN_TOKEN])
    defaults = {"hidden_dim": 8, "output": "adaptive", "rng": 2, "dtype": "float64"}
    return LanguageModel(vocabulary, **defaults | settings)


def test_the_adaptive_output_is_exact_and_sums_to_one():
    model = adaptive_model()
    x, y = random_ids(T * B, 120).reshape(T, B), random_ids(T * B, 120, 1).reshape(T, B)
    y[0] = [119, 0, 118]  # the unknown token and both ends of the ranks
    losses, _ = model.token_losses(x, y, model.zero_states(B))
    assert_close(losses, losses_of_loop(model, x, y))
    logits, _ = model.next_logits(x[0], model.zero_states(B))
    assert_close(np.exp(logits).sum(axis=1), np.ones(B))
    assert_close(-logits[np.arange(B), y[0]], losses[0])


def test_targets_of_minus_one_do_not_count():
    for model in (word_model(), adaptive_model()):
        x, y = random_ids(T * B, 5).reshape(T, B), random_ids(T * B, 5, 1).reshape(T, B)
        whole = model.token_losses(x, y, model.zero_states(B))[0].copy()
        y[2, 1] = y[4, 0] = -1
        losses, _ = model.token_losses(x, y, model.zero_states(B))
        whole[2, 1] = whole[4, 0] = 0
        assert_close(losses, whole)


def mean_loss_and_gradients(model, x, y, states, backend=None):
    variables = [pt.imatrix("x"), pt.imatrix("y")]
    first = [pt.matrix(f"state{k}", dtype="float64") for k in range(model.state_count)]
    rows = [pt.ivector(f"rows{k}") for k in range(model.config.output_layer.row_lists)]
    found = model.graph.gradients(*variables, first, rows)
    compiled = compile_function(
        [*variables, *rows, *first],
        [found.loss, found.count, *found.gradients.values()],
        model.backend,
    )
    lists = [value[0] for value in model.config.output_layer.rows_of(y.reshape(1, -1))]
    loss, count, *gradients = compiled(x, y, *lists, *states)
    return loss, count, dict(zip(found.gradients, map(np.asarray, gradients), strict=True))


@pytest.mark.parametrize(
    "build",
    [
        *(lambda s=s: character_model(**s) for s in SETTINGS),
        lambda: adaptive_model(hidden_dim=4, embedding_dim=3),
    ],
    ids=[*map(str, SETTINGS), "adaptive"],
)
def test_gradients_are_those_of_finite_differences(build):
    model = build()
    size = model.config.vocabulary_size
    x, y = random_ids(T * B, size).reshape(T, B), random_ids(T * B, size, 1).reshape(T, B)
    y[1, 2] = -1
    states = [np.random.RandomState(3).standard_normal(s.shape) for s in model.zero_states(B)]
    loss, count, gradients = mean_loss_and_gradients(model, x, y, states)
    assert count == T * B - 1

    def mean_loss():
        return model.token_losses(x, y, states)[0].sum() / count

    assert_close(loss, mean_loss())
    for name, parameter in model.parameters.items():
        value = parameter.get_value()
        places = np.random.RandomState(4).permutation(value.size)[:12]

        def at(places_values, name=name, value=value, places=places):
            changed = value.copy()
            changed.flat[places] = places_values
            model.parameters[name].set_value(changed)
            result = mean_loss()
            model.parameters[name].set_value(value)
            return result

        expected = central_differences(at, value.flat[places].copy(), 1e-5)
        scale = max(np.abs(gradients[name]).max(), 1e-3)
        assert np.abs(gradients[name].flat[places] - expected).max() < 1e-7 * scale + 1e-9


def test_projecting_the_table_is_the_same_as_projecting_the_batch(monkeypatch):
    x, y = random_ids(T * B).reshape(T, B), random_ids(T * B, seed=1).reshape(T, B)
    found = []
    for largest in (512, 0):
        monkeypatch.setattr("rnn_graph.nn.recurrent.LARGEST_PROJECTED_TABLE", largest)
        model = character_model(cell="elman")
        found.append(mean_loss_and_gradients(model, x, y, model.zero_states(B)))
    (loss, _, gradients), (other_loss, _, other_gradients) = found
    assert_close(loss, other_loss)
    for name in gradients:
        assert_close(gradients[name], other_gradients[name])


@each_backend()
def test_backends_agree(backend):
    x, y = random_ids(T * B).reshape(T, B), random_ids(T * B, seed=1).reshape(T, B)
    model = character_model(backend=backend, cell="elman")
    assert_close(model.token_losses(x, y, model.zero_states(B))[0], losses_of_loop(model, x, y))
    loss, _, gradients = mean_loss_and_gradients(model, x, y, model.zero_states(B))
    other = character_model(backend="jax", cell="elman")
    expected, _, others = mean_loss_and_gradients(other, x, y, other.zero_states(B))
    assert_close(loss, expected)
    for name in gradients:
        assert_close(gradients[name], others[name])


@pytest.mark.parametrize(
    "build",
    [
        character_model,
        lambda: word_model(layers=2, tie_weights=True, embedding_dim=5),
        adaptive_model,
    ],
)
def test_a_file_holds_the_whole_model(build, tmp_path):
    model = build()
    save_model(tmp_path / "m.npz", model)
    loaded = load_model(tmp_path / "m.npz")
    assert loaded.config == model.config
    assert loaded.vocabulary == model.vocabulary
    for name, value in model.get_parameters().items():
        np.testing.assert_array_equal(loaded.get_parameters()[name], value)
    assert isinstance(LanguageModel.load(tmp_path / "m.npz"), LanguageModel)


def test_text_is_generated_after_a_prompt():
    model = character_model(dtype="float32")
    texts = list(generate_texts(model, 2, prompt="abc", max_length=20, rng=0))
    assert all(text.startswith("abc") and len(text) == 20 for text in texts)
    assert texts == list(generate_texts(model, 2, prompt="abc", max_length=20, rng=0))


def test_sentences_are_generated_from_the_models_probabilities():
    model = word_model()
    parameters = model.get_parameters()
    parameters["b"][:] = [0, 50, 0, 0, 0, 0]  # "cat", always
    model.set_parameters(parameters)
    assert generate_sentence(model, max_length=4, min_length=1, rng=0) == ["cat"] * 4


def test_a_text_begins_after_a_sentences_start_or_a_lines_end():
    assert word_model().start_id == START
    assert character_model().start_id == CHARACTERS["\n"]
    model = character_model()
    states = model.zero_states(1)
    first, _ = model.next_logits(np.array([-1]), states)
    after_newline, _ = model.next_logits(np.array([0]), states)
    np.testing.assert_array_equal(first, after_newline)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cell": "rnn"}, "unknown cell 'rnn'"),
        ({"hidden_dim": 0}, "hidden_dim is 0"),
        ({"layers": 0}, "layers is 0"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"embedding_dropout": -0.1}, "embedding_dropout is -0.1"),
        ({"tie_weights": True}, "as many embedding dimensions"),
        ({"output": "sampled"}, "unknown output 'sampled'"),
        ({"output": "adaptive"}, "this one has 6 tokens"),
        ({"context": "word"}, "unknown context 'word'"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        word_model(**settings)


def test_words_want_the_markers():
    with pytest.raises(InputError, match="SENTENCE_START"):
        LanguageModel(Vocabulary(["a", "b", UNKNOWN_TOKEN]))


def test_another_kind_of_file_is_refused(tmp_path):
    from rnn_graph import RNNTheano

    save_model(tmp_path / "m.npz", RNNTheano(len(WORDS), 3, vocabulary=WORDS, rng=0))
    with pytest.raises(InputError, match="holds a RNNTheano, no LanguageModel"):
        LanguageModel.load(tmp_path / "m.npz")


def test_pytensor_takes_the_graphs_expressions():
    """Expressions of one's own: the hidden states' mean, differentiated by PyTensor."""
    model = character_model(cell="elman")
    x = pt.tensor("x", dtype="int32", shape=(4, 2))  # of free shape JAX warns of lost assertions
    states = [pt.zeros((2, 5), dtype="float64")]
    losses, _ = model.graph.losses(x, x, states, [])
    gradient = pytensor.grad(losses.mean(), model.parameters["layer0_Wh"].variable)
    compiled = compile_function([x], [gradient], model.backend)
    (found,) = compiled(random_ids(8).reshape(4, 2))
    assert np.asarray(found).shape == (5, 5)
