"""Cells: the points, runs or rows that differ in seed alone, by number."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.grid.columns import combined_codes, number_by_appearance
from xorsweep.storage.column_bits import changes

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.grid.grid import Grid

Indices = NDArray[np.int64]

ROWS_AT_ONCE = 2**20
"""Rows of cells that are looked at together, so that memory stays bounded."""


@dataclass(frozen=True)
class CellIndex:
    """The cells of N rows, numbered by order of appearance.

    Rows beside each other mostly are of one cell. Such stretches are kept instead of the number of
    each row, which is computed where it is asked for.

    Attributes:
        starts: The first row of each stretch (n,).
        cells: The number of its cell (n,).
        size: N.
    """

    starts: Indices
    cells: Indices
    size: int

    @classmethod
    def of_numbers(cls, number: Indices) -> CellIndex:
        """Return the cells of rows whose cells have these numbers (N,), by order of appearance."""
        starts = np.flatnonzero(np.diff(number, prepend=-1))
        return cls(starts, number[starts], len(number))

    @classmethod
    def of_grid(cls, grid: Grid, without: Collection[str] = ("seed",)) -> CellIndex:
        """Return the cells of a grid's points: those that differ in keys `without` alone."""
        keys = [key for key in grid.columns if key not in without]
        changed = np.zeros(len(grid), bool)
        changed[:1] = True
        for key in keys:
            grid.columns[key].mark_changes(changed)
        starts = np.flatnonzero(changed)
        cells = number_by_appearance(combined_codes(grid.columns, keys, starts))
        return cls(starts, cells, len(grid))

    @classmethod
    def of_frame(cls, rows: pd.DataFrame, keys: Sequence[str]) -> CellIndex:
        """Return the cells that some columns of a table tell apart; missing values are equal."""
        starts = _first_of_stretches(rows, keys)
        return cls(starts, number_by_appearance(_combined(rows, keys, starts)), len(rows))

    @cached_property
    def number(self) -> Indices:
        """Return the number of each row's cell (N,)."""
        if len(self.starts) == self.size:
            return self.cells
        return np.repeat(self.cells, np.diff(self.starts, append=self.size))

    @cached_property
    def first(self) -> Indices:
        """Return the first row (cells,) of each cell."""
        # Numbers are given in the order of appearance, so a cell is new where the maximum rises.
        return self.starts[np.diff(np.maximum.accumulate(self.cells), prepend=-1) > 0]

    def __len__(self) -> int:
        return len(self.counts)

    @cached_property
    def counts(self) -> Indices:
        """Return the number of rows (cells,) of each cell."""
        return self.sums(np.broadcast_to(np.True_, self.size))

    def sums(self, values: NDArray[Any]) -> Indices:
        """Return the sums (cells,) of integers (N,) over the rows of each cell.

        Those of booleans are the numbers of rows where they are true.
        """
        if not self.size:
            return np.zeros(0, np.int64)
        by_stretch = np.add.reduceat(values, self.starts, dtype=np.int64)
        sums = np.zeros(int(self.cells.max()) + 1, np.int64)
        np.add.at(sums, self.cells, by_stretch)
        return sums

    @cached_property
    def _ends(self) -> Indices:
        return np.cumsum(self.counts)

    @cached_property
    def _order(self) -> Indices | None:
        """Return the rows (N,) by their cells; None where they lie in this order."""
        if (self.cells[1:] >= self.cells[:-1]).all():
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
        for start, stop in pairwise([0, *ends[:-1][are_last].tolist(), self.size]):
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
