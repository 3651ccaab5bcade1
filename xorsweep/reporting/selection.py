"""Which cells are shown where there is no room for all: selected by axis, never by a stride.

A stride through cells in a row drops whole levels: every second, say, of a key with two of them.
So each level of some keys is kept, and the other keys are held at one level each.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.columns import is_numeric, swept_columns
from xorsweep.analysis.trainings import have_most_epochs_among
from xorsweep.reporting.layout import Layout
from xorsweep.text import level_text

BEST = "as in the best setting"
MOST_CELLS = 24
"""Cells of a figure that has a panel for each."""

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Selection:
    """The cells that are shown: `places` (m,) among all, ascending.

    `thinned` is the key, by its number, of which some levels alone are shown, and `fixed` are those
    of which one is.
    """

    places: NDArray[np.intp]
    thinned: int | None = None
    fixed: tuple[int, ...] = ()


def select(codes: Codes, rank: Codes, most: int, numeric: Collection[int] = ()) -> Selection:
    """Return cells that have at most `most` combinations of levels.

    Keys are kept whole as long as there is room. The others are held at their level in the best
    cell; where that isn't among the cells that share the kept levels, at that of the best of
    these. The first of the `numeric` keys for which there was no room has evenly spaced levels
    instead, the best among them, if there is room for two; so has any key where there is no room
    for one. Kept levels that occur at none of these are shown at their best cell's.

    Args:
        codes: The levels of K keys as numbers (n, K), the key to be kept first in column 0.
        rank: The rank (n,) of each cell, 0 for the best.
        most: Combinations of levels that there is room for.
        numeric: The columns whose levels are numbers.
    """
    everything = np.arange(len(codes))
    if _count(codes) <= most:
        return Selection(everything)
    kept: list[int] = []
    for key in range(codes.shape[1]):
        if _count(codes[:, [*kept, key]]) <= most:
            kept.append(key)
    left = [key for key in range(codes.shape[1]) if key not in kept]
    room = most // _count(codes[:, kept])
    thinned = next((key for key in left if key in numeric), None if kept else left[0])
    if room < 2 or thinned is None:
        return Selection(_held(codes, rank, everything, kept, left), fixed=tuple(left))
    levels = np.unique(codes[:, thinned])
    best = int(np.searchsorted(levels, codes[rank.argmin(), thinned]))
    is_shown = np.isin(codes[:, thinned], levels[spaced(len(levels), room, best)])
    groups = _groups(codes[:, kept])
    without = np.bincount(groups, is_shown)[groups] == 0
    others = _held(codes, rank, everything[without], kept, [thinned])
    places = np.sort(np.concatenate([everything[is_shown], others]))
    left.remove(thinned)
    return Selection(_held(codes, rank, places, [*kept, thinned], left), thinned, tuple(left))


def spaced(count: int, most: int, best: int) -> list[int]:
    """Return at most `most` of the places below `count`: both ends and `best`, evenly spaced."""
    if count <= most:
        return list(range(count))
    places = np.unique(np.linspace(0, count - 1, most).round().astype(int))
    # The best takes the place of its neighbour, except at the ends.
    inner = places[1:-1] if most > 2 else places
    if best not in places and len(inner):
        inner[np.abs(inner - best).argmin()] = best
    return sorted({*places.tolist()})


def _count(codes: Codes) -> int:
    """Return how many combinations of levels there are, 1 of no keys."""
    return int(_groups(codes).max(initial=0)) + 1


def _groups(codes: Codes) -> Codes:
    """Return the number (n,) of each cell's combination of levels, 0 of no keys."""
    groups = np.zeros(len(codes), np.int64)
    for column in codes.T:
        # Numbered anew after each key, so that products stay below cells times levels.
        _, groups = np.unique(groups * (column.max(initial=0) + 1) + column, return_inverse=True)
    return groups


def _held(
    codes: Codes, rank: Codes, places: NDArray[np.intp], kept: Sequence[int], fixed: Sequence[int]
) -> NDArray[np.intp]:
    """Return the places where the fixed keys have one level each for each level of the kept."""
    wanted = codes[rank.argmin()]
    for key in fixed:
        group = _groups(codes[places][:, list(kept)])
        # Of several values for one element NumPy keeps the last, here that of the best cell.
        level, best_last = codes[places, key], np.argsort(-rank[places])
        of_the_best = np.empty(group.max(initial=0) + 1, np.int64)
        of_the_best[group[best_last]] = level[best_last]
        has_wanted = np.bincount(group, level == wanted[key]) > 0
        held = np.where(has_wanted, wanted[key], of_the_best)
        places = places[level == held[group]]
    return places


@dataclass(frozen=True)
class SelectedCells:
    """The cells that are shown, the keys that distinguish them, and a note of the excluded ones.

    `thinned` is the key of which only some levels are shown, empty where there is none.
    """

    cells: pd.DataFrame
    keys: tuple[str, ...]
    note: str = ""
    thinned: str = ""


def select_cells(
    cells: pd.DataFrame,
    keys: Sequence[str],
    most: int,
    rank: Codes | None = None,
    thin: bool = False,
) -> SelectedCells:
    """Return the cells with at most `most` combinations of the keys' levels, selected by axis.

    Args:
        cells: Rows of a summary.
        keys: As many as possible keep every level, the first ones first, and epochs last of all;
            the others are held at one level each, as `select` does.
        most: Combinations of levels that there is room for.
        rank: The rank (n,) of each cell, 0 for the best; that of `best_first` by default.
        thin: Whether a key of numbers without enough room keeps evenly spaced levels.
    """
    keys = sorted((key for key in keys if key), key="epochs".__eq__)
    if not keys or cells.empty:
        return SelectedCells(cells, tuple(keys))
    by_rate = rank is None
    rank = best_first(cells) if rank is None else rank
    codes = np.column_stack([_codes(cells, key) for key in keys])
    numeric = [place for place, key in enumerate(keys) if thin and is_numeric(cells[key])]
    found = select(codes, rank, most, numeric)
    shown = cells.iloc[found.places]
    held = [keys[place] for place in found.fixed]
    thinned = "" if found.thinned is None else keys[found.thinned]
    # A held key may have another level at each level of the kept ones.
    apart = [key for key in keys if key not in held or shown[key].nunique() > 1]
    as_in_best = by_rate and bool(cells["rate"].max() > 0)
    return SelectedCells(
        shown, tuple(apart), _note(cells, shown, held, thinned, as_in_best), thinned
    )


def select_in_order(
    cells: pd.DataFrame, keys: Sequence[str], most: int, thin: bool = False
) -> SelectedCells:
    """Return the cells that `select_cells` does where none is better than another."""
    return select_cells(cells, keys, most, np.arange(len(cells)), thin)


def best_first(cells: pd.DataFrame) -> Codes:
    """Return the rank (n,) of each cell of a summary, 0 for the best.

    That is the one where most runs converge, of several the one with the least expected running
    time, and then the first; of cells that differ in epochs alone those with the most count.
    """
    is_shorter = ~cells.index.isin(final_epochs_only(cells).index)
    # A cell without a rate comes after one where no run converged.
    rate = cells["rate"].fillna(-1).to_numpy(np.float64)
    cost = cells["expected_running_time"].fillna(np.inf).to_numpy(np.float64)
    rank = np.empty(len(cells), np.int64)
    # lexsort's last key counts most, and it is stable.
    rank[np.lexsort((cost, -rate, is_shorter))] = np.arange(len(cells))
    return rank


def _codes(cells: pd.DataFrame, key: str) -> Codes:
    """Return the number (n,) of each cell's level of a key, in the order of its levels."""
    # A missing level is a level as well; by default pandas gives it the code -1.
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
    # lexsort's last key counts most.
    codes = [_codes(cells, key) for key in reversed(keys) if key]
    return cells.iloc[np.lexsort(codes)] if codes else cells


def final_epochs_only(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the most epochs among those that differ in epochs or seed alone."""
    if frame["epochs"].nunique() <= 1:
        return frame
    keys = [key for key in swept_columns(frame) if key != "epochs"]
    return frame[have_most_epochs_among(frame, keys)]


def select_final_cells(
    summary: pd.DataFrame, layout: Layout, statuses: Sequence[str], most: int = MOST_CELLS
) -> SelectedCells:
    """Return the cells at the most epochs that have a run with one of the statuses, in order."""
    cells = final_epochs_only(summary)
    cells = cells[cells[list(statuses)].sum(axis=1) > 0]
    found = select_cells(cells, (layout.x, layout.hue, *layout.col), most, thin=True)
    return replace(found, cells=in_order(found.cells, (*layout.col, layout.hue, layout.x)))
