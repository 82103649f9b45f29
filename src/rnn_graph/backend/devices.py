"""Which backend compiles, on which device, and how arrays get there."""

import importlib.util
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytensor
from pytensor.compile.sharedvalue import SharedVariable

from rnn_graph.backend.gpu import matmul_precision, why_there_is_no_gpu
from rnn_graph.errors import InputError, InputWarning
from rnn_graph.names import BACKENDS, DEVICES, DTYPES

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
    mesh
        The `jax.sharding.Mesh` of one axis over which minibatches are split, if there are several
        devices; parameters are then on each.
    bound_by_launches
        Whether what it computes is so small that calling for it takes the time.
    """

    name: str
    device: Any = None
    mesh: Any = None
    bound_by_launches: bool = False

    @property
    def compiles_per_shape(self) -> bool:
        """Whether each new shape of an input costs a compilation."""
        return self.name == "jax"

    @property
    def devices(self) -> int:
        """How many devices share each minibatch."""
        return 1 if self.mesh is None else self.mesh.size

    @property
    def platform(self) -> str:
        """The kind of device: "cpu" or "gpu"."""
        return self.device.platform if self.device is not None else "cpu"

    @property
    def matmul_precision(self) -> str | None:
        """How exact products are, in JAX's words; None where they are always exact."""
        return matmul_precision() if self.platform == "gpu" else None

    def assign(
        self, variable: SharedVariable, array: np.ndarray, *, batch_axis: int | None = None
    ) -> None:
        """Make `array`, of the variable's type, its value, on this backend's device or devices.

        The array belongs to the variable from then on.

        Parameters
        ----------
        batch_axis
            As for `place`.
        """
        # `set_value` would fetch the array from the device again.
        variable.container.storage[0] = self.place(array, batch_axis=batch_axis)

    def place(self, array: np.ndarray, *, batch_axis: int | None = None) -> Any:
        """`array` on this backend's device, or on all of them.

        Parameters
        ----------
        batch_axis
            The axis along which several devices share the array; None: each has all of it.
        """
        if self.name != "jax":
            return array
        import jax

        if self.mesh is None:
            return jax.device_put(array, self.device)
        return jax.make_array_from_callback(
            array.shape, self.sharding(batch_axis), lambda index: array[index]
        )

    def sharding(self, batch_axis: int | None) -> Any:
        """How several devices share an array."""
        import jax

        axes = () if batch_axis is None else (*[None] * batch_axis, *self.mesh.axis_names)
        return jax.sharding.NamedSharding(self.mesh, jax.sharding.PartitionSpec(*axes))

    def fetch(self, array: Any) -> np.ndarray:
        """A copy of an array of this backend's, wherever its parts are.

        If several processes share it, all of them have to call this.
        """
        if self.mesh is not None and not array.is_fully_replicated:
            import jax

            array = jax.jit(lambda value: value, out_shardings=self.sharding(None))(array)
        return np.array(array)


def installed_backends() -> list[str]:
    """The backends that work here, fastest first."""
    return [name for name in BACKENDS if _is_installed(name)]


def choose_backend(
    name: str = "auto",
    device: str = "auto",
    dtype: str = "float32",
    *,
    bound_by_launches: bool = False,
) -> Backend:
    """The backend to compile with.

    Parameters
    ----------
    name
        "jax", "numba", "c", or "auto" for the fastest one installed.
    device
        "cpu", "gpu" (through JAX), or "auto": what JAX would take.
    dtype
        "float32" or "float64".
    bound_by_launches
        Whether the steps are so small that a GPU would take longer to launch their kernels than a
        CPU to compute them: "auto" then takes the CPU.

    Raises
    ------
    InputError
        If the backend or device is not available here; the message names the remedy.

    Warns
    -----
    InputWarning
        If a GPU is left alone because of `bound_by_launches`.
    """
    # A member of a string enumeration prints as what it is called, not as what it says.
    name, device, dtype = str(name), str(device), str(dtype)
    if dtype not in DTYPES:
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
        return Backend(name, bound_by_launches=bound_by_launches)
    chosen = _jax_device(device, dtype)
    if bound_by_launches and device == "auto" and chosen.platform == "gpu":
        warnings.warn(
            InputWarning(
                "steps of this model are too small for a GPU, and are computed on the CPU; give"
                " --device gpu (device='gpu') to use the GPU nevertheless"
            ),
            stacklevel=2,
        )
        chosen = _jax_device("cpu", dtype)
    return Backend(name, chosen, bound_by_launches=bound_by_launches)


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
            raise InputError(why_there_is_no_gpu()) from None
        raise InputError(
            f"JAX has no device {device!r} here ({repr(error)[:200]});"
            " is JAX_PLATFORMS set to something that is not here?"
        ) from None
