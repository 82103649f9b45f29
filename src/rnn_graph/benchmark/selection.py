"""Which contenders are asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from rnn_graph.benchmark.contender import Contender
from rnn_graph.benchmark.peers import on_device
from rnn_graph.errors import InputError
from rnn_graph.names import BACKENDS

# What a quick run leaves out: it takes long to compile, or confirms what others say.
NOT_QUICK = (
    "PyTorch compile*",
    "hand-written JAX*",
    "floor: products, JAX*",
    "floor: products, PyTorch*",
    "*, a device a processor,*",
    "*, one thread*",
)


@dataclass(frozen=True)
class Selection:
    """Backends of this project, precisions, devices, and contenders by name.

    Attributes
    ----------
    backends
        Of "jax", "numba" and "c".
    dtypes
        Of "float32" and "float64"; peers have the first alone, and the reference float64.
    devices
        Of "cpu" and "gpu".
    patterns
        Shell patterns; a contender's name has to match one of them, unless there are none. The
        reference is always there, to check the others by.
    left_out
        Shell patterns of contenders that are not there, unless `patterns` says who is.
    """

    backends: tuple[str, ...] = BACKENDS
    dtypes: tuple[str, ...] = ("float32", "float64")
    devices: tuple[str, ...] = ("cpu", "gpu")
    patterns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def compiled(
        self, build: Callable[..., Any], module: str, *, prefix: str = "rnn_graph", kind="ours"
    ) -> list[Contender]:
        """A contender for each backend and precision, and for JAX on a GPU.

        Parameters
        ----------
        build
            Called with the task, `backend`, `device` and `dtype`.
        module
            What it imports.
        """
        found = []
        for dtype in self.dtypes:
            for device in self.devices:
                for backend in self.backends:
                    if device == "gpu" and (backend != "jax" or dtype != self.dtypes[0]):
                        continue
                    name = on_device(f"{prefix} {backend} {dtype}", device)
                    built = partial(build, backend=backend, device=device, dtype=dtype)
                    libraries = ("jax", module) if backend == "jax" else (module,)
                    found.append(Contender(name, kind, built, libraries, dtype, device))
        return found

    def peers(
        self, name: str, build: Callable[..., Any], library: str, *, on_gpu: bool = True
    ) -> list[Contender]:
        """A peer on each device, in float32.

        Parameters
        ----------
        build
            Called with the task and `device`.
        """
        return [
            Contender(
                on_device(name, device),
                "peer",
                partial(build, device=device),
                (library,),
                "float32",
                device,
            )
            for device in self.devices
            if device == "cpu" or on_gpu
        ]

    def of(self, contenders: Sequence[Contender]) -> list[Contender]:
        """Those of the contenders whose names were asked for, and the reference.

        Raises
        ------
        InputError
            If a pattern is of no contender.
        """
        names = [contender.name for contender in contenders]
        for pattern in self.patterns:
            if not any(fnmatchcase(name, pattern) for name in names):
                raise InputError(
                    f"no contender is called {pattern!r}; there are {'; '.join(names)}"
                )
        return [c for c in contenders if c.kind == "reference" or self._has(c.name)]

    def _has(self, name: str) -> bool:
        if self.patterns:
            return any(fnmatchcase(name, pattern) for pattern in self.patterns)
        return not any(fnmatchcase(name, pattern) for pattern in self.left_out)


# Who is in a quick run: one of this project's programs, and who it is compared with first.
QUICK = Selection(("jax",), ("float32",), ("cpu",), left_out=NOT_QUICK)
