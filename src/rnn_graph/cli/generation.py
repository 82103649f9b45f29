"""What `rnn-graph generate` draws from each kind of model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rnn_graph.cli.console import log
from rnn_graph.cli.models import load_char_model, load_language_model, load_word_model
from rnn_graph.cli.options import Computing, refuse_given
from rnn_graph.data.sentences import split_words
from rnn_graph.data.vocabulary import Vocabulary
from rnn_graph.errors import InputError
from rnn_graph.models.language_model import LanguageModel
from rnn_graph.models.registry import Model, WordModel, kind_of_model
from rnn_graph.predict.char_generation import generate_lines, generate_texts
from rnn_graph.predict.generation import generate_sentence
from rnn_graph.randomness import as_random_generator

LINES, TEXTS = 10, 1  # if not given


def drawn_texts(
    path: Path,
    count: int | None,
    prompt: str,
    unique: bool,
    vocabulary: Path | None,
    computing: Computing,
    *,
    rng: int | None,
    **settings: Any,
) -> tuple[Model, str, Iterator[str]]:
    """The model of a file, what it draws ("sentences", "lines", "texts"), and these.

    Parameters
    ----------
    settings
        Keywords of `generate_sentence`, `generate_lines` or `generate_texts`.
    """
    kind = kind_of_model(path)
    if kind in ("char", "language") and vocabulary is not None:
        raise InputError("this model has its vocabulary itself; leave out --vocabulary")
    if kind == "char":
        model = load_char_model(path, computing)
    elif kind == "language":
        model = load_language_model(path, computing)
    else:
        model = load_word_model(path, vocabulary, computing)
    if isinstance(model.vocabulary, Vocabulary):
        if unique:
            raise InputError("--unique is for character models of lines; leave it out")
        return model, "sentences", _sentences(model, count or LINES, prompt, rng, settings)
    if model.vocabulary.unit == "line":
        lines = generate_lines(
            model, count or LINES, prompt=prompt, unique=unique, rng=rng, **settings
        )
        return model, "lines", lines
    refuse_given(
        {"unique": unique or None, "min_length": settings.get("min_length")},
        "is for models of lines or sentences",
    )
    texts = generate_texts(model, count or TEXTS, prompt=prompt, rng=rng, **settings)
    return model, "texts", texts


def _sentences(
    model: WordModel | LanguageModel,
    count: int,
    prompt: str,
    rng: int | None,
    settings: dict[str, Any],
) -> Iterator[str]:
    generator = as_random_generator(rng)
    words = split_words(prompt.lower())
    unknown = [word for word in words if word not in model.vocabulary]
    if unknown:
        log(f"the model does not know {', '.join(unknown)}; it takes them as unknown words")
    for _ in range(count):
        yield " ".join(generate_sentence(model, prompt=words, rng=generator, **settings))
