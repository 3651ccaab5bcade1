"""Cells are numbered in the order in which they first appear, of grids and of tables."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from xorsweep.analysis.cells import CellIndex
from xorsweep.grid.grid import Grid, number_by_appearance


def test_codes_are_numbered_as_they_appear() -> None:
    index = CellIndex(number_by_appearance(np.array([7, 3, 7, 9, 3])))
    assert index.number.tolist() == [0, 1, 0, 2, 1]
    assert index.first.tolist() == [0, 1, 3]
    assert [rows.tolist() for rows in index.rows()] == [[0, 2], [1, 4], [3]]
    assert len(index) == 3


def test_points_of_a_grid_differ_in_other_keys_than_the_seed(grid_of: Callable[..., Grid]) -> None:
    grid = grid_of(seed=[3, 1], hidden=[2, 3], epochs=[5, 9])
    assert CellIndex.of_grid(grid).number.tolist() == [0, 1, 2, 3] * 2
    assert CellIndex.of_grid(grid, ("seed", "epochs")).number.tolist() == [0, 0, 1, 1] * 2


def test_missing_values_of_a_table_are_equal() -> None:
    rows = pd.DataFrame({"a": [np.nan, 2.0, np.nan], "b": ["x", "x", "x"]})
    assert CellIndex.of_frame(rows, ["a", "b"]).number.tolist() == [0, 1, 0]
    assert CellIndex.of_frame(rows, []).number.tolist() == [0, 0, 0]
    assert len(CellIndex.of_frame(rows[:0], ["a"])) == 0
