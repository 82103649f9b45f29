"""What `rnn-graph demo` does."""

from pathlib import Path
from typing import Any

from rnn_graph.batching import next_word_pairs
from rnn_graph.cli.console import log
from rnn_graph.cli.models import build_word_model
from rnn_graph.cli.options import Computing
from rnn_graph.cli.training import train_and_save
from rnn_graph.corpus import Corpus
from rnn_graph.datasets import comment_corpus
from rnn_graph.errors import InputError
from rnn_graph.files import check_outputs
from rnn_graph.generation import generate_sentence
from rnn_graph.models.files import load_model
from rnn_graph.randomness import as_random_generator
from rnn_graph.vocabulary import SENTENCE_END, SENTENCE_START

HELD_OUT_SENTENCES = 2_000
HIDDEN_DIM = 100
# Far enough for agreement across a clause; the whole sentence, unclipped, is less stable.
BPTT_TRUNCATE = 6
LEARNING_RATE = 0.006
SCHEDULE = "linear"
GENERATED_SENTENCES = 10


def demonstrate(
    out: Path, *, sentences: int, epochs: int, computing: Computing, seed: int
) -> dict[str, Any]:
    """Train on embedded sentences, save model and picture, generate, compare with the truth."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write in {out}: {error.strerror}; give another folder") from None
    model_path, picture = out / "word-model.npz", out / "loss.png"
    check_outputs([model_path, picture])

    log(f"drawing {sentences:,} sentences from a grammar whose probabilities are known")
    drawn = comment_corpus(sentences, HELD_OUT_SENTENCES, rng=seed)
    corpus = Corpus(_with_markers(drawn.train))
    vocabulary = corpus.vocabulary(corpus.type_count + 1)
    log(f"such as: {' '.join(drawn.train[0])}")
    model = build_word_model(
        vocabulary,
        hidden_dim=HIDDEN_DIM,
        bptt_truncate=BPTT_TRUNCATE,
        rng=seed,
        computing=computing,
    )
    held_out = [vocabulary.encode(sentence) for sentence in _with_markers(drawn.held_out)]
    log(f"training an Elman network of {HIDDEN_DIM} hidden units on {len(vocabulary)} words")
    result = train_and_save(
        model,
        *next_word_pairs(corpus.encode(vocabulary)),
        held_out=next_word_pairs(held_out),
        out=model_path,
        learning_rate=LEARNING_RATE,
        schedule=SCHEDULE,
        epochs=epochs,
        evaluate_every=1,
        seed=seed,
        data="embedded",
        plot=picture,
        true_perplexity=drawn.true_perplexity,
    )
    log(f"model in {model_path}; sentences from it:")
    loaded = load_model(model_path)
    rng = as_random_generator(seed)
    return {
        "model": str(model_path),
        "picture": str(picture),
        "sentences": [
            " ".join(generate_sentence(loaded, rng=rng)) for _ in range(GENERATED_SENTENCES)
        ],
        "held_out_perplexity": result.held_out["perplexity"],
        "true_perplexity": drawn.true_perplexity,
        "signature": result.signature,
    }


def _with_markers(sentences):
    return [(SENTENCE_START, *words, SENTENCE_END) for words in sentences]
