"""What becomes of memory that a step has freed."""

import ctypes
import platform

# M_TRIM_THRESHOLD, M_MMAP_MAX and M_ARENA_MAX of glibc's malloc.h
TRIM_THRESHOLD, MOST_MAPPED, MOST_ARENAS = -1, -4, -8


def keep_freed_memory() -> None:
    """Let this process keep what it frees, for the next time it asks; it holds more memory then.

    XLA asks for the scratch memory of a step in each step anew. glibc gets blocks above 32 MB from
    the system and gives them back at once, and the system fills each page with zeros again: with
    a vocabulary of 10,000 that is a fifth of a step. All threads share what is kept: XLA runs a
    step on any of its own, each of which would keep its own scratch memory. Where there is no glibc
    nothing changes.
    """
    library = _glibc()
    if library is not None:
        library.mallopt(MOST_ARENAS, 1)
        library.mallopt(MOST_MAPPED, 0)
        library.mallopt(TRIM_THRESHOLD, 2**31 - 1)


def return_freed_memory() -> None:
    """Give the system back what is free just now, as a compiler leaves much of."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
