"""How often training fails, by the initial weights of the hidden units: a mark per decile."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from xorsweep.analysis.initial_weights import DECILES, WeightCell
from xorsweep.reporting.figures import scales
from xorsweep.reporting.figures.axes import DrawnFigure, facets
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.palette import COLOURS
from xorsweep.reporting.figures.weight_panels import auc_text, weight_panels
from xorsweep.text import percent_text


def draw(tables: Tables) -> DrawnFigure | None:
    """Return the failure rate by decile of the largest difference, a panel per cell."""
    found = weight_panels(tables)
    if found is None:
        return None
    cells, note = found
    figure, grid = facets(
        [(": ".join(filter(None, (name, auc_text(cell)))), cell) for name, cell in cells],
        3.1,
        2.6,
        xlabel="largest weight difference",
        ylabel="runs that don't converge",
    )
    for axes, (_, cell) in zip(grid, cells, strict=True):
        _draw_deciles(axes, cell)
    grid[0].set_ylim(bottom=0)
    scales.show_percent(grid[0].yaxis)
    return DrawnFigure(figure, _alt_text(cells), note)


def _draw_deciles(axes: Axes, cell: WeightCell) -> None:
    """Draw each group as wide as its differences and as high as its interval."""
    groups = cell.groups(DECILES)
    low, high = groups["difference_low"].to_numpy(), groups["difference_high"].to_numpy()
    rate = groups["failure_rate"].to_numpy()
    limits = groups[["failure_rate_low", "failure_rate_high"]].to_numpy().T
    axes.errorbar(
        (low + high) / 2,
        rate,
        yerr=np.abs(limits - rate),
        xerr=(high - low) / 2,
        fmt="o",
        markersize=3.5,
        color=COLOURS[0],
        linewidth=1.2,
    )
    axes.grid(axis="y")


def _alt_text(panels: list[tuple[str, WeightCell]]) -> str:
    parts = []
    for name, cell in panels:
        rates = cell.groups(DECILES)["failure_rate"]
        ends = f"{percent_text(rates.iloc[0])} % to {percent_text(rates.iloc[-1])} %"
        parts.append(f"{name + ', ' if name else ''}{ends}, {auc_text(cell)}")
    return (
        "Marks with bars: the share of runs that don't converge in each tenth of the runs, by the "
        "largest difference of a hidden unit's two initial weights. From the tenth with the "
        f"smallest to that with the largest: {'; '.join(parts)}."
    )
