"""Cells are numbered in the order in which they first appear, of grids and of tables."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

from xorsweep.analysis.cells import CellIndex
from xorsweep.grid.columns import number_by_appearance
from xorsweep.grid.grid import Grid


def test_codes_are_numbered_as_they_appear() -> None:
    index = CellIndex.of_numbers(number_by_appearance(np.array([7, 3, 7, 9, 3])))
    assert index.number.tolist() == [0, 1, 0, 2, 1]
    assert index.first.tolist() == [0, 1, 3]
    assert [rows.tolist() for rows in index.rows()] == [[0, 2], [1, 4], [3]]
    assert len(index) == 3
    assert index.sums(np.array([1, 10, 100, 1000, 10_000])).tolist() == [101, 10_010, 1000]
    assert index.sums(np.array([True, False, True, False, True])).tolist() == [2, 1, 0]


def test_points_of_a_grid_differ_in_other_keys_than_the_seed(grid_of: Callable[..., Grid]) -> None:
    grid = grid_of(seed=[3, 1], hidden=[2, 3], epochs=[5, 9])
    assert CellIndex.of_grid(grid).number.tolist() == [0, 1, 2, 3] * 2
    assert CellIndex.of_grid(grid, ("seed", "epochs")).number.tolist() == [0, 0, 1, 1] * 2


@given(
    keys=st.permutations(["lr", "hidden", "epochs", "seed"]),
    rows=st.none() | st.lists(st.integers(0, 23), min_size=1, max_size=9),
)
def test_cells_of_a_grid_are_those_of_its_points(
    keys: list[str], rows: list[int] | None, grid_of: Callable[..., Grid]
) -> None:
    levels = {"lr": [0.5, 2.0], "hidden": [2, 3], "epochs": [5], "seed": range(6)}
    grid = grid_of(**{key: levels[key] for key in keys})
    if rows is not None:
        grid = grid.at(np.array(rows))
    index = CellIndex.of_grid(grid)
    cells = [{**grid.point(row), "seed": None} for row in range(len(grid))]
    order = [cell for row, cell in enumerate(cells) if cell not in cells[:row]]
    assert index.number.tolist() == [order.index(cell) for cell in cells]
    assert index.first.tolist() == [cells.index(cell) for cell in order]


def test_missing_values_of_a_table_are_equal() -> None:
    rows = pd.DataFrame({"a": [np.nan, 2.0, np.nan], "b": ["x", "x", "x"]})
    assert CellIndex.of_frame(rows, ["a", "b"]).number.tolist() == [0, 1, 0]
    assert CellIndex.of_frame(rows, []).number.tolist() == [0, 0, 0]
    assert len(CellIndex.of_frame(rows[:0], ["a"])) == 0


@example([0, 0, 0, 0, 1], 2)
@given(st.lists(st.integers(0, 6), max_size=30), st.integers(1, 12))
def test_blocks_are_of_whole_cells_and_hold_each_row_once(codes: list[int], most: int) -> None:
    number = number_by_appearance(np.array(codes, np.int64))
    blocks = list(CellIndex.of_numbers(number).blocks(most))
    cells = [list(dict.fromkeys(number[rows].tolist())) for rows in blocks]
    assert [cell for some in cells for cell in some] == list(range(len(set(codes))))
    assert sorted(row for rows in blocks for row in rows.tolist()) == list(range(len(codes)))
    assert all((np.diff(rows) > 0).all() for rows in CellIndex.of_numbers(number).rows())
    assert all(
        len(rows) < 2 * most or len(some) == 1 for rows, some in zip(blocks, cells, strict=True)
    )


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Draw rows of keys of all kinds, sorted or not, in which values are missing."""
    levels: dict[str, list[object]] = {
        "number": [0.5, -0.5, np.nan],
        "count": [1, 2, pd.NA],
        "name": ["x", "y", None],
        "category": ["x", "y", None],
        "flag": [True, False],
    }
    row = st.tuples(*map(st.sampled_from, levels.values()))
    rows = draw(st.lists(st.tuples(row, st.integers(1, 4)), max_size=12))
    frame = pd.DataFrame([each for each, times in rows for _ in range(times)], columns=[*levels])
    types = {"number": float, "count": "Int64", "category": "category", "flag": bool}
    return frame.astype(types)


@given(tables(), st.sets(st.sampled_from(["number", "count", "name", "category", "flag"])))
def test_rows_with_the_same_values_are_of_one_cell(rows: pd.DataFrame, keys: set[str]) -> None:
    texts = [repr([each[key] for key in sorted(keys)]) for each in rows.to_dict("records")]
    order = list(dict.fromkeys(texts))
    index = CellIndex.of_frame(rows, sorted(keys))
    assert index.number.tolist() == [order.index(text) for text in texts]
    assert index.first.tolist() == [texts.index(text) for text in order]
    assert [index.rows_of(cell).tolist() for cell in range(len(index))] == [
        [row for row, text in enumerate(texts) if text == each] for each in order
    ]
