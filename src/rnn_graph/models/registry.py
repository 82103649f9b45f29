"""The kinds of models, and models to files and back."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph._version import __version__
from rnn_graph.data.codec_files import codec_content, codec_of_file
from rnn_graph.data.vocabulary import Vocabulary
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import (
    ModelFile,
    read_array_folder,
    read_model_file,
    require_shapes,
    write_model_file,
)
from rnn_graph.files.word_model import SHAPES
from rnn_graph.models.model import Model

WORD_MODEL = "word-rnn"
SLOT_FOLDER_ARRAYS = ("embeddings", "Wx", "Wh", "W", "bh", "b", "h0")


@dataclass(frozen=True)
class Kind:
    """A kind of model, by the places of what belongs to it ("module:name"), imported when used.

    Attributes
    ----------
    model
        Its class.
    task
        "word", "char" or "tagger": which command trains it.
    batches
        From a model, what it is trained on and a recipe to batches.
    steps
        The class of the steps of its training.
    numpy
        The class of its reference in NumPy, if there is one.
    """

    model: str
    task: str
    batches: str
    steps: str
    numpy: str | None = None

    @property
    def class_name(self) -> str:
        return self.model.partition(":")[2]

    def model_class(self) -> Any:
        return _found(self.model)

    def numpy_class(self) -> Any:
        return _found(self.numpy)

    def batches_function(self) -> Any:
        return _found(self.batches)

    def steps_class(self) -> Any:
        return _found(self.steps)


KINDS = {
    "language-model": Kind(
        "models.language_model:LanguageModel",
        "word",
        "train.language:minibatches",
        "train.minibatch_steps:MinibatchSteps",
    ),
    "sequence-tagger": Kind(
        "models.sequence_tagger:SequenceTagger",
        "tagger",
        "train.tagger:tagged_batches",
        "train.minibatch_steps:MinibatchSteps",
    ),
    WORD_MODEL: Kind(
        "tutorials.rnn_theano:RNNTheano",
        "word",
        "tutorials.examples:sentence_examples",
        "tutorials.steps:SentenceSteps",
        numpy="reference.rnn_numpy:RNNNumpy",
    ),
    "char-rnn": Kind(
        "tutorials.char_rnn:CharModel",
        "char",
        "tutorials.examples:name_examples",
        "tutorials.steps:NameSteps",
    ),
    "slot-rnn": Kind(
        "tutorials.rnnslu:RNNSLU",
        "tagger",
        "tutorials.examples:slot_examples",
        "tutorials.steps:SlotSteps",
    ),
}


def find_kind(name: Any) -> Kind:
    """A kind by the name that files have for it.

    Raises
    ------
    InputError
        If this version knows no such kind.
    """
    if not isinstance(name, str) or name not in KINDS:
        raise InputError(f"a {name!r} model; this version knows {', '.join(KINDS)}")
    return KINDS[name]


def save_model(
    path: str | Path,
    model,
    *,
    training: dict[str, Any] | None = None,
    parameters: dict[str, np.ndarray] | None = None,
) -> None:
    """Write a model to one `.npz`, as `Model.save`; the reference `RNNNumpy` too."""
    if isinstance(model, Model):
        model.save(path, training=training, parameters=parameters)
        return
    codec = codec_content(model.vocabulary)
    configuration = {
        "model": WORD_MODEL,
        "word_dim": model.word_dim,
        "hidden_dim": model.hidden_dim,
        "bptt_truncate": model.bptt_truncate,
        "dtype": "float64",
        "rnn_graph": __version__,
        **codec.configuration,
    }
    if training:
        configuration["training"] = training
    arrays = parameters or model.get_parameters()
    write_model_file(path, ModelFile(arrays, configuration, codec.tokens))


def load_model(
    path: str | Path,
    *,
    backend: str = "auto",
    device: str = "auto",
    dtype: str | None = None,
    vocabulary: Vocabulary | None = None,
):
    """Build the model that a file holds, of any kind. The file is read and checked once.

    Parameters
    ----------
    path
        This project's own file; the tutorial's bare U, V, W; or the slot tagger's folder of seven
        arrays.
    backend
        As for `RNNTheano`; for its files also "numpy", the reference `RNNNumpy`.
    device, dtype
        As for `RNNTheano`; the file's own dtype if None.
    vocabulary
        The words behind the ids of a file that has none.

    Raises
    ------
    InputError
        If the file is no model, or `vocabulary` is not of the model's size.
    """
    content = _read(path)
    try:
        kind = find_kind(content.configuration.get("model", WORD_MODEL))
        found = codec_of_file(content)
        if vocabulary is not None:
            if kind is not KINDS[WORD_MODEL]:
                raise InputError("this model has its vocabulary itself; leave out --vocabulary")
            found = vocabulary
        if backend == "numpy":
            if kind.numpy is None:
                raise InputError(
                    f"{kind.class_name} has no numpy backend; give --backend jax, numba or c"
                )
            refuse_numpy_with(device, dtype)
            model = kind.numpy_class().of_file(content, found)
        else:
            options = {"backend": backend, "device": device, "dtype": dtype}
            model = kind.model_class().of_file(content, found, **options)
            _require_arrays(model, content)
        model.set_parameters(content.arrays)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    training = content.configuration.get("training")
    if isinstance(training, dict) and isinstance(training.get("history"), list):
        model.history = training["history"]
    return model


def refuse_numpy_with(device: str, dtype: str | None) -> None:
    """Refuse what the reference lacks: float32 and GPUs."""
    if dtype == "float32":
        raise InputError("the numpy backend computes in float64; leave out --dtype float32")
    if device == "gpu":
        raise InputError("the numpy backend has no GPU; give --backend jax")


def _read(path: str | Path) -> ModelFile:
    if Path(path, f"{SLOT_FOLDER_ARRAYS[0]}.npy").exists():
        return ModelFile(read_array_folder(path, SLOT_FOLDER_ARRAYS), {"model": "slot-rnn"})
    return read_model_file(path)


def _require_arrays(model: Model, content: ModelFile) -> None:
    for name, parameter in model.parameters.items():
        if name not in content.arrays:
            raise InputError(f"there is no array {name!r}; the file is damaged")
        found = content.arrays[name].shape
        if found != parameter.shape:
            raise InputError(
                f"{name} has shape {found}; expected {parameter.shape}, the file is damaged"
            )


def save_model_parameters_theano(path: str | Path, model) -> None:
    """Write the tutorial's file: the arrays U, V, W and nothing else."""
    write_model_file(path, ModelFile(model.get_parameters()))


def load_model_parameters_theano(path: str | Path, model) -> None:
    """Replace a model's parameters by those of a file (the tutorial's or this project's).

    Raises
    ------
    InputError
        If the file's model has another size; `load_model` builds one that fits.
    """
    arrays = read_model_file(path).arrays
    sizes = require_shapes(arrays, SHAPES, path)
    if (sizes["V"], sizes["H"]) != (model.word_dim, model.hidden_dim):
        raise InputError(
            f"{path} holds a model of {sizes['V']} words and {sizes['H']} hidden units, this one"
            f" has {model.word_dim} and {model.hidden_dim}; build a fitting one with load_model"
        )
    model.set_parameters(arrays)


def _found(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(f"rnn_graph.{module}"), name)
