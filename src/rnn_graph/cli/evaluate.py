"""`rnn-graph evaluate`: how well a model predicts a text."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options

EXAMPLE = "Example: rnn-graph evaluate model.npz --data comments.csv"


def evaluate(
    *,
    model: Annotated[Path, typer.Argument(help="A model file.")],
    data: options.DataFile,
    vocabulary: options.VocabularyFile = None,
    reading: options.Reading,
    computing: options.Computing,
    as_json: options.Json = False,
) -> None:
    """Print mean loss, perplexity and the share of unknown words.

    Perplexity is given with and without the words that the model does not know.
    """
    from rnn_graph.batching import next_word_pairs
    from rnn_graph.cli.console import log, print_json
    from rnn_graph.cli.models import load_word_model, read_corpus
    from rnn_graph.metrics import score_text
    from rnn_graph.signature import as_line, signature

    loaded = load_word_model(model, vocabulary, computing)
    loaded.vocabulary.require_sentence_markers()
    corpus = read_corpus(data, reading)
    pairs = next_word_pairs(corpus.encode(loaded.vocabulary))
    score = score_text(loaded.word_losses, *pairs, loaded.vocabulary.unknown_id)
    signed = signature(loaded)
    if as_json:
        print_json(asdict(score) | {"signature": signed})
        return
    print(f"loss {score.loss:.6f} nats a word")
    print(f"perplexity {score.perplexity:.4f}")
    print(f"words {score.words}, sentence ends among them")
    print(f"unknown words {score.unknown_share:.2%}")
    print(f"perplexity without unknown words {score.known_perplexity:.4f}")
    log(as_line(signed))
