"""Files that version 0.1 wrote: they load, and give the figures that 0.1 gave."""

import json
from pathlib import Path

import numpy as np
import pytest

from rnn_graph import load_model
from rnn_graph.predict.tagging import tag_sentences
from tolerances import assert_close

FOLDER = Path(__file__).parent.parent / "files_of_0_1"
FIGURES = json.loads((FOLDER / "figures.json").read_text())


def losses_of(model, x, y):
    if x.ndim == 1:
        return model.word_losses(x, y)
    losses = getattr(model, "character_losses", None) or model.token_losses
    return losses(x, y, model.zero_states(x.shape[1]))[0]


@pytest.mark.parametrize("name", FIGURES)
def test_a_file_of_0_1_gives_the_same_figures(name):
    model, figures = load_model(FOLDER / f"{name}.npz", backend="jax"), FIGURES[name]
    assert type(model).__name__ == figures["class"]
    assert model.dtype == "float32"
    if "labels" in figures:
        found = tag_sentences(model, figures["sentences"])
        assert list(map(list, found)) == figures["labels"]
        return
    x, y = (np.array(figures[key], dtype=np.int32) for key in "xy")
    assert_close(losses_of(model, x, y), figures["losses"], "float32")


def test_each_kind_of_0_1_has_a_file():
    assert {path.stem for path in FOLDER.glob("*.npz")} == set(FIGURES)
    assert all(path.stat().st_size < 20_000 for path in FOLDER.glob("*.npz"))


def test_settings_that_0_1_did_not_have_are_those_that_it_meant():
    def loaded(name):
        return load_model(FOLDER / f"{name}.npz", backend="jax")

    assert loaded("word-rnn").history == [[0, 1.5]]
    assert loaded("word-rnn").config.bptt_truncate == 3
    assert loaded("char-rnn-lines").vocabulary.unit == "line"
    assert loaded("char-rnn-lines").vocabulary.has_seen("hannah")
    assert loaded("char-rnn-text").vocabulary.unit == "text"
    assert loaded("char-rnn-text").vocabulary.lowercase
    assert loaded("language-model-characters").vocabulary.unit == "text"
    assert loaded("language-model-words").vocabulary.splitting is None
    assert loaded("language-model-tied").config.context == "sentence"
    assert loaded("sequence-tagger").config.dropout == 0
