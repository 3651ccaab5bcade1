"""The plane of two hidden units, as both its drawings have it: paths of rows, and the divider."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from xorsweep.fields import FloatArray
from xorsweep.networks.architecture import Weights
from xorsweep.networks.hidden_space import hidden_outputs
from xorsweep.reporting.svg.error_curve import count_before_divergence
from xorsweep.reporting.svg.markup import number
from xorsweep.text import count_text, join_words

if TYPE_CHECKING:
    from xorsweep.networks.single_run import SingleRun

MARGIN = 0.06
"""How far the plane reaches beyond the hidden outputs, as a share of its side."""
MOST_PATHS = 16
"""Rows whose paths and names are drawn; of more, only where they end."""
MOST_DIVIDERS = 10
"""Outputs whose dividers are drawn."""

Point = tuple[float, float]


@dataclass(frozen=True)
class RowPath:
    """The outputs of the two hidden units for a row, (2, E); `high` is None for several outputs."""

    label: str
    high: bool | None
    places: FloatArray


@dataclass(frozen=True)
class HiddenPlane:
    """The square of both hidden outputs from `low` to `high`, with the drawn rows.

    `dividers` are the lines at which an output is one half, each a segment within the square, where
    they cross it. `above` is the part of the square with outputs above one half, of a network with
    one output; empty where there is none.
    """

    epochs: tuple[int, ...]
    rows: Sequence[RowPath]
    low: float
    high: float
    dividers: Sequence[tuple[Point, Point]]
    above: Sequence[Point]
    has_dividers: bool

    @property
    def decades(self) -> Sequence[int]:
        """Return the places of the epochs 1, 10, 100 and so on but the last."""
        powers = {10**power for power in range(len(str(self.epochs[-1])))}
        return [place for place, epoch in enumerate(self.epochs[:-1]) if epoch in powers]

    @property
    def ends(self) -> FloatArray:
        """Return where the rows end (rows, 2)."""
        return np.stack([row.places[:, -1] for row in self.rows])

    def labels(self, together: float) -> list[tuple[Point, list[str]]]:
        """Return the labels of the rows' ends, each with its place and the names of its rows.

        Ends that are no farther apart than `together`, a share of the side, share a label.
        """
        reach = together * (self.high - self.low)
        labels: list[tuple[Point, list[str]]] = []
        for row, (x, y) in zip(self.rows, self.ends.tolist(), strict=True):
            for (left, up), names in labels:
                if np.hypot(left - x, up - y) <= reach:
                    names.append(row.label)
                    break
            else:
                labels.append(((x, y), [row.label]))
        return labels

    def describe(self) -> str:
        """Return the text alternative."""
        words = [
            f"{row.label} at {number(float(x))}, {number(float(y))}"
            + ("" if row.high is None else f" (target {'high' if row.high else 'low'})")
            for row, (x, y) in zip(self.rows[:MOST_PATHS], self.ends, strict=False)
        ]
        if len(self.rows) > MOST_PATHS:
            words.append(f"{len(self.rows) - MOST_PATHS} more rows")
        return (
            f"Outputs of hidden unit 1 and 2 for each row after "
            f"{count_text(self.epochs[-1], 'epoch')}: {join_words(words)}.{self._divider_words()}"
        )

    def _divider_words(self) -> str:
        if not self.has_dividers:
            return ""
        if len(self.rows) and self.rows[0].high is None:
            return f" {count_text(len(self.dividers), 'line')} at which an output is one half."
        if not self.dividers:
            side = "above" if self.above else "not above"
            return f" The output is {side} one half all over the figure."
        (x1, y1), (x2, y2) = self.dividers[0]
        ends = f"{number(x1)}, {number(y1)} to {number(x2)}, {number(y2)}"
        return f" The line at which the output is one half runs from {ends}."


def has_plane(run: SingleRun) -> bool:
    """Tell whether a run has a plane that can be drawn: two hidden units, and finite numbers."""
    return run.training.network.hidden == 2 and bool(
        count_before_divergence(run.errors.final_error)
    )


def hidden_plane(run: SingleRun) -> HiddenPlane:
    """Return the plane of a run that has one, up to the last epoch before it diverged.

    With direct connections an output depends on the inputs as well, so there are no dividers;
    nor are there any where weights have overflown.
    """
    shown = count_before_divergence(run.errors.final_error)
    places = hidden_outputs(run.training, run.parameters[:, :shown])
    targets, network = run.training.targets, run.training.network
    middle = float(targets.min() + targets.max()) / 2
    rows = [
        RowPath(label, bool(target[0] > middle) if len(target) == 1 else None, path)
        for label, target, path in zip(run.task.row_labels(), targets, places, strict=True)
    ]
    low = min(0.0, float(places.min()))
    # At least the range of tanh where an output is negative, else that of the logistic function.
    low, high = min(low, -1.0) if low < 0 else low, max(1.0, float(places.max()))
    margin = MARGIN * (high - low)
    low, high = low - margin, high + margin
    weights = Weights(*(view[..., shown - 1] for view in network.views(run.parameters)))
    has_dividers = not network.skip and network.outputs <= MOST_DIVIDERS
    has_dividers = has_dividers and bool(np.isfinite(run.parameters[:, shown - 1]).all())
    sides = list(_sides(weights, run.training.output == "linear")) if has_dividers else []
    square = [(low, low), (high, low), (high, high), (low, high)]
    return HiddenPlane(
        epochs=run.epochs[:shown],
        rows=rows,
        low=low,
        high=high,
        dividers=[line for side in sides if (line := _crossing(square, side))],
        above=_part_above(square, sides[0]) if len(sides) == 1 else [],
        has_dividers=has_dividers,
    )


def _sides(weights: Weights, linear: bool) -> Iterator[FloatArray]:
    """Yield a, b, c of each output, which is above one half where a h1 + b h2 + c > 0."""
    for unit, bias in enumerate(weights.b2):
        # A logistic output is one half where its sum is 0, and a linear one is the sum itself.
        yield np.array([*weights.w2[:, unit], bias - 0.5 * linear])


def _height(point: Point, side: FloatArray) -> float:
    return float(side[0] * point[0] + side[1] * point[1] + side[2])


def _part_above(square: Sequence[Point], side: FloatArray) -> list[Point]:
    """Return the corners of a square's part that is above (I. Sutherland and G. Hodgman, 1974)."""
    found: list[Point] = []
    for start, end in pairwise([*square, square[0]]):
        before, after = _height(start, side), _height(end, side)
        if before > 0:
            found.append(start)
        # The signs differ, so that before - after isn't 0.
        if (before > 0) != (after > 0):
            found.append(_between(start, end, before / (before - after)))
    return found


def _crossing(square: Sequence[Point], side: FloatArray) -> tuple[Point, Point] | None:
    """Return where the edge of a square's part that is above crosses the square's own edges."""
    crossed = [
        _between(start, end, before / (before - after))
        for start, end in pairwise([*square, square[0]])
        if ((before := _height(start, side)) > 0) != ((after := _height(end, side)) > 0)
    ]
    # A line crosses the edges of a square twice or not at all.
    return (crossed[0], crossed[1]) if len(crossed) == 2 else None


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
