"""Levels by number: `linspace(0.1,0.5,5)` and `logspace(-2,1,7)` as the levels of an axis."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from xorsweep.errors import ConfigError
from xorsweep.fields import FloatArray

DIGITS = 12
"""Significant digits of a level: 0.3 is 0.3, and on every machine the same number."""

ROUNDING = 1e-13
"""Relative to the larger end: smaller numbers between the ends are 0 with a rounding error."""


def _linspace(start: float, stop: float, count: int) -> FloatArray:
    levels = np.linspace(start, stop, count)
    # The ends are as they were given.
    between = levels[1:-1]
    between[np.abs(between) < ROUNDING * max(abs(start), abs(stop))] = 0.0
    return levels


_FUNCTIONS: Mapping[str, Callable[[float, float, int], FloatArray]] = {
    "linspace": _linspace,
    "logspace": np.logspace,
}
_EXAMPLES = {"linspace": "linspace(0.1,0.5,5)", "logspace": "logspace(-2,1,7)"}
_CALL = re.compile(rf"\s*({'|'.join(_FUNCTIONS)})\s*\((.*)\)\s*")


@dataclass(frozen=True)
class Spacing:
    """As many levels as `count`, evenly spaced from `start` to `stop`, both included.

    For logspace these are powers of ten, as in NumPy: from 10**start to 10**stop.
    """

    function: str
    start: float
    stop: float
    count: int

    def levels(self, whole: bool) -> list[Any]:
        """Return the levels, rounded to whole numbers for keys that take no others."""
        with np.errstate(all="ignore"):  # numbers beyond float64 are refused with their key
            values = _FUNCTIONS[self.function](self.start, self.stop, self.count)
        if whole and np.isfinite(values).all():
            return [int(value) for value in np.rint(values)]
        # Via text, since round() has a number of decimals and not of digits.
        return [float(f"{value:.{DIGITS}g}") for value in values]


def is_spacing(text: str) -> bool:
    """Tell whether a text asks for levels by number, well formed or not."""
    return bool(_CALL.fullmatch(text))


def read_spacing(key: str, text: str) -> Spacing:
    """Return the levels that a text asks for; raises ConfigError where it has other arguments."""
    match = _CALL.fullmatch(text)
    assert match is not None
    function, arguments = match[1], match[2].split(",")
    try:
        start, stop, count = (float(argument) for argument in arguments)
        is_good = np.isfinite([start, stop]).all() and count >= 1 and count.is_integer()
    except ValueError:
        is_good = False
    if not is_good:
        raise ConfigError(
            f"{key}={text}: {function} takes three numbers, from, to and how many, "
            f"such as {_EXAMPLES[function]}"
        )
    return Spacing(function, start, stop, int(count))
