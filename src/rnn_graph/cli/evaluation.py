"""What `rnn-graph evaluate` computes and prints."""

from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph.cli.console import log
from rnn_graph.cli.models import (
    load_char_model,
    load_language_model,
    load_tagger,
    load_word_model,
    read_corpus,
)
from rnn_graph.cli.options import Computing, Reading
from rnn_graph.cli.taggers import say_unseen_labels
from rnn_graph.data.characters import read_ids
from rnn_graph.data.padding import next_word_pairs
from rnn_graph.data.tagged_files import read_predictions, read_tagged_sentences
from rnn_graph.errors import InputError
from rnn_graph.files.provenance import as_line, signature, versions
from rnn_graph.models.registry import kind_of_model
from rnn_graph.predict.char_scoring import CharScore, score_characters
from rnn_graph.predict.metrics import TagScore, TextScore, score_tags, score_text
from rnn_graph.predict.scoring import score_tokens
from rnn_graph.predict.tagging import score_tagger

Signature = dict[str, Any]
Score = TextScore | CharScore | TagScore


def score_model(
    model: Path,
    data: Path,
    part: str,
    vocabulary: Path | None,
    reading: Reading,
    computing: Computing,
) -> tuple[Score, Signature]:
    """The score of a model file of any kind."""
    kind = kind_of_model(model)
    if kind == "tagger":
        return _score_tagger(model, data, part, reading, computing)
    if kind == "char":
        return _score_char_model(model, data, vocabulary, reading, computing)
    if kind == "language":
        return _score_language_model(model, data, vocabulary, reading, computing)
    loaded = load_word_model(model, vocabulary, computing)
    loaded.vocabulary.require_sentence_markers()
    corpus = read_corpus(data, reading)
    pairs = next_word_pairs(corpus.encode(loaded.vocabulary))
    score = score_text(loaded.word_losses, *pairs, loaded.vocabulary.unknown_id)
    return score, signature(loaded)


def score_predictions(path: Path, reading: Reading) -> tuple[TagScore, Signature]:
    """The score of guesses that stand in a file."""
    truth, guesses = read_predictions(path, encoding=reading.encoding, errors=reading.errors)
    return score_tags(truth, guesses), {"predictions": str(path), "versions": versions()}


def print_text_score(score: TextScore, signed: Signature) -> None:
    """Print a language model's score."""
    print(f"loss {score.loss:.6f} nats a word")
    print(f"perplexity {score.perplexity:.4f}")
    print(f"words {score.words}, sentence ends among them")
    print(f"unknown words {score.unknown_share:.2%}")
    print(f"perplexity without unknown words {score.known_perplexity:.4f}")
    log(as_line(signed))


def print_char_score(score: CharScore, signed: Signature) -> None:
    """Print a character model's score."""
    print(f"loss {score.nats:.6f} nats a character")
    print(f"loss {score.bits:.6f} bits a character")
    print(f"perplexity {score.perplexity:.4f}")
    print(f"characters {score.characters}, ends of lines among them")
    log(as_line(signed))


def print_tag_score(score: TagScore, signed: Signature) -> None:
    """Print a tagger's score."""
    overall = score.overall
    print(
        f"{score.words} words with {overall.phrases} phrases; found: {overall.found};"
        f" correct: {overall.correct}"
    )
    width = max([len("all"), *map(len, score.by_type)])
    print(f"{'':{width}}  precision  recall      F1  found")
    for name, line in {"all": overall, **score.by_type}.items():
        print(
            f"{name:{width}}  {line.precision:9.2f}  {line.recall:6.2f}  {line.f1:6.2f}"
            f"  {line.found:5}"
        )
    print(f"accuracy {score.accuracy:.2f} % of words")
    log(as_line(signed))


def _score_char_model(model, data, vocabulary, reading, computing) -> tuple[CharScore, Signature]:
    _refuse_vocabulary(vocabulary)
    loaded = load_char_model(model, computing)
    return score_characters(loaded, _character_ids(loaded, data, reading)), signature(loaded)


def _score_language_model(model, data, vocabulary, reading, computing) -> tuple[Score, Signature]:
    _refuse_vocabulary(vocabulary)
    loaded = load_language_model(model, computing)
    if loaded.reads_words:
        corpus = read_corpus(data, reading)
        ids = np.concatenate(corpus.encode(loaded.vocabulary))
        return score_tokens(loaded, ids).as_text_score(), signature(loaded)
    score = score_tokens(loaded, *_character_ids(loaded, data, reading))
    return CharScore.of_total(score.nats, score.tokens), signature(loaded)


def _refuse_vocabulary(vocabulary: Path | None) -> None:
    if vocabulary is not None:
        raise InputError("this model has its vocabulary itself; leave out --vocabulary")


def _character_ids(model, data: Path, reading: Reading) -> list[np.ndarray]:
    if reading.file_format not in ("auto", "text"):
        raise InputError(
            f"character models read plain text; leave out --format {reading.file_format}"
        )
    return read_ids(data, model.vocabulary, encoding=reading.encoding, errors=reading.errors)


def _score_tagger(model, data, part, reading, computing) -> tuple[TagScore, Signature]:
    loaded = load_tagger(model, computing)
    sentences = read_tagged_sentences(
        data,
        file_format=reading.file_format,
        part=part,
        encoding=reading.encoding,
        errors=reading.errors,
    )
    say_unseen_labels(loaded.vocabulary, sentences)
    return score_tagger(loaded, sentences), signature(loaded)
