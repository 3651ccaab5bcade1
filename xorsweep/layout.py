"""Which swept key goes where in a picture, and which levels and panels there is room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd

from xorsweep.summary import swept_columns

MOST_PANELS = 6
TITLE_WIDTH = 36
MOST_LINES = 6
MOST_LINES_WITH_BANDS = 4
LONGEST_TEXT = 40
"""Characters of a label; of longer ones, which may be paths, the end is shown."""


@dataclass(frozen=True)
class Layout:
    """The swept keys of a summary: one along an axis, one as lines, the others as panels.

    `across` and `lines` are empty where nothing is left for them.
    """

    across: str
    lines: str
    others: tuple[str, ...]

    @classmethod
    def of(cls, summary: pd.DataFrame, swept: Sequence[str]) -> Layout:
        """Return learning rate across and hidden size as lines, where they are swept."""
        left = list(swept)
        across = _taken(left, ["lr", *_numeric(summary, left), *left])
        lines = _taken(left, ["hidden", *(key for key in left if key != "epochs"), *left])
        return cls(across, lines, tuple(left))

    @property
    def at_the_end(self) -> Layout:
        """Return the layout of rows that have no epochs axis, all being at their longest.

        A single key makes lines, which can be compared, rather than panels.
        """
        lines, across = ("" if key == "epochs" else key for key in (self.lines, self.across))
        if not lines:
            lines, across = across, lines
        return Layout(across, lines, tuple(key for key in self.others if key != "epochs"))

    @property
    def keys(self) -> list[str]:
        """Return the keys that tell cells apart, lines first."""
        return [key for key in (self.lines, self.across, *self.others) if key]

    @property
    def facets(self) -> list[str]:
        """Return the keys that are panels where epochs lie along the axis."""
        return [key for key in (self.across, *self.others) if key]


def _taken(left: list[str], wanted: Sequence[str]) -> str:
    """Take the first of the wanted keys that is left; epochs last of all."""
    found = sorted((key for key in dict.fromkeys(wanted) if key in left), key="epochs".__eq__)
    if not found:
        return ""
    left.remove(found[0])
    return found[0]


def _numeric(summary: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """Return the keys of numbers, those with the most levels first."""
    found = [key for key in keys if is_numeric(summary[key])]
    return sorted(found, key=lambda key: -summary[key].nunique())


def is_numeric(column: pd.Series[Any]) -> bool:
    """Tell whether the levels of a key are numbers, which an axis can hold."""
    return column.dtype.kind in "iuf" and bool(column.notna().all())


def levels(frame: pd.DataFrame, key: str, most: int | None = None) -> list[Any]:
    """Return a key's levels in order, numbers ascending; evenly spaced ones where too many."""
    found = list(frame[key].unique())
    if is_numeric(frame[key]):
        found.sort()
    return evenly(found, most) if most else found


def evenly(items: Sequence[Any], most: int) -> list[Any]:
    """Return at most so many of the items, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    places = np.unique(np.linspace(0, len(items) - 1, most).round().astype(int))
    return [items[place] for place in places]


@dataclass(frozen=True)
class Panels:
    """The parts of a frame that are drawn side by side, and how many there would be."""

    titles: list[str]
    frames: list[pd.DataFrame]
    total: int

    @property
    def note(self) -> str:
        """Return what to say where not every panel is shown, or nothing."""
        if len(self.frames) == self.total:
            return ""
        return f"{len(self.frames)} of {self.total:,} panels"

    def __iter__(self) -> Iterator[tuple[str, pd.DataFrame]]:
        return iter(zip(self.titles, self.frames, strict=True))

    def __len__(self) -> int:
        return len(self.frames)


def panels(frame: pd.DataFrame, keys: Sequence[str], most: int = MOST_PANELS) -> Panels:
    """Return a part for each combination of the keys' levels, evenly spaced ones where too many."""
    keys = [key for key in keys if key]
    if not keys:
        return Panels([""], [frame], 1)
    parts = list(frame.groupby(keys, sort=False, observed=True, dropna=False))
    shown = evenly(parts, most)
    titles = [_title(keys, values) for values, _ in shown]
    return Panels(titles, [part for _, part in shown], len(parts))


def _title(keys: Sequence[str], values: Sequence[Any]) -> str:
    """Return the levels that a panel has of some keys, in lines that are no wider than it is."""
    levels_of = zip(keys, values, strict=True)
    known = [drawn(level_text(*item)) for item in levels_of if not pd.isna(item[1])]
    return fill(", ".join(known), TITLE_WIDTH, break_long_words=False, break_on_hyphens=False)


def level_text(key: str, level: object) -> str:
    """Return a level with its key, as a reader would say it."""
    return f"{level_name(level)} {key}" if key == "epochs" else f"{key} {level_name(level)}"


def drawn(text: str) -> str:
    """Return a text as Matplotlib takes it: dollars begin no formula, and of much only the end."""
    end = text if len(text) <= LONGEST_TEXT else f"…{text[1 - LONGEST_TEXT :]}"
    return end.replace("$", r"\$")


def level_name(level: object) -> str:
    """Return a level as short as it can be said."""
    if isinstance(level, bool | np.bool_):
        return "true" if level else "false"
    if isinstance(level, int | np.integer):
        return f"{int(level):,}"
    if isinstance(level, float | np.floating):
        return f"{level:g}" if level == level else "none"
    return str(level)


def longest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the most epochs among those that differ in epochs or seed alone."""
    if frame["epochs"].nunique() <= 1:
        return frame
    keys = [frame[key] for key in swept_columns(frame) if key != "epochs"]
    most: Any = frame["epochs"].max()
    if keys:
        groups = frame["epochs"].groupby(keys, sort=False, observed=True, dropna=False)
        most = groups.transform("max")
    rows: pd.DataFrame = frame[frame["epochs"] == most]
    return rows
