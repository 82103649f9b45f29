"""`train_language_model` and `train_tagger`: three lines from data to text, labels and scores."""

import math

import numpy as np
import pytest

from rnn_graph import (
    RNNSLU,
    CharRNN,
    LanguageModel,
    RNNNumpy,
    RNNTheano,
    SequenceTagger,
    load_model,
    train_language_model,
    train_tagger,
)
from rnn_graph.datasets.flight_queries import sample_flight_queries
from rnn_graph.errors import InputError
from training_checks import assert_same_bits

SENTENCES = ["The cat sat.", "The dog sat on the cat.", "A dog ran."] * 4
TOKENS = [["the", "cat", "sat"], ["SENTENCE_START", "a", "dog", "ran", "SENTENCE_END"]] * 6
SMALL = {"hidden_dim": 4, "epochs": 2, "progress": False}
IN_NUMPY = {"recipe": "tutorial", "backend": "numpy", **SMALL}
BATCHES = {"batch_size": 4, "sequence_length": 6, "backend": "jax", **SMALL}


def written(tmp_path, text):
    path = tmp_path / "text.txt"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (lambda path: path, {"the", "cat", "sat", "dog", "ran", "on", "a", "."}),
        (str, {"the", "cat", "sat", "dog", "ran", "on", "a", "."}),
        (lambda path: SENTENCES, {"the", "cat", "sat", "dog", "ran", "on", "a", "."}),
        (lambda path: TOKENS, {"the", "cat", "sat", "a", "dog", "ran"}),
    ],
    ids=["path", "its name", "strings", "tokens"],
)
def test_a_model_of_words_from_data_in_any_form(tmp_path, form, words):
    data = form(written(tmp_path, " ".join(SENTENCES)))
    model = train_language_model(data, **IN_NUMPY)
    markers = {"SENTENCE_START", "SENTENCE_END", "UNKNOWN_TOKEN"}
    assert set(model.vocabulary.tokens) == words | markers
    assert isinstance(model, RNNNumpy)


def test_markers_are_added_where_they_are_missing():
    bare = [["a", "b"], ["b"]] * 3
    marked = [["SENTENCE_START", *words, "SENTENCE_END"] for words in bare]
    one, other = (train_language_model(data, **IN_NUMPY) for data in (bare, marked))
    assert_same_bits(one.get_parameters(), other.get_parameters())


def assert_usable(model, data, path):
    """It speaks and scores, has a history, and comes back from a file."""
    assert len(model.generate(2, max_length=12, rng=1)) == 2
    score = model.score(data)
    assert 0 < score.loss < 10
    assert score.perplexity == pytest.approx(math.exp(score.loss))
    assert [record["epoch"] for record in model.history] == [1, 2]
    assert all(record["loss"] > 0 for record in model.history)
    model.save(path)
    loaded = load_model(path, backend="jax")
    assert_same_bits(loaded.get_parameters(), model.get_parameters())
    assert loaded.vocabulary == model.vocabulary
    assert loaded.history == model.history
    return loaded


def test_words_by_minibatches(tmp_path):
    model = train_language_model(SENTENCES, held_out=0.2, **BATCHES)
    assert isinstance(model, LanguageModel)
    assert model.history[-1]["held_out"]["tokens"] > 0
    loaded = assert_usable(model, SENTENCES, tmp_path / "m.npz")
    assert loaded.score(SENTENCES) == model.score(SENTENCES)
    assert loaded.generate(3, min_length=0, rng=2) == model.generate(3, min_length=0, rng=2)


# 84 tokens with markers, of which the first one is not predicted.
@pytest.mark.parametrize(
    ("sampling", "texts"), [("sequential", 83 // 10), ("random", 83 // 10), ("sentences", 12)]
)
def test_a_short_text_has_smaller_minibatches_and_it_is_said(sampling, texts, capsys):
    sizes = {"batch_size": 32, "sequence_length": 10, "sampling": sampling}
    settings = SMALL | sizes | {"progress": True, "backend": "jax"}
    model = train_language_model(SENTENCES, **settings)
    said = f"batch size {texts}: the data do not fill one of 32"
    assert said in capsys.readouterr().err
    assert math.isfinite(model.history[-1]["loss"])


def test_the_recipe_penn_takes_a_sentence_a_line_as_it_is(tmp_path):
    lines = ["mr. <unk> does n't sell N shares", "he 's a <unk> of <unk> inc."] * 20
    path = written(tmp_path, "".join(f" {line} \n" for line in lines))
    sizes = {"hidden_dim": 4, "epochs": 1, "batch_size": 4}
    model = train_language_model(path, recipe="penn", progress=False, backend="jax", **sizes)
    words = {word.lower() for line in lines for word in line.split()} - {"<unk>"}
    markers = {"SENTENCE_START", "SENTENCE_END", "UNKNOWN_TOKEN"}
    assert set(model.vocabulary.tokens) == words | markers
    assert model.config.tie_weights
    score = model.score(path)  # split as for training, with nothing said again
    assert score.tokens == sum(len(line.split()) + 1 for line in lines)
    assert score.unknown_tokens == sum(line.count("<unk>") for line in lines)


@pytest.mark.parametrize(
    ("unit", "recipe", "kind"),
    [
        ("char", "modern", LanguageModel),
        ("line", "modern", LanguageModel),
        ("char", "tutorial", CharRNN),
    ],
)
def test_characters(tmp_path, unit, recipe, kind):
    settings = BATCHES if recipe == "modern" else {"backend": "jax", **SMALL}
    cell = "elman" if recipe == "modern" else "rnn"
    names = ["anna", "nan", "hannah", "ana"] * 5
    model = train_language_model(names, unit=unit, recipe=recipe, cell=cell, **settings)
    assert type(model) is kind
    assert model.vocabulary.unit == ("text" if (unit, recipe) == ("char", "modern") else "line")
    assert_usable(model, names, tmp_path / "m.npz")


def test_the_tutorial_of_words_on_a_backend(tmp_path):
    settings = {"recipe": "tutorial", "backend": "jax", "evaluate_every": 1} | SMALL
    model = train_language_model(SENTENCES, **settings)
    assert isinstance(model, RNNTheano)
    assert model.history[0]["epoch"] == 0  # "rise" looks at the model before training
    model.history = model.history[1:]
    assert_usable(model, SENTENCES, tmp_path / "m.npz")


def test_a_model_goes_on_from_another_one(tmp_path):
    first = train_language_model(SENTENCES, out=tmp_path / "first.npz", **IN_NUMPY)
    settings = {name: value for name, value in IN_NUMPY.items() if name != "hidden_dim"}
    again = train_language_model(
        ["The bird sat."] * 3, init_from=tmp_path / "first.npz", **settings | {"epochs": 1}
    )
    assert again.vocabulary == first.vocabulary
    start, end = first.get_parameters(), again.get_parameters()
    assert 0 < np.abs(start["W"] - end["W"]).max() < 0.1
    with pytest.raises(InputError, match="--hidden-dim is that of the model"):
        train_language_model(SENTENCES, init_from=tmp_path / "first.npz", **IN_NUMPY)


# Of lengths that fall into one bucket, so that JAX compiles once.
QUERIES = [q for q in sample_flight_queries(400, rng=0) if 6 <= len(q.words) <= 10][:120]


def test_a_modern_tagger_learns_to_tag_queries_that_it_has_not_seen(tmp_path):
    pairs = [list(zip(q.words, q.labels, strict=True)) for q in QUERIES]
    small = {"hidden_dim": 16, "embedding_dim": 12, "epochs": 20, "batch_size": 16, "dropout": 0.1}
    tagger = train_tagger(
        pairs[:90],
        valid=pairs[90:],
        learning_rate=0.02,
        averaging=0.9,
        progress=False,
        backend="jax",
        **small,
    )
    assert isinstance(tagger, SequenceTagger)
    best = max(tagger.history, key=lambda record: record["held_out"]["f1"])
    score = tagger.score(pairs[90:])
    assert score.overall.f1 == best["held_out"]["f1"] > 40
    assert tagger.history[-1]["loss"] < tagger.history[0]["loss"] / 2
    labels = tagger.tag([list(QUERIES[0].words), "flights to boston"])
    assert [len(row) for row in labels] == [len(QUERIES[0].words), 3]
    tagger.save(tmp_path / "t.npz")
    loaded = load_model(tmp_path / "t.npz", backend="jax")
    assert loaded.tag([list(QUERIES[0].words)]) == labels[:1]
    assert loaded.history == tagger.history


def test_a_published_tagger_from_a_file(tmp_path):
    path = tmp_path / "tags.conll"
    lines = ("".join(f"{w} {t}\n" for w, t in zip(q.words, q.labels, strict=True)) for q in QUERIES)
    path.write_text("\n".join(lines))
    tagger = train_tagger(
        path, recipe="sentence", hidden_dim=4, embedding_dim=3, window=3, epochs=1,
        held_out=0.2, progress=False, backend="jax",
    )  # fmt: skip
    assert isinstance(tagger, RNNSLU)
    assert tagger.score(path).words == sum(len(q.words) for q in QUERIES)
    assert tagger.history[-1]["held_out"]["words"] < tagger.score(path).words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"unit": "syllable"}, "unknown unit 'syllable'; give one of word, char, line, text"),
        ({"recipe": "classic"}, "unknown recipe 'classic'; give one of modern, penn, tutorial"),
        ({"held_out": 1.0}, "held_out is 1.0"),
        ({"held_out": 0.2, "valid": SENTENCES}, "leave one out"),
        ({"epochs": 1, "iterations": 5}, "both say when to end"),
        ({"batch_size": 4}, "recipe 'tutorial' has no .*batch.size.*give --recipe modern"),
        ({"seed": -1}, "the seed is -1"),
        ({"seed": "x"}, "the seed is 'x'; give a whole number"),
        ({"epochs": 0}, "epochs is 0"),
        ({"hidden_dim": 0}, "hidden_dim is 0"),
        ({"data": []}, "."),
        ({"data": 3}, "."),
        ({"data": [1, 2]}, "."),
        ({"data": [["a", 1]]}, "."),
        ({"data": "no/such/file"}, "cannot read no/such/file"),
        ({"epochs": "many"}, "."),
        ({"learning_rate": "fast"}, "."),
        ({"hidden_dim": 2.5}, "."),
    ],
)
def test_what_cannot_be_trained_on_is_an_input_error(arguments, message):
    with pytest.raises(InputError, match=message):
        train_language_model(**{"data": SENTENCES, **IN_NUMPY, **arguments})


@pytest.mark.parametrize(
    "data",
    [
        [],
        5,
        ["a b"],
        [["a", "b"], ["c"]],
        [[("a", "O", "x")], [("b", "O")]],
        [[("a", 1)], [("b", "O")]],
        [[("a", "O")]],
    ],
    ids=repr,
)
def test_what_no_tagger_can_be_trained_on_is_an_input_error(data):
    with pytest.raises(InputError):
        train_tagger(data, epochs=1, progress=False, backend="jax")


def test_seeds_of_another_type_are_input_errors():
    for build in (lambda: RNNNumpy(5, 3, rng="x"), lambda: RNNTheano(5, 3, rng=1.5)):
        with pytest.raises(InputError, match=r"the seed is .*; give a whole number from 0"):
            build()
