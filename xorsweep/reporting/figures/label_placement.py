"""Where everything in a figure is, found out once, since Matplotlib does so at each turn anew."""

from __future__ import annotations

from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator
from matplotlib.transforms import ScaledTranslation

SIDES = {"bottom": (0.5, 0.0), "left": (0.0, 0.5), "right": (1.0, 0.5)}
"""The middle of each side of axes that has a label."""


def lay_out(figure: Figure) -> None:
    """Find room for everything at the size that the figure has, and leave it there."""
    engine = figure.get_layout_engine()
    if engine is None:
        return
    both = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    settle_ticks([axis for axis in both if axis.get_scale() != "linear"])
    for axis in both:
        _pin_label(axis)
    engine.execute(figure)
    figure.set_layout_engine("none")


def settle_ticks(logarithmic: list[Axis]) -> None:
    """Keep the ticks that logarithmic axes have within their limits, and as few as possible.

    Those without a text, each of which is two texts and three lines, become one line of marks.
    """
    # Axes that share a scale share what finds its ticks, so all are found before any are fixed.
    found = [
        (axis, _in_view(axis, minor=False), _in_view(axis, minor=True)) for axis in logarithmic
    ]
    for axis, major, minor in found:
        axis.set_major_locator(FixedLocator(major))
        if any(axis.get_minor_formatter().format_ticks(minor)):
            axis.set_minor_locator(FixedLocator(minor))
        elif minor:
            axis.set_minor_locator(NullLocator())
            axis.axes.add_artist(_marks(axis, minor))


def _in_view(axis: Axis, minor: bool) -> list[float]:
    low, high = sorted(axis.get_view_interval())
    return [place for place in axis.get_ticklocs(minor=minor) if low <= place <= high]


def _marks(axis: Axis, places: list[float]) -> Line2D:
    """Return one line of marks that look as minor ticks do."""
    axes, edge = axis.axes, [0.0] * len(places)
    is_across = axis is axes.xaxis
    marks = Line2D(*((places, edge) if is_across else (edge, places)))
    marks.update_from(axis.get_minor_ticks(1)[0].tick1line)
    marks.set_transform(axes.get_xaxis_transform() if is_across else axes.get_yaxis_transform())
    marks.set(zorder=axis.get_zorder(), clip_on=False, in_layout=False)
    return marks


def _pin_label(axis: Axis) -> None:
    """Keep a label as far from its axes as it is now.

    All that is written along an axis is measured anew each time that its label finds its place.
    """
    axes, figure = axis.axes, axis.axes.get_figure(root=True)
    assert figure is not None
    if axis.label.get_text():
        axis.get_tightbbox()
    side = SIDES[axis.get_label_position()]
    place = axis.label.get_transform().transform(axis.label.get_position())
    across, up = (place - axes.transAxes.transform(side)) / figure.dpi
    away = ScaledTranslation(across, up, figure.dpi_scale_trans)
    axis.set_label_coords(*side, transform=axes.transAxes + away)
