"""What a page computes: the layers of each kind of model, and the names of their parameters."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from rnn_graph.data.label_schemes import forbidden_transitions
from rnn_graph.errors import InputError

Arrays = Mapping[str, np.ndarray]


class Network(NamedTuple):
    """A network as `forward.js` computes it.

    Attributes
    ----------
    layers
        As JSON has them; a parameter stands there by its name among `arrays`.
    arrays
        Parameters with the inputs as rows, [n] or [inputs, outputs].
    about
        The layers in a few words, for people.
    """

    layers: dict[str, Any]
    arrays: dict[str, np.ndarray]
    about: str


CELLS = {"rnn": "elman"}  # cells whose names are other ones in the tutorials
CELL_TITLES = {
    "elman": "Elman network",
    "gru": "GRU",
    "lstm": "LSTM",
    "gru-tutorial": "GRU with hard gates",
}


def network_of(model) -> Network:
    """The network of a model of any kind.

    Raises
    ------
    InputError
        If there is no page for models of this kind.
    """
    if model.kind not in NETWORKS:
        raise InputError(
            f"there is no page for a {type(model).__name__}; give a model of {', '.join(NETWORKS)}"
        )
    return NETWORKS[model.kind](model)


def _language_model(model) -> Network:
    config, arrays = model.config, model.get_parameters()
    layers = [
        [_recurrent(arrays, config.cell, config.hidden_dim, f"layer{k}_")]
        for k in range(config.layers)
    ]
    embedding = {"table": "embeddings", "scale": config.embedding_scale}
    network = {"embedding": embedding, "layers": layers, "output": _output(arrays)}
    return Network(network, arrays, _title(config.cell, config.hidden_dim, config.layers))


def _word_model(model) -> Network:
    """The tutorial's, whose input weights are looked up, and which has no biases."""
    own = model.get_parameters()
    arrays = {"U": own["U"].T, "Wh": own["W"].T, "W": own["V"].T}
    layer = {"cell": "elman", "units": model.hidden_dim, "Wh": "Wh"}
    network = {
        "embedding": {"table": "U", "scale": 1},
        "layers": [[layer]],
        "output": _output(arrays),
    }
    return Network(network, arrays, _title("elman", model.hidden_dim))


def _char_model(model) -> Network:
    """The tutorial's, whose input weights are looked up; before the first character is nothing."""
    arrays, units = model.get_parameters(), model.config.n_a
    cell = CELLS.get(model.cell_name, model.cell_name)
    layer = {"cell": cell, "units": units, "Wh": "Wh", "b": "b"}
    output = {"kind": "softmax", "W": "Wy", "b": "by"}
    network = {"embedding": {"table": "Wx", "scale": 1}, "layers": [[layer]], "output": output}
    return Network(network, arrays, _title(cell, units))


def _sequence_tagger(model) -> Network:
    config, arrays = model.config, model.get_parameters()
    directions = ("forward_", "backward_") if config.bidirectional else ("forward_",)
    layer = [_recurrent(arrays, config.cell, config.hidden_dim, name) for name in directions]
    for own, name in zip(layer, directions, strict=True):
        own["backwards"] = name == "backward_"
    network = {
        "embedding": {"table": "embeddings", "scale": 1},
        "window": config.window,
        "layers": [layer],
        "output": _output(arrays),
    }
    about = _title(config.cell, config.hidden_dim)
    if config.bidirectional:
        about += " in each direction"
    if config.char_features:
        network["characters"] = {"table": "char_embeddings", "W": "char_W", "b": "char_b"}
        about += ", features of characters"
    if config.output == "crf":
        forbidden = forbidden_transitions(model.vocabulary.labels, config.label_scheme)
        network["crf"] = {name: name for name in ("transitions", "starts", "ends")}
        if forbidden is not None:
            names = [f"forbidden_{name}" for name in network["crf"]]
            arrays |= {n: f.astype(np.float32) for n, f in zip(names, forbidden, strict=True)}
            network["crf"]["forbidden"] = names
        about += ", CRF"
    return Network(network, arrays, about)


def _slot_tagger(model) -> Network:
    """The tutorial's: sigmoid units whose first state is learned."""
    layer = {
        "cell": "elman",
        "activation": "sigmoid",
        "units": model.config.nh,
        "Wx": "Wx",
        "Wh": "Wh",
        "b": "bh",
        "first": ["h0"],
    }
    arrays = model.get_parameters()
    network = {
        "embedding": {"table": "embeddings", "scale": 1},
        "window": model.window,
        "layers": [[layer]],
        "output": _output(arrays),
    }
    return Network(network, arrays, _title("elman", model.config.nh) + " (sigmoid)")


# By the names that files have for the kinds, as in `rnn_graph.models.kinds`.
NETWORKS = {
    "language-model": _language_model,
    "sequence-tagger": _sequence_tagger,
    "word-rnn": _word_model,
    "char-rnn": _char_model,
    "slot-rnn": _slot_tagger,
}


def _recurrent(arrays: Arrays, cell: str, units: int, prefix: str) -> dict[str, Any]:
    """A layer, with those of its parameters that there are."""
    names = {name: prefix + name for name in ("Wx", "Wh", "b", "bh") if prefix + name in arrays}
    return {"cell": cell, "units": units} | names


def _output(arrays: Arrays) -> dict[str, Any]:
    """The output layer, which the parameters tell: of tied weights there is no W."""
    if "head_W" in arrays:
        clusters = sum(name.endswith("_P") for name in arrays)
        parts = [{part: f"cluster{k}_{part}" for part in "PWb"} for k in range(clusters)]
        return {"kind": "adaptive", "W": "head_W", "b": "head_b", "clusters": parts}
    bias = {"b": "b"} if "b" in arrays else {}
    if "W" not in arrays:
        return {"kind": "tied", "table": "embeddings"} | bias
    return {"kind": "softmax", "W": "W"} | bias


def _title(cell: str, units: int, layers: int = 1) -> str:
    count = "" if layers == 1 else f"{layers} layers, "
    return f"{CELL_TITLES[cell]}, {count}{units:,} units" + (" each" if layers > 1 else "")
