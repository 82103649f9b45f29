"""Training taggers with progress and a result, for `train tagger` and `demo`."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rnn_graph.cli.console import log
from rnn_graph.cli.models import refuse_numpy
from rnn_graph.cli.options import Computing, TaggedReading
from rnn_graph.cli.progress import TrainingProgress, deferred_interrupt
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.tagged_files import has_parts, read_tagged_sentences
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.files.provenance import signature
from rnn_graph.models.registry import save_model
from rnn_graph.models.sequence_tagger import SequenceTagger
from rnn_graph.models.tagger_files import TaggerModel
from rnn_graph.plots.curves import plot_scores
from rnn_graph.predict.metrics import score_as_dict
from rnn_graph.predict.tagging import score_tagger
from rnn_graph.train.search import Trial, search_recipe
from rnn_graph.train.tagger_minibatches import ModernRecipe, train_sequence_tagger
from rnn_graph.train.tagger_training import SlotRecipe, TaggerEpoch, train_slot_tagger
from rnn_graph.tutorials.rnnslu import RNNSLU

Recipe = SlotRecipe | ModernRecipe
HELD_OUT_SHARE = 0.1


@dataclass(frozen=True)
class TaggerResult:
    """What `rnn-graph train tagger` reports."""

    model: str
    best_epoch: int | None
    valid: dict[str, float] | None
    sentences: int
    interrupted: bool
    history: list[dict[str, Any]]
    signature: dict[str, Any]


def read_training_data(
    data: Path, valid: Path | None, reading: TaggedReading
) -> tuple[list[TaggedSentence], list[TaggedSentence]]:
    """Sentences to train on and to validate on."""
    sentences = read_tagged_sentences(data, part="train", **vars(reading))
    if valid is not None or has_parts(data):
        validation = read_tagged_sentences(valid or data, part="valid", **vars(reading))
    else:
        kept = max(1, round(len(sentences) * HELD_OUT_SHARE))
        sentences, validation = sentences[:-kept], sentences[-kept:]
        log(f"no --valid: the last {kept:,} sentences of {data} are kept for validation")
        if not sentences:
            raise InputError(f"{data} has {kept} sentence; give at least 2, or --valid FILE")
    for name, part in (("training", sentences), ("validation", validation)):
        log(f"{name}: {len(part):,} sentences, {sum(len(s.words) for s in part):,} words")
    return sentences, validation


def say_unseen_labels(vocabulary: TagVocabulary, sentences: Sequence[TaggedSentence]) -> None:
    """Tell of labels that the model cannot give, and that count as wrong."""
    unseen = {label for s in sentences for label in s.labels} - set(vocabulary.labels)
    if unseen:
        count = sum(label in unseen for s in sentences for label in s.labels)
        names = ", ".join(sorted(unseen)[:10])
        log(f"{count} words have labels that were not in training, and count as wrong: {names}")


def build_recipe_model(
    recipe: Recipe, vocabulary: TagVocabulary, *, computing: Computing, seed: int
) -> TaggerModel:
    """A new model of the recipe's kind and sizes."""
    refuse_numpy(computing, "taggers")
    dtype = str(computing.dtype or "float32")
    options = {"rng": seed, "backend": str(computing.backend), "device": str(computing.device)}
    if isinstance(recipe, ModernRecipe):
        return SequenceTagger(vocabulary, replace(recipe.model, dtype=dtype), **options)
    return RNNSLU(
        recipe.hidden_dim,
        len(vocabulary.labels),
        len(vocabulary.words),
        recipe.embedding_dim,
        recipe.window,
        vocabulary=vocabulary,
        dtype=dtype,
        **options,
    )


def searched_recipe(
    recipe: Recipe,
    vocabulary: TagVocabulary,
    sentences: Sequence[TaggedSentence],
    validation: Sequence[TaggedSentence],
    *,
    trials: int,
    path: Path,
    computing: Computing,
    seed: int,
) -> ModernRecipe:
    """The best of random settings on the validation data, with a line for each trial."""
    if not isinstance(recipe, ModernRecipe):
        raise InputError(
            "--search changes settings, and a published recipe has its own; give --recipe modern"
        )

    def evaluate(candidate: ModernRecipe) -> float:
        model = build_recipe_model(candidate, vocabulary, computing=computing, seed=seed)
        history = train_sequence_tagger(
            model, sentences, candidate, lambda: score_tagger(model, validation), seed=seed
        )
        return max(epoch.score.overall.f1 for epoch in history)

    def on_trial(trial: Trial) -> None:
        settings = ", ".join(f"{name} {value}" for name, value in trial.settings.items())
        log(f"trial {trial.number} of {trials}: validation F1 {trial.f1:.2f} with {settings}")

    best = search_recipe(recipe, trials, path, evaluate, seed=seed, on_trial=on_trial)
    log(f"trials in {path}; training with the best settings")
    return best


def train_and_save_tagger(
    model: TaggerModel,
    recipe: Recipe,
    sentences: Sequence[TaggedSentence],
    validation: Sequence[TaggedSentence],
    *,
    out: Path,
    seed: int,
    data: str,
    plot: Path | None = None,
    on_epoch: Callable[[TaggerEpoch], None] = lambda epoch: None,
) -> TaggerResult:
    """Train with a progress bar, write the model at each best epoch and at the end."""
    say_unseen_labels(model.vocabulary, validation)
    settings = {k: v for k, v in asdict(recipe).items() if k != "model"}
    signed = signature(model, seed=seed, **settings)
    history: list[TaggerEpoch] = []

    def save() -> None:
        lines = [_epoch_line(epoch) for epoch in history]
        save_model(out, model, training={"data": data, "history": lines, "signature": signed})

    def epoch_done(epoch: TaggerEpoch) -> None:
        history.append(epoch)
        best = ", the best" if epoch.is_best else ""
        progress.say(
            f"epoch {epoch.epoch}: loss {epoch.loss:.4f}, validation F1"
            f" {epoch.score.overall.f1:.2f}{best}"
        )
        if epoch.is_best:
            save()
        on_epoch(epoch)

    train = train_slot_tagger if isinstance(recipe, SlotRecipe) else train_sequence_tagger
    words = sum(len(sentence.words) for sentence in sentences)
    with (
        TrainingProgress(recipe.epochs * words, "loss {:.4f}".format) as progress,
        deferred_interrupt() as interrupted,
    ):
        try:
            train(
                model,
                sentences,
                recipe,
                lambda: score_tagger(model, validation),
                seed=seed,
                on_step=progress.on_step,
                on_epoch=epoch_done,
                should_stop=interrupted,
            )
        except TrainingDiverged as error:
            kept = f"{out} holds the best model" if history else "nothing was written"
            raise TrainingDiverged(f"{error} ({kept})") from None
    save()
    if interrupted():
        log(f"interrupted after {len(history)} epochs; the best model until then is in {out}")
    best = next((epoch for epoch in reversed(history) if epoch.is_best), None)
    if plot and history:
        plot_scores(plot, [(epoch.epoch, epoch.score.overall.f1) for epoch in history])
        log(f"validation scores in {plot}")
    return TaggerResult(
        model=str(out),
        best_epoch=best.epoch if best else None,
        valid=score_as_dict(best.score) if best else None,
        sentences=len(sentences),
        interrupted=interrupted(),
        history=[_epoch_line(epoch) for epoch in history],
        signature=signed,
    )


def _epoch_line(epoch: TaggerEpoch) -> dict[str, float]:
    return {
        "epoch": epoch.epoch,
        "loss": epoch.loss,
        "f1": epoch.score.overall.f1,
        "learning_rate": epoch.learning_rate,
    }
