"""What the package says and does about a GPU, on machines without one."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from rnn_graph.backend import devices, gpu
from rnn_graph.backend.devices import choose_backend
from rnn_graph.cli.options import Computing, DeviceName, PrecisionName
from rnn_graph.errors import InputError, InputWarning


@pytest.mark.parametrize(
    ("plugin", "driver", "device", "said"),
    [
        (False, False, False, r"there is no NVIDIA GPU here; .*--device cpu"),
        (False, True, True, r"build for CPUs; .*pip install 'rnn-graph\[cuda12\]'"),
        (False, False, True, r"build for CPUs"),
        (True, False, False, r"not NVIDIA's driver \(libcuda\.so\.1\); install the driver"),
        (True, True, False, r"gives it no GPU; see nvidia-smi"),
    ],
)
def test_why_there_is_no_gpu(monkeypatch, plugin, driver, device, said):
    monkeypatch.setattr(gpu, "_has_plugin", lambda: plugin)
    monkeypatch.setattr(gpu, "_has_driver", lambda: driver)
    monkeypatch.setattr(gpu, "_has_gpu", lambda: device)

    def find_nothing(device, dtype=None):
        raise RuntimeError("Unknown backend")

    monkeypatch.setattr("jax.devices", find_nothing)
    with pytest.raises(InputError, match=said) as error:
        choose_backend("jax", "gpu")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("vendor", "kind", "there"),
    [("0x10de", "0x030200", True), ("0x10de", "0x040300", False), ("0x1002", "0x030000", False)],
)
def test_a_gpu_is_known_by_its_maker_and_class(monkeypatch, tmp_path, vendor, kind, there):
    (tmp_path / "0000:01:00.0").mkdir()
    (tmp_path / "0000:01:00.0/vendor").write_text(vendor + "\n")
    (tmp_path / "0000:01:00.0/class").write_text(kind + "\n")
    monkeypatch.setattr(gpu, "PCI_DEVICES", tmp_path)
    monkeypatch.setattr(gpu, "DEVICE_FILES", ())
    assert gpu._has_gpu() is there


@pytest.fixture
def two_platforms(monkeypatch):
    """JAX takes a GPU if it is asked for nothing."""
    platforms = {None: "gpu", "gpu": "gpu", "cpu": "cpu"}
    monkeypatch.setattr(
        devices, "_jax_device", lambda device, dtype: SimpleNamespace(platform=platforms[device])
    )
    monkeypatch.setitem(platforms, "auto", "gpu")


def test_small_steps_stay_on_the_cpu(two_platforms, recwarn):
    with pytest.warns(InputWarning, match=r"too small for a GPU.*--device gpu"):
        assert choose_backend("jax", bound_by_launches=True).platform == "cpu"
    assert choose_backend("jax", "gpu", bound_by_launches=True).platform == "gpu"
    assert choose_backend("jax", "cpu", bound_by_launches=True).platform == "cpu"
    assert choose_backend("jax").platform == "gpu"
    assert not recwarn


@pytest.fixture
def environment(monkeypatch):
    """The environment, which goes back to what it was."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    return os.environ


def test_the_command_for_a_cpu_starts_no_other_platform(environment):
    environment["JAX_PLATFORMS"] = "cuda,cpu"
    Computing(device=DeviceName.CPU)
    asked = "import jax; print(jax.config.jax_platforms, *{d.platform for d in jax.devices()})"
    found = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True)
    assert found.stdout.split() == [b"cpu", b"cpu"]


def test_precision_of_products(environment):
    assert gpu.matmul_precision() == "highest"
    assert choose_backend("jax", "cpu").matmul_precision is None
    asked = "from rnn_graph.backend.gpu import matmul_precision; print(matmul_precision())"
    Computing(precision=PrecisionName.TF32)
    found = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True)
    assert found.stdout == b"tensorfloat32\n"


def test_precision_without_a_gpu_is_refused(environment):
    with pytest.raises(InputError, match="leave out --precision"):
        Computing(device=DeviceName.CPU, precision=PrecisionName.TF32)
