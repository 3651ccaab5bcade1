"""Runs trained again: the sweep's own bits, few batches, and never more than a moment's work."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from xorsweep import retraining
from xorsweep.config import Parallel, Sweep
from xorsweep.engines import Engine
from xorsweep.grid import Grid
from xorsweep.orchestrator import run_sweep
from xorsweep.results import Assembled, assemble
from xorsweep.retraining import MOST_CELLS, MOST_WORK, begin_retraining, retraining_plan, work_of
from xorsweep.store import Store

GridOf = Callable[..., Grid]


def trained(grid: Grid, folder: Path) -> Assembled:
    run_sweep(grid, Sweep(Parallel("serial"), report=False), folder, {})
    return assemble(grid, Store.open(folder)[0].parts())


def as_if_trained(grid: Grid) -> Assembled:
    assembled = Assembled.empty(grid)
    assembled.present[:] = True
    assembled.final_error[:] = np.linspace(0, 1, len(grid))
    return assembled


@pytest.mark.parametrize("more", [{"until_converged": True}, {"schedule": "online"}, {}])
def test_each_ends_with_the_bits_of_the_sweep(
    more: dict[str, object], grid_of: GridOf, tmp_path: Path
) -> None:
    grid = grid_of(lr=[0.5, 3.0], hidden=[2, 3], epochs=[30, 200], seed=range(6), **more)
    assembled = trained(grid, tmp_path / "sweep")
    found = begin_retraining(grid, assembled, Engine(), workers=1)()
    assert found.why_not == ""
    assert set(found.runs) == set(found.rows.ravel().tolist())
    for row, run in found.runs.items():
        assert run.final_error == assembled.final_error[row]
        assert run.surface is not None


def test_other_processes_draw_the_same(
    grid_of: GridOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = grid_of(hidden=[2, 3], epochs=50, seed=range(4))
    assembled = trained(grid, tmp_path / "sweep")
    here = begin_retraining(grid, assembled, Engine(), workers=1)()
    monkeypatch.setattr(retraining, "WORTH_PROCESSES", 0)
    there = begin_retraining(grid, assembled, Engine(), workers=2)()
    assert here.runs == there.runs


def test_trajectories_that_differ_in_epochs_alone_are_trained_once(grid_of: GridOf) -> None:
    grid = grid_of(lr=[0.1, 0.5], hidden=[2, 3], epochs=[10, 20, 40], seed=range(5))
    plan = retraining_plan(grid, np.arange(len(grid)), Engine())
    assert plan.trajectories == 2 * 2 * 5
    rows = np.flatnonzero(grid.columns["epochs"].array() == 10)[:3]
    assert [batch.snapshots for batch in retraining_plan(grid, rows, Engine()).batches] == [
        (10, 40)
    ]


def test_of_many_cells_those_with_the_most_epochs_are_shown_evenly(
    grid_of: GridOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = np.linspace(0.1, 5, 100).tolist()
    grid = grid_of(lr=rates, epochs=[2, 4], seed=range(3))
    found = begin_retraining(grid, as_if_trained(grid), Engine(), workers=1)()
    shown = [place for place, rows in enumerate(found.rows) if rows[0] in found.runs]
    assert len(shown) == MOST_CELLS
    first_rows = found.rows[shown][:, 0]
    assert (grid.columns["epochs"].array(first_rows) == 4).all()
    assert (shown[0], shown[-1]) == (1, 199)
    assert set(np.diff(shown)) == {2, 4}


def test_too_much_work_leaves_fewer_cells_and_in_the_end_none(grid_of: GridOf) -> None:
    levels = list(range(1, 9))
    grid = grid_of(hidden=levels, epochs=MOST_WORK // 5, seed=range(2))
    plan = retraining_plan(grid, np.arange(len(grid)), Engine())
    assert work_of(plan) > MOST_WORK
    wanted, affordable = retraining._affordable(
        grid, retraining.representatives(grid, as_if_trained(grid)), Engine()
    )
    assert 0 < work_of(affordable) <= MOST_WORK
    assert len(wanted) == 4 * 2
    endless = grid_of(epochs=10 * MOST_WORK, seed=range(2))
    found = begin_retraining(endless, as_if_trained(endless), Engine(), workers=1)()
    assert not found.runs
    assert "too long" in found.why_not


def test_what_cannot_be_trained_again_costs_the_pictures_alone(
    grid_of: GridOf, tmp_path: Path
) -> None:
    path = tmp_path / "weights.npz"
    shapes = {"w1": (2, 2, 2), "b1": (2, 2), "w2": (2, 2, 1), "b2": (2, 1)}
    np.savez(path, **{role: np.ones(shape) for role, shape in shapes.items()})  # type: ignore[arg-type]
    grid = grid_of(epochs=5, seed=range(2), init="file", init__path=str(path))
    path.unlink()
    found = begin_retraining(grid, as_if_trained(grid), Engine(), workers=1)()
    assert not found.runs
    assert "there is no such file" in found.why_not


def test_tasks_without_a_surface_have_their_first_rows(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(task="parity", task__bits=4, epochs=20, seed=range(2))
    found = begin_retraining(grid, trained(grid, tmp_path / "sweep"), Engine(), workers=1)()
    for run in found.runs.values():
        assert run.surface is None
        assert [label for label, _, _ in run.answers][:3] == ["0000", "0001", "0010"]
        assert (len(run.answers), run.rows) == (8, 16)
