"""Generation with settings at and beyond the edge."""

import json
import os
import subprocess

import numpy as np
import pytest

from cli_checks import assert_done, assert_refused
from small_runs import COMPUTING


@pytest.fixture
def generate(cli, model):
    def run(*options):
        return cli("generate", model, "-n", 3, *COMPUTING, *options)

    return run


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--temperature", -1), "temperature"),
        (("--temperature", "nan"), "temperature"),
        (("--temperature", "inf"), "temperature"),
        (("--top-k", 0), "k is 0"),
        (("--top-k", -1), "k is -1"),
        (("--top-p", 0), "p is 0"),
        (("--top-p", 1.5), "p is 1.5"),
        (("--top-p", "nan"), "p is nan"),
        (("--min-length", 9, "--max-length", 8), "9"),
        (("--min-length", -1), "-1"),
        (("--min-length", 0, "--max-length", 0), "max"),
        (("--min-length", 1, "--max-length", 3, "--prompt", "the cat sees a dog"), "prompt"),
    ],
)
def test_setting_out_of_range(generate, options, said):
    assert_refused(generate(*options, "--seed", 3), said)


@pytest.mark.parametrize("temperature", [0, 0.1])
def test_min_length_out_of_reach(cli, changed, parts, temperature):
    """A model that ends every sentence at once."""
    V = np.full(parts["V"].shape, -9, "f4")
    V[json.loads(parts["vocabulary"].tobytes()).index("SENTENCE_END")] = 9
    path = changed({"U": np.full_like(parts["U"], 9), "V": V, "W": np.zeros((8, 8), "f4")})
    options = ("--min-length", 3, "--temperature", temperature, "--seed", 3)
    assert_refused(cli("generate", path, *COMPUTING, *options), "no sentence of 3 words")


@pytest.mark.parametrize("count", ["0", "-1", "x"])
def test_count_out_of_range(cli, model, count):
    assert_refused(cli("generate", model, "-n", count), "-n")


@pytest.mark.parametrize("temperature", ["1e-300", "1e-5", "1e300"])
def test_extreme_temperature(generate, temperature):
    assert_done(generate("--temperature", temperature, "--min-length", 0, "--max-length", 5))


@pytest.mark.parametrize("options", [("--top-k", 10**12), ("--top-p", "1e-300"), ("--top-p", 1)])
def test_extreme_cut(generate, options):
    assert_done(generate(*options, "--min-length", 0, "--max-length", 5))


def test_greedy(generate):
    options = ("--temperature", 0, "--min-length", 0, "--prompt", "the cat")
    first, second = generate(*options, "--seed", 1), generate(*options, "--seed", 2)
    assert_done(first)
    assert first.out == second.out
    assert len(set(first.out.splitlines())) == 1


def test_seed(generate):
    options = ("--min-length", 3)
    first = generate(*options, "--seed", 1)
    assert_done(first)
    assert len(first.out.splitlines()) == 3
    assert generate(*options, "--seed", 1).out == first.out
    assert generate(*options, "--seed", 2).out != first.out


def test_unknown_words_in_the_prompt(generate):
    result = generate("--prompt", "the Quagga sees", "--min-length", 0)
    assert_done(result, "quagga")
    assert all(line.startswith("the quagga sees") for line in result.out.splitlines())


@pytest.mark.parametrize("prompt", ["", " ", "UNKNOWN_TOKEN", "SENTENCE_END", "\n", "--"])
def test_odd_prompt(generate, prompt):
    assert_done(generate(f"--prompt={prompt}", "--min-length", 0))


def test_prompt_with_a_byte_that_is_no_text(start, model):
    process = start(
        "generate", model, "-n", 1, "--min-length", 0, *COMPUTING,
        "--prompt", os.fsdecode(b"caf\xe9"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PYTHONIOENCODING": "utf-8:strict"},
    )  # fmt: skip
    _, said = process.communicate(timeout=30)
    assert b"Traceback" not in said
