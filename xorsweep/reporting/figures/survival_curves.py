"""How long training takes: survival curves."""

from __future__ import annotations

from matplotlib.figure import Figure

from xorsweep.analysis.summary import survival_curves
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.lines import (
    decade_before,
    epochs_across,
    line_styles,
    percent_upwards,
)
from xorsweep.reporting.figures.panels import add_legend, add_note, outer_labels, panelled
from xorsweep.reporting.figures.selected_cells import in_curves
from xorsweep.reporting.layout import panels


def unsolved_curves(tables: Tables) -> Figure | None:
    """Return the share of runs still unsolved by epoch, with pointwise 95 % bands."""
    shown = in_curves(tables)
    layout, rows = shown.layout, tables.rows_of(shown.cells)
    curves = survival_curves(rows, layout.keys)
    if curves.empty:
        return None
    styles = line_styles(curves, layout.hue)
    parts = panels(curves, shown.panels)
    figure, grid = panelled(parts, 3.1, 2.5, sharex=True, sharey=True)
    epochs_across(grid[0], rows["epochs"].max(), decade_before(rows["converged_epoch"]))
    percent_upwards(grid[0])
    for axes, part in zip(grid, parts.frames, strict=False):
        for level, style in styles.items():
            line = part[part[layout.hue] == level] if layout.hue else part
            epochs = line["epoch"].clip(lower=1)
            plain = {key: value for key, value in style.items() if key != "marker"}
            axes.step(epochs, line["unsolved"], where="post", linewidth=1.4, **plain)
            axes.fill_between(
                epochs,
                line["low"],
                line["high"],
                step="post",
                color=style["color"],
                alpha=0.15,
                linewidth=0,
            )
        axes.grid(axis="y", linewidth=0.4, alpha=0.6)
    outer_labels(grid, "epochs", "still unsolved")
    add_legend(figure, grid[0])
    add_note(figure, shown.note)
    return figure
