"""Cells: the points, runs or rows that differ in seed alone, by number."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xorsweep.grid.grid import combined_codes, number_by_appearance
from xorsweep.storage.column_bits import changes

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
        # Rows beside each other mostly are of one cell, so that few of them need be looked at.
        first = _first_of_stretches(rows, keys)
        number = number_by_appearance(_combined(rows, keys, first))
        return cls(np.repeat(number, np.diff(first, append=len(rows))))

    @cached_property
    def first(self) -> Indices:
        """Return the first row (cells,) of each cell."""
        # Numbers are given in the order of appearance, so a cell is new where the maximum rises.
        return np.flatnonzero(np.diff(np.maximum.accumulate(self.number), prepend=-1))

    def __len__(self) -> int:
        return len(self.counts)

    @cached_property
    def counts(self) -> Indices:
        """Return the number of rows (cells,) of each cell."""
        return np.bincount(self.number)

    @cached_property
    def _ends(self) -> Indices:
        return np.cumsum(self.counts)

    @cached_property
    def _order(self) -> Indices | None:
        """Return the rows (N,) by their cells; None where they lie in this order."""
        if (self.number[1:] >= self.number[:-1]).all():
            return None
        few = len(self) <= 2**16  # which NumPy sorts in a tenth of the time
        return np.argsort(self.number.astype(np.uint16) if few else self.number, kind="stable")

    def _between(self, start: int, stop: int) -> Indices:
        return np.arange(start, stop) if self._order is None else self._order[start:stop]

    def rows_of(self, cell: int) -> Indices:
        """Return the rows of a cell, ascending."""
        end = int(self._ends[cell])
        return self._between(end - int(self.counts[cell]), end)

    def rows(self) -> Iterator[Indices]:
        """Yield the rows of each cell, ascending."""
        return map(self.rows_of, range(len(self)))

    def blocks(self, rows: int = ROWS_AT_ONCE) -> Iterator[Indices]:
        """Yield the rows of whole cells, in blocks of one cell or of fewer than 2 x `rows`."""
        ends = self._ends
        # A block ends before a cell that reaches beyond a multiple of `rows`, and after a large
        # one.
        are_last = (np.diff(ends // rows) > 0) | (self.counts[:-1] >= rows)
        for start, stop in pairwise([0, *ends[:-1][are_last].tolist(), len(self.number)]):
            yield self._between(start, stop)


def _first_of_stretches(rows: pd.DataFrame, keys: Sequence[str]) -> Indices:
    """Return the first (n,) of each stretch of rows between which no key changes."""
    changed = np.ones(len(rows), bool)
    if len(rows):
        changed[1:] = False
    for key in keys:
        changed[1:] |= changes(rows[key])
    return np.flatnonzero(changed)


def _combined(rows: pd.DataFrame, keys: Sequence[str], chosen: Indices) -> Indices:
    """Return codes (n,) of chosen rows (n,), which differ where any of the keys differs."""
    import pandas as pd

    combined, size = np.zeros(len(chosen), np.int64), 1
    for key in keys:
        codes, levels = pd.factorize(rows[key].array.take(chosen))  # -1 where a value is missing
        if size * (len(levels) + 1) > 2**62:
            combined = number_by_appearance(combined)
            size = int(combined.max(initial=0)) + 1
        # A missing value is a level of its own, 0.
        combined = combined * (len(levels) + 1) + codes + 1
        size *= len(levels) + 1
    return combined
