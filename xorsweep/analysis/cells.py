"""Cells: the points, runs or rows that differ in seed alone, by number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xorsweep.grid.grid import combined_codes, number_by_appearance

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.grid.grid import Grid

Indices = NDArray[np.int64]

ROWS_AT_ONCE = 2**20
"""Rows of cells that are looked at together, so that memory stays bounded."""


@dataclass(frozen=True)
class CellIndex:
    """The cells of N rows: `number` (N,) is that of each row's cell, by order of appearance."""

    number: Indices

    @classmethod
    def of_grid(cls, grid: Grid, without: Collection[str] = ("seed",)) -> CellIndex:
        """Return the cells of a grid's points: those that differ in keys `without` alone."""
        keys = [key for key in grid.columns if key not in without]
        return cls(number_by_appearance(combined_codes(grid, keys, np.arange(len(grid)))))

    @classmethod
    def of_frame(cls, rows: pd.DataFrame, keys: Sequence[str]) -> CellIndex:
        """Return the cells that some columns of a table tell apart; missing values are equal."""
        if not keys:
            return cls(np.zeros(len(rows), np.int64))
        groups = rows.groupby(list(keys), sort=False, observed=True, dropna=False)
        return cls(np.asarray(groups.ngroup(), np.int64))

    @cached_property
    def first(self) -> Indices:
        """Return the first row (cells,) of each cell."""
        return np.unique(self.number, return_index=True)[1]

    def __len__(self) -> int:
        return int(self.number.max(initial=-1)) + 1

    def blocks(self, rows: int = ROWS_AT_ONCE) -> list[Indices]:
        """Return the rows of whole cells, in blocks of one cell or of fewer than 2 x `rows`."""
        order = np.argsort(self.number, kind="stable")
        counts = np.bincount(self.number)
        ends = np.cumsum(counts)
        are_last = (np.diff(ends // rows) > 0) | (counts[:-1] >= rows)
        return np.split(order, ends[:-1][are_last])

    def rows(self) -> list[Indices]:
        """Return the rows of each cell, ascending."""
        order = np.argsort(self.number, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.number))[:-1])[: len(self)]
