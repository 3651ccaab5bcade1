"""The levels of an axis as a caller gives them in Python: of whatever kind, and however many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from itertools import islice
from typing import Any

import numpy as np

from xorsweep.errors import ConfigError
from xorsweep.text import shorten

MOST = 1_000_000
"""Most levels taken from an iterator, which may be endless."""


def levels_of_value(key: str, value: Any) -> list[Any] | range | None:
    """Return the levels of an axis as Python's own values, a range as it is; None for one value.

    Raises ConfigError for a set, which has no order, and for levels without end.
    """
    value = plain_value(value)
    if isinstance(value, range):
        return value
    if isinstance(value, str | bytes | bytearray | Mapping) or not isinstance(value, Iterable):
        return None
    if isinstance(value, set | frozenset):
        raise ConfigError(f"{key}={shorten(value)}: a set has no order; give a list")
    levels = list(value) if isinstance(value, Sized) else list(islice(value, MOST + 1))
    if len(levels) > MOST and not isinstance(value, Sized):
        raise ConfigError(
            f"{key}={shorten(value)}: has more than {MOST:,} levels, perhaps without end; give a "
            "list or a range"
        )
    return [plain_value(level) for level in levels]


def plain_value(value: Any) -> Any:
    """Return NumPy's values as Python's own, arrays as lists; anything else unchanged."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def range_length(levels: range) -> int:
    """Return how many numbers a range has, also where `len` can't count that far."""
    return (levels[-1] - levels[0]) // levels.step + 1 if levels else 0
