"""Models for other programs, and other programs' models, on the command line."""

import json
from pathlib import Path

import numpy as np
import pytest

from cli_checks import assert_done, assert_refused

SLOT_MODEL = Path(__file__).parent.parent / "files_of_0_1" / "slot-rnn.npz"


@pytest.fixture
def exported(cli, model, tmp_path):
    """A model's safetensors."""
    path = tmp_path / "model.safetensors"
    assert_done(cli("export", model, "--out", path))
    return path


def test_export_names_what_it_writes(cli, model, tmp_path):
    path = tmp_path / "weights"
    result = cli("export", model, "--to", "numpy", "--out", path)
    assert_done(result)
    with np.load(path) as arrays:
        for name in ("rnn.weight_ih_l0", "decoder.weight"):
            assert f"{name:24} {arrays[name].dtype} {arrays[name].shape}" in result.out
    assert result.out.splitlines()[-1].split() == ["written", str(path)]


def test_an_exported_model_is_read_again(cli, model, exported, text):
    figures = []
    for path in (model, exported):
        result = cli("evaluate", path, "--data", text, "--json")
        assert_done(result)
        figures.append(json.loads(result.out)["loss"])
    assert figures[0] == pytest.approx(figures[1], abs=1e-6)
    informed = cli("info", exported)
    assert_done(informed)
    assert "hidden_dim" in informed.out
    assert_done(cli("generate", exported, "-n", 1, "--min-length", 0))


def test_without_out_the_file_stands_beside_the_model(cli, model, tmp_path):
    copy = tmp_path / "copy.npz"
    copy.write_bytes(model.read_bytes())
    assert_done(cli("export", copy))
    assert_done(cli("export", copy, "--to", "numpy"))
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"copy.npz", "copy.safetensors", "copy.torch.npz"}
    assert copy.read_bytes() == model.read_bytes()


def test_out_may_not_be_the_model(cli, model):
    assert_refused(cli("export", model, "--out", model), "given twice")


def test_the_tutorials_gru(cli, tmp_path, write):
    words = ["SENTENCE_START", "SENTENCE_END", "a", "b", "UNKNOWN_TOKEN"]
    rng, size, units = np.random.RandomState(0), len(words), 3
    path = tmp_path / "gru.npz"
    np.savez(
        path,
        E=rng.standard_normal((units, size)),
        U=rng.standard_normal((6, units, units)),
        W=rng.standard_normal((6, units, units)),
        V=rng.standard_normal((size, units)),
        b=np.zeros((6, units)),
        c=np.zeros(size),
    )
    vocabulary, text = write("words.txt", "\n".join(words)), write("text.txt", "a b a\nb b a\n")
    informed = cli("info", path)
    assert_done(informed)
    assert "gru-tutorial" in informed.out
    assert "--vocabulary" in informed.out
    assert_refused(cli("generate", path), "--vocabulary")
    options = "--vocabulary", vocabulary
    generated = cli("generate", path, "-n", 3, "--min-length", 0, *options)
    assert_done(generated)
    assert len(generated.out.splitlines()) == 3
    evaluated = cli("evaluate", path, "--data", text, "--pre-split", "--json", *options)
    assert_done(evaluated)
    assert json.loads(evaluated.out)["tokens"] == 8


def test_info_of_arrays_that_are_no_model_names_them(cli, tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, Wxh=np.zeros((2, 2)), Whh=np.zeros((2, 2)), Why=np.zeros((2, 2)))
    result = cli("info", path)
    assert_done(result, "min-char-rnn")
    assert "Wxh" in result.out


def test_a_model_that_pytorch_lacks_leaves_nothing(cli, tmp_path):
    out = tmp_path / "out.safetensors"
    assert_refused(cli("export", SLOT_MODEL, "--out", out), "PyTorch has no layers", SLOT_MODEL)
    assert not out.exists()
