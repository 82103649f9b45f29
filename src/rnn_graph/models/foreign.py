"""Files of other programs: those that a model can be made of, and what the others hold."""

import re

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.files.model_file import ModelFile, require_shapes
from rnn_graph.models.kinds import find_kind
from rnn_graph.models.torch_forms import RNN, is_torch_named
from rnn_graph.nn.torch_weights import cell_of

TUTORIAL_GRU_SHAPES = {
    "E": ("H", "V"),
    "U": ("6", "H", "H"),
    "W": ("6", "H", "H"),
    "V": ("V", "H"),
    "b": ("6", "H"),
    "c": ("V",),
}
# Arrays by whose names other programs are known.
NAMED_ARRAYS = {
    ("Wxh", "Whh", "Why"): "a character model's weights as min-char-rnn names them",
    ("Wax", "Waa", "Wya"): "a character RNN's weights as the course's exercises name them",
    ("Wf", "Wi", "Wc", "Wo"): "an LSTM's weights as the course's exercises name them",
    ("embeddings", "Wx", "Wh", "W"): "the slot tagger's weights",
}
ENCODER, DECODER = re.compile(r"enc|emb|wte|lookup"), re.compile(r"dec|out|fc|lin|head|proj")


def tutorial_gru(content: ModelFile) -> ModelFile:
    """The tutorial's fourth part, two layers of GRUs over embeddings, as a language model.

    Its blocks are z, r and the candidate of the first layer, then of the second.
    """
    sizes = require_shapes(content.arrays, TUTORIAL_GRU_SHAPES)
    if sizes["6"] != 6:
        raise InputError(f"U has {sizes['6']} matrices; expected 6, three a layer")
    E, U, W, V, b, c = (content.arrays[name] for name in TUTORIAL_GRU_SHAPES)
    arrays = {"embeddings": E.T, "W": V.T, "b": c}
    for layer in range(2):
        order = [3 * layer + 1, 3 * layer, 3 * layer + 2]  # r, z, n
        arrays[f"layer{layer}_Wx"] = np.hstack([U[k].T for k in order])
        arrays[f"layer{layer}_Wh"] = np.hstack([W[k].T for k in order])
        arrays[f"layer{layer}_b"] = np.concatenate([b[k] for k in order])
    configuration = {
        "model": "language-model",
        "vocabulary_size": sizes["V"],
        "cell": "gru-tutorial",
        "hidden_dim": sizes["H"],
        "embedding_dim": sizes["H"],
        "layers": 2,
        "context": "sentence",
        "dtype": "float64" if E.dtype == np.float64 else "float32",
    }
    return ModelFile(arrays, configuration, content.tokens)


def torch_language_model(content: ModelFile) -> ModelFile:
    """Embedding, recurrent layer and linear layer of a PyTorch program, with a configuration.

    Returns
    -------
    ModelFile
        The weights under the names of `rnn_graph.models.torch_forms`.

    Raises
    ------
    InputError
        If there is none of the three, or more than one.
    """
    first = [name for name in content.arrays if name.endswith("weight_ih_l0")]
    if len(first) > 1:
        raise InputError(
            f"there are several recurrent layers ({', '.join(first)}); models of this project have"
            " one stack of them"
        )
    start = first[0].removesuffix("weight_ih_l0")
    named = {n: a for n, a in content.arrays.items() if not (start and n.startswith(start))}
    encoders, decoders = (
        [name for name in named if pattern.search(name) and name.endswith(".weight")]
        for pattern in (ENCODER, DECODER)
    )
    hidden = content.arrays[f"{start}weight_hh_l0"]
    cell, units = cell_of(hidden) or "unknown", hidden.shape[1]
    layers = sum(re.search(r"weight_ih_l\d+$", name) is not None for name in content.arrays)
    if len(encoders) != 1 or len(decoders) != 1:
        raise InputError(
            f"the weights of PyTorch's {cell} ({layers} layers, {units} units), without a"
            " configuration, and not with one embedding and one linear layer; rnn_graph.nn's"
            " from_torch makes layers of them"
        )
    arrays = {RNN + n.removeprefix(start): a for n, a in content.arrays.items() if n not in named}
    table, W = (named[name] for name in (*encoders, *decoders))
    arrays |= {"encoder.weight": table, "decoder.weight": W}
    bias = named.get(decoders[0].removesuffix("weight") + "bias", np.zeros_like(W[:, 0]))
    configuration = {
        "model": "language-model",
        "vocabulary_size": len(table),
        "cell": cell,
        "hidden_dim": units,
        "embedding_dim": table.shape[1],
        "layers": layers,
        "tie_weights": np.array_equal(table, W),
        "dtype": "float64" if table.dtype == np.float64 else "float32",
    }
    return ModelFile(arrays | {"decoder.bias": bias}, configuration, content.tokens)


def recognized(content: ModelFile) -> ModelFile:
    """The arrays of another program's model under this project's names, with a configuration.

    What is this project's own, or the tutorial's U, V, W, stays as it is.

    Raises
    ------
    InputError
        If no model can be made of the arrays; the message says what they are.
    """
    names = set(content.arrays)
    if is_torch_named(content.arrays):
        if not content.configuration:
            content = torch_language_model(content)
        return find_kind(content.configuration.get("model")).torch_form().own(content)
    if content.configuration:
        return content
    if names == set(TUTORIAL_GRU_SHAPES):
        return tutorial_gru(content)
    if len(names & set("UVW")) > 1:
        return content
    raise unknown_arrays(content)


def unknown_arrays(content: ModelFile) -> InputError:
    """What to say of arrays that are no model of this project's."""
    names = content.arrays
    known = [said for own, said in NAMED_ARRAYS.items() if set(own) <= set(names)]
    listed = ", ".join(sorted(names)[:8]) + (" …" if len(names) > 8 else "")
    holds = (
        f"it holds {known[0]} ({listed})" if known else f"it holds the arrays {listed or 'none'}"
    )
    return InputError(
        f"{holds}, and no configuration; give a file that `rnn-graph train` wrote, the tutorials'"
        " .npz (U, V, W; or E, U, W, V, b, c), or safetensors of PyTorch's layers"
    )
