"""The tutorials' models under the names of PyTorch's layers, whose inputs are one-hot vectors."""

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.files.model_file import ModelFile
from rnn_graph.models.torch_forms import below_rnn, recurrent_parameters, wanted
from rnn_graph.nn import Recurrent
from rnn_graph.nn.torch_weights import to_torch


class WordForm:
    """Of `RNNTheano`: `rnn` and `decoder`, whose biases are zero."""

    def weights(self, model):
        """See `TorchForm`."""
        own = model.get_parameters()
        layer = Recurrent("elman", model.hidden_dim, model.word_dim, bias=False)
        return {
            **below_rnn(to_torch(layer, {"Wx": own["U"].T, "Wh": own["W"].T})),
            "decoder.weight": own["V"],
            "decoder.bias": np.zeros_like(own["V"][:, 0]),
        }

    def own(self, content):
        """See `TorchForm`."""
        found, _ = recurrent_parameters(content.arrays)
        V, b = wanted(content.arrays, "decoder.weight", "decoder.bias")
        if b.any() or found["layer0_b"].any():
            raise InputError("the tutorial's model has no biases; these weights have")
        arrays = {"U": found["layer0_Wx"].T, "V": V, "W": found["layer0_Wh"].T}
        return ModelFile(arrays, content.configuration, content.tokens)


class CharForm:
    """Of `CharModel`: `rnn` and `decoder`."""

    def weights(self, model):
        """See `TorchForm`."""
        layer = Recurrent(model.cell, model.config.n_a, model.config.n_x)
        own = {name: parameter.get_value() for name, parameter in model.parameters.items()}
        return {
            **below_rnn(to_torch(layer, own)),
            "decoder.weight": own["Wy"].T,
            "decoder.bias": own["by"],
        }

    def own(self, content):
        """See `TorchForm`."""
        found, changes = recurrent_parameters(content.arrays)
        if changes["recurrent_bias"]:
            raise InputError(
                "the tutorial's GRU has one bias, and these weights a bias_hh of the candidate too"
            )
        Wy, by = wanted(content.arrays, "decoder.weight", "decoder.bias")
        arrays = {name.removeprefix("layer0_"): value for name, value in found.items()}
        arrays |= {"Wy": Wy.T, "by": by}
        return ModelFile(arrays, content.configuration, content.tokens)


WORD_MODEL, CHAR_MODEL = WordForm(), CharForm()
