"""Findings of a map: counts of its pixels, and the boundary of each flag."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xorsweep.analysis.boundary import Boundary, measure_boundary
from xorsweep.analysis.maps import PixelMap
from xorsweep.text import count_text, level_name, percent_text

MOST_FLAGS = 4
"""Flags that have sentences; boundary.csv has all."""
FEWEST_SLOPES = 2

REMARK = (
    "Each pixel is a single run, so no number has an interval, and another seed makes another map."
)


def map_findings(shown: PixelMap) -> list[str]:
    """Return sentences about the pixels of a map, most general first."""
    boundaries = [
        _boundary(name, measure_boundary(shown.columns[name]))
        for name in shown.reported[:MOST_FLAGS]
    ]
    return [*_flags(shown), *_epochs(shown), *boundaries]


def _flags(shown: PixelMap) -> Iterator[str]:
    for name in shown.reported[:MOST_FLAGS]:
        values = shown.columns[name]
        # -1 is a pixel without a value.
        known, true = int((values >= 0).sum()), int((values == 1).sum())
        share = f" ({percent_text(true / known)} %)" if known else ""
        yield f"{name} is true at {true:,} of {count_text(known, 'pixel')}{share}."


def _epochs(shown: PixelMap) -> Iterator[str]:
    """Yield the time to convergence, and where it is shortest."""
    if "converged_epoch" not in shown.columns:
        return
    epochs = shown.columns["converged_epoch"]
    if not np.isfinite(epochs).any():
        return
    row, column = np.unravel_index(int(np.nanargmin(epochs)), epochs.shape)
    x, y = shown.axes.x, shown.axes.y
    least = int(epochs[row, column])
    others = int((epochs == least).sum()) - 1
    ties = f", and so did {count_text(others, 'other')}" if others else ""
    yield (
        f"Half of the runs that met the criterion did so within {np.nanmedian(epochs):,.0f} "
        f"epochs; the fastest took {least:,}, at {x.key} {level_name(x.levels[column])} and "
        f"{y.key} {level_name(y.levels[row])}{ties}."
    )


def _boundary(name: str, found: Boundary) -> str:
    if not found.pixels:
        return f"No neighbouring pixels differ in {name}: there is no boundary to measure."
    blocks = (
        f"The boundary of {name} runs through {count_text(found.pixels, 'block')} of 2 x 2 pixels"
    )
    slopes = found.slopes
    if len(slopes) < FEWEST_SLOPES:
        return f"{blocks}."
    return (
        f"{blocks}; counted in boxes of {found.sizes[0]} to {found.sizes[-1]} pixels its dimension "
        f"is {found.dimension:.2f}, the median of {len(slopes)} slopes between "
        f"{slopes.min():.2f} and {slopes.max():.2f}."
    )
