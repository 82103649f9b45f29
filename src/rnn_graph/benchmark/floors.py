"""What no program can go below: a task's matrix products alone, and its numbers moved once."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from rnn_graph.benchmark.contender import Contender, Product, Task
from rnn_graph.benchmark.peers import jax_device, on_device, torch_device

COPIED_NUMBERS = 2**26  # more than most caches hold


def floors(dtypes: Sequence[str], devices: Sequence[str]) -> list[Contender]:
    """The matrix products in every library at hand, and the task's numbers over the memory's speed.

    Every precision on the CPU, the first alone on a GPU.
    """
    found = [floor for dtype in dtypes for floor in small_floors(dtype) + _by_jax(dtype, "cpu")]
    if "gpu" in devices:
        found += [
            _floor("products, PyTorch", TorchProducts, dtypes[0], "gpu", ("torch",)),
            *_by_jax(dtypes[0], "gpu"),
            _copy(JAXCopy, dtypes[0], "gpu", ("jax",)),
        ]
    return found


def small_floors(dtype: str) -> list[Contender]:
    """Those for tasks of so many small products that JAX would compile them for minutes."""
    return [
        _floor("products, NumPy", NumPyProducts, dtype),
        _floor("products, PyTorch", TorchProducts, dtype, libraries=("torch",)),
        _copy(NumPyCopy, dtype),
    ]


def _by_jax(dtype: str, device: str) -> list[Contender]:
    flipped = partial(JAXProducts, flipped=True)
    return [
        _floor("products, JAX", JAXProducts, dtype, device, ("jax",)),
        _floor("products, JAX, transposed", flipped, dtype, device, ("jax",)),
    ]


def _floor(what: str, program, dtype: str, device: str = "cpu", libraries=(), share=None):
    name = on_device(f"floor: {what} {dtype}", device)
    build = partial(program, dtype=dtype, device=device)
    return Contender(name, "floor", build, libraries, dtype, device, share=share)


def _copy(program, dtype: str, device: str = "cpu", libraries=()) -> Contender:
    return _floor("numbers moved once", program, dtype, device, libraries, share=share_moved)


def share_moved(task: Task) -> float:
    """A task's numbers, read or written, as a share of those that a copy reads and writes."""
    return task.numbers_moved() / (2 * COPIED_NUMBERS)


class _Floor:
    """A program that learns nothing, and does all pieces at once whatever it is asked for."""

    def compile(self) -> None:
        pass

    def parameters(self) -> dict[str, np.ndarray]:
        return {}


class NumPyProducts(_Floor):
    """The products one after another."""

    def __init__(self, task: Task, dtype: str, device: str):
        self._operands = [(p.count, *_operands(p, dtype)) for p in task.products()]

    def run(self, start: int, stop: int) -> list[float]:
        for count, left, right in self._operands:
            for _ in range(count):
                left @ right
        return []


class TorchProducts(_Floor):
    """The products one after another."""

    def __init__(self, task: Task, dtype: str, device: str):
        import torch

        place = torch_device(device)
        self._synchronize = torch.cuda.synchronize if device == "gpu" else lambda: None
        self._operands = [
            (p.count, *(torch.from_numpy(a).to(place) for a in _operands(p, dtype)))
            for p in task.products()
        ]

    def run(self, start: int, stop: int) -> list[float]:
        for count, left, right in self._operands:
            for _ in range(count):
                left @ right
        self._synchronize()
        return []


class JAXProducts(_Floor):
    """The products in one compiled function; `flipped`: of the transposed matrices."""

    def __init__(self, task: Task, dtype: str, device: str, *, flipped: bool = False):
        import jax

        place = jax_device(device)
        operands = []
        for product in task.products():
            left, right = _operands(product, dtype)
            if flipped:
                left, right = np.ascontiguousarray(right.T), np.ascontiguousarray(left.T)
            # The compiler would compute equal products once: each has a left side of its own.
            lefts = left if product.count == 1 else np.stack([left] * product.count)
            operands.append((jax.device_put(lefts, place), jax.device_put(right, place)))
        self._operands = operands
        self._ready = jax.block_until_ready
        self._products = jax.jit(
            lambda operands: [
                left @ right if left.ndim == 2 else jax.lax.map(lambda a, b=right: a @ b, left)
                for left, right in operands
            ]
        )

    def run(self, start: int, stop: int) -> list[float]:
        self._ready(self._products(self._operands))
        return []


class NumPyCopy(_Floor):
    """Reads as many numbers as it writes."""

    def __init__(self, task: Task, dtype: str, device: str):
        self._from, self._to = np.ones(COPIED_NUMBERS, dtype), np.zeros(COPIED_NUMBERS, dtype)

    def run(self, start: int, stop: int) -> list[float]:
        np.copyto(self._to, self._from)
        return []


class JAXCopy(_Floor):
    """Reads as many numbers as it writes."""

    def __init__(self, task: Task, dtype: str, device: str):
        import jax

        self._numbers = jax.device_put(np.ones(COPIED_NUMBERS, dtype), jax_device(device))
        self._more = jax.jit(lambda numbers: numbers + 1)
        self._ready = jax.block_until_ready

    def run(self, start: int, stop: int) -> list[float]:
        self._ready(self._more(self._numbers))
        return []


def _operands(product: Product, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    shapes = (product.m, product.k), (product.k, product.n)
    left, right = (generator.random(shape, np.float32).astype(dtype) for shape in shapes)
    return left, right
