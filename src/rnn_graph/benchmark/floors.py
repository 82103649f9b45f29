"""What no program can go below: a task's matrix products alone, and its numbers moved once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from rnn_graph.backend.processors import usable_processors
from rnn_graph.benchmark.contender import Contender, Product, Program, Task
from rnn_graph.benchmark.peers import jax_device, on_device, torch_device

COPIED_NUMBERS = 2**26  # more than most caches hold


def floors(dtypes: Sequence[str], devices: Sequence[str]) -> list[Contender]:
    """The matrix products in every library at hand, and the task's numbers over the memory's speed.

    Every precision on the CPU, the first alone on a GPU.
    """
    found = []
    for dtype in dtypes:
        found += [*eager_floors(dtype), *_by_jax(dtype, "cpu")]
    if "gpu" in devices:
        on_gpu = partial(_products, dtype=dtypes[0], device="gpu")
        found += [on_gpu("PyTorch", TorchProducts, ("torch",)), *_by_jax(dtypes[0], "gpu")]
        found.append(memory_floor(dtypes[0], "gpu"))
    return found


def eager_floors(dtype: str) -> list[Contender]:
    """Those for tasks of so many products that JAX would compile them for minutes."""
    return [
        _products("NumPy", NumPyProducts, (), dtype),
        _products("PyTorch", TorchProducts, ("torch",), dtype),
        memory_floor(dtype),
    ]


def memory_floor(dtype: str, device: str = "cpu") -> Contender:
    """The numbers that have to be read and written, in the time in which the memory moves them."""
    program, libraries = (NumPyCopy, ()) if device == "cpu" else (JAXCopy, ("jax",))
    floor = _floor("numbers moved once", program, libraries, dtype, device)
    return replace(floor, bound="memory", share=share_moved)


def _by_jax(dtype: str, device: str) -> list[Contender]:
    flipped = partial(JAXProducts, flipped=True)
    return [
        _products("JAX", JAXProducts, ("jax",), dtype, device),
        _products("JAX, transposed", flipped, ("jax",), dtype, device),
    ]


def _products(library: str, program, libraries, dtype: str, device: str = "cpu") -> Contender:
    floor = _floor(f"products, {library}", program, libraries, dtype, device)
    return replace(floor, bound="products")


def _floor(what: str, program, libraries, dtype: str, device: str) -> Contender:
    name = on_device(f"floor: {what} {dtype}", device)
    build = partial(program, dtype=dtype, device=device)
    return Contender(name, "floor", build, libraries, dtype, device)


def share_moved(task: Task) -> float:
    """A task's numbers, read or written, as a share of those that a copy reads and writes."""
    return task.numbers_moved() / (2 * COPIED_NUMBERS)


# These programs learn nothing, and do all pieces at once whatever they are asked for.


class NumPyProducts(Program):
    """The products one after another."""

    def __init__(self, task: Task, dtype: str, device: str):
        self._operands = [(p.count, *_operands(p, dtype)) for p in task.products()]

    def run(self, start: int, stop: int) -> list[float]:
        for count, left, right in self._operands:
            for _ in range(count):
                left @ right
        return []


class TorchProducts(Program):
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


class JAXProducts(Program):
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


class NumPyCopy(Program):
    """Reads as many numbers as it writes, a part in each thread."""

    def __init__(self, task: Task, dtype: str, device: str):
        threads = usable_processors()
        whole = np.zeros(COPIED_NUMBERS, dtype), np.ones(COPIED_NUMBERS, dtype)
        self._parts = list(zip(*(np.array_split(array, threads) for array in whole), strict=True))
        self._pool = ThreadPoolExecutor(threads)

    def run(self, start: int, stop: int) -> list[float]:
        list(self._pool.map(lambda part: np.copyto(*part), self._parts))
        return []


class JAXCopy(Program):
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
