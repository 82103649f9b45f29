"""GPUs: how work is launched on one, how exact its products are, and why there is none."""

import ctypes
import importlib.util
from pathlib import Path

# A step, loops included, becomes one CUDA graph: launched once, not a kernel at a time. The rewrite
# that is left out makes a copy of an assignment in a loop, which no CUDA graph can take.
ONE_CUDA_GRAPH = {
    "xla_gpu_enable_command_buffer": "FUSION,CUBLAS,CUBLASLT,CUSTOM_CALL,CUDNN,WHILE",
    "xla_disable_hlo_passes": "fusion-dynamic-memcpy-rewriter",
}

PLUGINS = ("jax_cuda13_plugin", "jax_cuda12_plugin")
NVIDIA, DISPLAY = "0x10de", "0x03"  # a PCI device's maker, and how the number of its class begins
PCI_DEVICES = Path("/sys/bus/pci/devices")
DEVICE_FILES = (Path("/dev/nvidiactl"), Path("/dev/dxg"))  # of the driver; under WSL2


def matmul_precision() -> str:
    """How exact a GPU's products of float32 are.

    JAX's own setting (`jax_default_matmul_precision`), and "highest" if there is none, where JAX
    would round the factors to the 10 bits of TF32.
    """
    import jax

    return jax.config.jax_default_matmul_precision or "highest"


def why_there_is_no_gpu() -> str:
    """Why JAX finds no GPU on this machine, and what to do about it."""
    on_cpu = "give --device cpu (device='cpu')"
    if _has_plugin():
        if not _has_driver():
            return (
                "JAX's CUDA plugin is installed, but not NVIDIA's driver (libcuda.so.1); install"
                f" the driver on a machine with a GPU, or {on_cpu}"
            )
        return (
            "JAX's CUDA plugin and NVIDIA's driver are installed, but the driver gives it no GPU;"
            f" see nvidia-smi and CUDA_VISIBLE_DEVICES, or {on_cpu}"
        )
    if _has_gpu():
        return (
            "there is an NVIDIA GPU, but JAX here is its build for CPUs; install the other one"
            f" (pip install 'rnn-graph[cuda12]'), or {on_cpu}"
        )
    return f"there is no NVIDIA GPU here; {on_cpu}"


def _has_plugin() -> bool:
    return any(importlib.util.find_spec(name) for name in PLUGINS)


def _has_driver() -> bool:
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def _has_gpu() -> bool:
    if any(path.exists() for path in DEVICE_FILES):
        return True
    return any(
        _content(device / "vendor") == NVIDIA and _content(device / "class").startswith(DISPLAY)
        for device in PCI_DEVICES.glob("*")
    )


def _content(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
