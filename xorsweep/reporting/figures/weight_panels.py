"""The cells whose initial weights are shown, one in a panel."""

from __future__ import annotations

from xorsweep.analysis.initial_weights import WeightCell, weight_cells
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.layout import panels
from xorsweep.reporting.selection import final_epochs_only, select_in_order

MOST_CELLS = 6
SAME = ("hidden", "epochs")
"""Keys whose level is the same, or the most, in all panels."""


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


def auc_text(cell: WeightCell) -> str:
    """Return the area under the ROC curve with its interval, nothing where there is none."""
    found = cell.auc
    if found.value != found.value:
        return ""
    limits = f" [{found.low:.2f}, {found.high:.2f}]" if found.low == found.low else ""
    return f"AUC {found.value:.2f}{limits}"
