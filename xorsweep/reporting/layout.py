"""Which swept key goes where in a picture, and which cells there is room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd

from xorsweep.analysis.summary import is_numeric, swept_columns
from xorsweep.reporting.selection import Codes, select
from xorsweep.text import level_text

TITLE_WIDTH = 36
BEST = "as in the best cell"
LONGEST_TEXT = 40
"""Characters of a label; of longer ones, which may be paths, the end is shown."""


@dataclass(frozen=True)
class Layout:
    """The swept keys of a summary: one along an axis, one as lines, the others as panels.

    `across` and `lines` are empty where nothing is left for them.
    """

    x: str
    hue: str
    col: tuple[str, ...]

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
        lines, across = ("" if key == "epochs" else key for key in (self.hue, self.x))
        if not lines:
            lines, across = across, lines
        return Layout(across, lines, tuple(key for key in self.col if key != "epochs"))

    def with_few_lines(self, summary: pd.DataFrame, most: int) -> Layout:
        """Return the layout whose lines are a key with at most so many levels, or no key.

        The key that had too many takes the other's place, or makes panels.
        """
        if not self.hue or summary[self.hue].nunique(dropna=False) <= most:
            return self
        candidates = (key for key in (self.x, *self.col) if key and key != "epochs")
        few = next((key for key in candidates if summary[key].nunique(dropna=False) <= most), "")
        if few and few == self.x:
            return replace(self, x=self.hue, hue=self.x)
        others = tuple(key for key in self.col if key != few)
        return replace(self, hue=few, col=(self.hue, *others))

    @property
    def keys(self) -> list[str]:
        """Return the keys that tell cells apart, lines first."""
        return [key for key in (self.hue, self.x, *self.col) if key]

    @property
    def facets(self) -> list[str]:
        """Return the keys that are panels where epochs lie along the axis."""
        return [key for key in (self.x, *self.col) if key]


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


def levels(frame: pd.DataFrame, key: str) -> list[Any]:
    """Return a key's levels in order, numbers ascending."""
    found = list(frame[key].unique())
    if is_numeric(frame[key]):
        found.sort()
    return found


@dataclass(frozen=True)
class Chosen:
    """The cells that are shown, the keys that tell them apart, and what to say of the others.

    `thinned` is the key of which some levels alone are shown, empty where there is none.
    """

    cells: pd.DataFrame
    keys: tuple[str, ...]
    note: str = ""
    thinned: str = ""


def chosen(
    cells: pd.DataFrame,
    keys: Sequence[str],
    most: int,
    rank: Codes | None = None,
    thin: bool = False,
) -> Chosen:
    """Return the cells with at most so many combinations of the keys' levels, chosen by axis.

    As many keys as possible keep every level, the first ones first, and epochs last of all; the
    others are held at one, as `select` says; with `thin`, one of numbers keeps some. The best cells
    come first in `rank` (n,), which is that of `best_first` where none is given.
    """
    keys = sorted((key for key in keys if key), key="epochs".__eq__)
    if not keys or cells.empty:
        return Chosen(cells, tuple(keys))
    rank = best_first(cells) if rank is None else rank
    codes = np.column_stack([_codes(cells, key) for key in keys])
    numeric = [place for place, key in enumerate(keys) if thin and is_numeric(cells[key])]
    found = select(codes, rank, most, numeric)
    shown = cells.iloc[found.places]
    held = [keys[place] for place in found.fixed]
    thinned = "" if found.thinned is None else keys[found.thinned]
    apart = [key for key in keys if key not in held or shown[key].nunique() > 1]
    as_in_best = bool(cells["rate"].max() > 0) if "rate" in cells else False
    return Chosen(shown, tuple(apart), _note(cells, shown, held, thinned, as_in_best), thinned)


def best_first(cells: pd.DataFrame) -> Codes:
    """Return the rank (n,) of each cell of a summary, 0 for the best.

    That is the one where most runs converge, of several the one with the least expected running
    time, and then the first; of cells that differ in epochs alone those with the most count.
    """
    is_shorter = ~cells.index.isin(final_epochs_only(cells).index)
    rate = cells["rate"].fillna(-1).to_numpy(np.float64)
    cost = cells["expected_running_time"].fillna(np.inf).to_numpy(np.float64)
    rank = np.empty(len(cells), np.int64)
    rank[np.lexsort((cost, -rate, is_shorter))] = np.arange(len(cells))
    return rank


def _codes(cells: pd.DataFrame, key: str) -> Codes:
    """Return the number (n,) of each cell's level of a key, in the order of its levels."""
    numbers, _ = pd.factorize(cells[key], sort=is_numeric(cells[key]), use_na_sentinel=False)
    return numbers.astype(np.int64)


def _note(
    cells: pd.DataFrame, shown: pd.DataFrame, held: Sequence[str], thinned: str, as_in_best: bool
) -> str:
    """Return which levels are shown where not all are, or nothing."""
    fixed, notes = [], []
    for key in held:
        found, every = shown[key].dropna().unique(), cells[key].nunique()
        if len(found) == 1:
            fixed.append(f"{level_text(key, found[0])} (of {every:,})")
        elif len(found):
            notes.append(f"one level of {key} each")
    if fixed:
        why = f", {BEST}" if as_in_best else ""
        notes.insert(0, f"{', '.join(fixed)}{why}")
    if thinned:
        count, every = (frame[thinned].nunique() for frame in (shown, cells))
        notes.append(f"{count:,} of {every:,} levels of {thinned}")
    return "; ".join(notes)


def in_order(cells: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return cells by the levels of some keys, the last ones changing fastest."""
    codes = [_codes(cells, key) for key in reversed(keys) if key]
    return cells.iloc[np.lexsort(codes)] if codes else cells


@dataclass(frozen=True)
class Panels:
    """The parts of a frame that are drawn side by side."""

    titles: list[str]
    frames: list[pd.DataFrame]

    def __iter__(self) -> Iterator[tuple[str, pd.DataFrame]]:
        return iter(zip(self.titles, self.frames, strict=True))

    def __len__(self) -> int:
        return len(self.frames)


def panels(frame: pd.DataFrame, keys: Sequence[str]) -> Panels:
    """Return a part for each combination of the keys' levels."""
    keys = [key for key in keys if key]
    if not keys:
        return Panels([""], [frame])
    parts = list(frame.groupby(keys, sort=False, observed=True, dropna=False))
    return Panels([_title(keys, values) for values, _ in parts], [part for _, part in parts])


def _title(keys: Sequence[str], values: Sequence[Any]) -> str:
    """Return the levels that a panel has of some keys, in lines that are no wider than it is."""
    levels_of = zip(keys, values, strict=True)
    known = [mpl_label(level_text(*item)) for item in levels_of if not pd.isna(item[1])]
    return fill(", ".join(known), TITLE_WIDTH, break_long_words=False, break_on_hyphens=False)


def mpl_label(text: str) -> str:
    """Return a text as Matplotlib takes it: dollars begin no formula, and of much only the end."""
    end = text if len(text) <= LONGEST_TEXT else f"…{text[1 - LONGEST_TEXT :]}"
    return end.replace("$", r"\$")


def final_epochs_only(frame: pd.DataFrame) -> pd.DataFrame:
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
