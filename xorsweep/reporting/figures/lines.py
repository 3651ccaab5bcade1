"""Lines: one a level of a key, how each is drawn, and axes of epochs to draw them on."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import (
    EngFormatter,
    LogLocator,
    NullFormatter,
    PercentFormatter,
    SymmetricalLogLocator,
)

from xorsweep.analysis.summary import is_numeric
from xorsweep.reporting.figures.log_axes import few_minor_ticks
from xorsweep.reporting.layout import levels, mpl_label
from xorsweep.reporting.style import COLOURS
from xorsweep.text import level_text

FEW_EPOCHS = 50
"""Up to this ratio of the ends of an axis, powers of ten alone would leave it without ticks."""
MARKERS = "osD^vPX*"


def line_styles(frame: pd.DataFrame, key: str) -> dict[Any, dict[str, Any]]:
    """Return how each level's line is drawn: numbers along a scale, names in colours apart."""
    if not key:
        return {None: {"color": COLOURS[0], "marker": MARKERS[0]}}
    shown = levels(frame, key)
    if is_numeric(frame[key]):
        # The yellow end of the scale is too light for a line on white.
        places = np.linspace(0, 1, len(shown) + 3)[1:-2]
        colours = [mpl.colors.to_hex(colour) for colour in mpl.colormaps["viridis"](places)]
    else:
        colours = list(COLOURS)
    return {
        level: {"color": colour, "marker": marker, "label": mpl_label(level_text(key, level))}
        for level, colour, marker in zip(shown, colours, MARKERS, strict=False)
    }


def is_wide(numbers: pd.Series[Any]) -> bool:
    """Tell whether numbers spread so far that only a logarithmic axis shows them all."""
    return bool(numbers.min() > 0 and numbers.max() >= 8 * numbers.min())


def epochs_across(axes: Axes, last: float, first: float) -> None:
    """Lay epochs along the axis, logarithmically, and from 0 on where `first` is 0."""
    if first:
        axes.set_xscale("log")
        few_minor_ticks(axes.xaxis)
    else:
        axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(first, max(last, first + 1))
    if last < FEW_EPOCHS * max(first, 1):
        axes.xaxis.set_major_locator(
            LogLocator(subs=(1, 2, 5))
            if first
            else SymmetricalLogLocator(base=10, linthresh=1, subs=(1, 2, 5))
        )
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_formatter(NullFormatter())


def percent_upwards(axes: Axes) -> None:
    """Lay shares along the axis, 0 to 100 %, with lines across."""
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.yaxis.set_major_formatter(PercentFormatter(1))


def decade_before(epochs: pd.Series[Any]) -> float:
    """Return the power of ten, 1 at least, from which on something happens."""
    first = epochs[epochs > 0].min()
    return 1.0 if pd.isna(first) else float(10 ** np.floor(np.log10(first)))


def levels_along(summary: pd.DataFrame, key: str) -> list[Any]:
    """Return the levels of a key in order; one without a name where there is no key."""
    return levels(summary, key) if key else [""]
