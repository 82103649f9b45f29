"""Taggers on the command line: what they do, and what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest

from cli_checks import assert_done, assert_refused, one_json
from rnn_graph import RNNSLU, load_model, read_tagged_sentences, save_model
from rnn_graph.train import search
from rnn_graph.tutorials.slot_graph import SlotWeights

QUICK = ("--epochs", 1, "--hidden-dim", 8, "--embedding-dim", 8, "--backend", "jax")
BASELINE = "conll/atis.fold3.test.unigram-baseline.txt"


@pytest.fixture
def train_tagger(cli, queries, tmp_path):
    """A function that trains on the queries; the result and the model's path."""

    def run(*options, data=queries / "train.conll", valid=queries / "valid.conll"):
        out = tmp_path / "out.npz"
        validation = ("--valid", valid) if valid else ()
        return cli("train", "tagger", "--data", data, *validation, "--out", out, *options), out

    return run


def test_without_validation_data_a_tenth_is_kept_and_words_keep_their_case_if_asked_to(
    train_tagger, write
):
    data = write("data.conll", "Boston B-city\n\nboston B-city\n\nto O\n\n" * 10)
    result, out = train_tagger(*QUICK, "--recipe", "sentence", "--keep-case", data=data, valid=None)
    assert_done(result, "27 sentences to train on, 3 to validate")
    assert {"Boston", "boston"} < set(load_model(out).vocabulary.words.tokens)


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


PREDICTIONS = "a B-x B-x\nb B-y O\n\nc B-y B-y\nd B-y O\ne B-z I-w\n"


@pytest.mark.parametrize(
    ("sort", "types"), [("name", "w x y z"), ("support", "y x z w"), ("f1", "w z y x")]
)
def test_types_are_shown_with_their_support_in_the_order_asked_for(cli, write, sort, types):
    path = write("predictions.txt", PREDICTIONS)
    result = cli("evaluate", "--predictions", path, "--sort", sort)
    assert_done(result)
    header, overall, macro, *rows = result.out.splitlines()[1:8]
    assert header.split() == ["precision", "recall", "F1", "support", "found"]
    assert overall.split() == ["all", "66.67", "40.00", "50.00", "5", "3"]
    assert macro.split() == ["macro", "50.00", "33.33", "37.50"]
    assert [row.split()[0] for row in rows] == types.split()
    assert ["y", "100.00", "33.33", "50.00", "3", "1"] in [row.split() for row in rows]
    assert result.out.splitlines()[-2:] == ["      2  B-y → O", "      1  B-z → I-w"]


def test_json_has_each_types_and_labels_scores_beside_the_overall_ones(cli, write):
    path = write("predictions.txt", PREDICTIONS)
    score = one_json(cli("evaluate", "--predictions", path, "--json").out)
    assert (score["phrases"], score["found"], score["correct"]) == (5, 3, 2)
    assert score["by_type"]["y"]["support"] == score["by_label"]["B-y"]["support"] == 3
    assert score["by_label"]["O"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    assert score["macro"]["f1"] == pytest.approx(37.5)
    assert score["confusions"][0] == {"truth": "B-y", "guess": "O", "words": 2}


def test_a_crf_says_which_scheme_it_holds_labels_to(train_tagger, cli, write):
    small = ("--epochs", 1, "--hidden-dim", 2, "--char-features", 0, "--backend", "jax")
    data = write("bio.conll", "a B-x\nb I-x\nc O\n\n" * 4)
    result, out = train_tagger(*small, data=data, valid=None)
    assert_done(result, "labels keep to bio")
    assert load_model(out).config.label_scheme == "bio"
    assert_done(cli("tag", out, "a b"))
    data = write("mixed.conll", "a B-x\nb S-x\nc O\n\na S-x\nb O\n\n" * 4)
    result, out = train_tagger(*small, data=data, valid=None)
    assert_done(result, "labels keep to none of", "the CRF forbids no transition")
    assert load_model(out).config.label_scheme == "none"


def test_training_says_how_many_words_a_file_of_embeddings_has(train_tagger, cli, write):
    data = write("bio.conll", "a B-x\nb I-x\nc O\n\n" * 4)
    vectors = write("vectors.txt", "2 3\na 1 2 3\nz 1 2 3\n")
    small = ("--epochs", 1, "--hidden-dim", 2, "--backend", "jax", "--embeddings", vectors)
    result, out = train_tagger(*small, data=data, valid=None)
    assert_done(result, "embeddings of 1 of 4 words (25.0%)")
    assert load_model(out).config.embedding_dim == 3
    vectors.write_text("a 1 2 3\nb 1 2\n")
    result, _ = train_tagger(*small, data=data, valid=None)
    assert_refused(result, "vectors.txt, line 2", "2 numbers", "3 numbers")


def test_the_baseline_has_its_published_score(cli, real_data):
    result = cli("evaluate", "--predictions", real_data(BASELINE), "--json")
    score = one_json(result.out)
    assert [score[key] for key in ("phrases", "found", "correct")] == [2837, 2952, 1720]
    rounded = [round(score[key], 2) for key in ("precision", "recall", "f1", "accuracy")]
    assert rounded == [58.27, 60.63, 59.42, 86.92]


def test_a_search_tells_of_its_trials_and_trains_with_the_best(train_tagger, tmp_path, monkeypatch):
    result = SimpleNamespace(held_out={"f1": 50.0, "accuracy": 60.0, "phrases": 3})
    monkeypatch.setattr(search, "fit_tagger", lambda *_, **__: (None, result))
    result, out = train_tagger("--epochs", 1, "--search", 2, "--backend", "jax")
    assert_done(result, "trial 2 of 2", "validation score 50.00", "the best settings")
    assert load_model(out).window % 2
    assert (tmp_path / "out.search.jsonl").exists()


def test_unseen_labels_count_as_wrong_and_are_named(cli, tagger, write):
    data = write("data.conll", "boston B-hometown\n")
    result = cli("evaluate", tagger, "--data", data, "--json")
    assert_done(result, "1 words have labels that were not in training", "B-hometown")
    score = one_json(result.out)
    assert (score["phrases"], score["correct"], score["accuracy"]) == (1, 0, 0)


def test_unseen_words_and_a_window_wider_than_the_sentence_are_fine(train_tagger, cli):
    result, out = train_tagger(*QUICK, "--recipe", "sentence", "--window", 15)
    assert_done(result)
    assert_done(cli("tag", out, "zyzzyva"))


def test_an_inside_label_without_a_beginning_is_fine(cli, tagger, write):
    data = write("data.conll", "new I-city\nyork I-city\n\nto O\n")
    score = one_json(cli("evaluate", tagger, "--data", data, "--json").out)
    assert score["phrases"] == 1


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


def test_sentences_in_another_encoding(cli, tagger):
    latin_1 = b"to orl\xe9ans"
    assert_refused(cli("tag", tagger, stdin=latin_1), "standard input, line 1", "--encoding")
    result = cli("tag", tagger, "--encoding", "latin-1", stdin=latin_1)
    assert "orléans " in result.out


def test_tag_prints_the_words_as_they_were_given(cli, tagger):
    result = cli("tag", tagger, "--pre-split", "to <unk> from UNK [UNK] boston")
    assert_done(result)
    words = [line.split(" ")[0] for line in result.out.splitlines() if line]
    assert words == ["to", "<unk>", "from", "UNK", "[UNK]", "boston"]


def test_options_that_mean_nothing_to_a_tagger_are_refused(cli, tagger, queries):
    for option in (("--pre-split",), ("--tokenizer", "nltk"), ("--unknown", "error")):
        result = cli("evaluate", tagger, "--data", queries / "valid.conll", *option)
        assert_refused(result, option[0], "leave it out")


def test_evaluate_reads_labels_in_the_scheme_of_the_model(cli, tagger, queries, write):
    path = queries / "valid.conll"
    rewritten = in_scheme_of(path, "iobes")
    figures = []
    for data in (path, write("iobes.conll", rewritten)):
        result = cli("evaluate", tagger, "--data", data, "--json")
        assert_done(result)
        figures.append(one_json(result.out)["f1"])
    assert figures[0] == figures[1]


def in_scheme_of(path, scheme) -> str:
    sentences = read_tagged_sentences(path, scheme=scheme)
    return "\n\n".join(
        "\n".join(f"{word} {label}" for word, label in zip(*sentence, strict=True))
        for sentence in sentences
    )


def test_words_with_labels_are_no_sentences_to_tag(cli, tagger, queries):
    result = cli("tag", tagger, stdin=(queries / "train.conll").read_bytes())
    assert_refused(result, "standard input has words with labels", "`rnn-graph evaluate`")


def test_a_file_without_parts_has_no_part(cli, tagger, queries):
    result = cli("evaluate", tagger, "--data", queries / "train.conll", "--part", "test")
    assert_refused(result, "train.conll has no parts, as an ATIS pickle has; leave out --part")
