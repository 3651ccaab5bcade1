"""Curves, read from parts that may hold a point twice, without curve, or not at all."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from xorsweep.analysis.curves import curve_quantiles, longest_curve, read_curves
from xorsweep.functions.points import schema_of
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, product_grid

X = tuple(range(6))


@pytest.fixture(scope="module")
def grid() -> Grid:
    return product_grid(schema_of({"x": X}), [Axis("x", X)], [{"x": 0}])


def part_of(grid: Grid, curves: dict[int, list[float] | None], column: str = "loss.l") -> pa.Table:
    rows = np.array(list(curves), np.int64)
    lists = pa.array(list(curves.values()), pa.list_(pa.float64()))
    return pa.table({"point_id": grid.identities[rows], column: lists})


@pytest.fixture(scope="module")
def parts(grid: Grid) -> list[pa.Table]:
    elsewhere = product_grid(schema_of({"x": (99,)}), [], [{"x": 99}])
    return [
        part_of(grid, {4: [4.0, 4.5], 1: [1.0, 1.5, 1.75], 3: None}),
        part_of(grid, {0: [7.0]}, "other.l"),
        part_of(elsewhere, {0: [99.0] * 9}),
        part_of(grid, {1: [1.0, 1.5, 1.75], 5: [], 0: [0.5]}),
    ]


def test_a_row_is_a_point_and_a_column_a_step(grid: Grid, parts: list[pa.Table]) -> None:
    found = read_curves(grid, parts, "loss.l")
    nan = np.nan
    wanted = pd.DataFrame(
        [[0.5, nan, nan], [1.0, 1.5, 1.75], [4.0, 4.5, nan]], index=[0, 1, 4], columns=[0, 1, 2]
    )
    pd.testing.assert_frame_equal(found, wanted, check_names=False)


def test_some_rows_are_read_alone(grid: Grid, parts: list[pa.Table]) -> None:
    found = read_curves(grid, parts, "loss.l", rows=np.array([4, 3]))
    assert found.index.tolist() == [4]
    assert found.loc[4].tolist() == [4.0, 4.5]


def test_steps_may_have_other_names(grid: Grid, parts: list[pa.Table]) -> None:
    epochs = {0: [50], 1: [0, 10, 20], 4: [0, 50]}

    def steps(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.concatenate([epochs[row] for row in rows.tolist()])

    found = read_curves(grid, parts, "loss.l", steps=steps)
    assert found.columns.tolist() == [0, 10, 20, 50]
    shown = {row: curve.dropna().to_dict() for row, curve in found.iterrows()}
    assert shown == {0: {50: 0.5}, 1: {0: 1.0, 10: 1.5, 20: 1.75}, 4: {0: 4.0, 50: 4.5}}


def test_without_a_curve_there_is_no_row(grid: Grid, parts: list[pa.Table]) -> None:
    assert read_curves(grid, parts, "nothing.l").empty
    assert read_curves(grid, [], "loss.l").empty
    assert read_curves(grid, parts, "loss.l", rows=np.array([3, 5])).empty


def test_the_longest_curve_counts_points_elsewhere_too(parts: list[pa.Table]) -> None:
    assert longest_curve(parts, "loss.l") == 9
    assert longest_curve(parts, "nothing.l") == 0


def test_quantiles_are_those_of_the_curves_that_continue() -> None:
    curves = np.array([[4.0, 1.0, np.nan], [2.0, np.nan, np.nan], [8.0, 5.0, np.nan]])
    wanted = [[3.0, 2.0], [4.0, 3.0], [6.0, 4.0]]
    found = curve_quantiles(curves)
    np.testing.assert_allclose(found[:, :2], wanted)
    assert np.isnan(found[:, 2]).all()


def test_a_quantile_next_to_infinity_is_infinite() -> None:
    low, middle, high = curve_quantiles(np.array([[-np.inf], [-np.inf], [1.0], [np.inf]]))
    assert (low[0], high[0]) == (-np.inf, np.inf)
    assert middle[0] == -np.inf
