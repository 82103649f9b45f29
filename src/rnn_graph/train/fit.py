"""From data to a trained model: what every kind of model and recipe have in common."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rnn_graph.backend.devices import choose_backend
from rnn_graph.errors import InputError, TrainingDiverged
from rnn_graph.files.provenance import signature
from rnn_graph.models.registry import find_kind, load_model, refuse_numpy_with, save_model
from rnn_graph.plots.curves import plot_histories
from rnn_graph.train.history import read_history
from rnn_graph.train.processes import (
    Processes,
    ending_together,
    join,
    meeting_of,
    share_batches,
    split_cpu,
)
from rnn_graph.train.progress import ProgressBar, deferred_interrupt
from rnn_graph.train.recipes import NETWORK_SETTINGS, Recipe
from rnn_graph.train.result import TrainingResult, result_of
from rnn_graph.train.run import Run, RunSettings
from rnn_graph.train.trainer import Score, Trainer


@dataclass(frozen=True)
class Computing:
    """What computes, where, and how precisely.

    Attributes
    ----------
    backend
        "auto", "jax", "numba", "c", or for the word tutorial "numpy", the reference.
    device
        "auto", "cpu" or "gpu".
    dtype
        "float32" or "float64"; None for float32, and for the file's own when a model is loaded.
    devices
        How many devices share each minibatch; None for one, or all of several processes'.
    """

    backend: str = "auto"
    device: str = "auto"
    dtype: str | None = None
    devices: int | None = None

    def options(self) -> dict[str, Any]:
        """Keywords of models, and of `load_model`."""
        return {"backend": self.backend, "device": self.device, "dtype": self.dtype}


@dataclass(frozen=True)
class Data:
    """What a model is trained and judged on, read for it.

    Attributes
    ----------
    vocabulary
        The words, characters or labels that the model knows.
    digest
        Tells the data from others.
    description
        Of the data, for the user.
    batches
        From the model to `rnn_graph.train.protocols.Batches`.
    evaluate
        From the model to its score on held-out data; None for none.
    evaluate_training
        The same on the data that it is trained on.
    sample
        From the model to something that it does; None for nothing.
    unit
        What tokens are called.
    network
        Settings of the model that follow from the data.
    prepare
        Changes the first values of a model that is built for the data; None: nothing does.
    """

    vocabulary: Any
    digest: str
    description: str
    batches: Callable[[Any], Any]
    evaluate: Callable[[Any], Score] | None
    evaluate_training: Callable[[Any], Score] | None = None
    sample: Callable[[Any], str] | None = None
    unit: str = "words"
    network: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[Any], None] | None = None


def fit(
    recipe: Recipe,
    read: Callable[[Path | None, Any], Data],
    *,
    inputs: list[Path],
    run: RunSettings | None,
    computing: Computing,
    init_from: Path | None = None,
    given: Mapping[str, Any] | None = None,
    progress: bool = True,
    data_name: str = "",
) -> tuple[Any, TrainingResult]:
    """Train a model by a recipe.

    Parameters
    ----------
    recipe
    read
        Reads the data: from the run's folder, in which it may keep something (None without a run),
        and the vocabulary that they have to be read with (None to make one).
    inputs
        The files that are read, none of which is overwritten.
    run
        Where it is kept; None: nowhere.
    computing
    init_from
        A model file whose parameters and vocabulary training begins with.
    given
        The settings that the recipe was changed with, which `init_from` must not contradict.
    progress
        Whether to show how it goes.
    data_name
        Of the data, for the model file.

    Returns
    -------
    model, result

    Raises
    ------
    InputError
        If something given cannot be used.
    TrainingDiverged
        If the loss is not finite. The message says what holds the best model until then.
    """
    refuse_numpy(computing, recipe)
    if run is not None:
        run.check([*inputs, *([init_from] if init_from else [])])
    processes = run.processes if run is not None else Processes()
    if processes.count == 1:
        split_cpu(computing.devices)
    with ExitStack() as stack:
        folder = stack.enter_context(run.opened()) if run is not None else None
        first = _first_model(init_from, recipe, computing, given or {})
        with meeting_of(processes) as meeting:
            data = read(folder, first.vocabulary if first is not None else None)
            if meeting is not None:
                meeting.wait_until_all_are_ready()
        join(processes)
        stack.enter_context(ending_together(processes))
        model = first if first is not None else _build(recipe, data, computing, processes)
        if first is None and data.prepare is not None:
            data.prepare(model)
        return _fit(model, data, recipe, run, folder, progress, data_name)


def _fit(model, data: Data, recipe: Recipe, run, folder, progress: bool, data_name: str):
    sample = None if data.sample is None else lambda: data.sample(model)
    bar = ProgressBar(data.unit, sample=sample, enabled=progress and (run is None or run.writes))
    bar.say(data.description)
    signed = signature(model, recipe=recipe.name, **recipe.training(), **recipe.batches())
    observers: list[Any] = [bar]
    recorder = None
    if run is not None:
        recorder = Run(
            run,
            folder,
            data_digest=data.digest,
            description={"data": data_name, "signature": signed},
            save=lambda path, **content: save_model(path, model, **content),
            say=bar.say,
        )
        observers.append(recorder)
    trainer = _trainer(model, data, recipe, observers)
    asked = recipe.settings.get("batch_size")
    if asked is not None and trainer.batches.batch_size < asked:
        bar.say(f"batch size {trainer.batches.batch_size}: the data do not fill one of {asked}")
    with ExitStack() as stack:
        interrupted = stack.enter_context(deferred_interrupt())
        stack.enter_context(bar)
        if recorder is None:
            bar.should_stop = interrupted
        else:
            stack.enter_context(closing(recorder))
            recorder.interrupted = interrupted
        try:
            trainer.run()
        except TrainingDiverged as error:
            kept = f"{run.out} holds the best model" if recorder and recorder.saved else None
            raise TrainingDiverged(f"{error}{f' ({kept})' if kept else ''}") from None
        except InputError as error:  # the text has changed, say
            if recorder is None or not recorder.rescue():
                raise
            raise InputError(f"{error}; {run.out} holds the model of that moment") from None
    model.history = trainer.history
    result = result_of(
        trainer,
        model=None if run is None else str(run.out),
        interrupted=interrupted(),
        signature=signed,
    )
    if run is not None and run.plot is not None and run.writes:
        plot_histories(run.plot, {run.out.stem: read_history(recorder.history_path)})
        bar.say(f"loss curve in {run.plot}")
    return model, result


def _trainer(model, data: Data, recipe: Recipe, observers) -> Trainer:
    held_out = data.evaluate is not None
    evaluate = data.evaluate
    if evaluate is None and recipe["schedule"] == "rise":
        evaluate = data.evaluate_training  # as the tutorial does
    return Trainer(
        model,
        data.batches(model),
        recipe,
        evaluate=None if evaluate is None else lambda: evaluate(model),
        held_out=held_out,
        observers=observers,
    )


def _first_model(path: Path | None, recipe: Recipe, computing: Computing, given: Mapping[str, Any]):
    """The model that training begins with, if one is given."""
    if path is None:
        return None
    of_network = sorted(NETWORK_SETTINGS & {n for n, v in given.items() if v is not None})
    if of_network:
        option = of_network[0].replace("_", "-")
        raise InputError(f"--{option} is that of the model {path}; leave out one of the two")
    model = load_model(path, **computing.options())
    kind = find_kind(recipe.kind)
    trained = kind.numpy_class() if computing.backend == "numpy" else kind.model_class()
    if not isinstance(model, trained):
        raise InputError(
            f"{path} holds a {type(model).__name__}, and recipe {recipe.name!r} trains a"
            f" {kind.class_name}; give another --recipe or model"
        )
    if model.vocabulary is None:
        raise InputError(f"{path} has no vocabulary to read the data with; give another model")
    return model


def _build(recipe: Recipe, data: Data, computing: Computing, processes):
    options = computing.options()
    options["dtype"] = options["dtype"] or "float32"
    kind, network = find_kind(recipe.kind), recipe.network() | dict(data.network)
    if computing.backend == "numpy":
        return kind.numpy_class().build(data.vocabulary, rng=recipe["seed"], **network)
    if processes.count > 1 or computing.devices is not None:
        if "batch_size" not in recipe.settings:
            raise InputError(f"recipe {recipe.name!r} has no minibatches to share among devices")
        backend = choose_backend(computing.backend, computing.device, options["dtype"])
        options["backend"] = share_batches(backend, computing.devices, recipe["batch_size"])
    return kind.model_class().build(data.vocabulary, rng=recipe["seed"], **network, **options)


def refuse_numpy(computing: Computing, recipe: Recipe) -> None:
    """Refuse the reference where there is none, or with what it lacks."""
    if computing.backend != "numpy":
        return
    if find_kind(recipe.kind).numpy is None:
        raise InputError(
            f"recipe {recipe.name!r} has no numpy backend; give --backend jax, numba or c"
        )
    refuse_numpy_with(computing.device, computing.dtype)


def changed_recipe(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """The recipe with other settings; one of epochs and iterations takes the other's place.

    The warm-up goes with the recipe's own schedule: with another one there is none, unless given.
    """
    given = {name: value for name, value in settings.items() if value is not None}
    changed = recipe.changed(**given)
    if "warmup" in recipe.settings and str(changed["schedule"]) != recipe["schedule"]:
        changed = changed.changed(warmup=given.get("warmup", 0.0))
    for one, other in (("epochs", "iterations"), ("iterations", "epochs")):
        if one in given and other not in given:
            changed = replace(changed, settings={**changed.settings, other: None})
    if {"epochs", "iterations"} <= set(given):
        raise InputError("--epochs and --iterations both say when to end; leave out one")
    return changed
