"""Tables, panels and texts of figures, as tests look at them."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from column_sweeps import ColumnSweep
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

import xorsweep as xs
from xorsweep.analysis.learning_curves import LearningCurves
from xorsweep.analysis.solutions import StoredNetworks
from xorsweep.analysis.summary import summarize
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.plugins import PluginSet
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.column_data import ColumnTables
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import STYLE
from xorsweep.storage.results import read_results
from xorsweep.sweeps.folders import open_sweep

GridOf = Callable[..., Grid]


def tables_of(folder: Path) -> Tables:
    opened = open_sweep(folder)
    store, grid = opened.store, opened.grid
    results = read_results(folder, NetworkExperiment())
    return Tables(
        results,
        summarize(results),
        LearningCurves(grid, store.parts),
        StoredNetworks(grid, store, PluginSet()),
    )


def drawn(draw: Callable[[Tables], DrawnFigure | None], tables: Tables) -> Figure:
    with mpl.rc_context(STYLE):
        found = draw(tables)
    assert found is not None
    return found.figure


def panels_of(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def titles(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in panels_of(figure)]


def expect_readable(figure: Figure) -> None:
    """Expect that no text lies on another or on a mark of a legend, or is cut off by the edge."""
    beyond = _beyond_the_ends(figure) | _of_axes_without_ticks(figure)
    boxes = [
        (text.get_text(), text.get_window_extent())
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in beyond
    ]
    overlapping = [(a, b) for (a, box), (b, other) in combinations(boxes, 2) if box.overlaps(other)]
    assert not overlapping
    marks = [mark for legend in figure.legends for mark in legend.legend_handles if mark]
    crossed = [text for text, box in boxes for mark in marks if _crosses(mark, box)]
    assert not crossed
    whole = figure.bbox.padded(1)
    cut_off = [
        text
        for text, box in boxes
        if not (whole.contains(box.x0, box.y0) and whole.contains(box.x1, box.y1))
    ]
    assert not cut_off


def _crosses(mark: Artist, box: BboxBase) -> bool:
    found = mark.get_window_extent()  # a line has no height
    return found.x0 < box.x1 and box.x0 < found.x1 and found.y0 <= box.y1 and box.y0 <= found.y1


def _of_axes_without_ticks(figure: Figure) -> set[Text]:
    pairs = ((axes.xaxis, axes.yaxis) for axes in figure.axes)
    unseen = [axis for pair in pairs for axis in pair if not axis.get_visible()]
    return {text for axis in unseen for text in axis.findobj(Text)}


def _beyond_the_ends(figure: Figure) -> set[Text]:
    """Return tick labels beyond the ends of an axis, which matplotlib keeps but doesn't draw."""
    found: set[Text] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low <= tick.get_loc() <= high:
                    found |= {tick.label1, tick.label2}
    return found


def contrast(one: Any, other: Any) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.1)."""
    dark, light = sorted(_luminance(colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Any) -> float:
    parts = to_rgb(colour)
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def column_tables_of(swept: ColumnSweep) -> ColumnTables:
    return ColumnTables.of(swept.results, swept.cells).with_curves(swept.grid, swept.store)


def panels_by_title(drawn: DrawnFigure | None) -> dict[str, Axes]:
    assert drawn is not None
    return {
        axes.get_title(loc="left"): axes
        for axes in drawn.figure.axes
        if axes.get_label() != "<colorbar>"
    }


def rows_of(column_tables: ColumnTables, **levels: Any) -> pd.DataFrame:
    rows = column_tables.results[column_tables.results["status"] == "ok"]
    for key, level in levels.items():
        rows = rows[rows[key] == level]
    return rows


def overlapping_labels(figure: Figure) -> list[tuple[str, str]]:
    renderer = FigureCanvasAgg(figure).get_renderer()
    found = []
    for axes in figure.axes:
        for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
            boxes = [
                (label.get_text(), label.get_window_extent(renderer))
                for label in labels
                if label.get_visible() and label.get_text()
            ]
            found += [
                (one, other)
                for (one, box), (other, another) in combinations(boxes, 2)
                if box.overlaps(another)
            ]
    return found


def drawn_with_notes(module: Any, tables: Any) -> DrawnFigure:
    with mpl.rc_context(STYLE):
        found: DrawnFigure | None = module.draw(tables)
    assert found is not None
    return found


def longest_solved(sweep: xs.Sweep) -> pd.DataFrame:
    rows = sweep.results[sweep.results["epochs"] == 600]
    return rows[rows["outcome"] == "solved"]
