"""How often training fails, by the initial weights of both hidden units: a heat map."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xorsweep.analysis.initial_weights import WeightCell
from xorsweep.fields import FloatArray
from xorsweep.reporting.figures import scales
from xorsweep.reporting.figures.axes import DrawnFigure, Facets
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.initial_weights import weight_panels
from xorsweep.text import percent_text

RUNS_A_FIELD = 25
"""Runs that a field would have if all had as many."""
MOST_FIELDS = 10
"""Fields along either axis."""
FEWEST_RUNS = 10
"""Runs below which a field's rate isn't shown."""


class FailureMap(NamedTuple):
    """Failure rates (n, m), NaN where runs are too few, between edges (m + 1,) and (n + 1,)."""

    x: FloatArray
    y: FloatArray
    rates: FloatArray


def failure_map(cell: WeightCell) -> FailureMap:
    """Return the rates over the larger and the smaller difference of a cell's hidden units.

    Along either axis each row of fields has as many runs.
    """
    smaller, larger = cell.differences
    count = int(np.clip(np.sqrt(len(larger) / RUNS_A_FIELD), 2, MOST_FIELDS))
    x, y = (_edges(values, count) for values in (larger, smaller))
    runs, _, _ = np.histogram2d(smaller, larger, (y, x))
    failed, _, _ = np.histogram2d(smaller, larger, (y, x), weights=cell.unsolved)
    with np.errstate(invalid="ignore"):
        return FailureMap(x, y, np.where(runs >= FEWEST_RUNS, failed / runs, np.nan))


def _edges(values: FloatArray, count: int) -> FloatArray:
    """Return the edges of groups of as many values each; equal ones are in one group."""
    edges: FloatArray = np.unique(np.quantile(values, np.linspace(0, 1, count + 1)))
    return edges if len(edges) > 1 else np.append(edges, edges + 1)


def draw(tables: Tables) -> DrawnFigure | None:
    """Return the failure rate over the differences of both hidden units, a panel per cell."""
    found = weight_panels(tables)
    if found is None:
        return None
    cells, note = found
    maps = [(name, failure_map(cell)) for name, cell in cells]
    grid = Facets(maps, 2.7, xlabel="larger weight difference", ylabel="smaller weight difference")
    highest = max(0.01, *(float(np.nanmax(each.rates, initial=0)) for _, each in maps))
    for axes, each in grid:
        fields = axes.pcolormesh(
            each.x, each.y, np.ma.masked_invalid(each.rates), cmap="cividis", vmin=0, vmax=highest
        )
    scales.add_percent_bar(grid, fields, "runs that don't converge")
    return DrawnFigure(grid.figure, _alt_text(maps), note)


def _alt_text(maps: list[tuple[str, FailureMap]]) -> str:
    parts = []
    for name, each in maps:
        known = each.rates[~np.isnan(each.rates)]
        ends = " to ".join(f"{percent_text(end)} %" for end in (known.min(), known.max()))
        parts.append(f"{name + ', ' if name else ''}{ends}")
    return (
        "Heat map of the share of runs that don't converge, the larger difference of a hidden "
        "unit's two initial weights across, the smaller one upwards. From the lowest to the "
        f"highest field: {'; '.join(parts)}."
    )
