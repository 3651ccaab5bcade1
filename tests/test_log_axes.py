"""Logarithmic axes: what is written along them, and how many ticks they have."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xorsweep.figures.log_axes import mark_powers, only_ticks_in_view, power_of_ten


def log_axes(low: float, high: float) -> Axes:
    axes = Figure(figsize=(7, 2)).add_subplot()
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    mark_powers(axes.xaxis)
    return axes


def texts(axes: Axes) -> list[str]:
    ticks = [*axes.get_xticklabels(), *axes.get_xticklabels(minor=True)]
    return [tick.get_text() for tick in ticks if tick.get_text()]


@pytest.mark.parametrize(
    ("number", "text"),
    [(1.0, "10⁰"), (1e-3, "10⁻³"), (1e12, "10¹²"), (0.02, "2\N{MULTIPLICATION SIGN}10⁻²")],
)
def test_powers_of_ten_are_plain_text(number: float, text: str) -> None:
    assert power_of_ten(number) == text


def test_a_number_between_keeps_its_digits() -> None:
    assert power_of_ten(0.045) == "4.5\N{MULTIPLICATION SIGN}10⁻²"


def test_over_decades_powers_alone_are_named() -> None:
    axes = log_axes(3e-4, 2.0)
    only_ticks_in_view(axes.xaxis)
    assert texts(axes) == ["10⁻³", "10⁻²", "10⁻¹", "10⁰"]


def test_within_a_decade_the_ticks_between_are_named() -> None:
    axes = log_axes(0.15, 0.6)
    only_ticks_in_view(axes.xaxis)
    assert "2\N{MULTIPLICATION SIGN}10⁻¹" in texts(axes)


@pytest.mark.parametrize("limits", [(3e-9, 2.0), (0.15, 0.6), (0.5, 0.9), (1.0, 1000.0)])
def test_the_ticks_in_view_are_those_that_were_there(limits: tuple[float, float]) -> None:
    axes = log_axes(*limits)
    before = [axes.xaxis.get_ticklocs(minor=minor) for minor in (False, True)]
    only_ticks_in_view(axes.xaxis)
    for minor, places in zip((False, True), before, strict=True):
        inside = places[(places >= limits[0]) & (places <= limits[1])]
        np.testing.assert_array_equal(axes.xaxis.get_ticklocs(minor=minor), inside)
