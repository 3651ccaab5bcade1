"""How the error falls: quantiles over the trajectories of a cell, against pandas' own."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from planned_batches import plan_of

from xorsweep.analysis.learning_curves import MOST_CURVES, CellLearningCurves, LearningCurves
from xorsweep.execution.serial import run_serial
from xorsweep.experiment import ExperimentTask
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.metrics import learning_curve_epochs
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.storage.parts import decode, encode

PointOf = Callable[..., Point]
BANDS = ["q25", "q50", "q75"]


@pytest.fixture(scope="module")
def grid(point_of: PointOf) -> Grid:
    axes = [Axis("lr", (0.1, 5.0, 1e6)), Axis("epochs", (30, 500)), Axis("seed", tuple(range(8)))]
    wild = {"activation": "relu", "output": "linear"}
    return concatenate(
        [
            product_grid(NETWORK_SCHEMA, axes, [point_of(**wild)]),
            product_grid(NETWORK_SCHEMA, axes, [point_of(optimizer="momentum", **wild)]),
        ]
    )


@pytest.fixture(scope="module")
def parts(grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> list[pa.Table]:
    folder = tmp_path_factory.mktemp("parts")
    return [one_part(folder, rows) for rows in trained(grid)]


def trained(grid: Grid) -> list[pa.Table]:
    plan = plan_of(grid)
    return [rows for _, rows in run_serial(plan.batches, ExperimentTask(NetworkExperiment()))]


def one_part(folder: Path, rows: pa.Table) -> pa.Table:
    name, data = encode([rows], NetworkExperiment())
    (folder / name).write_bytes(data)
    return decode(folder / name, NetworkExperiment())


def expected(grid: Grid, parts: list[pa.Table], lr: float, momentum: bool) -> pd.DataFrame:
    """Return the quantiles that pandas gives of every curve of a cell with 500 epochs."""
    found = []
    for part in parts:
        rows = grid.rows_of(part["point_id"].to_numpy())
        for row, curve in zip(rows, part["learning_curve"].to_pylist(), strict=True):
            point = grid.point(int(row))
            mine = point["lr"] == lr and point["epochs"] == 500
            if mine and ("optimizer.momentum" in point) == momentum:
                found += list(zip(learning_curve_epochs(500), curve, strict=True))
    frame = pd.DataFrame(found, columns=["epoch", "half_sse"])
    bands = frame.groupby("epoch")["half_sse"].quantile([0.25, 0.5, 0.75]).unstack()
    return bands.set_axis(BANDS, axis=1).reset_index()


def learning_curves_of(
    grid: Grid, parts: list[pa.Table], cells: pd.DataFrame, most: int = MOST_CURVES
) -> Mapping[int, CellLearningCurves]:
    return LearningCurves(grid, lambda _: parts, most)(cells)


@pytest.mark.parametrize("lr", [0.1, 5.0, 1e6])
@pytest.mark.parametrize("momentum", [False, True])
def test_bands_are_the_quantiles_over_the_longest_points_of_a_cell(
    lr: float, momentum: bool, grid: Grid, parts: list[pa.Table]
) -> None:
    cells = every_cell(grid)
    cells = cells[(cells["lr"] == lr) & (cells["epochs"] == 500)]
    cells = cells[cells["optimizer"] == ("momentum" if momentum else "sgd")]
    ((place, curves),) = learning_curves_of(grid, parts, cells).items()
    assert place == cells.index[0]
    assert tuple(curves.epochs) == learning_curve_epochs(500)
    found, wanted = curves.quantiles().T, expected(grid, parts, lr, momentum)[BANDS].to_numpy()
    sure = ~np.isnan(wanted)  # between two infinite errors pandas finds nothing
    np.testing.assert_allclose(found[sure], wanted[sure], rtol=1e-12)
    assert not np.isfinite(found[~sure]).any()


def every_cell(grid: Grid) -> pd.DataFrame:
    """Return the cells of a grid as in a summary: keys that don't apply are empty."""
    frame = pd.DataFrame({key: column.array() for key, column in grid.columns.items()})
    return frame.drop(columns="seed").drop_duplicates()


def test_several_cells_follow_each_other(grid: Grid, parts: list[pa.Table]) -> None:
    cells = every_cell(grid)
    cells = cells[cells["epochs"] == 500]
    together = learning_curves_of(grid, parts, cells)
    assert list(together) == list(cells.index)
    for place, index in enumerate(cells.index):
        alone = learning_curves_of(grid, parts, cells.iloc[[place]])
        expect_equal(together[index], alone[index])


def test_each_curve_is_that_of_its_row(grid: Grid, parts: list[pa.Table]) -> None:
    cells = every_cell(grid)
    stored = {
        int(row): curve
        for part in parts
        for row, curve in zip(
            grid.rows_of(part["point_id"].to_numpy()),
            part["learning_curve"].to_pylist(),
            strict=True,
        )
    }
    for mine in learning_curves_of(grid, parts, cells[cells["epochs"] == 500]).values():
        assert len(mine.rows) == 8
        for row, curve in zip(mine.rows, mine.curves, strict=True):
            np.testing.assert_array_equal(curve, np.array(stored[int(row)], np.float32))


def expect_equal(one: CellLearningCurves, other: CellLearningCurves) -> None:
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.curves, other.curves)


def test_a_cell_whose_trajectories_continue_in_another_has_no_bands(
    grid: Grid, parts: list[pa.Table]
) -> None:
    cells = every_cell(grid)
    assert not learning_curves_of(grid, parts, cells[cells["epochs"] == 30])


def test_a_trajectory_that_is_in_two_parts_counts_once(grid: Grid, parts: list[pa.Table]) -> None:
    cells = every_cell(grid)
    twice, once = (
        learning_curves_of(grid, some, cells) for some in ([*parts, *parts[::-1]], parts)
    )
    assert list(twice) == list(once)
    for index, mine in once.items():
        expect_equal(twice[index], mine)


def test_of_a_large_cell_the_first_runs_are_taken(
    point_of: PointOf, parts: list[pa.Table], grid: Grid
) -> None:
    cells = every_cell(grid)
    cells = cells[(cells["lr"] == 5.0) & (cells["epochs"] == 500)]
    few = product_grid(
        NETWORK_SCHEMA,
        [Axis("seed", (0, 1, 2))],
        [point_of(lr=5.0, epochs=500, activation="relu", output="linear")],
    )
    (wanted,) = learning_curves_of(few, parts, every_cell(few)).values()
    cell = cells[cells["optimizer"] == "sgd"]
    (found,) = learning_curves_of(grid, parts, cell, most=3).values()
    np.testing.assert_array_equal(found.curves, wanted.curves)
