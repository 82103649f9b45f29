"""New sentences, lines and texts, token by token."""

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from rnn_graph.checks import require_sizes
from rnn_graph.data.char_vocabulary import NEWLINE, CharVocabulary, named
from rnn_graph.data.padding import BEFORE_FIRST
from rnn_graph.data.splitting import Splitting
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, Vocabulary
from rnn_graph.errors import InputError, InputWarning
from rnn_graph.predict.sampler import Sampler
from rnn_graph.randomness import RandomSource, as_random_generator

# Texts that are drawn side by side at most: enough that a step costs little a text.
MOST_SIDE_BY_SIDE = 64
# So many draws in a row that cannot be used mean that no other will come.
MOST_SENTENCES_REFUSED, MOST_LINES_REFUSED = 1_000, 10_000
REMEDIES = {
    "too short": "lower the minimum length",
    "not new": "ask for fewer lines, raise the maximum length",
}
SHORTEST_SENTENCE = 7  # words, if not given, as in the tutorial
LONGEST_SENTENCE, LONGEST_LINE, LONGEST_TEXT = 100, 100, 1000


def generate(model, n: int = 10, **settings: Any) -> list[str]:
    """Draw what a language model of any kind was trained on: sentences, lines or running text.

    Parameters
    ----------
    model
        With a vocabulary.
    n
        How many. The first ones do not depend on it.
    settings
        As for `generate_each`, which also says what is raised.

    Returns
    -------
    list of str
    """
    return list(generate_each(model, n, **settings))


def generate_each(
    model,
    n: int,
    *,
    prompt: str = "",
    min_length: int | None = None,
    max_length: int | None = None,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    unique: bool = False,
    raw: bool = False,
    tokenizer: str | None = None,
    unknown: str = "skip",
    rng: RandomSource = None,
) -> Iterator[str]:
    """`generate` one by one.

    Parameters
    ----------
    prompt
        What each begins with. Words are split as the text of training was.
    min_length, max_length
        In words or characters; None for 7 to 100 words (fewer than 7 if the maximum is lower), 1
        to 100 characters of a line, or 1000 characters of running text, which has no `min_length`.
    temperature, top_k, top_p
        As for `sample_from_logits`.
    unique
        Of a model of lines: leave out lines that it was trained on, and lines that came before.
    raw
        Words of sentences stand between blanks as the model has them, such as "do n't", and not as
        one writes them.
    tokenizer
        Splits the prompt in place of the one of training.
    unknown
        "skip" leaves characters of the prompt that the model does not know out, and takes words for
        the unknown one, with an `InputWarning`; "error" refuses both.
    rng
        An int, a `Generator` or a legacy `RandomState`.

    Raises
    ------
    InputError
        As `generate_sentence` and `generate_lines`, and if a setting has no meaning for the model.
    """
    require_sizes(n=n)
    settings: dict[str, Any] = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    lengths = {"min_length": min_length, "max_length": max_length}
    settings |= {name: length for name, length in lengths.items() if length is not None}
    vocabulary = model.vocabulary
    unit = getattr(vocabulary, "unit", None)
    if unique and unit != "line":
        raise InputError("only lines can be unique; leave out unique, or give a model of lines")
    if unit is not None:
        prompt = _known_characters(vocabulary, prompt, unknown)
    if unit == "line":
        return generate_lines(model, n, prompt=prompt, unique=unique, rng=rng, **settings)
    if unit == "text":
        if min_length is not None:
            raise InputError("running text has its maximum length always; leave out min_length")
        return generate_texts(model, n, prompt=prompt, rng=rng, **settings)
    words = _split_prompt(vocabulary, prompt, tokenizer, unknown) if vocabulary else []
    if max_length is not None:
        settings.setdefault("min_length", min(SHORTEST_SENTENCE, max_length))
    sentences = islice(_sentences(model, vocabulary, words, rng, n, **settings), n)
    splitting = (vocabulary and vocabulary.splitting) or Splitting()
    return map(" ".join if raw else splitting.joined, sentences)


def generate_sentence(
    model,
    vocabulary: Vocabulary | None = None,
    *,
    min_length: int = SHORTEST_SENTENCE,
    max_length: int = LONGEST_SENTENCE,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    prompt: Sequence[str] = (),
    rng: RandomSource = None,
) -> list[str]:
    """Draw a sentence from a language model, in time proportional to its length.

    Parameters
    ----------
    model
        A model of words.
    vocabulary
        The words behind its ids; the model's own if None.
    min_length
        Number of words below which a sentence is drawn again.
    max_length
        Number of words after which a sentence is cut off.
    temperature, top_k, top_p
        As for `rnn_graph.predict.sampling.sample_from_logits`.
    prompt
        Words that the sentence begins with. A word that the model does not know stands in the
        sentence as it is, and counts as the unknown token.
    rng
        An int, a `Generator` or a legacy `RandomState`.

    Returns
    -------
    list of str
        The words, without markers. The unknown token is never among the drawn ones.

    Raises
    ------
    InputError
        If a setting is out of its range, the vocabulary is missing, or no draw of 1,000 has
        `min_length` words.

    Examples
    --------
    >>> from rnn_graph import RNNNumpy, Vocabulary, generate_sentence
    >>> tokens = ["SENTENCE_START", "SENTENCE_END", "one", "two", "UNKNOWN_TOKEN"]
    >>> model = RNNNumpy(word_dim=5, hidden_dim=8, rng=0)
    >>> words = generate_sentence(model, Vocabulary(tokens), min_length=2, max_length=4, rng=0)
    >>> 2 <= len(words) <= 4, set(words) <= {"one", "two"}
    (True, True)
    """
    sentences = _sentences(
        model,
        vocabulary,
        prompt,
        rng,
        1,
        min_length=min_length,
        max_length=max_length,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
    )
    return next(sentences)


def _sentences(
    model,
    vocabulary: Vocabulary | None,
    prompt: Sequence[str],
    rng: RandomSource,
    wanted: int,
    *,
    min_length: int = SHORTEST_SENTENCE,
    max_length: int = LONGEST_SENTENCE,
    **settings: Any,
) -> Iterator[list[str]]:
    """One sentence after another, without end; so many are wanted at least."""
    vocabulary = vocabulary or model.vocabulary
    if vocabulary is None:
        raise InputError("the model has no vocabulary; give one (--vocabulary FILE, a word a line)")
    if len(vocabulary) != model.word_dim:
        raise InputError(
            f"the vocabulary has {len(vocabulary)} words and the model {model.word_dim}; give the"
            " vocabulary that the model was trained with"
        )
    _check_lengths(min_length, max_length, len(prompt), "words")
    vocabulary.require_sentence_markers()
    start, end = vocabulary[SENTENCE_START], vocabulary[SENTENCE_END]
    sampler = Sampler(
        model,
        [start, *vocabulary.encode(prompt)],
        forbidden=(vocabulary.unknown_id, start),
        **settings,
    )
    most = MOST_SENTENCES_REFUSED if settings["temperature"] else 1
    refused = 0
    for ids in _texts(sampler, wanted, max_length - len(prompt), rng, end):
        if len(prompt) + len(ids) < min_length:
            refused += 1
            if refused == most:
                break
            continue
        refused = 0
        yield [*prompt, *vocabulary.decode(ids)]
    raise InputError(
        f"no sentence of {min_length} words in {most} draws; lower the minimum length, or raise"
        " the temperature"
    )


def generate_lines(
    model,
    count: int,
    *,
    prompt: str = "",
    min_length: int = 1,
    max_length: int = LONGEST_LINE,
    unique: bool = False,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    rng: RandomSource = None,
) -> Iterator[str]:
    """Draw lines from a model of lines.

    Parameters
    ----------
    model
        With a vocabulary of unit "line".
    count
        How many lines. The first of them do not depend on it.
    prompt
        What each line begins with.
    min_length, max_length
        In characters, the prompt's among them. Shorter lines are drawn again, longer ones cut.
    unique
        Leave out lines that the model was trained on, and lines that came before.
    temperature, top_k, top_p
        As for `sample_from_logits`.
    rng
        An int, a `Generator` or a legacy `RandomState`.

    Raises
    ------
    InputError
        If a setting is out of its range, the prompt has a character that the model never saw, the
        model is not one of lines, or 10,000 lines in a row cannot be used.
    """
    vocabulary = _vocabulary_of(model, "line")
    if unique and vocabulary.seen_lines is None:
        raise InputError("the model does not say which lines it has seen; leave out --unique")
    if unique and temperature == 0 and count > 1:
        raise InputError(
            f"temperature 0 gives one line only; ask for 1 instead of {count}, or leave out"
            " --unique"
        )
    start, end = vocabulary.encode_line(prompt), vocabulary[NEWLINE]
    _check_lengths(min_length, max_length, len(start), "characters")
    sampler = Sampler(
        model,
        [BEFORE_FIRST, *start],
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
    )
    before: set[str] = set()
    refused: Counter[str] = Counter()
    for ids in _texts(sampler, count, max_length - len(start), rng, end):
        line = vocabulary.decode([*start, *ids])
        form = vocabulary.plain(line).strip()
        if len(line) < min_length:
            refused["too short"] += 1
        elif unique and (form in before or vocabulary.has_seen(line)):
            refused["not new"] += 1
        else:
            refused.clear()
            before.add(form)
            yield line
            count -= 1
            if not count:
                return
        if refused.total() >= (MOST_LINES_REFUSED if temperature else 1):
            reason, remedy = max(REMEDIES.items(), key=lambda item: refused[item[0]])
            raise InputError(
                f"of the last {refused.total():,} lines drawn {refused[reason]:,} were {reason};"
                f" {remedy}, or raise the temperature"
            )


def generate_texts(
    model,
    count: int,
    *,
    prompt: str = "",
    max_length: int = LONGEST_TEXT,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    rng: RandomSource = None,
) -> Iterator[str]:
    """Draw running text from a model of it, one after another.

    Parameters
    ----------
    model
        With a vocabulary of unit "text".
    count
        How many texts. The first of them do not depend on it.
    max_length
        The length of each in characters, with the prompt.
    prompt, temperature, top_k, top_p, rng
        As for `generate_lines`, which also says what is raised.
    """
    vocabulary = _vocabulary_of(model, "text")
    start = vocabulary.encode(prompt)
    _check_lengths(0, max_length, len(start), "characters")
    sampler = Sampler(
        model,
        [BEFORE_FIRST, *start],
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
    )
    for ids in islice(_texts(sampler, count, max_length - len(start), rng), count):
        yield vocabulary.decode([*start, *ids])


def _texts(
    sampler: Sampler, wanted: int, length: int, rng: RandomSource, end: int | None = None
) -> Iterator[np.ndarray]:
    """Ids of one text after another, without end. They do not depend on how many are wanted.

    A power of two is drawn side by side, because each number of texts costs a compilation.
    """
    generator = as_random_generator(rng)
    side_by_side = min(1 << (wanted - 1).bit_length(), MOST_SIDE_BY_SIDE)
    while True:
        yield from sampler.draw(generator.random((side_by_side, length)), end)


def _vocabulary_of(model, unit: str) -> CharVocabulary:
    vocabulary = model.vocabulary
    if vocabulary is None:
        raise InputError("the model has no characters; build it with vocabulary=CharVocabulary(…)")
    found = getattr(vocabulary, "unit", "word")
    if found != unit:
        raise InputError(f"the model is one of {found}s; it draws no {unit}s")
    return vocabulary


def _known_characters(vocabulary: CharVocabulary, prompt: str, unknown: str) -> str:
    """A prompt without the characters that the model does not know."""
    plain = vocabulary.plain(prompt)
    names = [named(symbol) for symbol in dict.fromkeys(plain) if symbol not in vocabulary.symbols]
    if not names:
        return prompt
    _say_unknown(f"the model does not know {', '.join(names)} of the prompt", "left out", unknown)
    return "".join(symbol for symbol in plain if symbol in vocabulary.symbols)


def _split_prompt(
    vocabulary: Vocabulary, prompt: str, tokenizer: str | None, unknown: str
) -> list[str]:
    splitting = vocabulary.splitting or Splitting()
    if tokenizer is not None:
        splitting = replace(splitting, tokenizer=tokenizer)
    words = splitting.words(prompt)
    names = [word for word in words if word not in vocabulary]
    if names:
        _say_unknown(
            f"the model does not know {', '.join(names)}", "it takes them as unknown words", unknown
        )
    return words


def _say_unknown(what: str, outcome: str, unknown: str) -> None:
    if unknown == "error":
        raise InputError(f"{what}; leave them out, or leave out --unknown error")
    warnings.warn(InputWarning(f"{what}; {outcome}"), stacklevel=4)


def _check_lengths(min_length: int, max_length: int, prompt: int, unit: str) -> None:
    if not 0 <= min_length <= max_length:
        raise InputError(
            f"min_length {min_length} and max_length {max_length}; give 0 ≤ min_length ≤ max_length"
        )
    require_sizes(max_length=max_length)
    if prompt >= max_length:
        raise InputError(f"the prompt has {prompt} {unit}; raise max_length ({max_length})")
