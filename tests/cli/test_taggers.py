"""Taggers on the command line: what they do, and what is refused."""

import numpy as np
import pytest

from cli_checks import assert_done, assert_refused, one_json
from rnn_graph import RNNSLU, load_model, save_model
from rnn_graph.tutorials.slot_graph import SlotWeights

QUICK = ("--epochs", 1, "--hidden-dim", 8, "--embedding-dim", 8)
BASELINE = "conll/atis.fold3.test.unigram-baseline.txt"


@pytest.fixture
def train_tagger(cli, queries, tmp_path):
    """A function that trains on the queries; the result and the model's path."""

    def run(*options, data=queries / "train.conll", valid=queries / "valid.conll"):
        out = tmp_path / "out.npz"
        validation = ("--valid", valid) if valid else ()
        return cli("train", "tagger", "--data", data, *validation, "--out", out, *options), out

    return run


def test_a_tagger_scores_as_it_did_when_it_was_trained(train_tagger, cli, queries):
    result, out = train_tagger(*QUICK, "--json")
    assert_done(result)
    trained = one_json(result.out)
    evaluated = one_json(cli("evaluate", out, "--data", queries / "valid.conll", "--json").out)
    assert {"precision", "recall", "f1", "accuracy", "phrases", "found", "correct"} < set(evaluated)
    assert evaluated["f1"] == trained["valid"]["f1"]
    assert evaluated["phrases"] > evaluated["correct"] >= 0


@pytest.mark.parametrize("recipe", ["word", "sentence", "modern"])
def test_a_recipe_repeats_itself_to_the_last_bit(train_tagger, recipe):
    options = ("--recipe", recipe, *QUICK, "--seed", 3)
    first, second = (dict(np.load(train_tagger(*options)[1])) for _ in range(2))
    assert first.keys() == second.keys()
    for name, array in first.items():
        assert array.tobytes() == second[name].tobytes(), name


def test_the_picture_of_scores_is_a_png(train_tagger, tmp_path):
    picture = tmp_path / "f1.png"
    assert_done(train_tagger(*QUICK, "--plot", picture)[0])
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_without_validation_data_a_tenth_is_kept(train_tagger):
    result, _ = train_tagger(*QUICK, valid=None)
    assert_done(result, "the last 6 sentences")


def test_info_counts_labels_and_shows_epochs(cli, tagger):
    result = cli("info", tagger)
    assert_done(result)
    assert "sequence-tagger" in result.out
    assert "validation F1" in result.out


def test_words_and_labels_in_columns(cli, tagger):
    result = cli("tag", tagger, "Show me flights to Boston", "what does q mean")
    assert_done(result)
    first, second, rest = result.out.split("\n\n")
    words = [line.split()[0] for line in first.splitlines()]
    assert words == ["Show", "me", "flights", "to", "Boston"]
    assert all(len(line.split()) == 2 for line in second.splitlines())
    assert rest == ""


def test_sentences_from_standard_input_as_json(cli, tagger):
    result = cli("tag", tagger, "--json", stdin=b"flights to boston\n\nfares please\n")
    assert_done(result, "left out the sentences without words, 1")
    words = [sentence["words"] for sentence in one_json(result.out)["sentences"]]
    assert words == [["flights", "to", "boston"], ["fares", "please"]]


def test_tagging_its_training_data_agrees_with_evaluate(cli, tagger, queries, write):
    lines = (queries / "train.conll").read_text().split("\n")
    words = [line.split()[0] if line else "" for line in lines]
    sentences = "\n".join(" ".join(s.split("\n")) for s in "\n".join(words).strip().split("\n\n"))
    tagged = cli("tag", tagger, "--pre-split", stdin=f"{sentences}\n".encode())
    guesses = [line.split()[-1] if line else "" for line in tagged.out.split("\n")]
    rows = [f"{line} {guess}".strip() for line, guess in zip(lines, guesses, strict=False)]
    path = write("predictions.txt", "\n".join(rows))
    scored = one_json(cli("evaluate", "--predictions", path, "--json").out)
    evaluated = one_json(cli("evaluate", tagger, "--data", queries / "train.conll", "--json").out)
    for key in ("f1", "accuracy", "phrases", "found", "correct", "words"):
        assert scored[key] == evaluated[key]


def test_the_baseline_has_its_published_score(cli, real_data):
    result = cli("evaluate", "--predictions", real_data(BASELINE), "--json")
    score = one_json(result.out)
    assert [score[key] for key in ("phrases", "found", "correct")] == [2837, 2952, 1720]
    rounded = [round(score[key], 2) for key in ("precision", "recall", "f1", "accuracy")]
    assert rounded == [58.27, 60.63, 59.42, 86.92]


def test_a_search_tells_of_its_trials_and_trains_with_the_best(train_tagger, tmp_path):
    result, out = train_tagger("--epochs", 1, "--search", 1)
    assert_done(result, "trial 1 of 1", "the best settings")
    assert load_model(out).window % 2
    assert (tmp_path / "out.search.jsonl").exists()


def test_unseen_labels_count_as_wrong_and_are_named(cli, tagger, write):
    data = write("data.conll", "boston B-hometown\n")
    result = cli("evaluate", tagger, "--data", data, "--json")
    assert_done(result, "1 words have labels that were not in training", "B-hometown")
    score = one_json(result.out)
    assert (score["phrases"], score["correct"], score["accuracy"]) == (1, 0, 0)


def test_unseen_words_and_a_window_wider_than_the_sentence_are_fine(train_tagger, cli):
    result, out = train_tagger(*QUICK, "--window", 15)
    assert_done(result)
    assert_done(cli("tag", out, "zyzzyva"))


def test_an_inside_label_without_a_beginning_is_fine(train_tagger, write):
    data = write("data.conll", "new I-city\nyork I-city\n\nto O\n")
    assert_done(train_tagger(*QUICK, data=data, valid=None)[0])


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--window", 4), ("window is 4", "odd")),
        (("--recipe", "word", "--window", 6), ("window is 6", "odd")),
        (("--recipe", "word", "--cell", "gru"), ("'word'", "cell", "modern")),
        (("--recipe", "word", "--search", 2), ("--search", "modern")),
        (("--dropout", 1), ("dropout is 1", "below 1")),
        (("--backend", "numpy"), ("numpy", "jax")),
    ],
)
def test_settings_that_are_refused(train_tagger, options, parts):
    result, out = train_tagger("--epochs", 1, *options)
    assert_refused(result, *parts)
    assert not out.exists()


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("boston B-city\ndenver\n", ("line 2", "one column")),
        ("", ("no sentence",)),
        ("boston B-city\n", ("at least 2", "--valid")),
        (b"\x80\x02cos\nsystem\nq\x00.", ("os.system",)),
        (b"\xff\xfe\xff", ("utf-8",)),
    ],
)
def test_data_that_is_refused(train_tagger, write, content, parts):
    data = write("data.conll", content)
    result, out = train_tagger(*QUICK, data=data, valid=None)
    assert_refused(result, *parts)
    assert not out.exists()


def test_ragged_pairs_are_refused(train_tagger, tmp_path):
    (tmp_path / "seq.in").write_text("to boston\n")
    (tmp_path / "seq.out").write_text("O\n")
    result, _ = train_tagger(*QUICK, data=tmp_path / "seq.in", valid=None)
    assert_refused(result, "line 1", "2", "1")


def test_models_of_the_other_kind_are_refused(cli, tagger, model, text):
    assert_refused(cli("generate", tagger), "tagger", "train word")
    assert_refused(cli("tag", model, "to boston"), "no tagger", "train tagger")
    assert_refused(cli("evaluate"), "--data", "--predictions")
    assert_refused(cli("evaluate", model, "--predictions", text), "--predictions", "alone")


def test_labels_and_arrays_of_different_numbers_are_refused(cli, tagger, tmp_path):
    parts = dict(np.load(tagger))
    parts["b"] = parts["b"][:-1]
    np.savez(tmp_path / "changed.npz", **parts)
    assert_refused(cli("tag", tmp_path / "changed.npz", "to boston"), "b has shape")


def test_the_old_folder_of_arrays_is_read_without_pickles(tmp_path, cli):
    model = RNNSLU(4, 3, 5, 2, 3, rng=0, dtype="float64")
    folder = tmp_path / "old"
    folder.mkdir()
    for name, value in model.get_parameters().items():
        np.save(folder / f"{name}.npy", value)
    loaded = load_model(folder)
    idxs = np.array([[-1, 0, 1], [0, 1, 4], [1, 4, -1]])
    assert np.array_equal(loaded.predict_proba(idxs), model.predict_proba(idxs))
    save_model(tmp_path / "new.npz", loaded)
    again = load_model(tmp_path / "new.npz")
    assert np.array_equal(again.predict_proba(idxs), model.predict_proba(idxs))
    assert_refused(cli("tag", folder, "to boston"), "no vocabulary to read text with")
    np.save(folder / "b.npy", np.array([print], dtype=object), allow_pickle=True)
    assert_refused(cli("tag", folder, "to boston"), "Python objects")
    (folder / "b.npy").unlink()
    assert_refused(cli("tag", folder, "to boston"), "b.npy")
    assert set(SlotWeights._fields) == set(loaded.get_parameters())
