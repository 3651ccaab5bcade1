"""The runs that stand for a cell, against a plain sort of its rows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xorsweep.analysis.columns import swept_columns
from xorsweep.analysis.representative_runs import StoredRun, read_runs, representatives
from xorsweep.analysis.summary import summarize
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import FAILED
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine
from xorsweep.networks.single_run import train_single
from xorsweep.settings import SweepSettings
from xorsweep.storage.results import StoredColumns, assemble, read_results
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep

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
    opened = open_sweep(small_sweep)
    store, grid = opened.store, opened.grid
    found = representatives(grid, assemble(grid, store.parts()))
    results = read_results(small_sweep, NetworkExperiment())
    keys = swept_columns(results)
    cells = results.groupby(keys, sort=False, observed=True, dropna=False)
    assert len(found) == len(summarize(results)) == cells.ngroups
    for (typical, best, worst), (_, rows) in zip(found.tolist(), cells, strict=True):
        order = ranked(rows)
        assert (best, worst) == (order[0], order[-1])
        assert typical == order[(len(order) - 1) // 2]


def assembled_of(grid: Grid, errors: list[float], epochs: list[int]) -> StoredColumns:
    return StoredColumns(
        present=np.ones(len(grid), bool),
        status=np.zeros(len(grid), np.int8),
        columns={"final_error": np.array(errors), "converged_epoch": np.array(epochs)},
    )


def test_runs_that_converged_come_first_and_those_that_diverged_last(grid_of: GridOf) -> None:
    grid = grid_of(epochs=50, seed=range(5))
    assembled = assembled_of(grid, [np.nan, 0.3, 0.01, 0.2, 0.02], [-1, -1, 40, -1, 30])
    assert representatives(grid, assembled).tolist() == [[3, 4, 0]]


@pytest.mark.parametrize("never", [0.0, 0.3, 0.7, 1.0])
def test_the_runs_of_a_large_cell_are_in_the_same_order(never: float, grid_of: GridOf) -> None:
    count, rng = 20_000, np.random.default_rng(0)
    # Few different values, so that many runs are equal.
    epochs = np.where(rng.random(count) < never, -1, rng.integers(1, 9, count))
    errors = rng.choice([0.1, 0.25, 0.5, np.nan], count)
    order = np.lexsort(
        (np.nan_to_num(errors, nan=np.inf), np.where(epochs < 0, np.inf, epochs))
    ).tolist()
    grid = grid_of(epochs=50, seed=range(count))
    found = representatives(grid, assembled_of(grid, errors.tolist(), epochs.tolist()))
    assert found.tolist() == [[order[(count - 1) // 2], order[0], order[-1]]]


def test_a_failed_run_stands_for_nothing_and_a_failed_cell_has_none(grid_of: GridOf) -> None:
    grid = grid_of(lr=[0.1, 0.5], epochs=50, seed=range(2))
    assembled = assembled_of(grid, [0.1, 0.2, 0.3, 0.4], [-1] * 4)
    assembled.status[:] = [FAILED, 0, FAILED, FAILED]
    assert representatives(grid, assembled).tolist() == [[1, 1, 1], [-1, -1, -1]]


GridOf = Callable[..., Grid]
SETTINGS = SweepSettings(ExecutionSettings("serial"), report=False)


def kept(folder: Path) -> dict[int, StoredRun]:
    opened = open_sweep(folder)
    store, grid = opened.store, opened.grid
    assembled = assemble(grid, store.measurements())
    return read_runs(grid, assembled, store.parts, np.arange(len(grid)))


def assert_as_alone(run: StoredRun) -> None:
    """Compare with the same run trained alone, whose curve is denser."""
    alone = train_single(run.point, Engine())
    assert run.epochs[-1] == run.point["epochs"]
    assert run.parameters.tobytes() == np.ascontiguousarray(alone.parameters[:, -1]).tobytes()
    assert run.converged_epoch == alone.converged_epoch
    places = [alone.epochs.index(epoch) for epoch in run.epochs]
    np.testing.assert_allclose(run.half_sse, alone.errors.final_error[places], rtol=1e-7)
    assert run.half_sse[-1] == alone.final_error


@pytest.mark.parametrize("more", [{"schedule": "online"}, {"hidden": [2, 3]}])
def test_each_is_the_run_that_is_trained_alone(
    more: dict[str, object], grid_of: GridOf, tmp_path: Path
) -> None:
    grid = grid_of(lr=[0.5, 3.0], epochs=[30, 200], seed=range(2), **more)
    run_sweep(SweepRequest(NetworkExperiment(), grid, SETTINGS, tmp_path / "sweep"))
    runs = kept(tmp_path / "sweep")
    assert set(runs) == set(range(len(grid)))
    for row, run in runs.items():
        assert run.row == row
        assert run.point == grid.point(row)
        assert_as_alone(run)


def test_a_sweep_that_was_extended_has_them_all(grid_of: GridOf, tmp_path: Path) -> None:
    run_sweep(
        SweepRequest(
            NetworkExperiment(), grid_of(epochs=[200], seed=range(2)), SETTINGS, tmp_path / "sweep"
        )
    )
    resume_sweep(ResumeRequest(tmp_path / "sweep", SETTINGS, [Axis("epochs", (30, 500))]))
    runs = kept(tmp_path / "sweep")
    assert sorted(run.epochs[-1] for run in runs.values()) == [30, 30, 200, 200, 500, 500]
    for run in runs.values():
        assert_as_alone(run)


def test_a_large_network_keeps_its_curve_alone(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(hidden=[31, 32], epochs=5, seed=0)  # 4 * 32 + 1 = 129 weights and biases
    run_sweep(SweepRequest(NetworkExperiment(), grid, SETTINGS, tmp_path / "sweep"))
    small, large = kept(tmp_path / "sweep").values()
    assert (len(small.parameters), len(large.parameters)) == (125, 0)
    assert large.epochs == (0, 1, 2, 3, 4, 5)
    assert np.isfinite(large.half_sse).all()
