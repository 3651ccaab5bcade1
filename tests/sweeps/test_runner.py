"""The sweep from grid to report: the same bytes however it was trained, and its last line."""

import io
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from planned_batches import SmallBatches
from rich.console import Console as RichConsole

from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import Plan
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, product_grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.storage.store import read_manifest
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep, workers_for

GridOf = Callable[..., Grid]

AXES: dict[str, Any] = {
    "lr": [0.5, 3.0, 1e6],
    "hidden": [2, 3],
    "epochs": [30, 200],
    "seed": range(9),
}
QUIET = SweepSettings(ExecutionSettings("serial"), report=False)


@pytest.fixture
def grid(grid_of: GridOf) -> Grid:
    return grid_of(**AXES)


@pytest.fixture(scope="module")
def undisturbed(grid_of: GridOf, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("undisturbed")
    run_sweep(SweepRequest(NetworkExperiment(), grid_of(**AXES), QUIET, folder))
    return (folder / "results.csv").read_bytes()


WHERE = "lr < 1e3 and lr*hidden != 1.5 or seed % 4 == 0"


def sparse(point_of: Callable[..., Any], **changed: Any) -> Grid:
    """Return the grid without some of its points, and with hidden and epochs going together."""
    axes = {**AXES, **changed}
    return product_grid(
        NETWORK_SCHEMA,
        [Axis(key, tuple(levels)) for key, levels in axes.items()],
        [point_of()],
        [("hidden", "epochs")],
        WHERE,
    )


def lines_of(table: bytes, wanted: Callable[[dict[str, Any]], bool]) -> bytes:
    """Return a table's head and the lines of the points that are wanted, as they stand."""
    rows = pd.read_csv(io.BytesIO(table)).to_dict("records")
    head, *lines = table.splitlines(keepends=True)
    return b"".join([head, *(line for line, row in zip(lines, rows, strict=True) if wanted(row))])


def is_sparse(row: dict[str, Any]) -> bool:
    together = (row["hidden"], row["epochs"]) in ((2, 30), (3, 200), (4, 50))
    kept = (row["lr"] < 1e3 and row["lr"] * row["hidden"] != 1.5) or row["seed"] % 4 == 0
    return together and kept


@pytest.mark.parametrize("members", [pytest.param(2, marks=pytest.mark.slow), 64])
def test_points_are_the_same_bytes_whether_others_are_left_out_or_not(
    members: int, point_of: Callable[..., Any], undisturbed: bytes, tmp_path: Path
) -> None:
    run_sweep(SweepRequest(SmallBatches(members=members), sparse(point_of), QUIET, tmp_path))
    found = (tmp_path / "results.csv").read_bytes()
    assert found == lines_of(undisturbed, is_sparse)
    assert 0 < found.count(b"\n") < undisturbed.count(b"\n") // 2


def test_a_sweep_without_some_points_is_extended_without_them(
    point_of: Callable[..., Any], tmp_path: Path
) -> None:
    run_sweep(SweepRequest(NetworkExperiment(), sparse(point_of), QUIET, tmp_path / "extended"))
    more = [Axis("seed", tuple(range(9, 14))), Axis("hidden", (4,)), Axis("epochs", (50,))]
    resume_sweep(ResumeRequest(tmp_path / "extended", QUIET, more))
    longer = {"seed": range(14), "hidden": [2, 3, 4], "epochs": [30, 200, 50]}
    run_sweep(
        SweepRequest(NetworkExperiment(), sparse(point_of, **longer), QUIET, tmp_path / "at_once")
    )
    extended, at_once = (
        (tmp_path / name / "results.csv").read_bytes() for name in ("extended", "at_once")
    )
    assert extended == at_once
    rows = pd.read_csv(io.BytesIO(extended)).to_dict("records")
    assert all(map(is_sparse, rows))
    assert {4} < {row["hidden"] for row in rows}


def console() -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(RichConsole(file=text, width=120, soft_wrap=True, highlight=False)), text


@pytest.mark.parametrize(
    "members",
    [pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow), 7, 64],
)
def test_the_rows_are_the_same_bytes_whatever_the_batch(
    members: int, grid: Grid, undisturbed: bytes, tmp_path: Path
) -> None:
    run_sweep(SweepRequest(SmallBatches(members=members), grid, QUIET, tmp_path))
    assert (tmp_path / "results.csv").read_bytes() == undisturbed


def test_the_rows_are_the_same_bytes_from_two_processes(
    grid: Grid, undisturbed: bytes, tmp_path: Path
) -> None:
    settings = SweepSettings(ExecutionSettings("loky", n_jobs=2), report=False)
    run_sweep(SweepRequest(SmallBatches(members=5), grid, settings, tmp_path))
    assert (tmp_path / "results.csv").read_bytes() == undisturbed


def test_the_terminal_has_the_grid_first_and_the_file_to_open_last(
    grid: Grid, tmp_path: Path
) -> None:
    terminal, text = console()
    result = run_sweep(
        SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path, notes=["a note"]), terminal
    )
    lines = text.getvalue().splitlines()
    assert lines[:2] == [
        "a note",
        "3 learning rates x 2 hidden sizes x 2 epoch budgets x 9 seeds: 108 results, "
        "54 trainings, 2 batches, 1 worker",
    ]
    assert lines[-3:] == [
        "108 results, none diverged or failed",
        f"  {tmp_path / 'results.csv'}",
        f"Open {tmp_path / 'summary.csv'}",
    ]
    assert result.counts == {"planned": 108, "ok": 108, "diverged": 0, "failed": 0}


def test_divergence_is_a_status(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(lr=[0.01, 1e6], activation="relu", output="linear", epochs=300, seed=range(4))
    result = run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path))
    rows = pd.read_csv(tmp_path / "results.csv")
    assert result.counts["diverged"] == 4
    assert rows[rows["lr"] == 1e6]["status"].tolist() == ["diverged"] * 4
    assert rows[rows["lr"] == 1e6]["final_error"].isna().all()


def test_the_manifest_records_the_run_and_its_speed(grid: Grid, tmp_path: Path) -> None:
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            QUIET,
            tmp_path,
            {"command_line": ["xorsweep", "-m"], "config": {"lr": 0.1}},
        )
    )
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["state"] == "finished"
    assert manifest["command_line"] == ["xorsweep", "-m"]
    assert manifest["work"] == 54 * 200
    assert manifest["throughput"] == pytest.approx(54 * 200 / manifest["seconds"])


def test_a_folder_with_a_sweep_is_never_written_into(grid: Grid, tmp_path: Path) -> None:
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path))
    before = (tmp_path / "manifest.json").read_bytes()
    with pytest.raises(StoreError, match="already holds a sweep"):
        run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path))
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_resume_trains_only_the_missing_points(
    grid: Grid, undisturbed: bytes, tmp_path: Path
) -> None:
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path))
    lost = sorted((tmp_path / "parts").iterdir())[0]
    lost.unlink()
    (tmp_path / "results.csv").unlink()
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "parts").iterdir()}
    terminal, text = console()
    resume_sweep(ResumeRequest(tmp_path, QUIET), terminal)
    assert "found 54 finished results, 54 to run" in text.getvalue()
    assert (tmp_path / "results.csv").read_bytes() == undisturbed
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "parts").iterdir()}
    assert after == kept | {lost.name: after[lost.name]}


def test_resume_with_more_seeds_ends_as_if_all_had_been_asked_for(
    grid_of: GridOf, undisturbed: bytes, tmp_path: Path
) -> None:
    run_sweep(
        SweepRequest(NetworkExperiment(), grid_of(**AXES | {"seed": range(4)}), QUIET, tmp_path)
    )
    terminal, text = console()
    resume_sweep(ResumeRequest(tmp_path, QUIET, [Axis("seed", tuple(range(9)))]), terminal)
    assert "found 48 finished results, 60 to run" in text.getvalue()
    assert (tmp_path / "results.csv").read_bytes() == undisturbed


def test_resume_with_more_epochs_trains_those_trajectories_again(
    grid_of: GridOf, undisturbed: bytes, tmp_path: Path
) -> None:
    run_sweep(
        SweepRequest(NetworkExperiment(), grid_of(**AXES | {"epochs": [30]}), QUIET, tmp_path)
    )
    resume_sweep(ResumeRequest(tmp_path, QUIET, [Axis("epochs", (30, 200))]))
    assert (tmp_path / "results.csv").read_bytes() == undisturbed


def test_resume_sets_a_damaged_part_aside_and_trains_it_again(
    grid: Grid, undisturbed: bytes, tmp_path: Path
) -> None:
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path))
    part = sorted((tmp_path / "parts").iterdir())[0]
    os.truncate(part, part.stat().st_size // 2)
    terminal, text = console()
    resume_sweep(ResumeRequest(tmp_path, QUIET), terminal)
    assert f"parts/{part.name} is damaged" in text.getvalue()
    assert (tmp_path / "damaged" / part.name).is_file()
    assert (tmp_path / "results.csv").read_bytes() == undisturbed


@pytest.mark.parametrize("engine", [Engine("numba"), Engine(dtype="float32")], ids=str)
def test_a_sweep_never_mixes_engines(grid: Grid, tmp_path: Path, engine: Engine) -> None:
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path))
    wanted = f"^{engine}: .* was started with engine=numpy engine.dtype=float64, and a sweep never"
    with pytest.raises(StoreError, match=wanted):
        resume_sweep(ResumeRequest(tmp_path, QUIET, experiment=NetworkExperiment(engine)))


def test_float32_is_named_and_changes_numbers_alone(
    grid: Grid, undisturbed: bytes, tmp_path: Path
) -> None:
    run_sweep(SweepRequest(NetworkExperiment(Engine(dtype="float32")), grid, QUIET, tmp_path))
    rows, manifest = pd.read_csv(tmp_path / "results.csv"), read_manifest(tmp_path)
    assert manifest["experiment"]["engine"] == {"name": "numpy", "dtype": "float32"}
    outputs = rows[[name for name in rows if name.startswith("output_")]].to_numpy()
    outputs = outputs[np.isfinite(outputs)]
    assert (outputs == outputs.astype(np.float32)).all()
    reference = pd.read_csv(io.BytesIO(undisturbed))
    calm = reference["lr"] < 1
    np.testing.assert_allclose(rows["mse"][calm], reference["mse"][calm], rtol=1e-3)
    assert not rows["mse"].equals(reference["mse"])


def test_resume_refuses_an_incompatible_grid(grid: Grid, tmp_path: Path) -> None:
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path))
    with pytest.raises(ConfigError, match="lr"):
        resume_sweep(ResumeRequest(tmp_path, QUIET, [Axis("lr", (0.0,))]))


def test_snapshots_of_a_shared_trajectory_are_those_of_runs_of_their_own(
    grid: Grid, grid_of: GridOf, tmp_path: Path
) -> None:
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path / "shared"))
    run_sweep(
        SweepRequest(
            NetworkExperiment(), grid_of(**AXES | {"epochs": [30]}), QUIET, tmp_path / "alone"
        )
    )
    shared = pd.read_csv(tmp_path / "shared/results.csv")
    alone = pd.read_csv(tmp_path / "alone/results.csv")
    shared = shared[shared["epochs"] == 30].reset_index(drop=True)
    np.testing.assert_array_equal(shared["final_error"], alone["final_error"])
    pd.testing.assert_frame_equal(shared, alone)


@pytest.mark.parametrize(
    ("batches", "is_quick", "workers"), [(3, True, 1), (3, False, 3), (9, False, 4), (1, None, 4)]
)
def test_workers_are_as_many_as_can_work(batches: int, is_quick: bool | None, workers: int) -> None:
    plan = Plan(range(batches), batches, batches, is_quick=is_quick)
    assert workers_for(plan, ExecutionSettings("loky", 4), None) == workers
    assert workers_for(plan, ExecutionSettings("serial"), None) == 1


class SteppingConsole(Console):
    """Shows nothing, and has the names of the steps in `steps`."""

    def __init__(self) -> None:
        super().__init__(Console.silent().console)
        self.steps: list[str] = []

    def step(self, text: str) -> AbstractContextManager[None]:
        self.steps.append(text)
        return super().step(text)


def test_figures_are_a_step_of_sweeps_with_a_report_alone(tmp_path: Path, grid: Grid) -> None:
    terminal = SteppingConsole()
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path / "sweep"), terminal)
    assert set(terminal.steps) == {"writing tables"}
