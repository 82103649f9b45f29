"""Models to files and back."""

from pathlib import Path
from typing import Any

import numpy as np

from rnn_graph._version import __version__
from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.data.codec_files import codec_content, codec_of_file
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.vocabulary import Vocabulary
from rnn_graph.errors import InputError
from rnn_graph.files.model_file import (
    ModelFile,
    read_array_folder,
    read_model_file,
    require_shapes,
    write_model_file,
)
from rnn_graph.files.tensor_file import read_arrays, write_tensor_file
from rnn_graph.files.word_model import SHAPES
from rnn_graph.models.foreign import recognized
from rnn_graph.models.kinds import KINDS, WORD_MODEL, Kind, find_kind
from rnn_graph.models.model import Model

SLOT_FOLDER_ARRAYS = ("embeddings", "Wx", "Wh", "W", "bh", "b", "h0")


def save_model(
    path: str | Path,
    model,
    *,
    training: dict[str, Any] | None = None,
    parameters: dict[str, np.ndarray] | None = None,
) -> None:
    """Write a model to one `.npz`, as `Model.save`; the reference `RNNNumpy` too.

    Parameters
    ----------
    path
        The file to write.
    model
        A model of any kind.
    training
        How it was trained, as JSON can hold it; `rnn-graph info` shows it.
    parameters
        Arrays by name that are written in place of the model's own.

    Raises
    ------
    InputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from rnn_graph import LanguageModel, load_model, save_model
    >>> model = LanguageModel(None, vocabulary_size=6, hidden_dim=8, rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(Path(folder, "model.npz"), model)
    ...     again = load_model(Path(folder, "model.npz"))
    >>> bool((again.get_parameters()["W"] == model.get_parameters()["W"]).all())
    True
    """
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
        This project's own file; what `export_model` wrote, and others may have trained on; the
        tutorial's bare U, V, W, or of its fourth part E, U, W, V, b, c; safetensors of a PyTorch
        program's embedding, recurrent and linear layer; or the slot tagger's folder of seven
        arrays.
    backend
        As for `RNNTheano`; for its files also "numpy", the reference `RNNNumpy`.
    device, dtype
        As for `RNNTheano`; the file's own dtype if None.
    vocabulary
        The words behind the ids of a file that has none.

    Returns
    -------
    Model
        Of the kind that the file names, such as `LanguageModel`, `SequenceTagger` or `RNNTheano`;
        an `RNNNumpy` for the backend "numpy".

    Raises
    ------
    InputError
        If the file is no model, or `vocabulary` is not of the model's size.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from rnn_graph import RNNTheano, load_model
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     RNNTheano(word_dim=6, hidden_dim=8, rng=0).save(Path(folder, "model.npz"))
    ...     compiled = load_model(Path(folder, "model.npz"))
    ...     reference = load_model(Path(folder, "model.npz"), backend="numpy")
    >>> type(compiled).__name__, type(reference).__name__, reference.U.shape
    ('RNNTheano', 'RNNNumpy', (8, 6))
    """
    content = _read(path)
    try:
        content = recognized(content)
        kind = find_kind(content.configuration.get("model", WORD_MODEL))
        found = codec_of_file(content)
        if vocabulary is not None:
            if found is not None and kind is not KINDS[WORD_MODEL]:
                raise InputError("this model has its vocabulary itself; leave out --vocabulary")
            found = vocabulary
        if found is not None and not isinstance(found, _vocabularies(kind)):
            raise InputError("its vocabulary is another kind of model's; the file is damaged")
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


def _vocabularies(kind: Kind) -> tuple[type, ...]:
    """The classes of a kind's vocabularies."""
    if kind is KINDS["language-model"]:
        return (Vocabulary, CharVocabulary)
    return ({"word": Vocabulary, "char": CharVocabulary, "tagger": TagVocabulary}[kind.task],)


def refuse_numpy_with(device: str, dtype: str | None) -> None:
    """Refuse what the reference lacks: float32 and GPUs."""
    if dtype == "float32":
        raise InputError("the numpy backend computes in float64; leave out --dtype float32")
    if device == "gpu":
        raise InputError("the numpy backend has no GPU; give --backend jax")


def _read(path: str | Path) -> ModelFile:
    if Path(path, f"{SLOT_FOLDER_ARRAYS[0]}.npy").exists():
        return ModelFile(read_array_folder(path, SLOT_FOLDER_ARRAYS), {"model": "slot-rnn"})
    return read_arrays(path)


def _require_arrays(model: Model, content: ModelFile) -> None:
    for name, parameter in model.parameters.items():
        if name not in content.arrays:
            raise InputError(f"there is no array {name!r}; the file is damaged")
        found = content.arrays[name].shape
        if found != parameter.shape:
            raise InputError(
                f"{name} has shape {found}; expected {parameter.shape}, the file is damaged"
            )


def export_model(path: str | Path, model: Model, to: str = "safetensors") -> dict[str, np.ndarray]:
    """Write a model's parameters under the names and in the order of PyTorch's layers.

    Parameters
    ----------
    path
        The file to write.
    model
        A model of any kind whose layers PyTorch has.
    to
        "safetensors" or "numpy" (an `.npz`), both of which `load_model` reads, or "torch",
        PyTorch's own file, which PyTorch writes.

    Returns
    -------
    dict
        The arrays that were written, by name.

    Raises
    ------
    InputError
        If PyTorch's layers cannot compute the same, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from rnn_graph import LanguageModel, export_model
    >>> model = LanguageModel(None, vocabulary_size=6, hidden_dim=8, rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     weights = export_model(Path(folder, "model.safetensors"), model)
    >>> for name in weights:
    ...     print(name, weights[name].shape)
    encoder.weight (6, 8)
    rnn.weight_ih_l0 (32, 8)
    rnn.weight_hh_l0 (32, 8)
    rnn.bias_ih_l0 (32,)
    rnn.bias_hh_l0 (32,)
    decoder.weight (6, 8)
    decoder.bias (6,)
    """
    codec = codec_content(model.vocabulary)
    configuration = model.configuration() | codec.configuration | {"rnn_graph": __version__}
    weights = find_kind(model.kind).torch_form().weights(model)
    write_tensor_file(path, to, ModelFile(weights, configuration, codec.tokens))
    return weights


def save_model_parameters_theano(path: str | Path, model) -> None:
    """Write the tutorial's file: the arrays U, V, W and nothing else.

    Parameters
    ----------
    path
        The `.npz` file to write.
    model
        An `RNNTheano` or `RNNNumpy`.

    Raises
    ------
    InputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from rnn_graph import RNNNumpy, save_model_parameters_theano
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "model.npz")
    ...     save_model_parameters_theano(path, RNNNumpy(word_dim=6, hidden_dim=8, rng=0))
    ...     with np.load(path) as arrays:
    ...         print(sorted(arrays), arrays["U"].shape)
    ['U', 'V', 'W'] (8, 6)
    """
    write_model_file(path, ModelFile(model.get_parameters()))


def load_model_parameters_theano(path: str | Path, model) -> None:
    """Replace a model's parameters by those of a file (the tutorial's or this project's).

    Parameters
    ----------
    path
        An `.npz` file with the arrays U, V, W.
    model
        An `RNNTheano` or `RNNNumpy` of the file's size.

    Raises
    ------
    InputError
        If the file's model has another size; `load_model` builds one that fits.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from rnn_graph import RNNNumpy, load_model_parameters_theano, save_model_parameters_theano
    >>> model, other = (RNNNumpy(word_dim=6, hidden_dim=8, rng=seed) for seed in (0, 1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model_parameters_theano(Path(folder, "model.npz"), model)
    ...     load_model_parameters_theano(Path(folder, "model.npz"), other)
    >>> bool((other.U == model.U).all())
    True
    """
    arrays = read_model_file(path).arrays
    sizes = require_shapes(arrays, SHAPES, path)
    if (sizes["V"], sizes["H"]) != (model.word_dim, model.hidden_dim):
        raise InputError(
            f"{path} holds a model of {sizes['V']} words and {sizes['H']} hidden units, this one"
            f" has {model.word_dim} and {model.hidden_dim}; build a fitting one with load_model"
        )
    model.set_parameters(arrays)
