"""How often training fails, by the initial weights of the hidden units: a mark per decile."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from xorsweep.analysis.initial_weights import DECILES, WeightCell, weight_cells
from xorsweep.reporting.figures import scales
from xorsweep.reporting.figures.axes import DrawnFigure, Facets
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.legends import COLOURS
from xorsweep.reporting.layout import panels
from xorsweep.reporting.selection import final_epochs_only, select_in_order
from xorsweep.text import percent_text

MOST_CELLS = 6
SAME = ("hidden", "epochs")
"""Keys whose level is the same, or the most, in all panels."""


def draw(tables: Tables) -> DrawnFigure | None:
    """Return the failure rate by decile of the largest difference, a panel per cell."""
    found = weight_panels(tables)
    if found is None:
        return None
    cells, note = found
    grid = Facets(
        [(": ".join(filter(None, (name, _auc_text(cell)))), cell) for name, cell in cells],
        2.6,
        xlabel="largest weight difference",
        ylabel="runs that don't converge",
    )
    for axes, cell in grid:
        _draw_deciles(axes, cell)
    grid.first.set_ylim(bottom=0)
    scales.show_percent(grid.first.yaxis)
    return DrawnFigure(grid.figure, _alt_text(cells), note)


def weight_panels(tables: Tables) -> tuple[list[tuple[str, WeightCell]], str] | None:
    """Return titles and cells with enough runs, at their most epochs, and a note of the others.

    None where no cell has runs that fail. A title names the setting, as far as the sweep has
    others.
    """
    last = final_epochs_only(tables.summary).index
    found = {cell.place: cell for cell in weight_cells(tables.results) if cell.place in last}
    if not any(cell.has_both for cell in found.values()):
        return None
    cells, layout = tables.summary.loc[[*found]], tables.layout
    keys = [key for key in (layout.x, layout.hue, *layout.col) if key]
    shown = select_in_order(cells, keys, MOST_CELLS, thin=True)
    # The note names the others, and the caption says which epochs.
    named = [key for key in keys if key in shown.keys or cells[key].nunique(dropna=False) == 1]
    titled = [
        (title, found[int(rows.index[0])])
        for title, rows in panels(shown.cells, [key for key in named if key not in SAME])
    ]
    return titled, shown.note


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


def _auc_text(cell: WeightCell) -> str:
    """Return the area under the ROC curve with its interval, nothing where there is none."""
    found = cell.auc
    if found.value != found.value:
        return ""
    limits = f" [{found.low:.2f}, {found.high:.2f}]" if found.low == found.low else ""
    return f"AUC {found.value:.2f}{limits}"


def _alt_text(panels: list[tuple[str, WeightCell]]) -> str:
    parts = []
    for name, cell in panels:
        rates = cell.groups(DECILES)["failure_rate"]
        ends = f"{percent_text(rates.iloc[0])} % to {percent_text(rates.iloc[-1])} %"
        parts.append(f"{name + ', ' if name else ''}{ends}, {_auc_text(cell)}")
    return (
        "Marks with bars: the share of runs that don't converge in each tenth of the runs, by the "
        "largest difference of a hidden unit's two initial weights. From the tenth with the "
        f"smallest to that with the largest: {'; '.join(parts)}."
    )
