"""Models of minibatches under the names of PyTorch's layers.

`rnn.…` are the weights of `nn.RNN`, `nn.GRU` or `nn.LSTM`, `encoder.weight` those of
`nn.Embedding`, `decoder.…` those of `nn.Linear`.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.files.model_file import ModelFile
from rnn_graph.nn.char_convolution import WIDTH
from rnn_graph.nn.torch_weights import from_torch, to_torch

Arrays = Mapping[str, np.ndarray]

RNN = "rnn."
# The names that the package pytorch-crf has for them.
CRF_NAMES = {
    "transitions": "crf.transitions",
    "starts": "crf.start_transitions",
    "ends": "crf.end_transitions",
}


class TorchForm(Protocol):
    """How one kind of model looks in PyTorch."""

    def weights(self, model) -> dict[str, np.ndarray]:
        """A model's parameters under PyTorch's names.

        Raises
        ------
        InputError
            If PyTorch's layers cannot compute the same.
        """

    def own(self, content: ModelFile) -> ModelFile:
        """The file that has these parameters under this project's names.

        Raises
        ------
        InputError
            If one is missing.
        """


class LanguageModelForm:
    """Of `LanguageModel`: `encoder`, `rnn`, `decoder`."""

    def weights(self, model):
        """See `TorchForm`."""
        config, own = model.config, model.get_parameters()
        if config.output != "softmax":
            raise InputError(
                f"the output {config.output!r} has no counterpart among these layers of PyTorch;"
                " export a model with the output softmax"
            )
        table = own["embeddings"]
        return {
            "encoder.weight": table * np.asarray(config.embedding_scale, table.dtype),
            **below_rnn(to_torch(config.network, own)),
            "decoder.weight": table if config.tie_weights else own["W"].T,
            "decoder.bias": own["b"],
        }

    def own(self, content):
        """See `TorchForm`."""
        weights, configuration = content.arrays, content.configuration
        arrays, changes = recurrent_parameters(weights)
        table, W, b = wanted(weights, "encoder.weight", "decoder.weight", "decoder.bias")
        if configuration.get("tie_weights"):
            arrays["embeddings"] = W
        else:
            scale = configuration.get("embedding_scale", 1.0)
            arrays |= {"embeddings": table / np.asarray(scale, table.dtype), "W": W.T}
        arrays["b"] = b
        return ModelFile(arrays, configuration | changes, content.tokens)


class TaggerForm:
    """Of `SequenceTagger`: `encoder`, `rnn`, `decoder`; `crf`, `char_encoder`, `char_conv`."""

    def weights(self, model):
        """See `TorchForm`."""
        config, own = model.config, model.get_parameters()
        network = config.network(len(model.vocabulary.labels))
        weights = {
            "encoder.weight": own["embeddings"],
            **below_rnn(to_torch(network, own)),
            "decoder.weight": own["W"].T,
            "decoder.bias": own["b"],
        }
        if config.output == "crf":
            weights |= {other: own[name] for name, other in CRF_NAMES.items()}
        if config.char_features:
            W = own["char_W"].reshape(WIDTH, -1, config.char_features)
            weights["char_encoder.weight"] = own["char_embeddings"]
            weights["char_conv.weight"] = W.transpose(2, 1, 0)
            weights["char_conv.bias"] = own["char_b"]
        return weights

    def own(self, content):
        """See `TorchForm`."""
        weights, configuration = content.arrays, content.configuration
        found, changes = recurrent_parameters(weights)
        below = "" if configuration.get("bidirectional", True) else "forward_"
        arrays = {below + name.removeprefix("layer0_"): value for name, value in found.items()}
        table, W, b = wanted(weights, "encoder.weight", "decoder.weight", "decoder.bias")
        arrays |= {"embeddings": table, "W": W.T, "b": b}
        if configuration.get("output") == "crf":
            arrays |= dict(zip(CRF_NAMES, wanted(weights, *CRF_NAMES.values()), strict=True))
        if configuration.get("char_features"):
            table, W, b = wanted(
                weights, "char_encoder.weight", "char_conv.weight", "char_conv.bias"
            )
            W = W.transpose(2, 1, 0).reshape(-1, len(b))
            arrays |= {"char_embeddings": table, "char_W": W, "char_b": b}
        return ModelFile(arrays, configuration | changes, content.tokens)


LANGUAGE_MODEL, TAGGER = LanguageModelForm(), TaggerForm()


def is_torch_named(arrays: Arrays) -> bool:
    """Whether there are weights of a recurrent layer of PyTorch's, wherever in a network."""
    return any(name.rpartition(".")[2] == "weight_ih_l0" for name in arrays)


def below_rnn(weights: Arrays) -> dict[str, np.ndarray]:
    """The weights of a recurrent layer as those of a part `rnn` of a network."""
    return {RNN + name: value for name, value in weights.items()}


def recurrent_parameters(weights: Arrays) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The parameters of the part `rnn`, all with biases, and the settings that follow from them."""
    own = {n.removeprefix(RNN): value for n, value in weights.items() if n.startswith(RNN)}
    _, arrays = from_torch(own)
    layers = [name.removesuffix("Wx") for name in arrays if name.endswith("Wx")]
    has_recurrent_bias = any(f"{layer}bh" in arrays for layer in layers)
    for layer in layers:
        for name in ("b", "bh") if has_recurrent_bias else ("b",):
            arrays.setdefault(layer + name, np.zeros_like(arrays[f"{layer}Wx"][0]))
    return arrays, {"recurrent_bias": has_recurrent_bias}


def wanted(weights: Arrays, *names: str) -> list[np.ndarray]:
    """The weights of these names."""
    for name in names:
        if name not in weights:
            raise InputError(f"there is no {name} among {', '.join(weights)}; give all weights")
    return [weights[name] for name in names]
