"""Checks of the settings that users choose."""

import math

from rnn_graph.errors import InputError


def require_sizes(**sizes: int) -> None:
    """Raise `InputError` unless every size is at least 1."""
    for name, size in sizes.items():
        if size < 1:
            raise InputError(f"{name} is {size}; give a whole number of at least 1")


def require_above_zero(**settings: float) -> None:
    """Raise `InputError` unless every setting is positive and finite."""
    for name, value in settings.items():
        if not 0 < value < math.inf:
            raise InputError(f"{name} is {value}; give a number above 0")


def require_shares(**shares: float) -> None:
    """Raise `InputError` unless every share is at least 0 and below 1."""
    for name, share in shares.items():
        if not 0 <= share < 1:
            raise InputError(f"{name} is {share}; give 0 or more, below 1")
