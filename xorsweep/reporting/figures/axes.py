"""Panels, axes, line styles, legends and notes of all figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from math import ceil
from textwrap import fill
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.textpath import TextToPath
from matplotlib.ticker import (
    EngFormatter,
    FuncFormatter,
    LogLocator,
    NullLocator,
    PercentFormatter,
    StrMethodFormatter,
    SymmetricalLogLocator,
)
from numpy.typing import NDArray

from xorsweep.analysis.columns import is_numeric
from xorsweep.reporting.figures.palette import COLOURS, name_colours, number_colours
from xorsweep.reporting.figures.style import GREY, SMALL, chosen_width
from xorsweep.reporting.layout import levels, mpl_label, mpl_text
from xorsweep.text import MINUS, NO_BREAK, level_name, level_text

FEW_EPOCHS = 50
"""Up to this ratio of the ends of an axis, powers of ten alone would leave it without ticks."""
MARKERS = "osD^vPX*"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_PANELS = 12
MOST_NAMED = 8
"""Levels that an alternative text names one by one; of more only the first and the last."""
MOST_TICKS = 8
LINE_HEIGHT = 0.17
"""Inches that a line of text takes."""
NARROW, WIDE = 7.2, 9.6
"""Inches of a figure: about as many for all, so that their text has about the same size."""
NARROWEST = 1.2
"""Inches of a panel in a figure whose width was chosen."""
MOST_WIDENED = 1.4
"""By how much a panel becomes wider for its title; a longer one takes several lines."""
LEAST_NARROWED = 0.9
"""By how much panels become narrower so that one more has room beside them."""
SIDES, LEAST_SIDES = 0.9, 0.6
"""Inches beside the panels, for the labels of an axis; in a figure whose width was chosen."""
MANY_TIMES = 50
"""From this ratio of the largest to the smallest value on, an axis is logarithmic."""
FEW_DECADES = 100
"""Up to this ratio powers of ten alone would be few labels."""
FINE = 1e-4
"""Up to this ratio of their range to their size, values need more digits than a label has."""


class Facets(sns.FacetGrid):  # type: ignore[misc]
    """Seaborn's facets, which are laid out once, when their figure is written."""

    def tight_layout(self, *_: Any, **__: Any) -> Facets:
        """Leave the layout to the engine of the figure; seaborn would draw all panels for it."""
        return self


@dataclass(frozen=True)
class DrawnFigure:
    """A figure, its text alternative, and a note of the part of the sweep that it excludes."""

    figure: Figure
    alt: str
    note: str = ""

    def __post_init__(self) -> None:
        if self.note:
            note = fitted(mpl_text(self.note), self.figure.get_figwidth(), SMALL)
            self.figure.suptitle(note, fontsize=SMALL, color=GREY)


def new_figure(width: float, height: float) -> Figure:
    """Return a figure of a width and a height in inches, or as wide as was chosen."""
    return Figure(figsize=(chosen_width() or width, height), layout="constrained")


def facets(
    panels: Sequence[tuple[str, Any]],
    width: float,
    height: float,
    columns: int = 3,
    sharey: bool = True,
    xlabel: str = "",
    ylabel: str = "",
    narrowest: float = NARROWEST,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with axes for each panel, `width` by `height` inches where there is room.

    A panel's first entry is its title. The lowest panels have the label and the ticks of x, the
    leftmost those of y. Where the figure's width was chosen, a panel has at least `narrowest`
    inches if the figure has.
    """
    titles = [title for title, _ in panels]
    wanted = max(text_width(title) for title in titles) + 0.1
    total = chosen_width()
    if total is None:
        width = max(width, min(wanted, MOST_WIDENED * width))
        room = int((WIDE - SIDES) / (LEAST_NARROWED * width))
        across = max(1, min(columns, len(panels), room))
        total = min(WIDE, max(across * width + SIDES, NARROW))
        width = (total - SIDES) / across
    else:
        across = max(1, min(columns, len(panels), int((total - LEAST_SIDES) / narrowest)))
        natural, width = width, (total - LEAST_SIDES) / across
        height *= min(1.0, max(0.7, width / natural))
    data = pd.DataFrame({"panel": range(len(panels))})
    with no_windows():
        grid = Facets(
            data,
            col="panel",
            col_wrap=across,
            height=height,
            aspect=width / height,
            sharex="all",
            sharey=sharey and "all",
        )
    shown = list(grid.axes.flat)
    for place, (axes, title) in enumerate(zip(shown, titles, strict=True)):
        is_lowest, is_leftmost = place >= len(panels) - across, place % across == 0
        axes.xaxis.set_visible(is_lowest)
        axes.tick_params("y", which="both", left=is_leftmost, labelleft=is_leftmost)
        axes.yaxis.set_in_layout(is_leftmost or not sharey)
        axes.spines[:].set_in_layout(False)
        axes.set(xlabel=xlabel, ylabel=ylabel)  # else seaborn would look for some
        axes.xaxis.label.set_visible(is_lowest)
        axes.yaxis.label.set_visible(is_leftmost)
        axes.set_title("")  # which names the column of the data
        axes.set_title(fitted(title, 0.9 * width), loc="left")  # gaps and a colour bar take a part
    grid.figure.set_size_inches(total, ceil(len(panels) / across) * height + 0.6)
    # The last number along one panel stays clear of the next panel's first.
    grid.figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=0.08))
    return grid.figure, shown


def columns_of(cells: pd.DataFrame, key: str, most: int) -> int:
    """Return how many panels lie side by side: a key's levels, where these make whole rows."""
    levels_across = cells[key].nunique() if key else 1
    is_whole = levels_across <= most and len(cells) % levels_across == 0
    return levels_across if is_whole and (key or len(cells) <= most) else min(4, len(cells))


@contextmanager
def no_windows() -> Iterator[None]:
    """Have pyplot, by which seaborn makes figures, open none in a window and keep none of them."""
    before, known = mpl.get_backend(), plt.get_fignums()
    plt.switch_backend("agg")
    try:
        yield
    finally:
        for number in set(plt.get_fignums()) - {*known}:
            plt.close(number)
        with suppress(ImportError):  # of a window, where there is no screen
            plt.switch_backend(before)


@cache
def _width_at(text: str, size: float) -> float:
    width, _, _ = TextToPath().get_text_width_height_descent(
        text.replace(r"\$", "$"), FontProperties(size=size), ismath=False
    )
    return float(width) / 72


def text_width(text: str, size: float | None = None) -> float:
    """Return the inches that a line of text takes, in the figure's own size by default."""
    return _width_at(text, size or mpl.rcParams["font.size"])


def fitted(words: str, inches: float, size: float | None = None) -> str:
    """Return words in lines of at most `inches`; a key and its number stay together if they can."""
    if text_width(words, size) <= inches:
        return words
    width = int(0.95 * len(words) * inches / text_width(words, size))
    joined = re.sub(
        rf"\S+ [-{MINUS}\d.e]+(?=,|$)",
        lambda found: found[0].replace(" ", NO_BREAK) if len(found[0]) < width else found[0],
        words,
    )
    lines = fill(joined, max(1, width), break_long_words=False, break_on_hyphens=False)
    return lines.replace(NO_BREAK, " ")


def level_label(level: Any) -> str:
    """Return a level as a label of an axis."""
    return mpl_label(level_name(level))


def line_styles(frame: pd.DataFrame, key: str) -> dict[Any, dict[str, Any]]:
    """Return how each level's line is drawn: numbers along a scale, names in distinct colours."""
    if not key:
        return {None: {"color": COLOURS[0], "marker": MARKERS[0]}}
    found = levels(frame, key)
    colours = (number_colours if is_numeric(frame[key]) else name_colours)(len(found))
    return {
        level: {"color": colour, "marker": marker, "label": mpl_label(level_text(key, level))}
        for level, colour, marker in zip(found, colours, cycle(MARKERS), strict=False)
    }


def epochs_across(axes: Axes, last: float, first: float) -> None:
    """Show epochs along the axis, logarithmically, and from 0 on where `first` is 0."""
    if first:
        axes.set_xscale("log")
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
    axes.xaxis.set_minor_locator(NullLocator())


def is_wide(numbers: pd.Series[Any]) -> bool:
    """Tell whether only a logarithmic axis shows all the numbers apart."""
    return bool(numbers.min() > 0 and numbers.max() >= 8 * numbers.min())


def scale_across(grid: Sequence[Axes], cells: pd.DataFrame, key: str) -> None:
    """Show the levels of a key along a shared axis: numbers at their values, names side by side."""
    found = levels(cells, key) if key else []
    names = [level_label(level) for level in found]
    if not key or not is_numeric(cells[key]):
        grid[0].set_xticks(range(len(found)), names)
        if found:
            grid[0].set_xlim(-0.5, len(found) - 0.5)
        turn_labels(grid, names)
        return
    wide = is_wide(cells[key])
    if wide:
        grid[0].set_xscale("log")
        grid[0].xaxis.set_minor_locator(NullLocator())
    if wide and len(found) > MOST_TICKS:
        label_decades(grid[0].xaxis, np.array(found))
    elif len(found) <= MOST_TICKS:
        places = np.log(found) if wide else np.array(found, float)
        kept = _apart(places, names, room_across(grid[0]))
        grid[0].set_xticks([found[place] for place in kept], [names[place] for place in kept])


def line_shifts(count: int) -> NDArray[Any]:
    """Return how far lines lie beside each other, as shares (n,) of the room for all of them."""
    return np.linspace(-0.5, 0.5, count) if count > 1 else np.zeros(1)


def places_along(
    cells: pd.DataFrame, line: pd.DataFrame, key: str, shift: float = 0.0
) -> NDArray[Any]:
    """Return where rows of a line lie along the axis of `scale_across`.

    `shift` is a share of the axis for numbers, and of the room of a level for names.
    """
    if not key:
        return np.full(len(line), shift)
    if not is_numeric(cells[key]):
        return np.asarray(pd.Index(levels(cells, key)).get_indexer(line[key]) + shift)
    low, high = cells[key].min(), cells[key].max()
    if is_wide(cells[key]):
        return np.asarray(line[key] * (high / low) ** shift, float)
    return np.asarray(line[key] + shift * (high - low), float)


def room_across(axes: Axes) -> float:
    """Return about how many inches wide axes are, before they are laid out."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    across = axes.get_subplotspec()
    panels = across.get_gridspec().ncols if across else 1
    return float(figure.get_figwidth() - SIDES) / panels


def turn_labels(grid: Sequence[Axes], names: Sequence[str], room: float = 0.0) -> None:
    """Turn the labels along shared axes where they would touch, and leave some out if need be.

    `room` is in inches, that of a panel by default. The figure becomes higher by as much as the
    labels take.
    """
    room = room or room_across(grid[0])
    longest = max(map(text_width, names), default=0.0)
    if longest + 0.08 < room / max(1, len(names)):
        return
    step = ceil(len(names) * LINE_HEIGHT / room)
    grid[0].set_xticks(grid[0].get_xticks()[::step], names[::step])
    for axes in grid:  # panels share their ticks, and each turns its own labels
        axes.tick_params(axis="x", labelrotation=90)
    figure = grid[0].get_figure(root=True)
    assert figure is not None
    figure.set_figheight(figure.get_figheight() + longest)


def _apart(places: NDArray[Any], names: Sequence[str], room: float) -> list[int]:
    """Return which labels at ascending places don't touch the one before, from the first on."""
    span = float(places[-1] - places[0]) or 1.0
    inches = 0.9 * room * (places - places[0]) / span  # there is a margin at both ends
    kept = [0]
    for place in range(1, len(names)):
        needed = (text_width(names[kept[-1]]) + text_width(names[place])) / 2 + 0.08
        if inches[place] - inches[kept[-1]] >= needed:
            kept.append(place)
    return kept


def scale_values(axes: Axes, values: NDArray[Any]) -> None:
    """Show values upwards, logarithmically where a linear axis would hide the small ones."""
    if not len(values):
        return
    smallest = np.min(values, where=values > 0, initial=np.inf)
    if needs_logarithm(values):
        axes.set_yscale("log")
        label_decades(axes.yaxis, values)
    elif values.min() == 0 and values.max() >= MANY_TIMES**2 * smallest:
        axes.set_yscale("symlog", linthresh=10 ** np.floor(np.log10(smallest)))
        axes.set_ylim(0, 2 * values.max())
    elif np.ptp(values) > FINE * np.abs(values).max():  # else an offset tells the numbers apart
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def needs_logarithm(values: NDArray[Any]) -> bool:
    """Tell whether a linear axis would hide the small ones of positive values."""
    return bool(values.min() > 0 and values.max() >= MANY_TIMES * values.min())


def label_decades(axis: Axis, values: NDArray[Any]) -> None:
    """Label a logarithmic axis with powers of ten, and with 2 and 5 times them if there are few."""
    if values.max() < FEW_DECADES * values.min():
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    else:
        axis.set_major_formatter(FuncFormatter(_power_text))  # formulas take longer
    axis.set_minor_locator(NullLocator())


def _power_text(value: float, _: int) -> str:
    return "10" + str(round(np.log10(value))).translate(SUPERSCRIPTS)


def percent_upwards(axes: Axes) -> None:
    """Show shares along the axis, 0 to 100 %."""
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks(np.linspace(0, 1, 6))
    show_percent(axes.yaxis)


def show_percent(axis: Axis) -> None:
    """Write the numbers of an axis in percent, as the page does."""
    axis.set_major_formatter(PercentFormatter(1, symbol=f"{NO_BREAK}%"))


def legend_below(figure: Figure, handles: Sequence[Artist]) -> None:
    """Put a legend below all panels, no wider than the figure, which gets as much higher."""
    if not handles:
        return
    columns = legend_columns(handles, figure.get_figwidth())
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)
    further_lines = ceil(len(handles) / columns) - 1
    figure.set_figheight(figure.get_figheight() + LINE_HEIGHT * further_lines)


def legend_columns(handles: Sequence[Artist], inches: float) -> int:
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


def legend_lines(styles: Mapping[Any, Mapping[str, Any]]) -> list[Line2D]:
    """Return a line for each style of `line_styles` that has a label, as a legend shows it."""
    return [
        Line2D([], [], linewidth=1.4, markersize=4, **style)
        for style in styles.values()
        if "label" in style
    ]


def by_level(frame: pd.DataFrame, key: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows at each level with the words for it; all together where there are many."""
    found = levels(frame, key) if key else []
    if not 1 < len(found) <= MOST_NAMED:
        yield "", frame
        return
    for level in found:
        yield f"{level_text(key, level)}, ", frame[frame[key] == level]


def ranges_text(
    frame: pd.DataFrame,
    key: str,
    values: pd.Series[Any],
    text: Callable[[float], str] = "{:.0%}".format,
) -> str:
    """Return the range of the values of some rows at each level of a key, in words."""
    parts = []
    for words, rows in by_level(frame, key):
        here = values[rows.index]
        ends = dict.fromkeys(text(end) for end in (here.min(), here.max()))
        parts.append(words + " to ".join(ends).replace("%", " %"))
    return "; ".join(parts)


def along_text(cells: pd.DataFrame, key: str) -> str:
    """Return a key with its levels, all of them or the first and the last, in words."""
    found = levels(cells, key)
    if len(found) <= MOST_NAMED:
        return f"{key} {', '.join(map(level_name, found))}"
    return f"{key}, {len(found):,} levels from {level_name(found[0])} to {level_name(found[-1])},"
