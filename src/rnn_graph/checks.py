"""Checks of what users give: settings, and sequences of ids."""

import math
import os
from collections.abc import Sequence

import numpy as np

from rnn_graph.errors import InputError

LARGEST_SIZE = 2**31 - 1  # what an index of 32 bits counts to
MOST_NUMBERS = 2**70  # that messages name
LEAST_MEMORY = 2 * 2**30  # of addresses, for the libraries and what they compile
BYTES_A_NUMBER = 8  # first values are drawn in float64


def require_sizes(**sizes: int) -> None:
    """Raise `InputError` unless every size is from 1 to 2,147,483,647."""
    for name, size in sizes.items():
        if not isinstance(size, int | np.integer) or size < 1:
            raise InputError(f"{name} is {size}; give a whole number of at least 1")
    require_countable(**sizes)


def require_countable(**counts: int) -> None:
    """Raise `InputError` if a count is above 2,147,483,647."""
    for name, count in counts.items():
        if count > LARGEST_SIZE:
            raise InputError(f"{name} is too large; give at most {LARGEST_SIZE:,}")


def require_memory(numbers: int, **sizes: int) -> None:
    """Raise `InputError` if so many parameters, in the precision they are drawn in, do not fit.

    Parameters
    ----------
    numbers
        How many there are at least.
    sizes
        What makes them so many, for the message.
    """
    needed, there = min(numbers, MOST_NUMBERS) * BYTES_A_NUMBER, memory_size()
    if there is not None and needed > there:
        largest = ", ".join(f"{name} {min(size, MOST_NUMBERS):,}" for name, size in sizes.items())
        raise InputError(
            f"with {largest} the parameters alone take {needed // 2**30:,} GiB, and this machine"
            f" has {there // 2**30:,} GiB of memory; give smaller sizes"
        )


def require_room_for_libraries() -> None:
    """Raise `InputError` if this process may have less than 2 GiB of addresses.

    With less, libraries of linear algebra and compilers abort or never return.
    """
    limit = _limit_of_addresses()
    if limit is not None and limit < LEAST_MEMORY:
        raise InputError(
            f"this process may have {limit / 2**30:.1f} GiB of addresses, and libraries and"
            " compilers take 2 GiB; raise its limit (ulimit -v)"
        )


def memory_size() -> int | None:
    """Bytes of memory that this process may have; None if the system does not tell."""
    try:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    return min(physical, _limit_of_addresses() or physical)


def _limit_of_addresses() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if limit == resource.RLIM_INFINITY else limit


def require_above_zero(**settings: float) -> None:
    """Raise `InputError` unless every setting is positive and finite."""
    for name, value in settings.items():
        if not (_is_number(value) and 0 < value < math.inf):
            raise InputError(f"{name} is {value}; give a number above 0")


def require_truncation(bptt_truncate: int | None) -> None:
    """Raise `InputError` unless it is a number of states, or None for all of them."""
    if bptt_truncate is None:
        return
    if not isinstance(bptt_truncate, int | np.integer) or bptt_truncate < 0:
        raise InputError(
            f"bptt_truncate is {bptt_truncate}; give 0 or more, or None for the whole sentence"
        )
    require_countable(bptt_truncate=bptt_truncate)


def require_shares(**shares: float) -> None:
    """Raise `InputError` unless every share is at least 0 and below 1."""
    for name, share in shares.items():
        if not (_is_number(share) and 0 <= share < 1):
            raise InputError(f"{name} is {share}; give 0 or more, below 1")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating)


Ids = Sequence[int] | np.ndarray


def checked_ids(ids: Ids, word_dim: int, name: str = "x") -> np.ndarray:
    """`ids` as an int32 vector whose values index a vocabulary of `word_dim` words.

    Raises
    ------
    InputError
        If there is no id, an id is no whole number, or it is outside 0 … word_dim - 1.
    """
    array = np.asarray(ids)
    if array.ndim != 1 or array.size == 0:
        raise InputError(f"{name} has shape {array.shape}; give at least one word id, in one row")
    if array.dtype.kind not in "iu":
        raise InputError(f"{name} has values of type {array.dtype}; word ids are whole numbers")
    low, high = array.min(), array.max()
    if low < 0 or high >= word_dim:
        raise InputError(
            f"{name} holds the word id {low if low < 0 else high}; the model knows the ids"
            f" 0 to {word_dim - 1}"
        )
    return array.astype(np.int32, copy=False)


def checked_pair(x: Ids, y: Ids, word_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """`x` and `y` as `checked_ids` gives them, one target for each input."""
    x, y = checked_ids(x, word_dim), checked_ids(y, word_dim, "y")
    if len(x) != len(y):
        raise InputError(f"x has {len(x)} words and y has {len(y)}; each word wants one target")
    return x, y


def check_window(win: int) -> None:
    """Refuse a window that has no middle."""
    if win < 1 or win % 2 == 0:
        raise InputError(f"the window is {win} words; give an odd number, which has a middle")
