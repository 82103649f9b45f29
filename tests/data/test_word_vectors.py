import gzip

import numpy as np
import pytest

from rnn_graph import train_tagger
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.data.word_vectors import read_word_vectors
from rnn_graph.errors import InputError

SENTENCES = [TaggedSentence(("to", "Boston", "at", "7am"), ("O", "B-city", "O", "B-time"))] * 4
VOCABULARY = TagVocabulary.of(SENTENCES)
FILE = "boston 1 2.5 -3\nparis 4 5 6\nat 1e-1 0 0 \n"


@pytest.fixture
def write(tmp_path):
    def written(text, name="vectors.txt"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return written


def found(path, vocabulary=VOCABULARY):
    """The rows of a file by word."""
    vectors = read_word_vectors(path, vocabulary)
    assert all(row.shape == (vectors.dimension,) for row in vectors.rows.values())
    return {vocabulary.words.tokens[k]: row.tolist() for k, row in vectors.rows.items()}


@pytest.mark.parametrize("name", ["vectors.txt", "vectors.txt.gz"])
@pytest.mark.parametrize("header", ["", "3 3\n"])
def test_the_rows_of_known_words_are_kept(write, name, header):
    rows = found(write(header + FILE, name))
    assert rows == {"boston": [1, 2.5, -3], "at": [0.1, 0, 0]}
    assert list(map(type, rows["boston"])) == [float] * 3


def test_words_are_found_as_they_are_written_before_their_plain_form(write):
    path = write("Boston 1\nBOSTON 2\nboston 3\n9am 4\n")
    assert found(path) == {"boston": [3], "DIGITam": [4]}
    cased = TagVocabulary.of(SENTENCES, lowercase=False)
    assert found(path, cased) == {"Boston": [1], "DIGITam": [4]}


def test_the_coverage_is_told(write):
    path = write(FILE)
    assert read_word_vectors(path, VOCABULARY).description == (
        f"embeddings of 2 of 5 words (40.0%) from {path}, 3 numbers each; the others are drawn"
    )


def test_the_first_of_two_rows_of_a_word_counts_and_it_is_said(write):
    path = write("at 1 2\nto 3 4\nat 5 6\nparis 0 0\nparis 1 1\n")
    assert found(path) == {"at": [1, 2], "to": [3, 4]}
    said = read_word_vectors(path, VOCABULARY).description
    assert said.endswith("; 1 stand there again, and the first counts: at")


def test_words_with_blanks_in_them_as_published_files_have_are_passed_over(write):
    assert found(write("at 1 2\n. . . 3 4\nto 5 6\n")) == {"at": [1, 2], "to": [5, 6]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("at 1 2 3\nto 1 2\n", r"line 2 \('to 1 2' …\): 2 numbers; expected a word and 3 numbers"),
        ("at 1 2 3\nto 1 2 3 4\n", "line 2 .*: 4 numbers; expected a word and 3 numbers"),
        ("9 4\nat 1 2 3\n", "line 2 .*: 3 numbers; expected a word and 4 numbers"),
        ("at\n", "line 1 .*: 0 numbers; expected a word and its numbers"),
        ("at 1 nan 3\n", "line 1: the embedding of 'at' has nan; give finite numbers"),
        ("to 1 1 1\nat 1 2 -inf\n", "line 2: the embedding of 'at' has -inf; give finite numbers"),
        ("at 1 x 3\n", "line 1: 'x' in the embedding of 'at' is no number"),
        ("paris 1 2 3\n", "has none of the 5 words of the training data"),
        ("", "has none of the 5 words of the training data"),
    ],
)
def test_what_is_no_embedding_is_refused_in_one_line(write, text, message):
    with pytest.raises(InputError, match=message) as error:
        read_word_vectors(write(text), VOCABULARY)
    assert "\n" not in str(error.value)


TRAINING = {"valid": SENTENCES, "epochs": 1, "hidden_dim": 3, "progress": False, "backend": "jax"}


@pytest.mark.parametrize("recipe", ["modern", "sentence"])
def test_training_begins_with_them(write, recipe, monkeypatch):
    path, begun = write(FILE), {}

    def stopped(model, *_):
        begun.update(model.get_parameters())
        raise KeyboardInterrupt

    monkeypatch.setattr("rnn_graph.train.fit._fit", stopped)
    with pytest.raises(KeyboardInterrupt):
        train_tagger(SENTENCES, recipe=recipe, embeddings=path, **TRAINING)
    table, ids = begun["embeddings"], {w: k for k, w in enumerate(VOCABULARY.words.tokens)}
    assert table.shape == (6, 3)
    np.testing.assert_array_equal(table[ids["boston"]], np.float32([1, 2.5, -3]))
    np.testing.assert_array_equal(table[ids["at"]], np.float32([0.1, 0, 0]))
    assert table[ids["to"]].any()


def test_a_size_of_ones_own_and_a_first_model_do_not_go_with_them(write):
    path = write(FILE)
    with pytest.raises(InputError, match=r"--embedding-dim is 4, and .* has 3 numbers a word"):
        train_tagger(SENTENCES, embeddings=path, embedding_dim=4, **TRAINING)
    with pytest.raises(InputError, match="--embeddings and --init-from"):
        train_tagger(SENTENCES, embeddings=path, init_from="model.npz", **TRAINING)
