"""Values of options that more than one place offers. Imports nothing, for `--help` has them too."""

# From the fastest to the slowest on the tutorial's step; see docs/backends.md.
BACKENDS = ("jax", "numba", "c")
DEVICES = ("auto", "cpu", "gpu")
DTYPES = ("float32", "float64")
# Of a GPU's products of float32, and JAX's names for them.
PRECISIONS = {"highest": "highest", "tf32": "tensorfloat32"}
CELLS = ("elman", "gru", "lstm", "gru-tutorial")
OUTPUTS = ("softmax", "adaptive")
TAGGER_OUTPUTS = ("softmax", "crf")
SAMPLINGS = ("sequential", "random", "sentences")
# What becomes of text that a model does not know.
UNKNOWN = ("skip", "error")
TOKENIZERS = ("nltk", "whitespace", "characters")
OPTIMIZERS = ("sgd", "momentum", "adagrad", "rmsprop", "adam")
# These follow the share of the steps that are done …
FIXED_SCHEDULES = ("constant", "linear", "cosine", "step")
# … and these the evaluations.
JUDGED_SCHEDULES = ("plateau", "rise", "back-off")
SCHEMES = ("bio", "iob1", "iobes", "bilou")
OTHER_NAMES_OF_SCHEMES = {"iob2": "bio", "bioes": "iobes"}
TAGGED_FORMATS = ("conll", "csv", "bos-eos", "pair", "slash", "pickle")
GRAPH_DETAILS = ("layers", "operations")
LARGEST_SEED = 2**32 - 1
