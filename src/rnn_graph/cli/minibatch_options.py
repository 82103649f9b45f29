"""The options of training in minibatches, which `train word` and `train char` share."""

import functools
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from rnn_graph.cli.options import ScheduleName, refuse_given
from rnn_graph.errors import InputError

SAMPLINGS = ("random", "sequential", "sentences")
OPTIMIZERS = ("sgd", "momentum", "adagrad", "rmsprop", "adam")
SamplingName = StrEnum("SamplingName", {name.upper(): name for name in SAMPLINGS})
OptimizerName = StrEnum("OptimizerName", {name.upper(): name for name in OPTIMIZERS})
OutputName = StrEnum("OutputName", {"SOFTMAX": "softmax", "ADAPTIVE": "adaptive"})

_model = functools.partial(typer.Option, rich_help_panel="Minibatches: the model")
_training = functools.partial(typer.Option, rich_help_panel="Minibatches: training")
_run = functools.partial(typer.Option, rich_help_panel="Minibatches: the run")


@dataclass(frozen=True)
class Minibatches:
    """All that has a meaning with --batch-size alone; None: not given."""

    batch_size: Annotated[
        int | None, _training(min=1, help="Texts side by side; turns minibatches on.")
    ] = None
    sequence_length: Annotated[
        int | None,
        _training(min=1, help="Tokens of a text in a minibatch (35; at most, of a sentence: 200)."),
    ] = None
    sampling: Annotated[
        SamplingName | None,
        _training(help="How minibatches are taken: each goes on from the last (sequential)."),
    ] = None
    optimizer: Annotated[OptimizerName | None, _training(help="adam if not given.")] = None
    clip_norm: Annotated[
        float | None, _training(help="Largest norm of the gradients (1); 0 for no limit.")
    ] = None
    clip_value: Annotated[float | None, _training(help="Largest number in the gradients.")] = None
    weight_decay: Annotated[float | None, _training(min=0, help="Of adam.")] = None
    warmup: Annotated[
        float | None, _training(help="Share of the steps in which the rate rises (0).")
    ] = None
    accumulate: Annotated[
        int | None, _training(min=1, help="Minibatches that make one update (1).")
    ] = None
    patience: Annotated[
        int | None, _training(min=1, help="End after so many evaluations without a better one.")
    ] = None
    valid: Annotated[
        Path | None, _training(help="Text that evaluations score, in place of --held-out.")
    ] = None
    layers: Annotated[int | None, _model(min=1, help="Recurrent layers (1).")] = None
    embedding_dim: Annotated[
        int | None, _model(min=1, help="Numbers in a token's embedding; as hidden units.")
    ] = None
    dropout: Annotated[float | None, _model(help="Share of a layer's outputs left out (0).")] = None
    embedding_dropout: Annotated[float | None, _model(help="The same of the embeddings (0).")] = (
        None
    )
    tie_weights: Annotated[
        bool | None, _model("--tie-weights", help="The embeddings are the output weights.")
    ] = None
    output: Annotated[
        OutputName | None, _model(help="adaptive: faster for large vocabularies.")
    ] = None
    resume: Annotated[bool | None, _run("--resume", help="Go on from the newest checkpoint.")] = (
        None
    )
    checkpoint_minutes: Annotated[
        float | None, _run(min=0, help="Minutes between checkpoints (10); 0: each step.")
    ] = None
    keep_checkpoints: Annotated[int | None, _run(min=1, help="Newest that are kept (3).")] = None
    tensorboard: Annotated[Path | None, _run(help="Write TensorBoard events there.")] = None
    devices: Annotated[
        int | None, _run(min=1, help="Devices that share each minibatch (1, or all processes').")
    ] = None
    coordinator: Annotated[
        str | None, _run(help="HOST:PORT of process 0, for training with several processes.")
    ] = None
    num_processes: Annotated[int | None, _run(min=1, help="How many there are.")] = None
    process_id: Annotated[int | None, _run(min=0, help="Which of them this is, from 0 on.")] = None

    def refuse_all(self, schedule: ScheduleName) -> None:
        """Refuse what was given where there are no minibatches."""
        refuse_given(vars(self), "is for minibatches, which --batch-size turns on")
        if schedule == ScheduleName.PLATEAU:
            raise InputError(
                "--schedule plateau is for minibatches, which --batch-size turns on; give another"
            )

    def given(self, *names: str) -> dict[str, Any]:
        """Those of the named options that were given."""
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}


MODEL_OPTIONS = (
    "layers",
    "embedding_dim",
    "dropout",
    "embedding_dropout",
    "tie_weights",
    "output",
)
TRAINING_OPTIONS = (
    "batch_size",
    "sequence_length",
    "sampling",
    "optimizer",
    "clip_norm",
    "clip_value",
    "weight_decay",
    "warmup",
    "accumulate",
    "patience",
)
