"""The runs that stand for a cell, against a plain sort of its rows."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from xorsweep.analysis.representative_runs import representatives
from xorsweep.analysis.summary import summarize, swept_columns
from xorsweep.grid.grid import Grid
from xorsweep.networks.trainer import FAILED
from xorsweep.storage.results import ResultColumns, assemble, read_results
from xorsweep.storage.store import Store

GridOf = Callable[..., Grid]


def ranked(rows: pd.DataFrame) -> list[int]:
    """Return the rows of a cell from the best to the worst."""

    def key(row: int) -> tuple[float, float, int]:
        epoch, error = rows.loc[row, "converged_epoch"], rows.loc[row, "final_error"]
        return (
            float("inf") if pd.isna(epoch) else float(epoch),
            float("inf") if pd.isna(error) else float(error),
            row,
        )

    return sorted(rows.index[rows["status"] != "failed"], key=key)


def test_they_are_the_ends_and_the_middle_of_the_runs_in_order(small_sweep: Path) -> None:
    store, grid, _ = Store.open(small_sweep)
    found = representatives(grid, assemble(grid, store.parts()))
    results = read_results(small_sweep)
    keys = swept_columns(results)
    cells = results.groupby(keys, sort=False, observed=True, dropna=False)
    assert len(found) == len(summarize(results)) == cells.ngroups
    for (typical, best, worst), (_, rows) in zip(found.tolist(), cells, strict=True):
        order = ranked(rows)
        assert (best, worst) == (order[0], order[-1])
        assert typical == order[(len(order) - 1) // 2]


def assembled_of(grid: Grid, errors: list[float], epochs: list[int]) -> ResultColumns:
    empty = ResultColumns.empty(grid)
    return replace(
        empty,
        present=np.ones(len(grid), bool),
        final_error=np.array(errors),
        converged_epoch=np.array(epochs),
    )


def test_runs_that_converged_come_first_and_those_that_diverged_last(grid_of: GridOf) -> None:
    grid = grid_of(epochs=50, seed=range(5))
    assembled = assembled_of(grid, [np.nan, 0.3, 0.01, 0.2, 0.02], [-1, -1, 40, -1, 30])
    assert representatives(grid, assembled).tolist() == [[3, 4, 0]]


def test_a_failed_run_stands_for_nothing_and_a_failed_cell_has_none(grid_of: GridOf) -> None:
    grid = grid_of(lr=[0.1, 0.5], epochs=50, seed=range(2))
    assembled = assembled_of(grid, [0.1, 0.2, 0.3, 0.4], [-1] * 4)
    assembled.status[:] = [FAILED, 0, FAILED, FAILED]
    assert representatives(grid, assembled).tolist() == [[1, 1, 1], [-1, -1, -1]]
