"""Which cells are shown where there is no room for all: chosen by axis, never by a stride.

A stride through cells in a row drops whole levels: every second, say, of a key with two of them.
So each level of some keys is kept, and the other keys are held at one level each.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    """Return cells that have at most so many combinations of levels.

    codes: (n, K) the levels of K keys as numbers, the first to be kept first. rank: (n,) 0 for the
    best cell. Keys are kept whole as long as there is room. The others are held at their level in
    the best cell; where that isn't among the cells that share the kept levels, at that of the best
    of these. The first of the `numeric` keys for which there was no room has evenly spaced levels
    instead, the best among them, if there is room for two; so has a key whatever it is where there
    is no room for any. Kept levels that occur at none of these are shown at their best cell's.
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
    is_shown = np.isin(
        codes[:, thinned], _spaced(codes[:, thinned], codes[rank.argmin(), thinned], room)
    )
    groups = _groups(codes[:, kept])
    without = np.bincount(groups, is_shown)[groups] == 0
    others = _held(codes, rank, everything[without], kept, [thinned])
    places = np.sort(np.concatenate([everything[is_shown], others]))
    left.remove(thinned)
    return Selection(_held(codes, rank, places, [*kept, thinned], left), thinned, tuple(left))


def spaced(count: int, most: int, best: int) -> list[int]:
    """Return at most so many of the places below `count`: both ends and `best`, evenly spaced."""
    if count <= most:
        return list(range(count))
    places = np.unique(np.linspace(0, count - 1, most).round().astype(int))
    # The best takes the place of its neighbour, but for the ends.
    inner = places[1:-1] if most > 2 else places
    if best not in places and len(inner):
        inner[np.abs(inner - best).argmin()] = best
    return sorted({*places.tolist()})


def _spaced(codes: Codes, best: np.int64, most: int) -> Codes:
    found = np.unique(codes)
    places = spaced(len(found), most, int(np.searchsorted(found, best)))
    chosen: Codes = found[places]
    return chosen


def _count(codes: Codes) -> int:
    """Return how many combinations of levels there are, 1 of no keys."""
    return int(_groups(codes).max(initial=0)) + 1


def _groups(codes: Codes) -> Codes:
    """Return the number (n,) of each cell's combination of levels, 0 of no keys."""
    groups = np.zeros(len(codes), np.int64)
    for column in codes.T:
        _, groups = np.unique(groups * (column.max(initial=0) + 1) + column, return_inverse=True)
    return groups


def _held(
    codes: Codes, rank: Codes, places: NDArray[np.intp], kept: Sequence[int], fixed: Sequence[int]
) -> NDArray[np.intp]:
    """Return the places where the fixed keys have one level each for each level of the kept."""
    wanted = codes[rank.argmin()]
    for key in fixed:
        group = _groups(codes[places][:, list(kept)])
        level, best_last = codes[places, key], np.argsort(-rank[places])
        of_the_best = np.empty(group.max(initial=0) + 1, np.int64)
        of_the_best[group[best_last]] = level[best_last]
        has_wanted = np.bincount(group, level == wanted[key]) > 0
        held = np.where(has_wanted, wanted[key], of_the_best)
        places = places[level == held[group]]
    return places
