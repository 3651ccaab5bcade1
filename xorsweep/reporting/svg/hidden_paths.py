"""How rows move through the plane of two hidden units, as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import chain

import numpy as np

from xorsweep.reporting.hidden_plane import MOST_PATHS, HiddenPlane, Point, RowPath
from xorsweep.reporting.svg.error_curve import pick_evenly
from xorsweep.reporting.svg.markup import (
    NEGATIVE,
    PAPER,
    POSITIVE,
    SOFT,
    circle,
    group,
    place,
    svg_document,
    text,
)
from xorsweep.text import count_text

SIDE = 320.0
LEFT, TOP, RIGHT, BOTTOM = 44.0, 12.0, 12.0, 40.0
FINEST = 0.7
"""Pixels that a path must move before it is drawn on."""
DISC, SQUARE = 6.5, 9.0
"""The radius and the side of marks: a square on a disc leaves its edge to be seen."""
TOGETHER = 15 / SIDE
"""Share of the plane's side up to which marks have one label."""
NEAR_EDGE = 60.0
"""Pixels from the right edge within which labels are to the left of their marks."""


def hidden_paths(plane: HiddenPlane) -> str:
    """Return the plane of two hidden units as SVG text.

    Each row has a path from a ring, before training, to a mark: a blue disc where its target is
    high, an orange square where it is low. Small dots are after 1, 10, 100 and so on epochs. The
    part of the plane with outputs above one half is tinted.
    """
    frame = _Frame(plane)
    width, height = LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM
    drawn = plane.rows[:MOST_PATHS] if len(plane.rows) <= MOST_PATHS else []
    parts = chain(
        frame.above(),
        frame.ticks(),
        frame.dividers(),
        chain.from_iterable(frame.path(row) for row in drawn),
        # Squares last, on the discs.
        (frame.end(row) for row in sorted(plane.rows, key=lambda row: row.high is False)),
        [
            group(
                f"paint-order:stroke;stroke:{PAPER};stroke-width:3px",
                frame.labels() if drawn else [],
            )
        ],
    )
    return svg_document(width, height, plane.describe(), parts)


class _Frame:
    """Where hidden outputs lie in the figure, and its parts."""

    def __init__(self, plane: HiddenPlane) -> None:
        self._plane = plane

    def x(self, value: float) -> float:
        return LEFT + SIDE * (value - self._plane.low) / (self._plane.high - self._plane.low)

    def y(self, value: float) -> float:
        return TOP + SIDE * (self._plane.high - value) / (self._plane.high - self._plane.low)

    def above(self) -> Iterator[str]:
        if self._plane.above:
            points = " ".join(self._pair(point) for point in self._plane.above)
            yield f'<polygon points="{points}" style="fill:{POSITIVE};fill-opacity:.09"/>'

    def ticks(self) -> Iterator[str]:
        low, high = self._plane.low, self._plane.high
        ticks = [tick for tick in pick_evenly(low, high) if low <= tick <= high]
        right, below = LEFT + SIDE, TOP + SIDE
        box = f"M{place(LEFT)} {place(TOP)}V{place(below)}H{place(right)}"
        yield group(f"fill:none;stroke:{SOFT}", [f'<path d="{box}"/>'])
        names = [text(self.x(tick), below + 15, f"{tick:.6g}", "middle") for tick in ticks]
        names += [text(LEFT - 6, self.y(tick) + 4, f"{tick:.6g}", "end") for tick in ticks]
        middle = place(TOP + SIDE / 2)
        names.append(text(LEFT + SIDE / 2, below + 33, "output of hidden unit 1", "middle"))
        turned = f' transform="rotate(-90 11 {middle})"'
        names.append(text(11, TOP + SIDE / 2, "output of hidden unit 2", "middle", turned))
        yield group(f"fill:{SOFT}", names)

    def dividers(self) -> Iterator[str]:
        lines = (
            f'<path d="M{self._pair(start)}L{self._pair(end)}">'
            "<title>output one half</title></path>"
            for start, end in self._plane.dividers
        )
        yield group("fill:none;stroke:currentColor;stroke-width:1.5px", lines)

    def path(self, row: RowPath) -> Iterator[str]:
        """Draw the way of a row, where it began, and dots at powers of ten."""
        points = [self._at(row, epoch) for epoch in range(row.places.shape[1])]
        kept = [points[0]]
        for point in points[1:-1]:
            if np.hypot(point[0] - kept[-1][0], point[1] - kept[-1][1]) >= FINEST:
                kept.append(point)
        # The end always, where the mark is.
        way = " ".join(f"{place(x)},{place(y)}" for x, y in [*kept, points[-1]])
        colour = _colour(row)
        style = f"fill:none;stroke:{colour};stroke-width:1.3px"
        style += ";stroke-dasharray:5 2" if row.high is False else ""
        yield f'<polyline points="{way}" style="{style}"/>'
        dots = (
            circle(
                *points[at], 2, f"{row.label} after {count_text(self._plane.epochs[at], 'epoch')}"
            )
            for at in self._plane.decades
        )
        yield group(f"fill:{colour}", dots)
        ring = circle(*points[0], 3.5, f"{row.label} before training")
        yield group(f"fill:var(--paper,#fff);stroke:{colour};stroke-width:1.3px", [ring])

    def end(self, row: RowPath) -> str:
        x, y = self._at(row, -1)
        when = count_text(self._plane.epochs[-1], "epoch")
        words = f"{row.label} after {when}"
        style = f' style="fill:{_colour(row)};stroke:var(--paper,#fff)"'
        if row.high is not False:
            return circle(x, y, DISC, words, style)
        return (
            f'<rect x="{place(x - SQUARE / 2)}" y="{place(y - SQUARE / 2)}" '
            f'width="{place(SQUARE)}" height="{place(SQUARE)}"{style}>'
            f"<title>{escape(words)}</title></rect>"
        )

    def labels(self) -> Iterator[str]:
        """Write the rows' names beside their marks."""
        for (first, second), names in self._plane.labels(TOGETHER):
            x, y = self.x(first), self.y(second)
            on_left, below = x > LEFT + SIDE - NEAR_EDGE, y < TOP + 30
            x, y = x - 9 if on_left else x + 9, y + (17 if below else -7)
            yield text(x, y, ", ".join(names), "end" if on_left else "start")

    def _at(self, row: RowPath, epoch: int) -> Point:
        first, second = row.places[:, epoch]
        return self.x(float(first)), self.y(float(second))

    def _pair(self, point: Point) -> str:
        return f"{place(self.x(point[0]))} {place(self.y(point[1]))}"


def _colour(row: RowPath) -> str:
    return NEGATIVE if row.high is False else POSITIVE
