"""Programs of other projects' makes: where they are, and the devices that they run on."""

import importlib
from types import ModuleType
from typing import Any

from rnn_graph.benchmark.contender import NotHere


def peer(module: str) -> ModuleType:
    """A module of `rnn_graph.benchmark.peer_programs`."""
    return importlib.import_module(f"rnn_graph.benchmark.peer_programs.{module}")


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
