"""The line that says what made a number."""

import platform
from importlib.metadata import PackageNotFoundError, version

from rnn_graph._version import __version__
from rnn_graph.models.files import WordModel
from rnn_graph.models.rnn_theano import RNNTheano

PACKAGES = ("pytensor", "jax", "numba", "numpy", "nltk")


def model_signature(model: WordModel) -> dict[str, object]:
    """The model's configuration, backend and dtype."""
    truncate = "full" if model.bptt_truncate is None else model.bptt_truncate
    settings = {
        "model": type(model).__name__,
        "word_dim": model.word_dim,
        "hidden_dim": model.hidden_dim,
        "bptt_truncate": truncate,
    }
    if isinstance(model, RNNTheano):
        backend, device, dtype = model.backend.name, model.backend.platform, model.config.dtype
    else:
        backend, device, dtype = "numpy", "cpu", "float64"
    return settings | {"backend": backend, "device": device, "dtype": dtype}


def versions() -> dict[str, str]:
    """Versions of this package, Python, and the packages that numbers depend on."""
    found = {"rnn_graph": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def signature(model: WordModel, **settings: object) -> dict[str, object]:
    """All that it takes to get a number again, as JSON can hold it."""
    return model_signature(model) | settings | {"versions": versions()}


def as_line(signed: dict[str, object]) -> str:
    """A signature on one line: `key:value` pairs, as sacreBLEU prints its own."""
    flat = {**signed, **signed.get("versions", {})}
    flat.pop("versions", None)
    return "|".join(f"{key}:{value}" for key, value in flat.items())
