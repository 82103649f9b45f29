"""Configurations and vocabularies in model files that do not fit."""

import json

import numpy as np
import pytest

from cli_checks import (
    VOCABULARY_SIZE,
    as_bytes,
    assert_done,
    assert_no_crash,
    assert_refused,
    one_json,
)
from small_runs import COMPUTING, READING


@pytest.mark.parametrize("name", ["configuration", "vocabulary"])
@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b"[" * 100_000,
        b'"\\ud800',
        np.array(1.5),
        np.zeros((2, 2)),
    ],
)
def test_model_with_bad_json(use, changed, name, value):
    value = as_bytes(value) if isinstance(value, bytes) else value
    for result in use(changed({name: value})):
        assert_refused(result, name)


@pytest.mark.parametrize("value", [[], [1, 2], 3, "text", None, True])
def test_configuration_of_the_wrong_kind(use, changed, value):
    for result in use(changed({"configuration": as_bytes(value)})):
        assert_refused(result, "configuration")


@pytest.mark.parametrize(
    "change",
    [
        {"model": "another"},
        {"model": None},
        {"model": ["word-rnn"]},
        {"bptt_truncate": "four"},
        {"bptt_truncate": -3},
        {"bptt_truncate": 1.5},
        {"bptt_truncate": [4]},
        {"bptt_truncate": {}},
    ],
)
def test_configuration_with_wrong_values(cli, use, changed, parts, change):
    configuration = json.loads(parts["configuration"].tobytes())
    path = changed({"configuration": as_bytes(configuration | change)})
    results = use(path)
    assert_no_crash(results[:2])
    for result in results[2:]:
        assert_refused(result)
    assert_refused(cli("generate", path, "--backend", "jax"))


@pytest.mark.parametrize(
    "training",
    [[], 3, "text", None, {"history": 3}, {"history": [3]}, {"history": [["a", "b"]]},
     {"history": [[1, None]]}, {"history": None}, {"data": {"a": [1]}}, {"model": "\ud800"}],
)  # fmt: skip
def test_training_of_the_wrong_kind(use, changed, parts, training):
    configuration = json.loads(parts["configuration"].tobytes())
    assert_no_crash(
        use(changed({"configuration": as_bytes(configuration | {"training": training})}))
    )


@pytest.mark.parametrize(
    "value",
    [
        {},
        3,
        "UNKNOWN_TOKEN",
        True,
        [],
        list(range(VOCABULARY_SIZE)),
        [*range(VOCABULARY_SIZE - 3), "SENTENCE_START", "SENTENCE_END", "UNKNOWN_TOKEN"],
        [[word] for word in "abc"],
        [None] * VOCABULARY_SIZE,
    ],
)
def test_vocabulary_of_the_wrong_kind(use, changed, value):
    for result in use(changed({"vocabulary": as_bytes(value)})):
        assert_refused(result, "vocabulary")


def test_vocabulary_is_an_object(use, changed, parts):
    tokens = json.loads(parts["vocabulary"].tobytes())
    for result in use(changed({"vocabulary": as_bytes(dict.fromkeys(tokens, 0))})):
        assert_refused(result, "vocabulary")


def test_vocabulary_with_half_a_character(use, changed, parts):
    """JSON can hold what no output can."""
    tokens = ["\ud800" + t if t.islower() else t for t in json.loads(parts["vocabulary"].tobytes())]
    assert_no_crash(use(changed({"vocabulary": as_bytes(tokens)})))


@pytest.mark.parametrize("change", ["too few", "too many", "twice", "no unknown token"])
def test_vocabulary_that_does_not_fit(cli, changed, text, write, parts, change):
    tokens = json.loads(parts["vocabulary"].tobytes())
    tokens, said = {
        "too few": (tokens[1:], f"{VOCABULARY_SIZE - 1} words"),
        "too many": ([*tokens, "more"], f"{VOCABULARY_SIZE + 1} words"),
        "twice": ([*tokens[:-2], tokens[2], tokens[-1]], "2 times"),
        "no unknown token": ([*tokens[:-1], "more"], "UNKNOWN_TOKEN"),
    }[change]
    bare = changed({"configuration": None, "vocabulary": None})
    words = write("words.txt", "\n".join(tokens))
    inside = changed({"vocabulary": as_bytes(tokens)})
    for path, options in ((bare, ("--vocabulary", words)), (inside, ())):
        assert_refused(cli("generate", path, *COMPUTING, *options), "vocabulary", said)
        result = cli("evaluate", path, "--data", text, *COMPUTING, *options)
        assert_refused(result, "vocabulary", said)


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\xff\xff", b"a\0b\n", "a folder"])
def test_vocabulary_file_that_is_none(cli, model, tmp_path, write, content):
    path = tmp_path / "words.txt"
    if content == "a folder":
        path.mkdir()
    elif content is not None:
        write("words.txt", content)
    assert_refused(cli("generate", model, "--vocabulary", path, *COMPUTING), path)


def test_bare_model(cli, changed, text, write, parts):
    bare = changed({"configuration": None, "vocabulary": None})
    options = (*COMPUTING, "--json")
    assert_refused(cli("generate", bare, *options), "--vocabulary")
    assert_refused(cli("evaluate", bare, "--data", text, *options), "--vocabulary")
    assert_done(cli("info", bare))
    words = write("words.txt", "\n".join(json.loads(parts["vocabulary"].tobytes())) + "\n")
    options += ("--vocabulary", words)
    generated = cli("generate", bare, "-n", 2, "--min-length", 0, *options)
    assert_done(generated)
    assert len(one_json(generated.out)["sentences"]) == 2
    evaluated = cli("evaluate", bare, "--data", text, *options)
    assert_done(evaluated)
    assert one_json(evaluated.out)["unknown_share"] == 0


def test_vocabulary_from_the_command_fits(cli, changed, text, tmp_path):
    bare, words = changed({"configuration": None, "vocabulary": None}), tmp_path / "words.txt"
    assert_done(cli("data", "vocabulary", "--data", text, "--out", words, *READING))
    options = ("-n", 1, "--min-length", 0, "--vocabulary", words, *COMPUTING)
    assert_done(cli("generate", bare, *options))


@pytest.mark.parametrize("marker", ["SENTENCE_START", "SENTENCE_END"])
def test_vocabulary_without_markers(cli, changed, parts, text, marker):
    tokens = [
        "another" if token == marker else token
        for token in json.loads(parts["vocabulary"].tobytes())
    ]
    path = changed({"vocabulary": as_bytes(tokens)})
    assert_refused(cli("generate", path, *COMPUTING), marker)
    assert_refused(cli("evaluate", path, "--data", text, *COMPUTING), marker)
