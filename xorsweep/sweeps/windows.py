"""Windows of a map: around a place, where most of a boundary is, and on the way to one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xorsweep.analysis.boundary import boundary_blocks, busiest_window
from xorsweep.analysis.maps import MapAxes, MapAxis, PixelMap
from xorsweep.errors import ConfigError
from xorsweep.grid.spacing import DIGITS, Spacing

Place = tuple[float, float]


@dataclass(frozen=True)
class Window:
    """A part of a map: where it begins and ends on each axis's own scale."""

    x: tuple[float, float]
    y: tuple[float, float]


def window_at(axes: MapAxes, at: Place, factor: float) -> Window:
    """Return the window around a place, narrower than the map by a factor and moved inside it.

    Raises ConfigError where the place, a level of each axis, lies outside the map.
    """
    sides = []
    for axis, level in zip((axes.x, axes.y), at, strict=True):
        if not axis.levels[0] <= level <= axis.levels[-1]:
            raise ConfigError(
                f"at={at[0]:g},{at[1]:g}: {axis.key} lies between {axis.levels[0]:g} and "
                f"{axis.levels[-1]:g}"
            )
        sides.append(_around(axis, float(axis.coordinates(np.array(level))), factor))
    return Window(*sides)


def busiest_place(shown: PixelMap, flag: str, factor: float, folder: Path) -> Window:
    """Return the window that holds most of the boundary of a flag.

    Raises ConfigError where the map in the folder has no boundary.
    """
    blocks = boundary_blocks(shown.columns[flag])
    if not blocks.any():
        raise ConfigError(
            f"{folder}: no neighbouring pixels differ in {flag}, so no window is the busiest; "
            "name a place by `at`, or another column by `flag`"
        )
    down, across = (max(1, round(length / factor)) for length in blocks.shape)
    row, column = busiest_window(blocks, (down, across))
    middles = ((shown.axes.x, column + across / 2), (shown.axes.y, row + down / 2))
    return Window(*(_around(axis, _coordinate(axis, place), factor) for axis, place in middles))


def _ends(axis: MapAxis) -> tuple[float, float]:
    first, last = axis.coordinates(axis.levels[[0, -1]]).tolist()
    return first, last


def _coordinate(axis: MapAxis, place: float) -> float:
    """Return where a place among the levels lies on the axis's own scale."""
    first, last = _ends(axis)
    return float(first + (last - first) * place / (len(axis) - 1))


def _around(axis: MapAxis, middle: float, factor: float) -> tuple[float, float]:
    first, last = _ends(axis)
    width = (last - first) / factor
    # At the edge of the map the window is moved inside, and keeps its size.
    start = min(max(middle - width / 2, first), last - width)
    return start, start + width


def window_between(
    axes: MapAxes, window: Window, factor: float, place: int, frames: int | None
) -> Window:
    """Return the window of a frame on the way from the whole map to a window, by equal factors."""
    size = factor ** -(place / ((frames or 2) - 1))
    # 1 for the whole map and 0 for the window: linear in the size, so that one place stays where it
    # is in every frame.
    left = (size - 1 / factor) / (1 - 1 / factor)
    return Window(_towards(axes.x, window.x, left), _towards(axes.y, window.y, left))


def _towards(axis: MapAxis, part: tuple[float, float], left: float) -> tuple[float, float]:
    whole = _ends(axis)
    return part[0] + left * (whole[0] - part[0]), part[1] + left * (whole[1] - part[1])


def window_levels(axis: MapAxis, ends: tuple[float, float]) -> tuple[float, ...]:
    """Return levels within some ends, as many as an axis has and spaced as there.

    Raises ConfigError where there are none of the same kind.
    """
    if axis.whole:
        raise ConfigError(f"{axis.key}: has whole numbers alone, with none between them to look at")
    if axis.spacing == "uneven":
        raise ConfigError(
            f"{axis.key}: its levels are neither evenly spaced nor by a constant factor, so a "
            "window has no levels of the same kind"
        )
    function = "logspace" if axis.spacing == "log" else "linspace"
    levels = tuple(Spacing(function, *ends, len(axis)).levels(whole=False))
    if len(set(levels)) < len(levels):
        raise ConfigError(
            f"{axis.key}: neighbouring levels of this window are the same to {DIGITS} digits; "
            "choose a smaller factor"
        )
    return levels
