"""What a contender is compared with: PyTorch, the floor, and ratios of times round by round."""

from typing import Any

from rnn_graph.benchmark.report.results import find_contender, is_measured, measured_of
from rnn_graph.benchmark.timing import Ratio

PYTORCH = "PyTorch"
# What a user of PyTorch writes first: its layers and autograd. Autograd does not truncate; where
# this project does, "PyTorch eager" has truncated gradients that are written by hand.
AS_WRITTEN = "PyTorch eager"
AS_WRITTEN_UNTRUNCATED = "PyTorch eager, full BPTT"


def ratio_of(contender: dict[str, Any], baseline: dict[str, Any]) -> dict[str, Any] | None:
    """The contender's times over the baseline's in the same rounds; None without the same rounds.

    Returns
    -------
    dict
        "median", "low", "high" and "is_supported", as results have ratios.
    """
    times = contender["seconds"], baseline["seconds"]
    if len(times[0]) != len(times[1]):
        return None
    return Ratio.of(*times).row(is_of_itself=contender is baseline)


def inverse(ratio: dict[str, Any]) -> dict[str, Any]:
    """The ratio the other way round."""
    turned = {"median": 1 / ratio["median"], "low": 1 / ratio["high"], "high": 1 / ratio["low"]}
    return turned | {"is_supported": ratio["is_supported"]}


def ours_by_device(workload: dict[str, Any]) -> list[dict[str, Any]]:
    """The contender of this project that others are compared with, on each device where it ran."""
    first = find_contender(workload, workload["ours"])
    others = [c for c in workload["contenders"] if is_measured(c) and c["kind"] == "ours"]
    found: dict[str, dict[str, Any]] = {}
    for contender in ([first] if first else []) + others:
        found.setdefault(contender["device"], contender)
    return list(found.values())


def pytorch_as_written(workload: dict[str, Any], device: str) -> dict[str, Any] | None:
    """The program that a user of PyTorch writes first, if it was measured on the device."""
    is_truncated = isinstance(workload["sizes"].get("k"), int)
    name = AS_WRITTEN_UNTRUNCATED if is_truncated else AS_WRITTEN
    return next((c for c in _pytorch(workload, device) if _plain_name(c) == name), None)


def fastest_pytorch(workload: dict[str, Any], device: str) -> dict[str, Any] | None:
    """The fastest of PyTorch's programs on the device."""
    return next(iter(_pytorch(workload, device)), None)


def floors_of(workload: dict[str, Any]) -> list[dict[str, Any]]:
    """The fastest floor of each kind of limit, precision and device, the lowest first.

    The same products in a slower library are no limit.
    """
    lowest: dict[tuple, dict[str, Any]] = {}
    for floor in measured_of(workload, "floor"):
        lowest.setdefault((_bound(floor), floor["dtype"], floor["device"]), floor)
    return list(lowest.values())


def floor_of(
    workload: dict[str, Any], contender: dict[str, Any], bound: str
) -> dict[str, Any] | None:
    """The limit "products" or "memory" in the contender's precision and on its device."""
    wanted = bound, contender["dtype"], contender["device"]
    found = (f for f in floors_of(workload) if (_bound(f), f["dtype"], f["device"]) == wanted)
    return next(found, None)


def _bound(floor: dict[str, Any]) -> str:
    return floor.get("bound") or "products"


def _pytorch(workload: dict[str, Any], device: str) -> list[dict[str, Any]]:
    """PyTorch's programs on the device, the fastest first."""
    peers = measured_of(workload, "peer")
    return [c for c in peers if c["device"] == device and c["name"].startswith(PYTORCH)]


def _plain_name(contender: dict[str, Any]) -> str:
    return contender["name"].removesuffix(", GPU")
