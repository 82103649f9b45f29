"""The word tutorial's model files, which the compiled model and the reference read alike."""

from typing import Any

from rnn_graph.errors import InputError
from rnn_graph.files.model_file import ModelFile, require_shapes

SHAPES = {"U": ("H", "V"), "V": ("V", "H"), "W": ("H", "H")}
TUTORIAL_BPTT_TRUNCATE = 4  # of the tutorial's bare files


def word_model_sizes(content: ModelFile, vocabulary) -> dict[str, Any]:
    """`word_dim`, `hidden_dim` and `bptt_truncate` of a file.

    Raises
    ------
    InputError
        If its arrays do not fit together, or the vocabulary is of another size.
    """
    sizes = require_shapes(content.arrays, SHAPES)
    truncate = content.configuration.get("bptt_truncate", TUTORIAL_BPTT_TRUNCATE)
    if truncate is not None and not (isinstance(truncate, int) and truncate >= 0):
        raise InputError(f"bptt_truncate is {truncate!r}; expected a whole number or null")
    if vocabulary is not None and len(vocabulary) != sizes["V"]:
        raise InputError(
            f"the vocabulary has {len(vocabulary)} words and the model {sizes['V']}; give the"
            " vocabulary that the model was trained with"
        )
    return {"word_dim": sizes["V"], "hidden_dim": sizes["H"], "bptt_truncate": truncate}
