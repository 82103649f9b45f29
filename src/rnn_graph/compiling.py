"""The one place that compiles graphs: backend, device, and what may be updated in place."""

import importlib.util
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytensor
from pytensor.compile.mode import Mode, get_mode
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable
from pytensor.link.jax.linker import JAXLinker

from rnn_graph.errors import InputError

# From the fastest to the slowest on the tutorial's step; see docs/backends.md.
BACKENDS = ("jax", "numba", "c")
DEVICES = ("auto", "cpu", "gpu")

# PyTensor would rewrite log(sum(exp(x))) into a log-sum-exp of its own, with a second maximum
# and a second exponential of every element; objectives.py has taken the maximum out already.
UNWANTED_REWRITES = ("local_log_sum_exp",)

AFTER_ALL_OTHERS = 1000.0  # where a rewrite stands among PyTensor's own

PYTENSOR_MODES = {"c": "CVM", "numba": "NUMBA", "jax": "JAX"}

REMEDIES = {
    "jax": "pip install jax",
    "numba": "pip install numba",
    "c": "install a C++ compiler such as g++",
}


@dataclass(frozen=True)
class Backend:
    """What compiles a graph, and where its arrays live.

    Attributes
    ----------
    name
        "c", "numba" or "jax".
    device
        The `jax.Device` of parameters and computation; None for the other backends.
    """

    name: str
    device: Any = None

    @property
    def compiles_per_shape(self) -> bool:
        """Whether each new shape of an input costs a compilation."""
        return self.name == "jax"

    @property
    def platform(self) -> str:
        """The kind of device: "cpu" or "gpu"."""
        return self.device.platform if self.device is not None else "cpu"

    def place(self, array: np.ndarray) -> Any:
        """`array` on this backend's device."""
        if self.name != "jax":
            return array
        import jax

        return jax.device_put(array, self.device)


def installed_backends() -> list[str]:
    """The backends that work here, fastest first."""
    return [name for name in BACKENDS if _is_installed(name)]


def choose_backend(name: str = "auto", device: str = "auto", dtype: str = "float32") -> Backend:
    """The backend to compile with.

    Parameters
    ----------
    name
        "jax", "numba", "c", or "auto" for the fastest one installed.
    device
        "cpu", "gpu" (through JAX), or "auto": what JAX would take.
    dtype
        "float32" or "float64".

    Raises
    ------
    InputError
        If the backend or device is not available here; the message names the remedy.
    """
    # A member of a string enumeration prints as what it is called, not as what it says.
    name, device, dtype = str(name), str(device), str(dtype)
    if dtype not in ("float32", "float64"):
        raise InputError(f"unknown dtype {dtype!r}; give float32 or float64")
    if device not in DEVICES:
        raise InputError(f"unknown device {device!r}; give one of {', '.join(DEVICES)}")
    installed = installed_backends()
    if name == "auto":
        if not installed:
            raise InputError(f"no backend is installed; {REMEDIES['jax']}")
        name = installed[0] if device != "gpu" else "jax"
    if name not in BACKENDS:
        raise InputError(f"unknown backend {name!r}; give one of auto, {', '.join(BACKENDS)}")
    if name not in installed:
        raise InputError(f"backend {name!r} is not available here; {REMEDIES[name]}")
    if name != "jax":
        if device == "gpu":
            raise InputError(f"backend {name!r} has no GPU; give --backend jax (backend='jax')")
        return Backend(name)
    return Backend(name, _jax_device(device, dtype))


def compile_function(
    inputs: Sequence[Variable],
    outputs: Variable | Sequence[Variable],
    backend: Backend,
    *,
    updates: Mapping[SharedVariable, Variable] | None = None,
    in_place: Collection[SharedVariable] = (),
) -> Callable[..., Any]:
    """Compile a graph. The function trusts its inputs: arrays of exactly the declared types.

    Parameters
    ----------
    inputs, outputs, updates
        As for `pytensor.function`.
    backend
        From `choose_backend`.
    in_place
        Shared variables whose old value JAX may overwrite. It pays for a table of which a few
        rows change, and costs a copy where the whole array is computed anew while it is still
        read. (The other backends find out for themselves.)
    """
    return pytensor.function(
        list(inputs),
        outputs,
        updates=list((updates or {}).items()),
        mode=_mode(backend, in_place),
        trust_input=True,
    )


class _DonatingJAXLinker(JAXLinker):
    """PyTensor's JAX linker, with some shared variables' buffers given away to their updates."""

    def __init__(self, donated: Iterable[SharedVariable] = ()):
        super().__init__()
        self._donated = frozenset(donated)

    def fgraph_convert(self, fgraph, **kwargs):
        self._donated_positions = tuple(
            i for i, variable in enumerate(fgraph.inputs) if variable in self._donated
        )
        return super().fgraph_convert(fgraph, **kwargs)

    def jit_compile(self, fn):
        import jax

        return jax.jit(fn, donate_argnums=self._donated_positions)


def _mode(backend: Backend, in_place: Collection[SharedVariable]) -> Mode:
    mode = get_mode(PYTENSOR_MODES[backend.name]).excluding(*UNWANTED_REWRITES)
    if backend.name != "jax":
        return mode
    from rnn_graph import jax_rewrites  # imports JAX

    mode = Mode(linker=_DonatingJAXLinker(in_place), optimizer=mode.provided_optimizer)
    mode = mode.excluding(*jax_rewrites.UNWANTED_REWRITES)
    mode = mode.register((jax_rewrites.lengths_at_trace_time, AFTER_ALL_OTHERS))
    return mode.register((jax_rewrites.inner_graphs_in(mode), AFTER_ALL_OTHERS))


def _is_installed(name: str) -> bool:
    if name == "c":
        return bool(pytensor.config.cxx)
    return importlib.util.find_spec(name) is not None


def _jax_device(device: str, dtype: str) -> Any:
    import jax

    if dtype == "float64" and not jax.config.jax_enable_x64:
        # PyTensor turns it on unless its floatX is float32; without it JAX computes in float32.
        jax.config.update("jax_enable_x64", True)
    try:
        return jax.devices(None if device == "auto" else device)[0]
    except (RuntimeError, AssertionError) as error:
        if device == "gpu":
            raise InputError(
                "JAX finds no GPU here; install its GPU build (pip install 'rnn-graph[cuda]') on a"
                " machine with one, or give --device cpu (device='cpu')"
            ) from None
        raise InputError(
            f"JAX has no device {device!r} here ({repr(error)[:200]});"
            " is JAX_PLATFORMS set to something that is not here?"
        ) from None
