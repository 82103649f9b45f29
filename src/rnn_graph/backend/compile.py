"""The one place that compiles graphs: backend, device, and what may be updated in place."""

import importlib
import importlib.util
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pytensor
from pytensor.compile.mode import Mode, get_mode
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable

from rnn_graph.backend.devices import Backend

# PyTensor would rewrite log(sum(exp(x))) into a log-sum-exp of its own, with a second maximum
# and a second exponential of every element; objectives.py has taken the maximum out already.
# Rows that are assigned over rows that were added to: the addition would be made on a copy.
UNWANTED_REWRITES = ("local_log_sum_exp", "local_write_of_write_same_indices")

# Where rewrites stand among PyTensor's own. Each has a place of its own: processes that train
# together wait forever if their programs differ.
AFTER_ALL_OTHERS = 1000.0

PYTENSOR_MODES = {"c": "CVM", "numba": "NUMBA", "jax": "JAX"}


def compile_function(
    inputs: Sequence[Variable],
    outputs: Variable | Sequence[Variable],
    backend: Backend,
    *,
    updates: Mapping[SharedVariable, Variable] | None = None,
    sharded: Mapping[SharedVariable, int] | None = None,
) -> Callable[..., Any]:
    """Compile a graph. The function trusts its inputs: arrays of exactly the declared types.

    Parameters
    ----------
    inputs, outputs, updates
        As for `pytensor.function`.
    backend
        From `choose_backend`.
    sharded
        The axes along which several devices share updated variables; of all other variables and
        outputs each device has all.
    """
    updates = updates or {}
    return pytensor.function(
        list(inputs),
        outputs,
        updates=list(updates.items()),
        mode=_mode(backend, updates, sharded or {}),
        trust_input=True,
    )


def _mode(
    backend: Backend, updated: Collection[SharedVariable], sharded: Mapping[SharedVariable, int]
) -> Mode:
    mode = get_mode(PYTENSOR_MODES[backend.name]).excluding(*UNWANTED_REWRITES)
    if backend.name == "numba":
        importlib.import_module("rnn_graph.backend.numba")  # imports Numba
    if backend.name != "jax":
        return mode
    from rnn_graph.backend import jax as for_jax  # imports JAX
    from rnn_graph.backend.overwriting import OverwriteInOrder
    from rnn_graph.backend.reversals import reversals_moved
    from rnn_graph.backend.tanh import tanh_as_arithmetic

    linker = for_jax.PlacingJAXLinker(backend, updated, sharded)
    mode = Mode(linker=linker, optimizer=mode.provided_optimizer)
    mode = mode.excluding(*for_jax.UNWANTED_REWRITES)
    mode = mode.register((reversals_moved, AFTER_ALL_OTHERS - 2))
    mode = mode.register((for_jax.as_jax_has_it, AFTER_ALL_OTHERS))
    if backend.mesh is not None:
        from rnn_graph.backend.sharing import axes_kept_apart  # imports JAX

        mode = mode.register((axes_kept_apart, AFTER_ALL_OTHERS - 1))
    on_cpu = backend.platform == "cpu"
    if on_cpu:
        mode = mode.register((for_jax.narrow_sides_turned_over, AFTER_ALL_OTHERS + 1))
        mode = mode.register((tanh_as_arithmetic, AFTER_ALL_OTHERS + 2))
        mode = mode.register((OverwriteInOrder(), AFTER_ALL_OTHERS + 3))
    return for_jax.with_inner_graphs(mode, AFTER_ALL_OTHERS + 4, overwrite=on_cpu)
