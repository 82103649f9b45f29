"""Training taggers."""

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rnn_graph.data.corpus import split_held_out
from rnn_graph.data.label_schemes import NO_SCHEME, SCHEMES, scheme_of
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.tagged_batches import TaggedBatches
from rnn_graph.data.tagged_files import has_parts, tagged_sentences_of
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.data.word_vectors import WordVectors, read_word_vectors
from rnn_graph.errors import InputError
from rnn_graph.models.kinds import find_kind
from rnn_graph.predict.metrics import bracketed
from rnn_graph.predict.tagging import score_tagger, tag_sentences
from rnn_graph.train.fit import Computing, Data, changed_recipe, fit
from rnn_graph.train.recipes import Recipe, find_recipe
from rnn_graph.train.result import TrainingResult
from rnn_graph.train.run import RunSettings

HELD_OUT_SHARE = 0.1  # if neither that nor validation data are given

Tagged = str | Path | Sequence[Sequence[tuple[str, str]]] | Sequence[TaggedSentence]


def train_tagger(
    data: Tagged,
    *,
    recipe: str | Recipe = "modern",
    valid: Tagged | None = None,
    held_out: float | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    init_from: str | Path | None = None,
    checkpoint_minutes: float | None = None,
    tensorboard: str | Path | None = None,
    plot: str | Path | None = None,
    progress: bool = True,
    keep_case: bool = False,
    embeddings: str | Path | None = None,
    backend: str = "auto",
    device: str = "auto",
    dtype: str | None = None,
    devices: int | None = None,
    reading: dict[str, Any] | None = None,
    **settings: Any,
):
    """Train a tagger; it ends with the parameters of the best validation epoch.

    Parameters
    ----------
    data
        A path, or a list of sentences, each a list of (word, label).
    recipe
        "modern" (minibatches, both directions), "word" or "sentence" (as published), or a
        `Recipe`.
    valid
        Sentences that choose the best epoch, in any form that `data` may have.
    held_out
        In place of `valid`, the share of `data`, from 0 to below 1, that is kept back from the
        end; a tenth if neither is given.
    keep_case
        Whether words keep their case.
    embeddings
        A file of word embeddings to begin with, as `read_word_vectors` reads it.
    reading
        How files are read: keywords of `read_tagged_sentences`.
    out, resume, init_from, checkpoint_minutes, tensorboard, plot, progress
        As for `train_language_model`.
    backend, device, dtype, devices
        As for `train_language_model`.
    **settings
        As for `train_language_model`.

    Returns
    -------
    SequenceTagger
        Or the tutorial's `RNNSLU`. It tags (`tagger.tag(sentences)`), scores
        (`tagger.score(data)`), and has the records of its training in `tagger.history`.

    Raises
    ------
    InputError
        If something given cannot be used; the message says what to give.
    TrainingDiverged
        If the loss is not finite.

    Examples
    --------
    >>> from rnn_graph import train_tagger
    >>> sentences = [[("to", "O"), ("boston", "B-city")], [("on", "O"), ("monday", "B-day")]] * 10
    >>> tagger = train_tagger(
    ...     sentences,
    ...     recipe="sentence",
    ...     hidden_dim=8,
    ...     embedding_dim=8,
    ...     window=1,
    ...     epochs=10,
    ...     learning_rate=0.3,
    ...     progress=False,
    ... )
    >>> tagger.tag([["to", "boston"], ["on", "monday"]])
    [('O', 'B-city'), ('O', 'B-day')]
    """
    model, _ = fit_tagger(
        data,
        find_recipe("tagger", recipe),
        settings,
        valid=valid,
        held_out=held_out,
        keep_case=keep_case,
        embeddings=embeddings,
        reading=reading or {},
        run=RunSettings.of(
            out,
            resume=resume,
            checkpoint_minutes=checkpoint_minutes,
            tensorboard=tensorboard,
            plot=plot,
        ),
        computing=Computing(backend, device, dtype, devices),
        init_from=None if init_from is None else Path(init_from),
        progress=progress,
    )
    return model


def fit_tagger(
    data: Tagged,
    recipe: Recipe,
    settings: dict[str, Any],
    *,
    valid: Tagged | None,
    held_out: float | None,
    keep_case: bool,
    embeddings: str | Path | None = None,
    reading: dict[str, Any],
    run: RunSettings | None,
    computing: Computing,
    init_from: Path | None = None,
    progress: bool = True,
) -> tuple[Any, TrainingResult]:
    """`train_tagger` with its options in groups; also says what it came to."""
    if valid is not None and held_out:
        raise InputError("--valid and --held-out both give sentences to evaluate on; leave one out")
    if embeddings is not None and init_from is not None:
        raise InputError(
            f"--embeddings and --init-from {init_from} both give first values; leave one out"
        )
    recipe = changed_recipe(recipe, settings)
    read = partial(
        _read,
        data=data,
        valid=valid,
        held_out=held_out,
        keep_case=keep_case,
        embeddings=embeddings,
        embedding_dim=settings.get("embedding_dim"),
        reading=reading,
        recipe=recipe,
    )
    return fit(
        recipe,
        read,
        inputs=[Path(part) for part in (data, valid, embeddings) if isinstance(part, str | Path)],
        run=run,
        computing=computing,
        init_from=init_from,
        given=settings,
        progress=progress,
        data_name=str(data) if isinstance(data, str | Path) else "a list",
    )


def read_tagged(
    data: Tagged, valid: Tagged | None, held_out: float | None, reading: dict[str, Any]
) -> tuple[Sequence[TaggedSentence], Sequence[TaggedSentence]]:
    """Sentences to train on and to validate on."""
    sentences = tagged_sentences_of(data, part="train", **reading)
    if valid is not None:
        return sentences, tagged_sentences_of(valid, part="valid", **reading)
    if isinstance(data, str | Path) and has_parts(data) and not held_out:
        return sentences, tagged_sentences_of(data, part="valid", **reading)
    if held_out is not None:
        return split_held_out(sentences, held_out)
    kept = max(1, round(len(sentences) * HELD_OUT_SHARE))
    if kept == len(sentences):
        raise InputError(f"there is {kept} sentence; give at least 2, or validation data (--valid)")
    return sentences[:-kept], sentences[-kept:]


def tagged_batches(model, sentences: Sequence[TaggedSentence], recipe: Recipe) -> TaggedBatches:
    """The minibatches of tagged sentences, as the recipe takes them."""
    words, labels = model.vocabulary.encode(sentences)
    return TaggedBatches(
        words,
        labels,
        recipe["batch_size"],
        seed=recipe["seed"],
        vocabulary_size=len(model.vocabulary.words),
        word_dropout=recipe.settings.get("word_dropout", 0.0),
    )


def unseen_labels(vocabulary: TagVocabulary, sentences: Sequence[TaggedSentence]) -> str | None:
    """What to say of labels that the model cannot give, and that count as wrong."""
    unseen = {label for s in sentences for label in s.labels} - set(vocabulary.labels)
    if not unseen:
        return None
    count = sum(label in unseen for s in sentences for label in s.labels)
    names = ", ".join(sorted(unseen)[:10])
    return (
        f"{count} words have labels that were not in training, and count as wrong: {names};"
        " --label-column and --scheme choose others"
    )


def _read(
    folder: Path | None,
    vocabulary,
    *,
    data,
    valid,
    held_out,
    keep_case,
    embeddings,
    embedding_dim,
    reading,
    recipe,
) -> Data:
    training, validation = read_tagged(data, valid, held_out, reading)
    vocabulary = vocabulary or TagVocabulary.of(training, lowercase=not keep_case)
    lines = [
        f"{len(training):,} sentences to train on, {len(validation):,} to validate;"
        f" {len(vocabulary.words):,} words, {len(vocabulary.labels):,} labels"
    ]
    if said := unseen_labels(vocabulary, validation):
        lines.append(said)
    network = {}
    if recipe.settings.get("output") == "crf":
        network["label_scheme"] = scheme_of(sentence.labels for sentence in training)
        lines.append(_said_of_scheme(network["label_scheme"]))
    vectors = None
    if embeddings is not None:
        vectors = read_word_vectors(embeddings, vocabulary)
        if embedding_dim not in (None, vectors.dimension):
            raise InputError(
                f"--embedding-dim is {embedding_dim}, and {embeddings} has {vectors.dimension}"
                " numbers a word; leave the option out"
            )
        network["embedding_dim"] = vectors.dimension
        lines.append(vectors.description)
    batches = find_kind(recipe.kind).batches_function()
    return Data(
        vocabulary=vocabulary,
        digest=_digest(training, validation),
        description="\n".join(lines),
        batches=lambda model: batches(model, training, recipe),
        evaluate=(lambda model: score_tagger(model, validation)) if validation else None,
        sample=lambda model: _sample(model, validation or training),
        unit="words",
        network=network,
        prepare=None if vectors is None else lambda model: _begin_with(vectors, model),
    )


def _begin_with(vectors: WordVectors, model) -> None:
    table = model.parameters["embeddings"]
    table.set_value(vectors.written_over(table.get_value()))


def _said_of_scheme(scheme: str) -> str:
    if scheme == NO_SCHEME:
        return f"labels keep to none of {', '.join(SCHEMES)}; the CRF forbids no transition"
    return f"labels keep to {scheme}, and the CRF forbids what breaks it"


def _digest(*parts: Sequence[TaggedSentence]) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _sample(model, sentences: Sequence[TaggedSentence]) -> str:
    words = sentences[0].words
    return bracketed(words, tag_sentences(model, [words])[0])
