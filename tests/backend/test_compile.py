import numpy as np
import pytensor
import pytest
from pytensor import tensor as pt

from rnn_graph.backend import devices
from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.errors import InputError


def only(monkeypatch, *installed):
    monkeypatch.setattr(devices, "_is_installed", installed.__contains__)


def test_auto_takes_the_fastest_that_is_installed(monkeypatch):
    only(monkeypatch, "c", "numba", "jax")
    assert choose_backend().name == "jax"
    only(monkeypatch, "c", "numba")
    assert choose_backend().name == "numba"
    only(monkeypatch, "c")
    assert choose_backend().name == "c"


def test_a_missing_backend_is_an_error_that_names_the_remedy(monkeypatch):
    only(monkeypatch, "numba")
    with pytest.raises(InputError, match="'jax' is not available here; pip install jax"):
        choose_backend("jax")
    with pytest.raises(InputError, match=r"install a C\+\+ compiler"):
        choose_backend("c")
    with pytest.raises(InputError, match="pip install jax"):
        choose_backend(device="gpu")
    only(monkeypatch)
    with pytest.raises(InputError, match="no backend is installed"):
        choose_backend()


def test_a_missing_gpu_is_an_error_that_names_the_remedy():
    import jax

    if any(device.platform == "gpu" for device in jax.devices()):
        pytest.skip("there is a GPU")
    with pytest.raises(InputError, match=r"GPU.*device cpu"):
        choose_backend("jax", "gpu")


def test_a_table_that_is_updated_in_place_keeps_no_second_buffer():
    table = pytensor.shared(np.zeros((4, 2), dtype="float32"), shape=(4, 2), name="table")
    rows = pt.ivector("rows")
    increments = pt.matrix("increments", dtype="float32")
    backend = choose_backend("jax")
    step = compile_function(
        [rows, increments],
        increments.sum(acc_dtype="float32"),
        backend,
        updates={table: table[rows].inc(increments)},
    )
    ones = np.ones((3, 2), dtype=np.float32)
    step(np.array([1, 1, 3], dtype=np.int32), ones)
    before = table.get_value(borrow=True)
    step(np.array([0, 1, 2], dtype=np.int32), ones)
    assert before.is_deleted()
    np.testing.assert_array_equal(table.get_value(), [[1, 1], [3, 3], [1, 1], [1, 1]])


def test_the_log_of_a_sum_of_exponentials_stays_as_written():
    """One exponential and one maximum: the rewritten form has two of each."""
    x = pt.matrix("x", dtype="float32")
    largest = x.max(axis=1, keepdims=True)
    y = pt.log(pt.exp(x - largest).sum(axis=1, acc_dtype="float32"))
    compiled = compile_function([x], y, choose_backend("jax"))
    graph = pytensor.dprint(compiled, file="str")
    assert graph.count("Max{") == 1
    assert graph.lower().count("exp [") == 1
