"""The options of `rnn-graph train`, and its recipes' values in the help."""

import functools
import textwrap
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from rnn_graph import names
from rnn_graph.cli.help import Command, width
from rnn_graph.cli.options import Computing, choice, plain
from rnn_graph.errors import InputError
from rnn_graph.train.recipes import recipes_of

CellName = choice("CellName", ("rnn", *names.CELLS))
SamplingName = choice("SamplingName", names.SAMPLINGS)
OptimizerName = choice("OptimizerName", names.OPTIMIZERS)
OutputName = choice("OutputName", names.OUTPUTS)
DistributedName = choice("DistributedName", ("auto",))
ScheduleName = choice("ScheduleName", (*names.FIXED_SCHEDULES, *names.JUDGED_SCHEDULES))

_more = functools.partial(typer.Option, rich_help_panel="More of the model and the training")
_run = functools.partial(typer.Option, rich_help_panel="The run")
_computing = functools.partial(typer.Option, rich_help_panel="Computing")

Out = Annotated[Path, typer.Option("--out", help="The model file to write (.npz).")]
Valid = Annotated[Path | None, typer.Option("--valid", help="Validation data, for evaluations.")]


@dataclass(frozen=True)
class MainSettings:
    """What people change first; None: as in the recipe."""

    epochs: Annotated[int | None, typer.Option(min=1, help="Number of training epochs.")] = None
    hidden_dim: Annotated[int | None, typer.Option(min=1, help="Hidden units of a layer.")] = None
    cell: Annotated[
        CellName | None, typer.Option(metavar="NAME", help="Recurrent cell: elman, gru, lstm.")
    ] = None
    learning_rate: Annotated[float | None, typer.Option(help="Learning rate at the start.")] = None
    batch_size: Annotated[int | None, typer.Option(min=1, help="Texts in a minibatch.")] = None
    dropout: Annotated[
        float | None, typer.Option(help="Share of layer outputs dropped in training.")
    ] = None
    patience: Annotated[
        int | None, typer.Option(min=1, help="Stop after N evaluations without improvement.")
    ] = None


@dataclass(frozen=True)
class MoreSettings:
    """The other settings of all tasks; None: as in the recipe."""

    iterations: Annotated[
        int | None, _more(min=1, help="Number of training steps, instead of epochs.")
    ] = None
    embedding_dim: Annotated[
        int | None, _more(min=1, help="Size of an embedding; default: the hidden units.")
    ] = None
    embedding_dropout: Annotated[
        float | None, _more(help="Share of embeddings dropped in training.")
    ] = None
    schedule: Annotated[
        ScheduleName | None,
        _more(metavar="NAME", help="Learning rate: constant, linear, cosine, step, plateau."),
    ] = None
    warmup: Annotated[float | None, _more(help="Share of steps with a rising rate.")] = None
    optimizer: Annotated[
        OptimizerName | None,
        _more(metavar="NAME", help="sgd, momentum, adagrad, rmsprop or adam."),
    ] = None
    clip_norm: Annotated[
        float | None, _more(help="Largest norm of the gradients; 0: no limit.")
    ] = None
    clip_value: Annotated[
        float | None, _more(help="Largest absolute value of a gradient element.")
    ] = None
    weight_decay: Annotated[float | None, _more(min=0, help="Weight decay of adam.")] = None
    accumulate: Annotated[int | None, _more(min=1, help="Number of minibatches per update.")] = None
    averaging: Annotated[
        float | None, _more(help="Decay of the moving average of parameters; 0: none.")
    ] = None
    evaluate_every: Annotated[int | None, _more(min=1, help="Epochs between evaluations.")] = None
    seed: Annotated[
        int | None, _more(min=0, max=names.LARGEST_SEED, help="Seed of every random number.")
    ] = None


@dataclass(frozen=True)
class LanguageSettings:
    """The settings that language models of words and characters share; None: as in the recipe."""

    layers: Annotated[int | None, _more(min=1, help="Number of recurrent layers.")] = None
    sequence_length: Annotated[
        int | None, _more(min=1, help="Tokens of each text in a minibatch.")
    ] = None
    sampling: Annotated[
        SamplingName | None,
        _more(metavar="NAME", help="Minibatches: sequential, random or sentences."),
    ] = None
    locked_dropout: Annotated[
        bool | None,
        _more("--locked-dropout/--no-locked-dropout", help="Drop the same units at all steps."),
    ] = None
    token_dropout: Annotated[
        float | None, _more(help="Share of tokens dropped in a training step.")
    ] = None
    weight_dropout: Annotated[
        float | None, _more(help="Share of recurrent weights dropped in training.")
    ] = None
    tie_weights: Annotated[
        bool | None, _more("--tie-weights", help="Use the embeddings as output weights.")
    ] = None
    output: Annotated[
        OutputName | None, _more(metavar="NAME", help="softmax, or adaptive: large vocabularies.")
    ] = None


@dataclass(frozen=True)
class RunOptions:
    """How a run is kept."""

    resume: Annotated[
        bool, typer.Option("--resume", help="Resume from the newest checkpoint, if any.")
    ] = False
    plot: Annotated[Path | None, typer.Option(help="Draw the loss curve to this PNG.")] = None
    init_from: Annotated[
        Path | None, _run(help="Model file with initial parameters and vocabulary.")
    ] = None
    checkpoint_minutes: Annotated[
        float, _run(min=0, help="Minutes between checkpoints; 0: every step.")
    ] = 10.0
    keep_checkpoints: Annotated[int, _run(min=1, help="Number of checkpoints to keep.")] = 3
    tensorboard: Annotated[
        Path | None, _run(metavar="FOLDER", help="Folder for TensorBoard events.")
    ] = None
    coordinator: Annotated[
        str | None, _run(metavar="HOST:PORT", help="Address of process 0, for several processes.")
    ] = None
    num_processes: Annotated[int | None, _run(min=1, help="Number of processes.")] = None
    process_id: Annotated[int | None, _run(min=0, help="Number of this process.")] = None
    run_secret_file: Annotated[
        Path | None, _run(metavar="FILE", help="Secret of the run's processes.")
    ] = None
    distributed: Annotated[
        DistributedName | None,
        _run(metavar="auto", help="Use the processes that a cluster launcher started."),
    ] = None

    def settings(self, out: Path):
        """The `RunSettings`."""
        from rnn_graph.train.run import RunSettings

        return RunSettings(
            out=out,
            resume=self.resume,
            checkpoint_minutes=self.checkpoint_minutes,
            keep_checkpoints=self.keep_checkpoints,
            tensorboard=self.tensorboard,
            plot=self.plot,
            processes=self._processes(),
        )

    def _processes(self):
        """Which process of a run this is."""
        from rnn_graph.cli.console import log
        from rnn_graph.train.processes import Processes
        from rnn_graph.train.run_secret import run_secret

        given = (self.coordinator, self.num_processes, self.process_id)
        if self.distributed is not None:
            if given != (None, None, None) or self.run_secret_file is not None:
                raise InputError(
                    "--distributed auto takes the processes from the launcher; leave out"
                    " --coordinator, --num-processes, --process-id and --run-secret-file"
                )
            return Processes.of_launcher()
        if given == (None, None, None):
            if self.run_secret_file is not None:
                raise InputError("--run-secret-file is for several processes; give --coordinator")
            return Processes()
        if None in given:
            raise InputError(
                "--coordinator HOST:PORT, --num-processes and --process-id belong together; give"
                " all three"
            )
        processes = Processes(*given)
        secret = run_secret(
            processes.address[0], self.run_secret_file, is_first=processes.is_first, say=log
        )
        return replace(processes, secret=secret)


@dataclass(frozen=True)
class TrainComputing(Computing):
    """What computes in training."""

    devices: Annotated[int | None, _computing(min=1, help="Devices that share each minibatch.")] = (
        None
    )

    def settings(self):
        """The `Computing` of the library."""
        from rnn_graph.train import fit

        return fit.Computing(**self.given())


def given(*groups: Any, **options: Any) -> dict[str, Any]:
    """The settings that were given, of groups of options and of options of one command."""
    values = {f.name: getattr(group, f.name) for group in groups for f in fields(group)} | options
    return {name: plain(value) for name, value in values.items() if value is not None}


NO_SETTING = "·"  # of this name


def with_recipes(of_task: str) -> type[Command]:
    """A command whose help has the values of a task's recipes."""

    class RecipeCommand(Command):
        def values_of_recipes(self) -> str:
            return "\n" + "".join(f"{line}\n" for line in _recipe_lines(of_task))

    return RecipeCommand


def _recipe_lines(task: str) -> list[str]:
    """The recipes' values, a column a recipe."""
    recipes = recipes_of(task)
    settings = list(dict.fromkeys(name for recipe in recipes.values() for name in recipe.settings))
    rows = [["Defaults of --recipe", *recipes]]
    for name in settings:
        values = [_shown(recipe.settings, name) for recipe in recipes.values()]
        rows.append([f"--{name.replace('_', '-')}", *values])
    lines = [f"  {row[0]:26}  {''.join(f'{cell:14}' for cell in row[1:])}".rstrip() for row in rows]
    return lines if max(map(len, lines)) <= width() else _in_paragraphs(rows)


def _in_paragraphs(rows: list[list[str]]) -> list[str]:
    """The recipes' values where columns do not fit: a paragraph a recipe."""
    (title, *names), *settings = rows
    paragraphs = [title]
    for place, name in enumerate(names, 1):
        values = "; ".join(f"{row[0]} {row[place]}" for row in settings if row[place] != NO_SETTING)
        paragraphs += textwrap.wrap(
            f"{name}: {values}", width(), subsequent_indent="  ", break_on_hyphens=False
        )
    return paragraphs


def _shown(settings, name: str) -> str:
    if name not in settings:
        return NO_SETTING
    value = settings[name]
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def print_result(result, as_json: bool) -> None:
    """A training's result on stdout."""
    from rnn_graph.cli.console import print_json, say, say_data
    from rnn_graph.train.progress import described, readable

    if as_json:
        print_json(result.as_dict())
        return
    say_data(f"model {result.model}")
    if result.loss is not None:
        say(f"loss {result.loss:.6f}")
        say(f"perplexity {readable(result.perplexity, '.4f')}")
    if result.held_out is not None:
        say(f"best epoch {result.best_epoch:g}")
        if "f1" in result.held_out:
            say(f"held out {described(result.held_out)}")
        else:
            say(f"held-out loss {result.held_out['loss']:.6f}")
            say(f"held-out perplexity {readable(result.held_out['perplexity'], '.4f')}")
