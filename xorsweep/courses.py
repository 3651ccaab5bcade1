"""How the error falls: quantiles by epoch over the trajectories of a cell, from the parts."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.columns import Column
from xorsweep.grid import Grid
from xorsweep.measures import course_epochs
from xorsweep.store import Store, StoreError

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.25, 0.5, 0.75)
MOST_COURSES = 20_000
"""Trajectories of a cell that its quantiles are taken over, so that memory stays bounded."""
_HUGE = 1e300
"""Stands for an infinite error while quantiles are interpolated; float32 ends below it."""

Courses = NDArray[np.float32]


@dataclass(frozen=True)
class CoursesOnDisk:
    """The courses of a sweep, read when they are asked for, in whatever process."""

    grid: Grid
    store: Store

    def __call__(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Return what `course_bands` makes of those of some cells."""
        return course_bands(self.grid, self.store.parts(), cells)


def course_bands(grid: Grid, parts: Iterable[pa.Table], cells: pd.DataFrame) -> pd.DataFrame:
    """Return quantiles of half the sum of squared errors by epoch, in long form.

    cells: rows of the summary. The columns are the keys that differ within the grid, but `seed`,
    then `epoch`, `q25`, `q50` and `q75`. A cell whose trajectories go on in another, longer one is
    left out; of one with more than MOST_COURSES trajectories the first of them are taken.
    """
    import pandas as pd

    keys = [key for key, column in grid.columns.items() if len(column.levels) > 1 and key != "seed"]
    cell_of = _cell_of(grid, cells[keys])
    courses = _courses_by_cell(grid, parts, cell_of)
    frames = [pd.DataFrame(columns=[*keys, "epoch", *map(_name, QUANTILES)])]
    for number, found in sorted(courses.items()):
        row = int(np.argmax(cell_of == number))
        frame = _bands(course_epochs(int(grid.columns["epochs"].array(row))), found)
        for place, key in enumerate(keys):
            frame.insert(place, key, grid.columns[key].array(np.full(len(frame), row)))
        frames.append(frame)
    return pd.concat(frames[1:] or frames, ignore_index=True)


def _cell_of(grid: Grid, cells: pd.DataFrame) -> NDArray[np.int32]:
    """Return the number of the cell of each point (N,), -1 for those in none of them.

    Points of a cell beyond the first MOST_COURSES are in none.
    """
    cell_of = np.full(len(grid), -1, np.int32)
    for number, cell in enumerate(cells.drop_duplicates().to_dict("records")):
        inside = np.ones(len(grid), bool)
        for key, value in cell.items():
            column = grid.columns[str(key)]
            inside &= column.codes == _code_of(column, value)
        cell_of[np.flatnonzero(inside)[:MOST_COURSES]] = number
    return cell_of


def _code_of(column: Column, value: Any) -> int:
    import pandas as pd

    absent = pd.isna(value)
    return next(
        code
        for code, level in enumerate(column.levels)
        if (level is None if absent else level == value)
    )


def _courses_by_cell(
    grid: Grid, parts: Iterable[pa.Table], cell_of: NDArray[np.int32]
) -> Mapping[int, Courses]:
    """Return the courses (n, C) of each cell by its number, each trajectory's once."""
    found: dict[int, list[Courses]] = {}
    left = cell_of.copy()
    for part in parts:
        rows = grid.rows_of(part["identity"].to_numpy())
        courses = part["course"].combine_chunks()
        has_course = courses.value_lengths().to_numpy() > 0
        cells = np.where((rows >= 0) & has_course, left[rows], -1)
        left[rows[cells >= 0]] = -1
        for cell in np.unique(cells[cells >= 0]):
            mine = courses.take(pa.array(np.flatnonzero(cells == cell)))
            length = _length(grid, int(np.argmax(cell_of == cell)))
            if (mine.value_lengths().to_numpy() != length).any():
                raise StoreError("the parts hold courses that haven't the length of their epochs")
            values = mine.flatten().to_numpy()
            found.setdefault(int(cell), []).append(values.reshape(len(mine), length))
    return {cell: np.concatenate(some) for cell, some in found.items()}


def _length(grid: Grid, row: int) -> int:
    return len(course_epochs(int(grid.columns["epochs"].array(row))))


def _bands(epochs: tuple[int, ...], courses: Courses) -> pd.DataFrame:
    """Return the quantiles of a cell's courses (n, C) by epoch (C,)."""
    import pandas as pd

    known = np.minimum(courses, _HUGE, dtype=np.float64)
    quantile = np.nanquantile if np.isnan(known).any() else np.quantile  # the former is slow
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all of them diverged
        bands = quantile(known, QUANTILES, axis=0)
    bands[bands > np.finfo(np.float32).max] = np.inf
    frame = pd.DataFrame({_name(level): band for level, band in zip(QUANTILES, bands, strict=True)})
    frame.insert(0, "epoch", np.array(epochs, np.int64))
    return frame


def _name(level: float) -> str:
    return f"q{round(100 * level):02d}"
