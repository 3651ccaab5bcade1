"""Logarithmic axes: what is written along them."""

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from xorsweep.reporting.figures.log_axes import mark_powers, power_of_ten


def log_axes(low: float, high: float) -> Axes:
    axes = Figure(figsize=(7, 2)).add_subplot()
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    mark_powers(axes.xaxis)
    return axes


def texts(axes: Axes) -> list[str]:
    low, high = axes.get_xlim()
    ticks = [*axes.xaxis.get_major_ticks(), *axes.xaxis.get_minor_ticks()]
    axes.figure.draw_without_rendering()
    inside = [tick.label1.get_text() for tick in ticks if low <= tick.get_loc() <= high]
    return [text for text in inside if text]


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
    assert texts(axes) == ["10⁻³", "10⁻²", "10⁻¹", "10⁰"]


def test_within_a_decade_the_ticks_between_are_named() -> None:
    axes = log_axes(0.15, 0.6)
    assert "2\N{MULTIPLICATION SIGN}10⁻¹" in texts(axes)
