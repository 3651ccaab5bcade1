"""Runs drawn for a report: those that stand for cells, evenly spaced ones of many."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from xorsweep.analysis.representative_runs import PartsOf, representatives
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.run_drawings import CHUNK, MOST_CELLS, RunDrawings, submit_run_drawings
from xorsweep.settings import SweepSettings
from xorsweep.storage.results import assemble
from xorsweep.storage.store import Store
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

GridOf = Callable[..., Grid]


def drawn(grid: Grid, folder: Path, workers: int = 1) -> RunDrawings:
    if not folder.exists():
        run_sweep(
            SweepRequest(
                NetworkExperiment(),
                grid,
                SweepSettings(ExecutionSettings("serial"), report=False),
                folder,
            )
        )
    store = Store(folder, NetworkExperiment())
    return drawn_of(grid, store, store.parts, workers)


def drawn_of(grid: Grid, store: Store, parts: PartsOf, workers: int = 1) -> RunDrawings:
    stored = assemble(grid, store.measurements())
    rows = representatives(grid, stored)
    return RunDrawings.of(rows, submit_run_drawings(grid, stored, rows, parts, workers))


def test_every_run_that_stands_for_a_cell_is_drawn(grid_of: GridOf, tmp_path: Path) -> None:
    found = drawn(grid_of(lr=[0.5, 3.0], epochs=[30, 200], seed=range(6)), tmp_path / "sweep")
    assert found.error == ""
    assert set(found.runs) == set(found.rows.ravel().tolist())
    for run in found.runs.values():
        assert run.surface.startswith("data:image/png")
        assert run.curve.startswith("<svg")
        assert run.diagram.startswith("<svg")


def test_other_processes_draw_the_same(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(hidden=range(2, 16), epochs=50, seed=range(4))
    here = drawn(grid, tmp_path / "sweep")
    assert len(here.runs) > CHUNK
    assert drawn(grid, tmp_path / "sweep", workers=2).runs == here.runs


def test_of_many_cells_those_with_the_most_epochs_are_drawn_by_axis(
    grid_of: GridOf, tmp_path: Path
) -> None:
    grid = grid_of(lr=np.linspace(0.1, 5, 40).tolist(), hidden=[2, 3], epochs=[2, 4], seed=0)
    found = drawn(grid, tmp_path / "sweep")
    rows = found.rows[[rows[0] in found.runs for rows in found.rows], 0]
    levels = {key: grid.columns[key].array(rows) for key in ("lr", "hidden", "epochs")}
    assert (levels["epochs"] == 4).all()
    assert len(np.unique(levels["lr"])) == MOST_CELLS // 2
    assert {0.1, 5.0} <= set(levels["lr"])
    assert all(set(levels["hidden"][levels["lr"] == lr]) == {2, 3} for lr in levels["lr"])


@pytest.mark.slow
def test_of_a_key_with_many_levels_evenly_spaced_ones_are_drawn(
    grid_of: GridOf, tmp_path: Path
) -> None:
    grid = grid_of(lr=np.linspace(0.1, 5, 100).tolist(), epochs=[2, 4], seed=range(3))
    found = drawn(grid, tmp_path / "sweep")
    shown = [place for place, rows in enumerate(found.rows) if rows[0] in found.runs]
    assert len(shown) == MOST_CELLS
    assert (grid.columns["epochs"].array(found.rows[shown][:, 0]) == 4).all()
    assert (shown[0], shown[-1]) == (1, 199)
    assert set(np.diff(shown)) <= {2, 4, 6}


def test_an_error_in_a_figure_costs_only_the_figures(grid_of: GridOf, tmp_path: Path) -> None:
    def unreadable(_: object) -> Iterator[pa.Table]:
        raise OSError("the disk is gone")
        yield

    grid = grid_of(epochs=5, seed=range(2))
    drawn(grid, tmp_path / "sweep")
    found = drawn_of(grid, open_sweep(tmp_path / "sweep").store, unreadable)
    assert not found.runs
    assert found.error == "drawing them ended with OSError: the disk is gone"


def test_tasks_without_a_surface_have_their_first_rows(grid_of: GridOf, tmp_path: Path) -> None:
    found = drawn(
        grid_of(task="parity", task__bits=4, epochs=20, seed=range(2)), tmp_path / "sweep"
    )
    for run in found.runs.values():
        assert run.surface == ""
        assert [label for label, _, _ in run.answers][:3] == ["0000", "0001", "0010"]
        assert (len(run.answers), run.rows) == (8, 16)


def test_initial_weights_from_a_removed_file_are_not_needed(
    grid_of: GridOf, tmp_path: Path
) -> None:
    path = tmp_path / "weights.npz"
    shapes = {"w1": (2, 2, 2), "b1": (2, 2), "w2": (2, 2, 1), "b2": (2, 1)}
    np.savez(path, **{role: np.ones(shape) for role, shape in shapes.items()})  # type: ignore[arg-type]
    grid = grid_of(epochs=5, seed=range(2), init="file", init__path=str(path))
    drawn(grid, tmp_path / "sweep")
    path.unlink()
    assert len(drawn(grid, tmp_path / "sweep").runs) == 2


def test_a_large_network_is_drawn_by_its_curve_alone(grid_of: GridOf, tmp_path: Path) -> None:
    (run,) = drawn(grid_of(hidden=40, epochs=5, seed=0), tmp_path / "sweep").runs.values()
    assert run.curve.startswith("<svg")
    assert (run.diagram, run.surface, run.answers) == ("", "", ())
