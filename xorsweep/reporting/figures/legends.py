"""The colours of levels, how their lines look, and legends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from xorsweep.analysis.columns import is_numeric
from xorsweep.reporting.figures.axes import LINE_HEIGHT, text_width
from xorsweep.reporting.layout import levels, mpl_label, mpl_text
from xorsweep.text import level_text

COLOURS: list[str] = sns.color_palette("colorblind").as_hex()
MARKERS = "osD^vPX*"

Style = dict[str, Any]
"""How Matplotlib draws a line."""


def line_styles(frame: pd.DataFrame, key: str) -> dict[Any, Style]:
    """Return how each level's line is drawn: numbers along a scale, names in distinct colours."""
    if not key:
        return {None: {"color": COLOURS[0], "marker": MARKERS[0]}}
    found = levels(frame, key)
    palette: Any = COLOURS if len(found) <= len(COLOURS) else "husl"
    if is_numeric(frame[key]):  # from dark to light; the lightest wouldn't show on white
        palette = list(colormaps["viridis"](np.linspace(0, 0.75, len(found))))
    colours = sns.color_palette(palette, len(found)).as_hex()
    return {
        level: {"color": colour, "marker": marker, "label": mpl_label(level_text(key, level))}
        for level, colour, marker in zip(found, colours, cycle(MARKERS), strict=False)
    }


def shifted_lines(
    rows: pd.DataFrame, key: str, styles: Mapping[Any, Style]
) -> Iterator[tuple[pd.DataFrame, float, Style]]:
    """Yield the rows of each line, its shift, a share of the room for all lines, and its style."""
    shifts = np.linspace(-0.5, 0.5, len(styles)) if len(styles) > 1 else [0.0]
    for shift, (level, style) in zip(shifts, styles.items(), strict=True):
        yield rows[rows[key] == level] if key else rows, float(shift), style


def put_below(figure: Figure, handles: Sequence[Artist]) -> None:
    """Put a legend below all panels, no wider than the figure, which gets as much higher."""
    if not handles:
        return
    across = columns(handles, figure.get_figwidth())
    figure.legend(handles=handles, loc="outside lower center", ncols=across)
    further_lines = ceil(len(handles) / across) - 1
    figure.set_figheight(figure.get_figheight() + LINE_HEIGHT * further_lines)


def columns(handles: Sequence[Artist], inches: float) -> int:
    """Return how many entries of a legend fit side by side, four at most."""
    widest = max((text_width(str(each.get_label())) for each in handles), default=0.0)
    return max(1, min(len(handles), 4, int(inches / (0.6 + widest))))


def patches(colours: Mapping[str, str]) -> list[Patch]:
    """Return the entries of a legend for areas in some colours, by their texts.

    They have no stroke, so that a dark page leaves them the colour that the areas have.
    """
    return [
        Patch(facecolor=each, linewidth=0, label=mpl_text(text)) for text, each in colours.items()
    ]


def lines(styles: Mapping[Any, Style]) -> list[Line2D]:
    """Return a line for each style of `line_styles` that has a label, as a legend shows it."""
    return [
        Line2D([], [], linewidth=1.4, markersize=4, **style)
        for style in styles.values()
        if "label" in style
    ]
