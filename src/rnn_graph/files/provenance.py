"""The line that says what made a number."""

import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version

from rnn_graph._version import __version__

PACKAGES = ("pytensor", "jax", "numba", "numpy", "nltk")


def model_signature(model) -> dict[str, object]:
    """The model's configuration, backend and dtype."""
    signed: dict[str, object] = {"model": type(model).__name__}
    if not hasattr(model, "config"):  # the NumPy reference
        settings = {
            name: getattr(model, name) for name in ("word_dim", "hidden_dim", "bptt_truncate")
        }
        computing = {"backend": "numpy", "device": "cpu", "dtype": "float64"}
    else:
        settings = asdict(model.config)
        computing = {
            "backend": model.backend.name,
            "device": model.backend.platform,
            "dtype": settings.pop("dtype"),
        }
        if model.backend.matmul_precision is not None:
            computing["precision"] = model.backend.matmul_precision
    if settings.get("bptt_truncate", 0) is None:
        settings["bptt_truncate"] = "full"
    return signed | settings | computing


def versions() -> dict[str, str]:
    """Versions of this package, Python, and the packages that numbers depend on."""
    found = {"rnn_graph": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def signature(model, **settings: object) -> dict[str, object]:
    """All that it takes to get a number again, as JSON can hold it."""
    return model_signature(model) | settings | {"versions": versions()}


def as_line(signed: dict[str, object]) -> str:
    """A signature on one line: `key:value` pairs, as sacreBLEU prints its own."""
    flat = {**signed, **signed.get("versions", {})}
    flat.pop("versions", None)
    return "|".join(f"{key}:{value}" for key, value in flat.items())
