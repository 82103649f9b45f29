"""Sequences that a loop yields last step first are left so where their order does not matter.

A reverse sweep yields the gradients of its steps from the last to the first. Turned round, each of
them is copied. Sums over steps turn their other factor round instead, which is smaller: states, or
the ids of rows.
"""

import numpy as np
from pytensor.graph.basic import Constant, Variable
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.tensor.elemwise import DimShuffle
from pytensor.tensor.math import Dot
from pytensor.tensor.shape import Reshape
from pytensor.tensor.subtensor import AdvancedIncSubtensor, Subtensor, indices_from_subtensor


@node_rewriter([AdvancedIncSubtensor])
def turn_ids_round(fgraph, node):
    """`table[ids] += values[::-1]` becomes `table[ids[::-1]] += values`."""
    table, increments, *ids = node.inputs
    values = _turned_round(increments)
    if node.op.set_instead_of_inc or values is None or len(ids) != 1:
        return None
    if ids[0].type.ndim != values.type.ndim - table.type.ndim + 1:
        return None
    return [node.op(table, values, ids[0][::-1])]


@node_rewriter([Dot])
def turn_narrow_factors_round(fgraph, node):
    """`Aᵀ D[::-1]` becomes `A[::-1]ᵀ D`, of matrices that have a row for each step and sequence."""
    left, right = node.inputs
    if not (left.owner and isinstance(left.owner.op, DimShuffle) and left.type.ndim == 2):
        return None
    if left.owner.op.new_order != (1, 0):
        return None
    wide, narrow = _steps(right), _steps(left.owner.inputs[0])
    if wide is None or narrow is None or narrow.type.ndim != wide.type.ndim:
        return None
    values = _turned_round(wide)
    sizes = [variable.type.shape[-1] for variable in (narrow, wide)]
    if values is None or None in sizes or sizes[0] >= sizes[1]:
        return None
    rows = [
        variable.reshape((-1, n)) for variable, n in zip((narrow[::-1], values), sizes, strict=True)
    ]
    return [node.op(rows[0].T, rows[1])]


reversals_moved = in2out(turn_ids_round, turn_narrow_factors_round)


def _steps(rows: Variable) -> Variable | None:
    """[T, B, n] of which `rows` [T · B, n] was made."""
    if rows.owner is None or not isinstance(rows.owner.op, Reshape):
        return None
    steps = rows.owner.inputs[0]
    same_rows = steps.type.ndim > 1 and steps.type.shape[-1] == rows.type.shape[-1]
    return steps if same_rows else None


def _turned_round(variable: Variable) -> Variable | None:
    """What `variable` is the reversal of, along its first axis; None if of nothing."""
    if variable.owner is None or not isinstance(variable.owner.op, Subtensor):
        return None
    values, *indices = variable.owner.inputs
    found = indices_from_subtensor(indices, variable.owner.op.idx_list)
    if len(found) != 1 or not isinstance(found[0], slice):
        return None
    start, stop, step = found[0].start, found[0].stop, found[0].step
    is_minus_one = isinstance(step, Constant) and np.all(step.data == -1)
    return values if start is None and stop is None and is_minus_one else None
