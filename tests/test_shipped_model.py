"""The model that comes along, and what its card says of it."""

import re
from pathlib import Path

import pytest

from rnn_graph import load_model
from rnn_graph.predict.generation import generate_texts
from rnn_graph.predict.scoring import score_text

DATA = Path(__file__).parent.parent / "data"
MODEL = DATA / "shakespeare-char-lstm.npz"


def said(pattern):
    return re.search(pattern, (DATA / "README.md").read_text())[1]


def test_it_is_small_and_speaks_in_verse():
    assert MODEL.stat().st_size <= 8_000_000
    model = load_model(MODEL)
    (text,) = generate_texts(model, 1, prompt="ROMEO:", max_length=300, rng=0)
    assert text.startswith("ROMEO:")
    words = re.findall(r"[A-Za-z]+", text)
    assert {"the", "and", "to", "of", "I", "my", "you", "that"} & set(words)
    assert 3 < len(text) / text.count(" ") < 9


def test_its_held_out_loss_is_that_of_its_card(real_data):
    text = real_data("tinyshakespeare/input.txt").read_text()
    model = load_model(MODEL)
    ids = model.vocabulary.encode(text)
    held_out = ids[len(ids) - round(0.1 * len(ids)) :]
    assert score_text(model, held_out).loss == pytest.approx(
        float(said(r"\*\*([\d.]+) nats a character\*\*")), abs=5e-4
    )
