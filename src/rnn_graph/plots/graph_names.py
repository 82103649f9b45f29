"""What stands in the boxes of a picture of a graph."""

from collections.abc import Sequence

from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.op import HasInnerGraph
from pytensor.scan.op import Scan
from pytensor.tensor.elemwise import DimShuffle
from pytensor.tensor.subtensor import BaseSubtensor, indices_from_subtensor

LONGEST_NAME, MOST_NOTES, MOST_NUMBERS = 32, 3, 4
VARIABLE = "·"


def operation_name(node: Apply) -> str:
    """An operation with its constants, `·` for each variable: `Mul(·, 2)`, `Subtensor[:, 1:3]`."""
    if isinstance(node.op, BaseSubtensor) and str(node.op).startswith(("Sub", "AdvancedSub")):
        found = indices_from_subtensor(node.inputs[1:], node.op.idx_list)
        return f"{type(node.op).__name__}[{', '.join(map(_index, found))}]"
    return with_constants(str(node.op), node)


def with_constants(name: str, node: Apply) -> str:
    """A name, and the arguments if there are constants among them."""
    arguments = [constant_text(value) or VARIABLE for value in node.inputs]
    return name if set(arguments) <= {VARIABLE} else f"{name}({', '.join(arguments)})"


def own_name(op: HasInnerGraph) -> str:
    """The name of an operation that has a graph of its own.

    A scan's tells nothing, and is another one each time.
    """
    return type(op).__name__ if isinstance(op, Scan) else getattr(op, "name", None) or str(op)


def inner_names(op: HasInnerGraph, outer: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of an operation's inner inputs and outputs; `outer` are those of its arguments."""
    if isinstance(op, Scan):
        return _scan_names(op, outer)
    inputs = [name or f"input {k}" for k, name in enumerate(outer)]
    return inputs, numbered("output", len(op.inner_outputs))


def _index(index) -> str:
    if not isinstance(index, slice):
        return str(index) if isinstance(index, int) else constant_text(index) or VARIABLE
    bounds = [index.start, index.stop, *([index.step] if index.step is not None else [])]
    return ":".join("" if b is None else _index(b) for b in bounds)


def _scan_names(scan: Scan, outer: Sequence[str]) -> tuple[list[str], list[str]]:
    """What inputs and outputs of a scan's step are, in PyTensor's words."""
    info = scan.info
    inputs = [f"sequence {k} [t]" for k in range(info.n_seqs)]
    results = []
    for k, slices in enumerate(info.mit_mot_in_slices):
        inputs += [f"sum {k} [{tap:+d}]" for tap in slices]
    for k, slices in enumerate(info.mit_mot_out_slices):
        results += [f"sum {k} [{tap:+d}], new" for tap in slices]
    for k, slices in enumerate([*info.mit_sot_in_slices, *info.sit_sot_in_slices]):
        inputs += [f"state {k} [t{tap:+d}]" for tap in slices]
        results.append(f"state {k} [t]")
    results += [f"result {k} [t]" for k in range(info.n_nit_sot)]
    for k in range(info.n_untraced_sit_sot):
        inputs.append(f"untraced state {k}")
        results.append(f"untraced state {k}, new")
    given = outer[len(outer) - info.n_non_seqs :]
    inputs += [name or f"non-sequence {k}" for k, name in enumerate(given)]
    if info.as_while:
        results.append("whether to stop")
    return inputs, results


def numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name} {k}" for k in range(count)]


def constant_text(value: Variable) -> str:
    """What a constant is, also with further axes of length 1; "" for what is none."""
    if value.owner is not None and isinstance(value.owner.op, DimShuffle):
        return constant_text(value.owner.inputs[0])
    if not isinstance(value, Constant):
        return ""
    if not hasattr(value.data, "item"):  # None, a slice, a random generator
        return str(value.data)
    if value.data.size > MOST_NUMBERS:
        return type_text(value)
    numbers = [f"{n:.6g}" if isinstance(n, float) else str(n) for n in value.data.ravel().tolist()]
    return numbers[0] if len(numbers) == 1 else f"[{', '.join(numbers)}]"


def type_text(value: Variable) -> str:
    """Dtype and static shape, `?` for each unknown length."""
    shape = getattr(value.type, "shape", None)
    if shape is None:
        return str(value.type)
    lengths = ", ".join("?" if length is None else str(length) for length in shape)
    return f"{value.type.dtype} [{lengths}]" if shape else f"{value.type.dtype}"


def result_types(node: Apply) -> tuple[str, ...]:
    """The types of an operation's results: a line each, or one for many of the same type."""
    types = [type_text(value) for value in node.outputs]
    if len(types) > 1 and len(set(types)) == 1:
        return (f"{len(types)} × {types[0]}",)
    more = (f"and {len(types) - MOST_NOTES} more",) if len(types) > MOST_NOTES else ()
    return (*types[:MOST_NOTES], *more)


def cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
