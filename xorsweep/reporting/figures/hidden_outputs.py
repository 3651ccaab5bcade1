"""The outputs of a run's hidden units for its rows: a plane of two units, else a table."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xorsweep.networks.hidden_space import hidden_outputs
from xorsweep.networks.single_run import SingleRun
from xorsweep.reporting.figures.style import GREY, INK, styled
from xorsweep.reporting.hidden_plane import (
    MOST_PATHS,
    HiddenPlane,
    RowPath,
    has_plane,
    hidden_plane,
)
from xorsweep.reporting.layout import mpl_label
from xorsweep.reporting.svg.error_curve import count_before_divergence
from xorsweep.text import count_text

HIGH, LOW = "#0173b2", "#d55e00"
SIDE = 4.6
TOGETHER = 0.045
"""Share of the plane's side up to which marks have one label."""
MOST_CELLS = 16
"""Rows and units up to which the cells of the table have their numbers."""


def draw_hidden_outputs(run: SingleRun) -> Figure:
    """Return how the rows move through the plane of two hidden units, else a table in colours.

    Of two units each row has a path from a ring, before training, to a mark: a disc where its
    target is high, a square where it is low. Of other networks a square is the output of a
    hidden unit for a row at the end. A run that diverged is drawn as far as its error is below 1e9.
    """
    with styled():
        if has_plane(run):
            return _draw_plane(hidden_plane(run))
        return _draw_table(run)


def _draw_plane(plane: HiddenPlane) -> Figure:
    figure = Figure(figsize=(SIDE, SIDE), layout="constrained")
    axes = figure.subplots()
    if plane.above:
        axes.fill(*zip(*plane.above, strict=True), color=HIGH, alpha=0.09, linewidth=0)
    for (x1, y1), (x2, y2) in plane.dividers:
        axes.plot([x1, x2], [y1, y2], color=INK, linewidth=1)
    few = len(plane.rows) <= MOST_PATHS
    for row in sorted(plane.rows, key=lambda row: row.high is False):
        _draw_row(axes, row, plane, few)
    if few:
        _name_rows(axes, plane)
    axes.set(
        xlim=(plane.low, plane.high),
        ylim=(plane.low, plane.high),
        aspect="equal",
        xlabel="output of hidden unit 1",
        ylabel="output of hidden unit 2",
        title=f"Rows in hidden space, after {count_text(plane.epochs[-1], 'epoch')}",
    )
    return figure


def _draw_row(axes: Axes, row: RowPath, plane: HiddenPlane, with_path: bool) -> None:
    x, y = row.places
    low = row.high is False
    colour = LOW if low else HIGH
    if with_path:
        axes.plot(x, y, color=colour, linewidth=1, linestyle="--" if low else "-")
        decades = list(plane.decades)
        axes.plot(x[decades], y[decades], ".", color=colour, markersize=4)
        axes.plot(x[0], y[0], "o", color=colour, markerfacecolor="white", markersize=5)
    mark, size = ("s", 6) if low else ("o", 8.5)
    axes.plot(x[-1], y[-1], mark, color=colour, markeredgecolor="white", markersize=size)


def _name_rows(axes: Axes, plane: HiddenPlane) -> None:
    middle = (plane.low + plane.high) / 2
    for (x, y), names in plane.labels(TOGETHER):
        axes.annotate(
            mpl_label(", ".join(names)),
            (x, y),
            (-8 if x > middle else 8, -9 if y > middle else 7),
            textcoords="offset points",
            ha="right" if x > middle else "left",
            va="top" if y > middle else "bottom",
        )


def _draw_table(run: SingleRun) -> Figure:
    import seaborn as sns  # which figures of two hidden units do without

    place = max(count_before_divergence(run.errors.final_error) - 1, 0)
    values = hidden_outputs(run.training, run.parameters[:, [place]])[..., 0]
    rows, units = values.shape
    few = max(rows, units) <= MOST_CELLS
    size = (max(2.6, 1.6 + 0.5 * min(units, MOST_CELLS)), 1.4 + 0.3 * min(rows, MOST_CELLS))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    known = np.where(np.isfinite(values), values, np.nan)
    sns.heatmap(
        known,
        vmin=np.nanmin(known, initial=0),
        vmax=np.nanmax(known, initial=1),
        cmap="cividis",
        annot=np.vectorize(lambda value: mpl_label(f"{value:.3g}"))(values) if few else False,
        fmt="",
        annot_kws={"size": 7},
        xticklabels=range(1, units + 1) if few else False,
        yticklabels=[*map(mpl_label, run.task.row_labels())] if few else False,
        ax=axes,
    )
    axes.tick_params(length=0, labelcolor=GREY, labelrotation=0)
    axes.set(xlabel="hidden unit" if units > 1 else "the hidden unit", ylabel="row")
    axes.set_title(f"Hidden outputs, after {count_text(run.epochs[place], 'epoch')}")
    return figure
