"""Character models from the command line."""

import json
import math
import subprocess

import numpy as np
import pytest

from cli_checks import QUICK_BATCHES, assert_done, assert_refused, one_json
from small_runs import NAMES


@pytest.fixture
def train_char(cli, tmp_path):
    def run(data, *options, stdin=None):
        small = ("--recipe", "tutorial", "--hidden-dim", 4, "--iterations", 32, "--backend", "jax")
        out = tmp_path / "out.npz"
        return cli("train", "char", "--data", data, "--out", out, *small, *options, stdin=stdin)

    return run


def test_what_a_file_holds(cli, names_model):
    result = cli("info", names_model)
    assert_done(result)
    assert "cell                     lstm" in result.out
    assert r"characters               9: '\nacimnoré'" in result.out
    assert "epoch                    9.6: loss" in result.out


def test_lines_are_drawn_alike_with_the_same_seed(cli, names_model):
    drawn = [cli("generate", names_model, "-n", n, "--seed", 1) for n in (5, 20)]
    for result in drawn:
        assert_done(result)
    few, many = (result.out.splitlines() for result in drawn)
    assert few == many[:5]
    assert len(many) == 20


def test_unique_lines_with_a_prompt(cli, names_model):
    result = cli("generate", names_model, "-n", 30, "--unique", "--prompt", "R", "--json")
    lines = one_json(result.out)["lines"]
    assert len(set(lines)) == 30
    assert all(line.startswith("r") for line in lines)
    assert not {name.lower() for name in NAMES} & set(lines)


def test_greedy_lines(cli, names_model):
    result = cli("generate", names_model, "-n", 2, "--temperature", 0)
    assert_done(result)
    first, second = result.out.splitlines()
    assert first == second


def test_running_text_goes_on_in_its_own_characters(cli, text_model):
    options = ("--max-length", 60, "--prompt", "北京 🦖", "--seed", 1, "--json")
    (text,) = one_json(cli("generate", text_model, *options).out)["texts"]
    assert len(text) == 60
    assert text.startswith("北京 🦖")
    assert set(text) <= set("the cat sees dog.\n北京 🦖")


def test_scores_in_nats_and_bits(cli, names_model, names):
    plain = cli("evaluate", names_model, "--data", names)
    assert_done(plain)
    values = one_json(cli("evaluate", names_model, "--data", names, "--json").out)
    assert values["tokens"] == sum(len(name) + 1 for name in NAMES)
    assert values["bits"] == pytest.approx(values["loss"] / math.log(2))
    assert values["unknown_share"] == 0
    assert f"loss {values['loss']:.6f} nats, {values['bits']:.6f} bits" in plain.out


def test_a_spelling_does_not_matter(cli, names_model, write):
    scores = [
        one_json(cli("evaluate", names_model, "--data", write(f"{k}.txt", text), "--json").out)
        for k, text in enumerate(["\u00c9ric\n", "e\u0301ric\r\n\n"])
    ]
    assert scores[0] == scores[1]


def test_standard_input(train_char, cli, tmp_path):
    assert_done(train_char("-", stdin=b"anna\nnan\n"), "-: 2 lines, 7 characters", "of 3 char")
    result = cli("evaluate", tmp_path / "out.npz", "--data", "-", stdin=b"nana\n")
    assert_done(result)


def test_modern_lines_are_read_and_drawn_as_lines(cli, names, tmp_path):
    out = tmp_path / "out.npz"
    options = ("--unit", "line", "--held-out", 0.2, "--cell", "rnn", *QUICK_BATCHES)
    result = cli("train", "char", "--data", names, "--out", out, *options, "--json")
    assert_done(result, "10 lines", "tokens are held out")
    assert one_json(result.out)["signature"]["sampling"] == "sentences"
    drawn = cli("generate", out, "-n", 20, "--unique", "--seed", 1)
    assert_done(drawn)
    assert not set(NAMES) & set(drawn.out.splitlines())
    assert len(set(drawn.out.splitlines())) == 20


def test_a_picture_of_states(cli, names_model, text_model, tmp_path):
    for model, text in ((names_model, "Marion"), (text_model, "the 北🦖$\n"[:-2])):
        out = tmp_path / "states.png"
        assert_done(cli("plot", "states", model, "--text", text, "--out", out), "picture in")
        assert out.read_bytes().startswith(b"\x89PNG")
        out.unlink()


# Bad input


@pytest.mark.parametrize("unit", ["line", "text"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "has 0 characters; give a text of at least 2"),
        ("\n \n", "characters; give"),
        ("a", "has 1 characters; give"),
        (b"ab\xff\n", "line 1, byte 2: not utf-8"),
        (b"ab\n\xed\xa0\x80\n", "line 2, byte 3: not utf-8"),  # a lone surrogate
        (b"a\0b\n", "NUL byte"),
    ],
    ids=["empty", "blank", "one", "bytes", "surrogate", "nul"],
)
def test_what_is_no_text(train_char, write, tmp_path, unit, content, said):
    if (content, unit) == ("\n \n", "text"):
        pytest.skip("three characters of white space are a text")
    assert_refused(train_char(write("bad.txt", content), "--unit", unit), "bad.txt", said)
    assert not (tmp_path / "out.npz").exists()


def test_a_line_of_a_million_characters(train_char, write):
    path = write("long.txt", "ab\n" + "abba" * 250_000 + "\n")
    said = "line 2: 1,000,000 characters; a line has 1,000 at most: give --unit text"
    assert_refused(train_char(path), said)
    assert_done(train_char(path, "--unit", "text"), "1,000,004 characters, 3 different")


def test_a_line_longer_than_the_cap(train_char, write):
    path = write("names.txt", "ab\nabc\n")
    assert_refused(train_char(path, "--longest-line", 2), "line 2: 3 characters", "2 at most")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--learning-rate", 0), "--learning-rate is 0"),
        (("--learning-rate", "nan"), "--learning-rate is nan"),
        (("--held-out", 0.01), "--held-out 0.01 of 10 lines"),
        (("--backend", "numpy"), "no numpy backend"),
        (("--data", "nowhere.txt"), "cannot read nowhere.txt"),
    ],
)
def test_settings_that_cannot_be(train_char, names, options, said):
    result = train_char(names, *options)
    assert_refused(result, said)


@pytest.mark.parametrize(
    "options",
    [("--cell", "transformer"), ("--unit", "word"), ("--iterations", 0), ("--hidden-dim", 0)],
)
def test_options_out_of_range(train_char, names, options):
    assert_refused(train_char(names, *options), options[0])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--temperature", -0.5), "temperature is -0.5"),
        (("--prompt", "Zoë", "--unknown", "error"), "'z' (U+007A)"),
        (("--prompt", "m\ud800"), "surrogate"),
        (("--prompt", "a\na"), "line's end"),
        (("--max-length", 2, "--prompt", "mar"), "raise --max-length"),
        (("--top-k", 0), "--top-k is 0"),
    ],
)
def test_lines_that_cannot_be(cli, names_model, options, said):
    assert_refused(cli("generate", names_model, *options), said)


def test_what_running_text_and_sentences_have_not(cli, text_model, model):
    for other in (text_model, model):
        assert_refused(cli("generate", other, "--unique"), "leave out unique")
    assert_refused(cli("generate", text_model, "--min-length", 3), "leave out --min-length")


@pytest.mark.parametrize("name", ["names_model", "text_model"])
def test_a_character_that_the_model_never_saw(cli, request, name, write):
    path = write("other.txt", "mira\n\n\nmiŋa\n" if name == "names_model" else "the\n\n\nŋ\n")
    result = cli("evaluate", request.getfixturevalue(name), "--data", path)
    assert_done(result, "does not know 'ŋ' (U+014B); where they stand, 1 times", "is predicted")
    assert "unknown tokens" in result.out
    assert "unknown tokens 0.00%" not in result.out


def test_lines_to_score_may_be_of_any_length(cli, names_model, write):
    path = write("long.txt", "mira\n" + "ma" * 600 + "\n")
    values = one_json(cli("evaluate", names_model, "--data", path, "--json").out)
    assert values["tokens"] == 5 + 1201


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--unit", "text", "--longest-line", 9), "--longest-line is for --unit line"),
        (("--unit", "text", "--fresh-state"), "--carry-state is for --unit line"),
        (("--piece-length", 9), "--piece-length is for --unit text"),
    ],
)
def test_options_of_the_other_unit(train_char, names, options, said):
    assert_refused(train_char(names, *options), said, "leave it out")


def test_csv_is_no_plain_text(train_char, cli, names_model, write):
    path = write("names.csv", "body\nmira\n")
    assert_refused(train_char(path), "is CSV")
    assert_refused(cli("evaluate", names_model, "--data", path), "is CSV")
    options = ("--data", write("names.txt", "mira\n"), "--format", "csv")
    assert_refused(cli("evaluate", names_model, *options), "leave out --format csv")


def test_a_model_of_characters_has_its_vocabulary_itself(cli, names_model, names, write):
    words = write("words.txt", "a\nSENTENCE_START\nSENTENCE_END\nUNKNOWN_TOKEN\n")
    for command in (("generate", names_model), ("evaluate", names_model, "--data", names)):
        assert_refused(cli(*command, "--vocabulary", words), "leave out --vocabulary")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_json_is_json_in_every_encoding(start, text_model, encoding):
    options = ("--json", "--prompt", "北 🦖", "--max-length", 9, "-n", 1)
    process = start(
        "generate",
        text_model,
        *options,
        stdout=subprocess.PIPE,
        env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "1" if encoding == "utf-8" else "0"},
    )
    out, _ = process.communicate(timeout=120)
    (text,) = json.loads(out.decode(encoding))["texts"]
    assert text.startswith("北 🦖")


@pytest.mark.parametrize(("read", "said"), [("", "0 char"), ("m" * 201, "201"), ("ŋ", "U+014B")])
def test_texts_that_make_no_picture(cli, names_model, tmp_path, read, said):
    out = tmp_path / "states.png"
    assert_refused(cli("plot", "states", names_model, "--text", read, "--out", out), said)
    assert not out.exists()


@pytest.fixture
def damaged(names_model, tmp_path):
    """A function that writes the model with other members or another configuration."""

    def write(arrays=(), **configuration):
        with np.load(names_model) as members:
            members = dict(members)
        stored = json.loads(members["configuration"].tobytes()) | configuration
        members["configuration"] = np.frombuffer(json.dumps(stored).encode(), dtype=np.uint8)
        path = tmp_path / "damaged.npz"
        np.savez(path, **members | dict(arrays))
        return path

    return write


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cell": "tree"}, "unknown cell 'tree'; give one of"),
        ({"cell": ["lstm"]}, "unknown cell ['lstm']"),
        ({"cell": "gru"}, "Wx has shape (9, 32); expected (9, 24)"),
        ({"characters": 5}, "characters are no string"),
        ({"characters": "aa"}, "not distinct"),
        ({"characters": "abc"}, "lack"),
        ({"characters": "\nabc"}, "4 characters for 9 inputs"),
        ({"unit": "word"}, "unknown unit 'word'"),
        ({"dtype": "int8"}, "unknown dtype"),
        ({"arrays": {"Wx": np.zeros((11, 31))}}, "Wh has shape (8, 32)"),
        ({"arrays": {"by": np.zeros(12)}}, "by has shape (12,)"),
        ({"arrays": {"seen_lines": np.zeros(3)}}, "no fingerprints"),
        ({"arrays": {"seen_lines": np.array([2, 1], "u8")}}, "no fingerprints"),
        ({"lowercase": "no"}, "lowercase is 'no'; expected true or false"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value)[:30],
)
def test_damaged_files(cli, damaged, changes, said):
    path = damaged(**changes)
    assert_refused(cli("generate", path, "-n", 1), "damaged.npz", said)
    assert cli("info", path).status == 0


def test_options_of_words_are_refused_for_characters(cli, text_model, running_text):
    for option in (("--pre-split",), ("--tokenizer", "nltk"), ("--word-column", 1)):
        result = cli("evaluate", text_model, "--data", running_text, *option)
        assert_refused(result, option[0], "leave it out")
