"""What went wrong elsewhere, by reports of users, and must not here."""

import pytest

from cli_checks import assert_done, one_json
from rnn_graph import RNNNumpy
from rnn_graph.errors import InputError
from rnn_graph.predict.metrics import score_tags
from small_runs import COMPUTING, READING

MARKED = "the <unk> corp. said it's n million\nthe <unk> said the n <unk>\n" * 8


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (["NN", "VB", "NN"], ["NN", "NN", "NN"]),  # parts of speech: no phrases to count
        (["B-NN", "O", "B-NN"], ["B-NN", "B-VB", "B-NN"]),
    ],
)
def test_the_best_epoch_of_a_tagger_is_found_whatever_the_labels(better, worse):
    assert score_tags([better], [better]).criterion < score_tags([better], [worse]).criterion


@pytest.fixture
def marked(train, write, tmp_path):
    """A model of text whose rare words are marked, and that text."""
    data = write("marked.txt", MARKED)
    assert_done(train(data, *READING))
    return tmp_path / "out.npz", data


def test_a_text_is_split_as_in_training_unless_told_otherwise(cli, marked):
    model, data = marked
    scores = [
        cli("evaluate", model, "--data", data, *COMPUTING, *options, "--json")
        for options in ((), READING, ("--tokenizer", "nltk"))
    ]
    same, given, other = (one_json(score.out) for score in scores)
    assert same == given
    assert other["tokens"] != same["tokens"]
    assert scores[0].err == scores[1].err == ""
    assert "tokenizer is 'nltk', and the model was trained with 'whitespace'" in scores[2].err


def test_a_prompt_is_split_as_in_training(cli, marked):
    result = cli(
        *("generate", marked[0], "-n", 1, "--min-length", 1, "--seed", 1, *COMPUTING),
        *("--prompt", "the corp. said"),
    )
    assert_done(result)
    assert "does not know" not in result.err
    assert result.out.startswith("the corp. said")


def test_marks_of_unknown_words_are_unknown_words(cli, marked):
    model, data = marked
    score = one_json(cli("evaluate", model, "--data", data, *COMPUTING, "--json").out)
    words = MARKED.split()
    assert score["unknown_share"] == words.count("<unk>") / (len(words) + MARKED.count("\n"))
    drawn = cli("generate", model, "-n", 30, "--min-length", 1, "--seed", 1, *COMPUTING)
    assert_done(drawn)
    assert "<unk>" not in drawn.out
    assert "unknown" not in drawn.out.lower()


@pytest.mark.parametrize("unknown", [1, 2])
def test_words_of_the_held_out_part_alone_are_unknown(train, cli, write, tmp_path, unknown):
    """As in two files of the same parts."""
    first, last = "the cat sees the dog\n" * 18, f"the {'zebra ' * unknown}sees\n" * 2
    options = (*READING, "--json", "--epochs", 2)
    whole = train(write("all.txt", first + last), *options, "--held-out", 0.1)
    assert_done(whole)
    held_out = one_json(whole.out)["held_out"]
    assert held_out["unknown_share"] == unknown / (3 + unknown)
    valid = write("valid.txt", last)
    apart = train(write("first.txt", first), *options, "--valid", valid)
    assert one_json(apart.out)["held_out"] == held_out
    scored = one_json(
        cli("evaluate", tmp_path / "out.npz", "--data", valid, *COMPUTING, "--json").out
    )
    assert scored["loss"] == pytest.approx(held_out["loss"])


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_end_in_any_way(train, write, end):
    data = write("lines.txt", end.join(["the cat sees", "the dog sees", "a cat"]) + end)
    assert_done(train(data, *READING), ": 3 sentences,")


@pytest.mark.parametrize("word", ["new\N{NO-BREAK SPACE}york", "10\N{NARROW NO-BREAK SPACE}am"])
def test_a_no_break_space_is_part_of_a_word(cli, tagger, word):
    result = cli("tag", tagger, "--pre-split", "--json", f"flights to {word} please")
    (sentence,) = one_json(result.out)["sentences"]
    assert sentence["words"] == ["flights", "to", word, "please"]


def test_all_steps_are_asked_for_by_minus_one(cli, train, text, tmp_path):
    """`--bptt-truncate -1` is the whole sentence, whatever trains it."""
    losses = []
    for steps in (-1, 1000, 0):
        result = train(text, *READING, "--bptt-truncate", steps, "--learning-rate", 0.5, "--json")
        assert_done(result)
        losses.append(one_json(result.out)["loss"])
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]
    with pytest.raises(InputError, match="bptt_truncate is -1"):
        RNNNumpy(10, 6, bptt_truncate=-1)
