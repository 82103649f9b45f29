"""Training language models of words, lines and texts."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rnn_graph.checks import require_shares
from rnn_graph.data.batches import SAMPLINGS
from rnn_graph.data.corpus import LanguageCorpus, read_language_corpus
from rnn_graph.data.splitting import Splitting
from rnn_graph.data.text_files import refuse_column_of_text
from rnn_graph.errors import InputError
from rnn_graph.models.kinds import find_kind
from rnn_graph.predict.generation import generate
from rnn_graph.predict.scoring import score_text
from rnn_graph.train.fit import Computing, Data, changed_recipe, fit
from rnn_graph.train.recipes import Recipe, find_recipe
from rnn_graph.train.result import TrainingResult
from rnn_graph.train.run import RunSettings

LONGEST_SENTENCE = 200  # tokens of a minibatch of sentences, if nobody says otherwise
OF_ONE_UNIT = {"line": ("longest_line", "carry_state"), "text": ("piece_length",)}
UNITS = {"word": "word", "char": "char", "line": "char", "text": "char"}

Text = str | Path | Sequence[str] | Sequence[Sequence[str]]


def train_language_model(
    data: Text,
    *,
    unit: str = "word",
    recipe: str | Recipe = "modern",
    valid: Text | None = None,
    held_out: float = 0.0,
    out: str | Path | None = None,
    resume: bool = False,
    init_from: str | Path | None = None,
    checkpoint_minutes: float | None = None,
    tensorboard: str | Path | None = None,
    plot: str | Path | None = None,
    progress: bool = True,
    backend: str = "auto",
    device: str = "auto",
    dtype: str | None = None,
    devices: int | None = None,
    reading: dict[str, Any] | None = None,
    **settings: Any,
):
    """Train a language model of words or characters.

    Parameters
    ----------
    data
        A path, a list of strings (documents, or lines), or a list of token lists, to which
        sentence markers are added where they are missing.
    unit
        "word"; "char" for the recipe's own unit of characters, "line" if each line is a text of
        its own, such as a name, "text" for running text.
    recipe
        "modern" (minibatches) or "tutorial" (a sentence, line or piece a step), or a `Recipe`.
    valid
        Text that evaluations score, in any form that `data` may have.
    held_out
        In place of `valid`, the share of `data`, from 0 to below 1, that is kept back for
        evaluations: from its end, of lines from all over it.
    out
        The model file to write; checkpoints and history go into the folder beside it, `model.run`
        for `model.npz`. None: nothing is written.
    resume
        Whether to go on from the newest checkpoint of that folder, if there is one.
    init_from
        A model file to begin with, whose vocabulary is used.
    checkpoint_minutes
        Minutes between checkpoints, 10 if None; 0: each step.
    tensorboard, plot
        A folder for TensorBoard events, and a PNG for the loss curve.
    progress
        Whether progress is shown on stderr.
    backend, device, dtype
        As for `LanguageModel`; the recipe "tutorial" for words also takes the backend "numpy".
    devices
        How many devices share each minibatch.
    reading
        How files are read: keywords of `read_language_corpus`, such as `pre_split`, `tokenizer`,
        `column`, `encoding`.
    **settings
        Settings that replace those of the recipe, such as `epochs`, `hidden_dim`,
        `learning_rate`, `patience`.

    Returns
    -------
    LanguageModel
        Or the tutorial's model. It generates (`model.generate(5)`), scores (`model.score(data)`),
        and has the records of its training in `model.history`.

    Raises
    ------
    InputError
        If something given cannot be used; the message says what to give.
    TrainingDiverged
        If the loss is not finite.

    Examples
    --------
    Two sentences in turn: only the last word of one is uncertain, one of two.

    >>> from rnn_graph import train_language_model
    >>> sentences = [["a", "b", "c"], ["a", "b", "d"]] * 20
    >>> model = train_language_model(
    ...     sentences,
    ...     recipe="tutorial",
    ...     hidden_dim=8,
    ...     epochs=10,
    ...     learning_rate=0.05,
    ...     progress=False,
    ... )
    >>> round(model.score(sentences).perplexity, 1)  # at best 2 ** (1 / 4)
    1.2
    """
    if unit not in UNITS:
        raise InputError(f"unknown unit {unit!r}; give one of {', '.join(UNITS)}")
    if unit in ("line", "text"):
        settings["unit"] = unit
    model, _ = fit_language_model(
        data,
        find_recipe(UNITS[unit], recipe),
        settings,
        valid=valid,
        held_out=held_out,
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


def fit_language_model(
    data: Text,
    recipe: Recipe,
    settings: dict[str, Any],
    *,
    valid: Text | None,
    held_out: float,
    reading: dict[str, Any],
    run: RunSettings | None,
    computing: Computing,
    init_from: Path | None = None,
    progress: bool = True,
) -> tuple[Any, TrainingResult]:
    """`train_language_model` with its options in groups; also says what it came to."""
    if valid is not None and held_out:
        raise InputError("--valid and --held-out both give text to evaluate on; leave one out")
    require_shares(held_out=held_out)
    recipe = changed_recipe(recipe, _with_lengths(recipe, settings))
    _refuse_of_other_unit(recipe, settings)
    splitting_names = ("pre_split", "tokenizer", "lowercase", "column")
    unit = recipe.settings.get("unit", "word")
    refuse_column_of_text(data, reading)
    given = dict(reading)
    if unit == "word":
        split = recipe.splitting()
        split |= {name: given.pop(name) for name in splitting_names if name in given}
        given["splitting"] = Splitting(**split) if split else None
        given["vocabulary_size"] = recipe["vocabulary_size"]
    elif unit == "line":
        given["longest_line"] = recipe["longest_line"]
    read = partial(
        _read,
        data=data,
        unit=unit,
        recipe=recipe,
        reading={**given, "valid": valid, "held_out": held_out},
    )
    return fit(
        recipe,
        read,
        inputs=[Path(part) for part in (data, valid) if isinstance(part, str | Path)],
        run=run,
        computing=computing,
        init_from=init_from,
        given=settings,
        progress=progress,
        data_name=str(data) if isinstance(data, str | Path) else "a list",
    )


def _with_lengths(recipe: Recipe, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings, with what follows of those that were not given for sentences and lines."""
    if "sampling" not in recipe.settings:
        return settings
    unit = settings.get("unit") or recipe.settings.get("unit", "word")
    defaults = {"sampling": "sentences"} if unit == "line" else {}
    settings = defaults | {name: value for name, value in settings.items() if value is not None}
    if settings.get("sampling") == "sentences":
        settings = {"sequence_length": LONGEST_SENTENCE} | settings
    return settings


def _refuse_of_other_unit(recipe: Recipe, settings: dict[str, Any]) -> None:
    """Refuse settings that have no meaning for lines, or none for running text."""
    unit = recipe.settings.get("unit")
    if unit == "text" and recipe.settings.get("sampling") == "sentences":
        raise InputError(
            "running text has no sentences; give --sampling sequential or random, or --unit line"
        )
    for other, names in OF_ONE_UNIT.items():
        for name in names:
            if unit not in (None, other) and settings.get(name) is not None:
                option = name.replace("_", "-")
                raise InputError(f"--{option} is for --unit {other}; leave it out")


def minibatches(model, ids, recipe: Recipe):
    """The minibatches of a text, as the recipe takes them; smaller ones of a short text."""
    reading = {"start_id": model.start_id, "targets": model.targets}
    return text_batches(ids, recipe, **reading, devices=model.backend.devices)


def text_batches(ids, recipe: Recipe, *, devices: int = 1, **reading: Any):
    """The minibatches of a text that so many devices share; `reading` as for the samplings."""
    sampling, seed = SAMPLINGS[_sampling(recipe)], recipe["seed"]
    of_size = partial(sampling, ids, length=recipe["sequence_length"], seed=seed, **reading)
    batches = of_size(batch_size=recipe["batch_size"])
    fitting = max(1, batches.texts // devices) * devices
    return of_size(batch_size=fitting) if fitting < batches.batch_size else batches


def _sampling(recipe: Recipe) -> str:
    sampling = str(recipe["sampling"])
    if sampling not in SAMPLINGS:
        raise InputError(f"unknown sampling {sampling!r}; give one of {', '.join(SAMPLINGS)}")
    return sampling


def _read(folder: Path | None, vocabulary, *, data, unit: str, recipe: Recipe, reading) -> Data:
    corpus = read_language_corpus(data, unit=unit, vocabulary=vocabulary, folder=folder, **reading)
    batches = find_kind(recipe.kind).batches_function()
    return Data(
        vocabulary=corpus.vocabulary,
        digest=corpus.digest,
        description=corpus.description,
        batches=lambda model: batches(model, corpus.training, recipe),
        evaluate=_scoring(corpus),
        evaluate_training=lambda model: score_text(model, corpus.training),
        sample=partial(_sample, unit=unit, seed=recipe["seed"]),
        unit="words" if unit == "word" else "characters",
        # What a state reaches over, of a model of minibatches.
        network={"context": "sentence"} if recipe.settings.get("sampling") == "sentences" else {},
    )


def _scoring(corpus: LanguageCorpus):
    if corpus.held_out is None:
        return None
    return lambda model: score_text(model, corpus.held_out)


def _sample(model, *, unit: str, seed: int) -> str:
    """A sentence, some lines, or the beginning of a text."""
    try:
        if unit == "text":
            return repr(generate(model, 1, max_length=100, rng=seed)[0])
        texts = generate(model, 1 if unit == "word" else 5, min_length=1, max_length=30, rng=seed)
        return ", ".join(texts)
    except InputError:  # a model that has learned nothing yet may end each text at once
        return "(nothing yet)"
