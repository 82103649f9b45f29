"""A text as the layers above the embeddings read it: one row of numbers for each token."""

from collections.abc import Sequence

import numpy as np
from pytensor import tensor as pt
from pytensor.tensor import TensorVariable

from rnn_graph.backend.compile import compile_function
from rnn_graph.data.padding import PADDING, padding_as_row
from rnn_graph.data.spellings import NOTHING
from rnn_graph.errors import InputError
from rnn_graph.nn.basic import side_by_side
from rnn_graph.nn.composed import Stack


def require_layers(model) -> None:
    """Refuse a tutorial's network, which is no composition of layers."""
    if not hasattr(model, "network") and not hasattr(model.config, "network"):
        raise InputError(
            f"{type(model).__name__} is a tutorial's network, no composition of layers; give a"
            " model of the recipe modern"
        )


def weights_of(model) -> dict[str, TensorVariable]:
    """The model's parameters as variables."""
    return {name: parameter.variable for name, parameter in model.parameters.items()}


def layers_above(model) -> Stack:
    """The layers above the embeddings of a language model or a tagger."""
    if hasattr(model, "network"):
        return model.network
    whole = model.config.network
    return Stack(whole.layers[1:], whole.names[1:])


def embedded_before_last(model, ids: Sequence[int]) -> np.ndarray:
    """The embeddings of all of a language model's tokens but the last, [T, 1, embedding_dim].

    Raises
    ------
    InputError
        If there are fewer than two tokens, or the model is none of layers.
    """
    require_layers(model)
    if len(ids) < 2:
        raise InputError(f"there are {len(ids)} tokens; give at least two, one to predict")
    variable = pt.imatrix("ids")
    rows, _ = model.config.network.layers[0](weights_of(model), variable)
    compiled = compile_function([variable], rows, model.backend)
    return np.asarray(compiled(np.asarray(ids[:-1], dtype=np.int32)[:, None]))


def embedded_words(model, words: Sequence[str]) -> np.ndarray:
    """The embeddings of a tagger's words and of half a window of padding on both sides.

    [T + window - 1, 1, numbers]; beside the embeddings stand the features of characters.
    """
    ids, half = model.encode_words(words), model.window // 2
    ids = np.pad(ids, [(half, half), *[(0, 0)] * (ids.ndim - 1)], constant_values=PADDING)
    ids = ids.reshape(len(ids), 1, -1)
    given, variable = [padding_as_row(ids[..., 0], len(model.vocabulary.words))], pt.imatrix("ids")
    rows, _ = model.embedding(weights_of(model), variable)
    variables = [variable]
    if model.characters is not None:
        variables.append(pt.itensor3("characters"))
        features, _ = model.characters(weights_of(model), variables[1])
        rows = side_by_side([rows, features])
        given.append(np.maximum(ids[..., 1:], NOTHING).astype(np.int32))
    return np.asarray(compile_function(variables, rows, model.backend)(*given))
