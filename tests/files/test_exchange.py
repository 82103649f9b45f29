"""Models for other programs and back, and models of other programs."""

import gzip
import io
import json
import zipfile

import numpy as np
import pytest

from plain_cells import tutorial_gru
from rnn_graph import (
    RNNSLU,
    CharGRU,
    CharLSTM,
    CharRNN,
    CharVocabulary,
    LanguageModel,
    RNNTheano,
    SequenceTagger,
    Vocabulary,
    export_model,
    load_model,
)
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, UNKNOWN_TOKEN
from rnn_graph.errors import InputError
from rnn_graph.models.sequence_tagger import SequenceTaggerConfig

WORDS = Vocabulary([SENTENCE_START, SENTENCE_END, "a", "b", "c", UNKNOWN_TOKEN])
TAGS = TagVocabulary(Vocabulary(["a", "b", UNKNOWN_TOKEN]), ("O", "B-x", "I-x"))
LETTERS = CharVocabulary.of_lines(["abc", "cab"])


def language_model(**options):
    return LanguageModel(WORDS, hidden_dim=5, rng=1, backend="jax", **options)


def tagger(**options):
    config = SequenceTaggerConfig(hidden_dim=4, embedding_dim=3, **options)
    return SequenceTagger(TAGS, config, rng=1, backend="jax")


MODELS = {
    "lstm": lambda: language_model(),
    "gru of two layers": lambda: language_model(cell="gru", layers=2, embedding_dim=3),
    "elman, tied": lambda: language_model(cell="elman", tie_weights=True),
    "tagger": lambda: tagger(),
    "tagger, one direction": lambda: tagger(bidirectional=False, cell="lstm", window=1),
    "tagger with characters and CRF": lambda: tagger(char_features=4, output="crf"),
    "tutorial": lambda: RNNTheano(6, 4, None, rng=1, backend="jax", vocabulary=WORDS),
    "characters, rnn": lambda: CharRNN(4, 5, vocabulary=LETTERS, rng=1, backend="jax"),
    "characters, lstm": lambda: CharLSTM(4, 5, vocabulary=LETTERS, rng=1, backend="jax"),
    "characters, gru": lambda: CharGRU(4, 5, vocabulary=LETTERS, rng=1, backend="jax"),
}


@pytest.mark.parametrize("to", ["safetensors", "numpy"])
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_an_exported_model_comes_back(tmp_path, make, to):
    model, path = make(), tmp_path / "model.any"
    export_model(path, model, to)
    loaded = load_model(path, backend="jax")
    assert (type(loaded), loaded.config) == (type(model), model.config)
    assert loaded.vocabulary == model.vocabulary
    expected = model.get_parameters()
    assert list(loaded.get_parameters()) == list(expected)
    for name, value in loaded.get_parameters().items():
        np.testing.assert_allclose(value, expected[name], atol=1e-7, err_msg=name)


@pytest.mark.parametrize("to", ["safetensors", "torch"])
@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 2])
def test_a_pytorch_program_predicts_the_same(tmp_path, cell, layers, to):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            kind = {"elman": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell]
            self.encoder = torch.nn.Embedding(len(WORDS), 3)
            self.rnn = kind(3, 5, layers)
            self.decoder = torch.nn.Linear(5, len(WORDS))

        def forward(self, ids):
            return self.decoder(self.rnn(self.encoder(ids))[0])

    model = language_model(cell=cell, layers=layers, embedding_dim=3)
    path = tmp_path / "model.any"
    export_model(path, model, to)
    network = Network()
    weights = load_file(path) if to == "safetensors" else torch.load(path, weights_only=True)
    network.load_state_dict(weights)
    x, y = np.array([[0, 2, 3, 4]]).T, np.array([[2, 3, 4, 1]]).T
    with torch.no_grad():
        scores = network(torch.from_numpy(x))
        expected = torch.nn.functional.cross_entropy(
            scores.flatten(0, 1), torch.from_numpy(y).flatten(), reduction="none"
        )
    losses, _ = model.token_losses(x, y, model.zero_states(1))
    np.testing.assert_allclose(losses[:, 0], expected.numpy(), atol=1e-6)

    # And what PyTorch has trained on, both biases included, comes back.
    from safetensors.torch import save_file

    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        scores = network(torch.from_numpy(x)).log_softmax(-1)
    save_file(network.state_dict(), tmp_path / "trained.safetensors")
    trained = load_model(tmp_path / "trained.safetensors", backend="jax", vocabulary=WORDS)
    assert trained.config.recurrent_bias == (cell == "gru")
    losses, _ = trained.token_losses(x, y, trained.zero_states(1))
    expected = -np.take_along_axis(scores.numpy(), y[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(losses, expected, atol=1e-6)


def tutorial_arrays(V=9, H=4):
    """The arrays of the tutorial's fourth part."""
    rng = np.random.RandomState(2)
    shapes = {"E": (H, V), "U": (6, H, H), "W": (6, H, H), "V": (V, H), "b": (6, H), "c": (V,)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def tutorial_losses(arrays, x, y):
    """−ln p of each word by a loop over words, after the equations of that part."""
    E, U, W, V, b, c = (arrays[name] for name in "EUWVbc")
    first = second = np.zeros(len(E))
    losses = []
    for word, following in zip(x, y, strict=True):
        value, states = E[:, word], []
        for layer, state in ((0, first), (1, second)):
            z, r, n = range(3 * layer, 3 * layer + 3)
            projected = np.concatenate([U[k] @ value + b[k] for k in (r, z, n)])
            weights = np.hstack([W[k].T for k in (r, z, n)])
            (value,) = tutorial_gru(projected, weights, state)
            states.append(value)
        first, second = states
        scores = V @ second + c
        losses.append(
            np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[following]
        )
    return losses


def test_the_gru_of_the_tutorials_fourth_part(tmp_path):
    path, arrays = tmp_path / "gru.npz", tutorial_arrays()
    np.savez(path, **arrays)
    model = load_model(path, backend="jax")
    assert isinstance(model, LanguageModel)
    assert (model.config.cell, model.config.layers, model.config.hidden_dim) == (
        "gru-tutorial",
        2,
        4,
    )
    x, y = [0, 3, 8, 2, 5], [3, 8, 2, 5, 1]
    losses, _ = model.token_losses(np.array([x]).T, np.array([y]).T, model.zero_states(1))
    np.testing.assert_allclose(losses[:, 0], tutorial_losses(arrays, x, y), atol=1e-12)
    # Its own file comes back, too.
    model.save(tmp_path / "own.npz")
    again = load_model(tmp_path / "own.npz", backend="jax")
    np.testing.assert_array_equal(again.get_parameters()["W"], arrays["V"].T)


def test_the_tutorials_gru_with_its_words(tmp_path):
    np.savez(tmp_path / "gru.npz", **tutorial_arrays(V=len(WORDS)))
    model = load_model(tmp_path / "gru.npz", backend="jax", vocabulary=WORDS)
    assert len(model.generate(3, rng=1, min_length=0)) == 3
    np.savez(tmp_path / "other.npz", **tutorial_arrays())
    with pytest.raises(InputError, match="6 words and the model 9"):
        load_model(tmp_path / "other.npz", vocabulary=WORDS)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: RNNSLU(4, 3, 2, 3, 3, rng=1, backend="jax"), "RNNSLU"),
        (lambda: language_model(cell="gru-tutorial"), "ResetBeforeGRU"),
        (lambda: LanguageModel(WORDS, output="adaptive", hidden_dim=5, backend="jax"), "adaptive"),
    ],
    ids=["sigmoid", "reset before", "adaptive"],
)
def test_what_pytorch_lacks_is_refused_and_nothing_written(tmp_path, make, said):
    with pytest.raises(InputError, match=said):
        export_model(tmp_path / "model.safetensors", make())
    assert not list(tmp_path.iterdir())


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def archive(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        for name in names:
            opened.writestr(name, b"\x80\x04N.")
    return stream.getvalue()


def tensors(arrays, metadata=None):
    from safetensors.numpy import save

    return save({n: np.zeros(shape, "float32") for n, shape in arrays.items()}, metadata)


LAYER = {
    "weight_ih_l0": (20, 3),
    "weight_hh_l0": (20, 5),
    "bias_ih_l0": (20,),
    "bias_hh_l0": (20,),
}
ONE = np.zeros((2, 2))
FOREIGN = {
    "Keras": (b"\x89HDF\r\n\x1a\n" + bytes(64), "HDF5"),
    "Keras 3": (archive("metadata.json", "config.json", "model.weights.h5"), "Keras"),
    "PyTorch": (archive("model/data.pkl", "model/data/0"), "PyTorch"),
    "a pickle": (b"\x80\x04N.", "pickle"),
    "an array": (npy(ONE), "single NumPy array"),
    "gzip": (gzip.compress(b"a" * 99), "gzip"),
    "JSON": (b'{"model": "word-rnn"}', "JSON"),
    "text": (b"A sentence.\nAnother one.\n", "is text"),
    "text beyond ASCII": ("naïve 日本\n".encode() * 700, "is text"),
    "ONNX": (b"\x08\x07\x12\x07pytorch", "ONNX"),
    "nothing": (b"", "is empty"),
    "a spreadsheet": (archive("[Content_Types].xml"), "office document"),
    "min-char-rnn": (npz(Wxh=ONE, Whh=ONE, Why=ONE, bh=ONE, by=ONE), "min-char-rnn"),
    "the course": (npz(Wax=ONE, Waa=ONE, Wya=ONE, b=ONE, by=ONE), "course"),
    "other arrays": (npz(first=ONE, second=ONE), "first, second"),
    "fourth part, of other shapes": (npz(**dict.fromkeys("EUWVbc", ONE)), "expected"),
    "a layer alone": (tensors(LAYER), "from_torch"),
    "no layer": (tensors({"a": (2, 2)}), "the arrays a"),
    "two layers": (tensors({f"{p}.{n}": s for p in "ab" for n, s in LAYER.items()}), "several"),
    "other settings": (
        tensors(LAYER, {"configuration": json.dumps({"model": "transformer"})}),
        "transformer",
    ),
    "damaged tensors": (tensors(LAYER)[:-7], "safetensors"),
    "damaged settings": (tensors(LAYER, {"configuration": "{"}), "JSON"),
    "settings of a list": (tensors(LAYER, {"configuration": "[]"}), "JSON object"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_other_files_are_named_for_what_they_hold(tmp_path, name):
    content, said = FOREIGN[name]
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        load_model(path)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_values_that_are_not_finite(tmp_path):
    from safetensors.numpy import save_file

    arrays = {name: np.full(shape, np.nan, "float32") for name, shape in LAYER.items()}
    save_file(arrays, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match="NaN"):
        load_model(tmp_path / "model.safetensors")
