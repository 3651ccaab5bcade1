"""Grids of squares, a square per setting: a heat map, and the surfaces of typical runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from xorsweep.analysis.columns import is_numeric
from xorsweep.reporting.dark_mode import EQUAL_CONTRAST, luminance
from xorsweep.reporting.layout import Layout, levels
from xorsweep.reporting.measures import Measure
from xorsweep.reporting.selection import SelectedCells, select_cells
from xorsweep.reporting.svg.palette import shades
from xorsweep.reporting.tables import Table, row_id
from xorsweep.reporting.wording import levels_text
from xorsweep.text import level_name

if TYPE_CHECKING:
    from xorsweep.reporting.run_gallery import RunGallery

MOST_SQUARES = 200
MOST_TEXTS = 14
"""Squares in a row up to which each has room for its number."""


@dataclass(frozen=True)
class Square:
    """A setting in a grid.

    Attributes:
        label: Its levels and its number in words.
        text: Its number; empty where there is no room or an image.
        style: Its colours, as CSS.
        target: The place on the page that a click opens; empty where there is none.
        image: An image as a URI; empty where there is none.
    """

    label: str
    text: str = ""
    style: str = ""
    target: str = ""
    image: str = ""


@dataclass(frozen=True)
class SettingGrid:
    """Squares with the levels of `x` across and those of `y`, which may be none, upwards.

    A row is a level of `y` and a square, or None, for each of `columns`. `name` tells the grid from
    others of the page.
    """

    name: str
    caption: str
    x: str
    y: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Square | None]]]


SquareOf = Callable[[int, str], Square]
"""Returns the square of a setting, given its place in the summary and its levels in words."""


def setting_grid(
    name: str, caption: str, cells: pd.DataFrame, layout: Layout, square_of: SquareOf
) -> SettingGrid:
    """Return the grid of some cells of a summary, one for each pair of levels at most."""
    x, y = layout.x, layout.hue
    columns, down = levels(cells, x), levels(cells, y) if y else [None]
    # By `_key`, as NaN, which isn't equal to itself, can't be looked up.
    places = {(_key(row[x]), _key(row[y] if y else None)): place for place, row in cells.iterrows()}
    rows = []
    # Numbers grow upwards, as on an axis.
    for level in reversed(down) if y and is_numeric(cells[y]) else down:
        squares: list[Square | None] = []
        for column in columns:
            place: Any = places.get((_key(column), _key(level)))
            words = levels_text({y: level, x: column}, filter(None, (y, x)))
            squares.append(None if place is None else square_of(place, words))
        rows.append(("" if level is None else level_name(level), squares))
    return SettingGrid(name, caption, x, y, [level_name(column) for column in columns], rows)


def _key(level: Any) -> Any:
    return "none" if level is not None and pd.isna(level) else level


def setting_targets(table: Table, gallery: RunGallery | None = None) -> Callable[[int], str]:
    """Return a function from settings to their places on the page: their runs, or their rows.

    It returns nothing for a setting that has neither.
    """
    places = {place: row_id(place) for place in table.places}
    if gallery:
        cells = zip(gallery.links, gallery.cells, strict=True)
        places |= {place: cell.place for place, cell in cells}
    return lambda place: places.get(place, "")


def heat_cells(cells: pd.DataFrame, layout: Layout, rank: Any = None) -> SelectedCells:
    """Return the cells of a heat map: the levels of two keys, the others held at one each.

    `rank` (n,) is that of each cell, 0 for the best; that by their rates where None.
    """
    keys = [key for key in (layout.hue, layout.x) if key]
    most = min(len(cells[keys].drop_duplicates()), MOST_SQUARES) if keys else 1
    return select_cells(cells, [*keys, *layout.col], most, rank, thin=True)


def heat_map(
    measure: Measure,
    shown: SelectedCells,
    layout: Layout,
    targets: Callable[[int], str],
    within: str = "",
) -> SettingGrid | None:
    """Return a heat map of a measure, None where no key has levels to lie across.

    `targets` returns the place on the page that tells more of a setting, and `within` is the time
    within which something was measured.
    """
    if not layout.x or measure.values[shown.cells.index].isna().all():
        return None
    has_texts = shown.cells[layout.x].nunique() <= MOST_TEXTS

    def square(place: int, words: str) -> Square:
        text = measure.text(place)
        label = f"{words}: {text}{_bar_text(measure, place)}"
        known = pd.notna(measure.values[place])
        style = _shade(measure.share(place)) if known else ""
        return Square(label, text if has_texts else "", style, targets(place))

    note = f" {shown.note[0].upper()}{shown.note[1:]}." if shown.note else ""
    title = f"{measure.label[0].upper()}{measure.label[1:]}{within and f' {within}'}"
    return setting_grid("overview", f"{title}.{note}", shown.cells, layout, square)


def _bar_text(measure: Measure, place: int) -> str:
    if measure.low is None or measure.high is None:
        return ""
    ends = (measure.low[place], measure.high[place])
    if any(pd.isna(end) for end in ends):
        return ""
    low, high = (
        Measure("", pd.Series({place: end}), scale=measure.scale).text(place) for end in ends
    )
    return f", {measure.bar} {low} to {high}"


def _shade(share: float) -> str:
    """Return the colours of a square, as CSS: its shade, and black or white on it."""
    colours = shades()
    red, green, blue = (int(part) for part in colours[round(share * (len(colours) - 1))])
    shade = f"#{red:02x}{green:02x}{blue:02x}"
    ink = "#000" if luminance(shade) > EQUAL_CONTRAST else "#fff"
    return f"background:{shade};color:{ink}"
