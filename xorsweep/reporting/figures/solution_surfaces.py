"""A decision surface per class of solutions: the outputs of a typical run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import Stroke, withStroke

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import point_columns, swept_columns
from xorsweep.fields import FloatArray
from xorsweep.grid.schema import Point
from xorsweep.networks.engines.predict import predict
from xorsweep.networks.planning import batch_of_one
from xorsweep.networks.schema import network_of
from xorsweep.networks.solutions import is_solution
from xorsweep.networks.trainer import build_training
from xorsweep.reporting.figures import legends
from xorsweep.reporting.figures.axes import NARROWEST, SIDES, DrawnFigure, Facets, fitted
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import GREY, SMALL, chosen_width
from xorsweep.reporting.layout import mpl_label
from xorsweep.reporting.selection import final_epochs_only
from xorsweep.reporting.svg.decision_surface import MARGIN, has_surface
from xorsweep.reporting.wording import levels_text
from xorsweep.storage.compact_columns import take_rows
from xorsweep.text import count_text

MOST_CLASSES = 8
MOST_READ = 100
"""Classes, the most frequent ones, of which a run is read from the parts."""
COLUMNS = 4
MOST_ROWS = 3
"""Of surfaces, so that a narrow figure and its caption fit the page of a paper."""
HEIGHT = 3.1
"""Inches of a surface with its texts."""
ASKED = 96
"""Inputs, each way, for which a network is asked."""
BOUNDARY: dict[str, Any] = {"colors": "#ffffff", "linewidths": 1.6}
HIDDEN_LINE: dict[str, Any] = {"color": "#ff7ad9", "linewidth": 1.6, "linestyle": (0, (4, 2))}
HIGHER: dict[str, Any] = {"marker": "o", "markersize": 9, "color": "w", "markeredgecolor": "k"}
LOWER: dict[str, Any] = {"marker": "s", "markersize": 8, "color": "k", "markeredgecolor": "w"}
"""The marks of rows by their targets."""
OUTLINE: list[Any] = [withStroke(linewidth=3.0, foreground="#000000")]


class _Shown(NamedTuple):
    """A class, its runs, and the one that is drawn."""

    label: str
    runs: int
    row: int
    words: str


def draw(tables: Tables) -> DrawnFigure | None:
    """Return a surface for each class of networks with two inputs; None of fewer than two."""
    if tables.networks is None:
        return None
    classes = typical_runs(tables)
    if len(classes) < 2:
        return None
    networks = tables.networks([each.row for each in classes[:MOST_READ]])
    flat = [
        each
        for each in classes
        if each.row in networks and has_surface(network_of(networks[each.row][0]))
    ]
    if len(flat) < 2:
        return None
    shown = flat[: _most_shown()]
    figure = _figure(shown, networks)
    others = len(classes) - len(shown)
    note = f"the {len(shown)} most frequent of {len(classes):,} classes" if others else ""
    return DrawnFigure(figure, _alt_text(shown), note)


def typical_runs(tables: Tables) -> list[_Shown]:
    """Return the classes of solved runs at their most epochs, the most frequent first.

    Classes of several tasks are distinguished. The run that stands for a class is the one in the
    middle of those of the class by the epoch at which they converged, the better one of two.
    """
    cells = final_epochs_only(tables.summary)
    tasks = [key for key in point_columns(cells) if key.split(".")[0] == "task"]
    task_of = np.full(len(tables.index), -1)
    task_of[cells.index] = CellIndex.of_frame(cells, tasks).number
    task, solution = task_of[tables.cell_of], pd.Categorical(tables.results["solution"])
    is_class = np.array([*map(is_solution, solution.categories), False])  # missing ones are -1
    solved = np.flatnonzero(is_class[solution.codes] & (task >= 0))
    swept = [key for key in swept_columns(tables.summary) if key != "epochs"]
    found, converged_epoch = [], tables.results["converged_epoch"].array
    for _, rows in pd.Series(solved).groupby([task[solved], solution.codes[solved]], sort=False):
        epochs = pd.Series(converged_epoch.take(rows.array), rows)
        row = int(epochs.sort_values(kind="stable").index[(len(rows) - 1) // 2])
        run = take_rows(tables.results, [row], [*swept, "seed", "solution"]).iloc[0]
        words = levels_text(run, [*swept, "seed"])
        found.append(_Shown(str(run["solution"]), len(rows), row, words))
    return sorted(found, key=lambda each: (-each.runs, each.label, each.row))


def _most_shown() -> int:
    """Return of how many classes a surface is drawn; a narrow figure has fewer columns."""
    width = chosen_width()
    columns = COLUMNS if width is None else max(1, int((width - SIDES) / NARROWEST))
    return min(MOST_CLASSES, MOST_ROWS * columns)


def _figure(shown: list[_Shown], networks: Mapping[int, tuple[Point, FloatArray]]) -> Figure:
    panels = [(each.label, each) for each in shown]
    grid = Facets(panels, HEIGHT, COLUMNS, widest=2.4, ylabel="input 2 upwards")
    for axes, each in grid:
        _draw_surface(axes, *networks[each.row])
        runs = count_text(each.runs, "solved run")
        axes.set_title(mpl_label(each.label), loc="left", fontweight="bold", pad=17)
        axes.text(0, 1.03, runs, transform=axes.transAxes, fontsize=SMALL, color=GREY)
        words = fitted(mpl_label(each.words), 0.9 * grid.panel_width, SMALL)
        axes.xaxis.set_visible(True)
        axes.set_xlabel(words, fontsize=SMALL, color=GREY, visible=True)
    line = Line2D([], [], label="where a hidden unit switches", path_effects=OUTLINE, **HIDDEN_LINE)
    boundary = Line2D([], [], label="where the output is 1/2", color="#ffffff", linewidth=1.6)
    boundary.set_path_effects([Stroke(linewidth=3.4, foreground="#000000"), *OUTLINE])
    legends.put_below(grid.figure, [boundary, line])
    figure: Figure = grid.figure
    return figure


def _draw_surface(axes: Axes, point: Point, parameters: FloatArray) -> None:
    """Draw the outputs of a network, and the line at which each hidden unit switches."""
    training = build_training(batch_of_one(point, (1,)), parameters[:, None])
    low, high = float(training.inputs.min()), float(training.inputs.max())
    margin = MARGIN * (high - low)
    ends = low - margin, high + margin
    ticks = np.linspace(*ends, 2 * ASKED + 1)[1::2]  # the middles of pixels
    points = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    outputs = predict(training, parameters, points).reshape(ASKED, ASKED)
    # Not smoothed, so that the SVG holds these pixels and no more.
    axes.imshow(
        outputs,
        "cividis",
        vmin=0,
        vmax=1,
        origin="lower",
        extent=(*ends, *ends),
        interpolation="none",
    )
    boundary = axes.contour(ticks, ticks, outputs, [0.5], **BOUNDARY)
    boundary.set_path_effects(OUTLINE)
    weights = training.network.views(parameters[:, None])
    for (first, second), bias in zip(weights.w1[..., 0].T, weights.b1[:, 0], strict=True):
        if first or second:
            near = -bias / (first**2 + second**2) * np.array([first, second])
            there = near[0] - second, near[1] + first
            axes.axline(near, there, path_effects=OUTLINE, **HIDDEN_LINE)
    middle = (training.targets.min() + training.targets.max()) / 2
    for row, target in zip(training.inputs, training.targets[:, 0], strict=True):
        axes.plot(*row, markeredgewidth=1.5, **(HIGHER if target > middle else LOWER))
    axes.set(xlim=ends, ylim=ends, xticks=(low, high), yticks=(low, high))
    axes.spines[["left", "bottom"]].set_visible(False)


def _alt_text(shown: list[_Shown]) -> str:
    named = "; ".join(
        f"{each.label}, {count_text(each.runs, 'solved run')}, shown with {each.words}"
        for each in shown
    )
    return (
        "The output of a typical run of each class for any two inputs, with a line for each hidden "
        f"unit: {named}."
    )
