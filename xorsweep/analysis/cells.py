"""Cells: the points, runs or rows that differ in seed alone, by number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.networks.planning import combined_codes

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.grid.grid import Grid

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class CellIndex:
    """N rows by cell: `number` (N,) of the cell of each, `first` (cells,) the first row of each.

    Cells are numbered in the order in which they first appear.
    """

    number: Indices
    first: Indices

    @classmethod
    def of_codes(cls, codes: NDArray[Any]) -> CellIndex:
        """Return the cells that codes (N,) tell apart."""
        _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        return cls(rank[inverse], first[order])

    @classmethod
    def of_grid(cls, grid: Grid, without: Iterable[str] = ("seed",)) -> CellIndex:
        """Return the cells of a grid's points: those that differ in keys `without` alone."""
        keys = [key for key in grid.columns if key not in without]
        return cls.of_codes(combined_codes(grid, keys, np.arange(len(grid))))

    @classmethod
    def of_frame(cls, rows: pd.DataFrame, keys: Sequence[str]) -> CellIndex:
        """Return the cells of a table that some columns tell apart; gaps are equal."""
        if not len(keys):
            return cls.of_codes(np.zeros(len(rows), np.int64))
        grouped = rows.groupby(list(keys), sort=False, observed=True, dropna=False)
        return cls.of_codes(grouped.ngroup().to_numpy())

    def __len__(self) -> int:
        return len(self.first)

    def rows(self) -> list[Indices]:
        """Return the rows of each cell, ascending."""
        order = np.argsort(self.number, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.number, minlength=len(self)))[:-1])
