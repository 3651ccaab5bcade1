"""How sure the rates are: lines with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from xorsweep.analysis.summary import is_numeric
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.lines import (
    is_wide,
    levels_along,
    line_styles,
    percent_upwards,
)
from xorsweep.reporting.figures.log_axes import mark_powers
from xorsweep.reporting.figures.panels import add_legend, add_note, panelled
from xorsweep.reporting.figures.selected_cells import MOST_LINES, in_rate_lines
from xorsweep.reporting.layout import levels, mpl_label, panels
from xorsweep.text import level_name


def rate_lines(tables: Tables) -> Figure | None:
    """Return the convergence rate along one key with 95 % intervals, a line a level of another."""
    shown = in_rate_lines(tables)
    summary, layout = shown.cells, shown.layout
    if summary.empty:
        return None
    parts = panels(summary, shown.panels)
    figure, grid = panelled(parts, 3.1, 2.7, sharex=True, sharey=True)
    styles = line_styles(summary, layout.hue)
    places = _places(summary, layout.x)
    apart = min(0.012, 0.5 / (len(styles) * len(levels_along(summary, layout.x))))
    percent_upwards(grid[0])
    for axes, part in zip(grid, parts.frames, strict=False):
        for index, (level, style) in enumerate(styles.items()):
            line = part[part[layout.hue] == level] if layout.hue else part
            line = line.sort_values(layout.x) if _is_number(line, layout.x) else line
            shift = (index - (len(styles) - 1) / 2) * apart
            joined = not layout.x or is_numeric(summary[layout.x])
            _draw_rates(axes, line, places(line, shift), {**style, "linewidth": 1.2 * joined})
        axes.grid(axis="y", linewidth=0.4, alpha=0.6)
        axes.set_xlabel(layout.x or "all runs")
    _scale_across(grid[0], summary, layout.x)
    grid[0].set_ylabel("runs that converged")
    add_legend(figure, grid[0])
    add_note(figure, shown.note)
    return figure


def _draw_rates(axes: Axes, line: pd.DataFrame, at: Any, style: Mapping[str, Any]) -> None:
    # At all or none the interval lies on one side; rounding must not make the other negative.
    errors = np.maximum(
        [line["rate"] - line["rate_low"], line["rate_high"] - line["rate"]],
        0,
    )
    axes.errorbar(
        at,
        line["rate"],
        yerr=errors,
        markersize=4,
        elinewidth=0.9,
        capsize=2,
        clip_on=line.empty,  # no points have no place either, and would take room in a corner
        **style,
    )


def _is_number(frame: pd.DataFrame, key: str) -> bool:
    return bool(key) and is_numeric(frame[key])


def _places(summary: pd.DataFrame, key: str) -> Callable[[pd.DataFrame, float], Any]:
    """Return where a line's points lie along a key, shifted so that intervals stay apart."""
    if not key:
        return lambda line, shift: np.zeros(len(line)) + shift
    if not is_numeric(summary[key]):
        order = {level: place for place, level in enumerate(levels(summary, key))}
        return lambda line, shift: np.array([order[level] for level in line[key]]) + 4 * shift
    if is_wide(summary[key]):
        span = np.log10(summary[key].max() / summary[key].min())
        return lambda line, shift: line[key].to_numpy() * 10 ** (shift * span)
    span = summary[key].max() - summary[key].min()
    return lambda line, shift: line[key].to_numpy() + shift * span


def _scale_across(axes: Axes, summary: pd.DataFrame, key: str) -> None:
    if not key:
        axes.set_xticks([])
        return
    found = levels(summary, key)
    if not is_numeric(summary[key]):
        axes.set_xticks(range(len(found)), [mpl_label(level_name(level)) for level in found])
        return
    if is_wide(summary[key]):
        axes.set_xscale("log")
        mark_powers(axes.xaxis)
        axes.xaxis.set_minor_formatter(NullFormatter())
    if len(found) <= MOST_LINES:
        axes.set_xticks(found, [mpl_label(level_name(level)) for level in found])
