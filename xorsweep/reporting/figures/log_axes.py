"""Logarithmic axes: where their ticks are, and what is written at them."""

from __future__ import annotations

from matplotlib.axis import Axis
from matplotlib.ticker import LogFormatter, LogLocator

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class PlainPowers(LogFormatter):
    """Writes 10⁻³ as plain text, since a formula takes many times as long to draw."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the text at a tick, or nothing where those at its neighbours are enough."""
        return power_of_ten(x) if super().__call__(x, pos) else ""


def power_of_ten(number: float) -> str:
    """Return a positive number as a multiple of a power of ten, such as 10⁻³."""
    factor, exponent = f"{number:.5e}".split("e")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    factor = f"{float(factor):g}"
    return power if factor == "1" else f"{factor}\N{MULTIPLICATION SIGN}{power}"


def mark_powers(axis: Axis) -> None:
    """Mark the powers of ten along a logarithmic axis, with smaller ticks between them."""
    few_minor_ticks(axis)
    axis.set_major_formatter(PlainPowers())
    axis.set_minor_formatter(PlainPowers())


def few_minor_ticks(axis: Axis) -> None:
    """Mark 2 and 5 times the powers of ten along a logarithmic axis: each mark takes a while."""
    axis.set_minor_locator(LogLocator(subs=(2, 5)))
