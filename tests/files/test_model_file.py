import io
import json
import os
import zipfile

import numpy as np
import pytest

from rnn_graph import (
    RNNSLU,
    LanguageModel,
    RNNNumpy,
    RNNTheano,
    SequenceTagger,
    Vocabulary,
    generate_sentence,
    load_model,
    load_model_parameters_theano,
    save_model,
    save_model_parameters_theano,
)
from rnn_graph.data.splitting import Splitting
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.text_files import read_documents
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, UNKNOWN_TOKEN
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import read_model_file
from rnn_graph.models.sequence_tagger import SequenceTaggerConfig

WORDS = [SENTENCE_START, SENTENCE_END, "naïve", "日本", "\ud800", UNKNOWN_TOKEN]
VOCABULARY = Vocabulary(WORDS)


@pytest.fixture
def model():
    return RNNTheano(6, 4, None, rng=1, backend="jax", vocabulary=VOCABULARY)


def test_a_loaded_model_is_the_saved_one(tmp_path, model):
    path = tmp_path / "model.npz"
    save_model(path, model, training={"data": "x", "history": [[0, 1.5]]})
    loaded = load_model(path, backend="jax")
    assert loaded.config == model.config
    assert loaded.vocabulary == VOCABULARY
    for name, value in model.get_parameters().items():
        np.testing.assert_array_equal(loaded.get_parameters()[name], value)
    assert generate_sentence(loaded, rng=3, min_length=1) == generate_sentence(
        model, rng=3, min_length=1
    )
    assert read_model_file(path).configuration["training"]["history"] == [[0, 1.5]]
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


SPLITTING = Splitting(pre_split=True, tokenizer="whitespace", lowercase=False)


def split_models():
    """One model of each kind with words, whose text was split in a way of its own."""
    words = Vocabulary(WORDS, SPLITTING)
    tags = TagVocabulary(Vocabulary(["a", UNKNOWN_TOKEN]), ("O",), splitting=SPLITTING)
    config = SequenceTaggerConfig(hidden_dim=2, embedding_dim=2)
    return [
        RNNNumpy(6, 4, vocabulary=words),
        LanguageModel(words, hidden_dim=2),
        SequenceTagger(tags, config),
        RNNSLU(2, 1, 2, 2, 1, vocabulary=tags),
    ]


def test_how_text_was_split_is_saved_with_the_words(tmp_path):
    path = tmp_path / "m.npz"
    for model in split_models():
        save_model(path, model)
        assert load_model(path).vocabulary.splitting == SPLITTING


def test_files_that_do_not_say_how_text_was_split_load_as_before(tmp_path, model):
    path = tmp_path / "m.npz"
    save_model(path, model)
    with np.load(path) as arrays:
        assert "splitting" not in json.loads(arrays["configuration"].tobytes())
    assert load_model(path).vocabulary.splitting is None


def test_a_damaged_splitting_is_refused(tmp_path, model):
    path = tmp_path / "m.npz"
    save_model(path, model)
    with np.load(path) as archive:
        arrays = dict(archive)
    configuration = json.loads(arrays["configuration"].tobytes()) | {"splitting": "nltk"}
    arrays["configuration"] = np.frombuffer(json.dumps(configuration).encode(), dtype=np.uint8)
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=r"splitting is 'nltk'; expected pre_split, .*damaged"):
        load_model(path)


def test_a_model_can_come_back_on_another_backend_and_in_another_precision(tmp_path, model):
    path = tmp_path / "model.npz"
    save_model(path, model)
    assert isinstance(load_model(path, backend="numpy"), RNNNumpy)
    assert load_model(path, dtype="float64", backend="jax").config.dtype == "float64"


def test_the_tutorials_file_has_u_v_w_and_nothing_else(tmp_path, model):
    path = tmp_path / "model.npz"
    save_model_parameters_theano(path, model)
    with np.load(path) as arrays:
        assert {name: arrays[name].shape for name in arrays} == {
            "U": (4, 6),
            "V": (6, 4),
            "W": (4, 4),
        }
    other = RNNNumpy(6, 4, rng=9)
    load_model_parameters_theano(path, other)
    np.testing.assert_array_equal(other.U, model.U.get_value())
    built = load_model(path, backend="jax")
    assert (built.bptt_truncate, built.vocabulary) == (4, None)
    with pytest.raises(InputError, match="6 words and 4 hidden units, this one has 6 and 5"):
        load_model_parameters_theano(path, RNNNumpy(6, 5))


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, model, monkeypatch):
    path = tmp_path / "model.npz"
    path.write_bytes(b"old")

    def fail(stream, **arrays):
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(InputError, match="No space left"):
        save_model(path, model)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


def write(path, **arrays):
    np.savez(path, **arrays)
    return path


def good(**changes):
    arrays = {"U": np.ones((4, 6)), "V": np.ones((6, 4)), "W": np.ones((4, 4))}
    return {name: value for name, value in (arrays | changes).items() if value is not None}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (good(W=None), "no array 'W'"),
        (good(V=np.ones((6, 5))), r"V has shape \(6, 5\), but its H is 4"),
        (good(U=np.ones(6)), r"U has shape \(6,\); expected \(H, V\)"),
        (good(U=np.ones((4, 0))), r"U has shape \(4, 0\)"),
        (good(U=np.full((4, 6), np.nan)), "U has values that are NaN"),
        (good(W=np.full((4, 4), np.inf)), "W has values that are NaN or infinite"),
        (good(configuration=np.frombuffer(b"{oops", dtype=np.uint8)), "configuration is damaged"),
    ],
)
def test_refuses_arrays_that_are_no_model(tmp_path, arrays, message):
    with pytest.raises(InputError, match=message):
        load_model(write(tmp_path / "model.npz", **arrays))


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_never_runs_what_a_pickle_says(tmp_path):
    trap = tmp_path / "trap"
    path = write(tmp_path / "model.npz", **good(U=np.array([Bomb(trap)], dtype=object)))
    with pytest.raises(InputError, match="U holds Python objects"):
        load_model(path)
    assert not trap.exists()


def npz_with_header(path, shape, data=b"\0" * 16):
    """A file whose U says that it has `shape`."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": shape}
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("U.npy", header.getvalue() + data)
    return path


def test_does_not_believe_a_header_that_claims_more_than_there_is(tmp_path):
    path = npz_with_header(tmp_path / "model.npz", (10**12, 10**6))
    with pytest.raises(InputError, match=r"claims shape .* and has 16; the file is damaged"):
        load_model(path)


def test_does_not_unpack_what_was_made_to_fill_a_memory(tmp_path):
    path = tmp_path / "model.npz"
    np.savez_compressed(path, **good(U=np.zeros((4, 2_500_000))))
    with pytest.raises(InputError, match="would expand"):
        load_model(path)


def test_refuses_what_is_no_whole_npz_file(tmp_path):
    whole = write(tmp_path / "whole.npz", **good()).read_bytes()
    path = tmp_path / "model.npz"
    for content in (b"not\0a zip", whole[: len(whole) // 2], whole[:-30]):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"no whole \.npz file"):
            load_model(path)
    with pytest.raises(InputError, match="cannot read"):
        load_model(tmp_path / "missing.npz")
    path.write_bytes(whole.replace(b"\x93NUMPY", b"\x93NUMPX"))
    with pytest.raises(InputError):
        load_model(path)


def test_a_vocabulary_of_another_size_is_refused(tmp_path):
    path = write(tmp_path / "model.npz", **good())
    with pytest.raises(InputError, match=r"vocabulary has 2 words and the model 6"):
        load_model(path, vocabulary=Vocabulary(["a", UNKNOWN_TOKEN]))


def test_the_published_model(real_data, tmp_path):
    x = [0, 51, 27, 16, 10, 856, 53, 25, 34, 69]
    y = [51, 27, 16, 10, 856, 53, 25, 34, 69, 1]
    model = load_model(real_data("wildml/trained-model-theano.npz"), backend="jax")
    assert (model.word_dim, model.hidden_dim, model.config.dtype) == (8000, 50, "float32")
    assert model.calculate_loss([x], [y]) == pytest.approx(5.282925, abs=1e-5)
    first_words = model.forward_propagation([0])[0]
    assert first_words.argsort()[::-1][:2].tolist() == [100, 7999]
    assert first_words[[100, 7999]] == pytest.approx([0.1383, 0.1270], abs=5e-5)
    again = tmp_path / "again.npz"
    save_model_parameters_theano(again, model)
    assert load_model(again, backend="numpy").calculate_loss([x], [y]) == pytest.approx(
        5.282925, abs=1e-5
    )
    words = Vocabulary([SENTENCE_START, SENTENCE_END, *map(str, range(7997)), UNKNOWN_TOKEN])
    assert len(generate_sentence(model, words, rng=0)) >= 7


def test_the_configuration_is_json_that_others_can_read(tmp_path, model):
    path = tmp_path / "model.npz"
    save_model(path, model)
    with np.load(path) as arrays:
        assert json.loads(arrays["configuration"].tobytes())["word_dim"] == 6
        assert json.loads(arrays["vocabulary"].tobytes()) == WORDS


@pytest.mark.parametrize(
    "shape",
    [
        *("(0, 2**70)", "(True,)", f"({2**63 - 1}, {2**63 - 1}, 0)", f"({'-' * 5000}1,)"),
        *("(1e3,)", "('a',)", "(None,)", "(-1,)", f"({2**70}, 0)", f"{'(' * 300}{')' * 300}"),
        *("(2,) * 99", "[2]", "2", "", "(2,", "__import__('os')"),
    ],
)
def test_shapes_that_are_none(tmp_path, shape):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    member = b"\x93NUMPY\x01\0" + len(header).to_bytes(2, "little") + header
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("U.npy", member)
    with pytest.raises(InputError):
        read_model_file(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_damaged_members_of_each_compression(tmp_path, method):
    path = tmp_path / "model.npz"
    array = io.BytesIO()
    np.save(array, np.random.default_rng(0).standard_normal((50, 50)))
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("U.npy", array.getvalue())
    whole = path.read_bytes()
    assert list(read_model_file(path).arrays) == ["U"]
    for place in range(40, len(whole) - 100, 997):
        path.write_bytes(whole[:place] + bytes(9) + whole[place + 9 :])
        with pytest.raises(InputError):
            read_model_file(path)


def test_members_that_fill_a_memory_together(tmp_path):
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for k in range(20):
            archive.writestr(f"a{k}.npy", bytes(2**22))
    with pytest.raises(InputError, match=r"would expand from .* bytes to 83,886,080"):
        read_model_file(path)
    with zipfile.ZipFile(path, "w") as archive:
        for k in range(10_001):
            archive.writestr(f"{k}.npy", b"")
    with pytest.raises(InputError, match="has 10,001 arrays"):
        read_model_file(path)


@pytest.mark.parametrize("text", [b"[" * 10**6, b"[[]" + b",[]" * 2**19 + b"]", b'"a' * 2**25])
def test_json_that_fills_a_memory(tmp_path, text):
    path = tmp_path / "model.npz"
    np.savez(path, U=np.zeros(3), configuration=np.frombuffer(text, dtype=np.uint8))
    with pytest.raises(InputError, match="configuration is damaged"):
        read_model_file(path)


def test_pipes_and_devices_are_no_models(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, kind in ((pipe, "a named pipe"), ("/dev/zero", "a device")):
        with pytest.raises(InputError, match=f"is {kind} and no file"):
            load_model(path)
        with pytest.raises(InputError, match=f"is {kind} and no file"):
            list(read_documents(path))


def test_a_zip_archive_of_a_version_to_come_is_no_model(tmp_path):
    path = write(tmp_path / "model.npz", **good())
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 6] = 139
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"no whole \.npz file"):
        read_model_file(path)
    text = tmp_path / "words.zip"
    text.write_bytes(data)
    with pytest.raises(InputError, match="is a damaged zip file"):
        list(read_documents(text))
