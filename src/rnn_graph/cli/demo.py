"""`rnn-graph demo`: everything once, on embedded data."""

from pathlib import Path
from typing import Annotated, Any

import typer

from rnn_graph.cli import options
from rnn_graph.errors import InputError

EXAMPLE = "Example: rnn-graph demo --out demo-output"

HELD_OUT_SENTENCES = 2_000
UNSEEN_QUERIES = 400
SHOWN = 10
TAGGED_QUERIES = 3

TAGGER_SETTINGS = {
    "hidden_dim": 64,
    "embedding_dim": 64,
    "dropout": 0.2,
    "embedding_dropout": 0.2,
    "learning_rate": 0.01,
    "averaging": 0.95,
}
NAME_SETTINGS = {"hidden_dim": 50, "learning_rate": 0.05, "schedule": "linear"}
# k far enough for agreement across a clause; the whole sentence, unclipped, is less stable.
WORD_SETTINGS = {
    "vocabulary_size": 10_000,
    "hidden_dim": 100,
    "bptt_truncate": 6,
    "learning_rate": 0.006,
    "schedule": "linear",
    "evaluate_every": 1,
}


def demo(
    *,
    out: Annotated[Path, typer.Option(help="Folder for models and picture.")] = Path("demo-output"),
    sentences: Annotated[
        int, typer.Option(min=20, help="Sentences to train the language model on.")
    ] = 40_000,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of the language model.")] = 6,
    queries: Annotated[int, typer.Option(min=20, help="Queries to train the tagger on.")] = 2_000,
    tagger_epochs: Annotated[int, typer.Option(min=1, help="Epochs of the tagger.")] = 6,
    name_steps: Annotated[
        int, typer.Option(min=1, help="Training steps of the character model.")
    ] = 15_000,
    computing: options.Computing,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Train, save, draw, tag and generate, on embedded data.

    A tagger on flight queries, a character model on names of colors, and a language model on
    sentences whose true perplexity is known. Needs no network and no files.
    """
    from rnn_graph.cli.console import print_json
    from rnn_graph.files.atomic import check_outputs

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write in {out}: {error.strerror}; give another folder") from None
    names = ("tagger.npz", "colors.npz", "word-model.npz", "loss.png")
    tagger_path, colors_path, model_path, picture = paths = [out / name for name in names]
    check_outputs(paths)
    shared = {"computing": computing, "seed": seed}
    # The language model last: what it says in the end is what should stay in view.
    result: dict[str, Any] = {}
    if computing.backend != options.BackendName.NUMPY:
        result |= _tagger(tagger_path, queries, tagger_epochs, **shared)
        result |= _names(colors_path, name_steps, **shared)
    result |= _language_model(model_path, picture, sentences, epochs, **shared)
    if as_json:
        print_json(result)
        return
    if "tagger" in result:
        _print_tagger(result, tagger_path)
        _print_names(result, colors_path)
    _print_language_model(result, model_path, picture)


def _print_tagger(result: dict[str, Any], path: Path) -> None:
    from rnn_graph.cli.console import print_spans, say

    _print_title("Tagger: which words of a flight query fill which slot")
    for query in result["queries"]:
        print_spans(query["words"], query["labels"])
    say(
        f"None of these is among the {result['training_queries']:,} queries that it learned from."
        f" On {UNSEEN_QUERIES} others F1 is {result['tagger_f1']:.2f} (of 100)."
    )
    say(f'Next: rnn-graph tag {path} "from boston to denver on monday"', hanging=2)


def _print_names(result: dict[str, Any], path: Path) -> None:
    from rnn_graph.cli.console import say

    _print_title("Character model: names of colors that are not")
    say(", ".join(result["colors"]))
    say(f"None of these is among the {result['training_names']:,} names that it learned from.")
    say(f"Next: rnn-graph generate {path} --unique", hanging=2)


def _print_language_model(result: dict[str, Any], path: Path, picture: Path) -> None:
    from rnn_graph.cli.console import say

    _print_title("Word model: sentences like those of a grammar")
    for sentence in result["sentences"]:
        say(sentence, hanging=2)
    say(
        f"Held-out perplexity {result['held_out_perplexity']:.2f}: among so many words it hesitates"
        f" on average. {result['true_perplexity']:.2f} is the grammar's own, below which no model"
        f" comes. {picture} shows how it was learned."
    )
    say(f'Next: rnn-graph generate {path} --prompt "the"', hanging=2)


def _print_title(title: str) -> None:
    from rnn_graph.cli.console import say

    say()
    say(title.upper())


def _tagger(path: Path, queries: int, epochs: int, *, computing, seed: int) -> dict[str, Any]:
    """Train on embedded flight queries, and tag three that are not among them."""
    from rnn_graph.cli.console import log
    from rnn_graph.datasets import flight_corpus
    from rnn_graph.models.registry import load_model
    from rnn_graph.train.tagger import train_tagger

    log(f"drawing {queries:,} flight queries whose words have slot labels")
    drawn = flight_corpus(queries, UNSEEN_QUERIES, UNSEEN_QUERIES, rng=seed)
    settings = TAGGER_SETTINGS | {"epochs": epochs, "seed": seed}
    _fresh(path)
    train_tagger(drawn.train, valid=drawn.valid, out=path, **settings, **computing.given())
    seen = {sentence.words for sentence in drawn.train}
    unseen = [s.words for s in drawn.test if s.words not in seen][:TAGGED_QUERIES]
    model = load_model(path)
    log(f"tagger in {path}")
    return {
        "tagger": str(path),
        "training_queries": len(drawn.train),
        "tagger_f1": model.score(drawn.test).overall.f1,
        "queries": [
            {"words": list(words), "labels": list(labels)}
            for words, labels in zip(unseen, model.tag(unseen), strict=True)
        ],
    }


def _names(path: Path, steps: int, *, computing, seed: int) -> dict[str, Any]:
    """Train on the embedded names of colors, and invent some that are not among them."""
    from rnn_graph.cli.console import log
    from rnn_graph.datasets import color_names
    from rnn_graph.models.registry import load_model
    from rnn_graph.train.language import train_language_model

    log("training a character model on names of colors")
    settings = NAME_SETTINGS | {"iterations": steps, "seed": seed}
    _fresh(path)
    train_language_model(
        color_names(), unit="line", recipe="tutorial", out=path, **settings, **computing.given()
    )
    log(f"character model in {path}")
    colors = load_model(path).generate(SHOWN, unique=True, rng=seed)
    return {
        "character_model": str(path),
        "training_names": len(color_names()),
        "colors": colors,
    }


def _language_model(
    path: Path, picture: Path, sentences: int, epochs: int, *, computing, seed: int
) -> dict[str, Any]:
    """Train on embedded sentences, save model and picture, generate, compare with the truth."""
    from rnn_graph.cli.console import log
    from rnn_graph.datasets import comment_corpus
    from rnn_graph.models.registry import load_model
    from rnn_graph.plots.curves import plot_histories
    from rnn_graph.predict.generation import generate
    from rnn_graph.train.history import read_history
    from rnn_graph.train.language import train_language_model
    from rnn_graph.train.run import HISTORY, RunSettings

    log(f"drawing {sentences:,} sentences from a grammar whose probabilities are known")
    drawn = comment_corpus(sentences, HELD_OUT_SENTENCES, rng=seed)
    log(f"such as: {' '.join(drawn.train[0])}")
    _fresh(path)
    trained = train_language_model(
        drawn.train,
        recipe="tutorial",
        valid=drawn.held_out,
        out=path,
        epochs=epochs,
        seed=seed,
        **WORD_SETTINGS,
        **computing.given(),
    )
    history = read_history(RunSettings(path).folder / HISTORY)
    plot_histories(picture, {path.stem: history}, truth=drawn.true_perplexity)
    log(f"loss curve in {picture}, model in {path}")
    best = min(r["held_out"]["perplexity"] for r in trained.history if r["held_out"])
    return {
        "model": str(path),
        "picture": str(picture),
        "sentences": generate(load_model(path), SHOWN, rng=seed),
        "held_out_perplexity": best,
        "true_perplexity": drawn.true_perplexity,
    }


def _fresh(path: Path) -> None:
    """Remove the run of an earlier demo, which is nothing to go on from."""
    import shutil

    from rnn_graph.train.run import RunSettings

    shutil.rmtree(RunSettings(path).folder, ignore_errors=True)
