"""Programs of other projects' makes: where they are, and the devices that they run on."""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from rnn_graph.benchmark.contender import NotHere

FOLDER = Path(__file__).parents[3] / "benchmarks"


def peer(module: str) -> ModuleType:
    """A module of the repository's `benchmarks/peers`.

    Raises
    ------
    NotHere
        If this package is not run from a checkout of the repository.
    """
    if not (FOLDER / "peers" / f"{module}.py").exists():
        raise NotHere("its program is in the repository's benchmarks/peers; run from a checkout")
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))
    return importlib.import_module(f"peers.{module}")


def on_device(name: str, device: str) -> str:
    """A contender's name, with its device unless that is the CPU."""
    return f"{name}, GPU" if device == "gpu" else name


def jax_device(device: str) -> Any:
    """The `jax.Device` that "cpu" or "gpu" is."""
    import jax

    try:
        return jax.devices(device)[0]
    except (RuntimeError, AssertionError):
        raise NotHere(f"JAX finds no {device.upper()} here") from None


def torch_device(device: str) -> str:
    """PyTorch's name of "cpu" or "gpu"."""
    import torch

    if device == "gpu" and not torch.cuda.is_available():
        raise NotHere("PyTorch finds no GPU here")
    return "cuda" if device == "gpu" else "cpu"
