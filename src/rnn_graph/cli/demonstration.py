"""What `rnn-graph demo` does."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from rnn_graph.cli.char_training import CharSettings, encode_lines, train_and_save_char
from rnn_graph.cli.console import log
from rnn_graph.cli.models import build_char_model, build_word_model
from rnn_graph.cli.options import BackendName, Computing
from rnn_graph.cli.taggers import build_recipe_model, train_and_save_tagger
from rnn_graph.cli.training import train_and_save
from rnn_graph.data.padding import next_word_pairs
from rnn_graph.data.sentences import Corpus
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START
from rnn_graph.datasets import color_names, comment_corpus, flight_corpus
from rnn_graph.errors import InputError
from rnn_graph.files.atomic import check_outputs
from rnn_graph.models.registry import load_model
from rnn_graph.predict.char_generation import generate_lines
from rnn_graph.predict.generation import generate_sentence
from rnn_graph.predict.tagging import score_tagger, tag_sentences
from rnn_graph.randomness import as_random_generator
from rnn_graph.train.recipes import changed_modern_recipe
from rnn_graph.train.tagger_minibatches import MODERN_RECIPE

HELD_OUT_SENTENCES = 2_000
UNSEEN_QUERIES = 400
HIDDEN_DIM = 100
# Far enough for agreement across a clause; the whole sentence, unclipped, is less stable.
BPTT_TRUNCATE = 6
LEARNING_RATE = 0.006
SCHEDULE = "linear"
GENERATED_SENTENCES = 10


TAGGER_RECIPE = changed_modern_recipe(
    MODERN_RECIPE,
    hidden_dim=64,
    embedding_dim=64,
    dropout=0.2,
    learning_rate=0.01,
    averaging=0.95,
)
TAGGED_QUERIES = 3

NAME_UNITS = 50
NAME_LEARNING_RATE = 0.05
GENERATED_NAMES = 10


def demonstrate(
    out: Path,
    *,
    sentences: int,
    epochs: int,
    queries: int,
    tagger_epochs: int,
    name_steps: int,
    computing: Computing,
    seed: int,
) -> dict[str, Any]:
    """Show the tagger, names of colors, and the language model."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write in {out}: {error.strerror}; give another folder") from None
    paths = [out / name for name in ("tagger.npz", "colors.npz", "word-model.npz", "loss.png")]
    check_outputs(paths)
    tagger_path, colors_path, model_path, picture = paths
    # The language model last: what it says in the end is what should stay in view.
    shown: dict[str, Any] = {}
    if computing.backend != BackendName.NUMPY:
        shown = _demonstrate_tagger(
            tagger_path, queries=queries, epochs=tagger_epochs, computing=computing, seed=seed
        ) | _demonstrate_names(colors_path, steps=name_steps, computing=computing, seed=seed)
    return shown | _demonstrate_language_model(
        model_path, picture, sentences=sentences, epochs=epochs, computing=computing, seed=seed
    )


def _demonstrate_tagger(
    path: Path, *, queries: int, epochs: int, computing: Computing, seed: int
) -> dict[str, Any]:
    """Train on embedded flight queries, and tag three that are not among them."""
    log(f"drawing {queries:,} flight queries whose words have slot labels")
    drawn = flight_corpus(queries, UNSEEN_QUERIES, UNSEEN_QUERIES, rng=seed)
    recipe = replace(TAGGER_RECIPE, epochs=epochs)
    vocabulary = TagVocabulary.of(drawn.train)
    model = build_recipe_model(recipe, vocabulary, computing=computing, seed=seed)
    log(
        f"training a GRU of {recipe.model.hidden_dim} units a direction on"
        f" {len(vocabulary.words)} words and {len(vocabulary.labels)} labels"
    )
    train_and_save_tagger(
        model, recipe, drawn.train, drawn.valid, out=path, seed=seed, data="embedded"
    )
    seen = {sentence.words for sentence in drawn.train}
    unseen = [s.words for s in drawn.test if s.words not in seen][:TAGGED_QUERIES]
    loaded = load_model(path)
    log(f"tagger in {path}")
    labels = tag_sentences(loaded, unseen)
    return {
        "tagger": str(path),
        "tagger_f1": score_tagger(loaded, drawn.test).overall.f1,
        "queries": [
            {"words": list(words), "labels": list(tags)}
            for words, tags in zip(unseen, labels, strict=True)
        ],
    }


def _demonstrate_names(
    path: Path, *, steps: int, computing: Computing, seed: int
) -> dict[str, Any]:
    """Train on the embedded names of colors, and invent some that are not among them."""
    text = encode_lines(color_names(), seed=seed)
    size = len(text.vocabulary)
    log(f"training an LSTM of {NAME_UNITS} units on {text.description}, {size} characters")
    model = build_char_model(
        "lstm", text.vocabulary, hidden_dim=NAME_UNITS, seed=seed, computing=computing
    )
    settings = CharSettings(
        steps, NAME_LEARNING_RATE, "linear", evaluate_every=-(-steps // 4), seed=seed
    )
    train_and_save_char(model, text, settings, out=path, data="embedded")
    log(f"character model in {path}")
    colors = generate_lines(load_model(path), GENERATED_NAMES, unique=True, rng=seed)
    return {"character_model": str(path), "colors": list(colors)}


def _demonstrate_language_model(
    model_path: Path, picture: Path, *, sentences: int, epochs: int, computing: Computing, seed: int
) -> dict[str, Any]:
    """Train on embedded sentences, save model and picture, generate, compare with the truth."""
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
