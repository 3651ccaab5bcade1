"""Replaying: the single run's view of one row of a sweep, and whether its bits are the same."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import Ended, run_command
from forged_parts import forge, with_bit_flipped
from manifests import new_manifest
from planned_batches import plan_of
from single_run_files import FILES

from xorsweep.errors import StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import ExperimentTask
from xorsweep.grid.grid import Grid, concatenate
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.storage.store import Store
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.replay import replay
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

GridOf = Callable[..., Grid]


@pytest.fixture(scope="module")
def finished(grid_of: GridOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sweep: 8 runs of XOR, 2 that stop early, 2 that diverge, an encoder."""
    folder = tmp_path_factory.mktemp("replay") / "sweep"
    grid = concatenate(
        [
            grid_of(lr=[0.5, 3.0], epochs=[5, 300], seed=range(2)),
            grid_of(lr=3.0, hidden=4, epochs=2000, seed=range(2), until_converged=True),
            grid_of(lr=1e200, activation="relu", output="linear", epochs=9, seed=range(2)),
            grid_of(task="encoder", hidden=3, epochs=20),
        ]
    )
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            SweepSettings(ExecutionSettings("serial"), report=False),
            folder,
            {"command_line": []},
        )
    )
    return folder


@pytest.fixture
def sweep(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "sweep"))


@pytest.mark.parametrize(
    "row",
    [
        0,
        pytest.param(7, marks=pytest.mark.slow),
        pytest.param(8, marks=pytest.mark.slow),
        pytest.param(10, marks=pytest.mark.slow),
        12,
    ],
)
def test_a_row_is_drawn_and_has_the_stored_bits(row: int, sweep: Path) -> None:
    assert replay(str(sweep), row, terminal=Console.silent()) == []
    stored = pd.read_parquet(sweep / "results.parquet").iloc[row]
    found = json.loads((sweep / f"replay/{row}/run.json").read_text())
    for key in ("lr", "hidden", "epochs", "seed"):
        assert found["point"][key] == stored[key]
    for key in ("final_error", "mse", "max_abs_error"):
        assert found[key] == stored[key] or (found[key] is None and np.isnan(stored[key]))
    assert found["outcome"] == stored["outcome"]
    assert (found["converged_epoch"] is None) == np.isnan(stored["converged_epoch"])


@pytest.mark.parametrize("row", [0, 12])
def test_a_replayed_row_writes_the_files_of_a_single_run(
    row: int, finished: Path, tmp_path: Path
) -> None:
    replay(str(finished), row, tmp_path / "into", Console.silent())
    assert {path.name for path in (tmp_path / "into").iterdir()} == FILES
    assert not (finished / "replay" / str(row)).exists()


def forged_row(sweep: Path) -> int:
    """Forge a value of one row and return which row of the table it is."""
    point_id = forge(sweep, with_bit_flipped("mse", 0))[0]
    grid = open_sweep(sweep).grid
    return int(grid.rows_of(np.array([point_id], np.uint64))[0])


def test_a_forged_row_is_found(sweep: Path) -> None:
    row = forged_row(sweep)
    (found,) = replay(str(sweep), row, terminal=Console.silent())
    assert found.column == "mse"
    assert replay(str(sweep), (row + 1) % 13, terminal=Console.silent()) == []


@pytest.mark.parametrize("row", [-1, 13])
def test_a_row_that_isnt_there_is_refused(row: int, finished: Path) -> None:
    with pytest.raises(StoreError, match=f"{row}: .* has no such row; its rows are 0 to 12"):
        replay(str(finished), row, terminal=Console.silent())


def run(folder: Path, *arguments: str) -> Ended:
    return run_command("replay", folder, *arguments)


def test_rows_without_numbers_have_nothing_to_be_compared_with(
    grid_of: GridOf, tmp_path: Path
) -> None:
    grid = grid_of(hidden=[2, 3], epochs=4)
    store = Store.create(tmp_path / "sweep", NetworkExperiment())
    store.write_manifest(new_manifest(grid))
    batches = plan_of(grid).batches
    failed = next(batch for batch in batches if batch.fixed["hidden"] == 2)
    store.add([ExperimentTask(NetworkExperiment()).failed(failed, "out of luck")])
    for row, state in enumerate(("failed in the sweep", "isn't there yet in the sweep")):
        done = run(tmp_path, "sweep", str(row))
        assert done.returncode == 0, done.stderr
        assert f"the row {state}, so there is nothing to compare with\n" in done.stdout


def test_a_row_without_its_weights_is_refused(grid_of: GridOf, tmp_path: Path) -> None:
    weights = tmp_path / "weights.npz"
    shapes = {"w1": (1, 2, 2), "b1": (1, 2), "w2": (1, 2, 1), "b2": (1, 1)}
    np.savez(weights, **{role: np.ones(shape) for role, shape in shapes.items()})
    folder = tmp_path / "sweep"
    grid = grid_of(init="file", init__path=str(weights), epochs=4)
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            SweepSettings(ExecutionSettings("serial"), report=False),
            folder,
            {"command_line": []},
        )
    )
    assert replay(str(folder), 0, terminal=Console.silent()) == []
    weights.unlink()
    with pytest.raises(StoreError, match=r"weights\.npz"):
        replay(str(folder), 0, terminal=Console.silent())


def test_the_command_prints_the_run_and_the_verdict(sweep: Path) -> None:
    done = run(sweep.parent, "sweep", "6")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("xor, 2-2-1, logistic, sgd at lr 3, uniform weights, seed 0, 300")
    assert "Outputs after 300 epochs:" in lines
    assert "the same bits as the stored row" in lines
    assert lines[-1] == "Open sweep/replay/6/run.html"
    rows = pd.read_csv(sweep / "results.csv")
    assert (rows["lr"][6], rows["seed"][6], rows["epochs"][6]) == (3.0, 0, 300)


def test_the_command_ends_with_1_where_bits_differ(sweep: Path) -> None:
    done = run(sweep.parent, "sweep", str(forged_row(sweep)))
    assert done.returncode == 1
    assert any(line.startswith("mse is ") for line in done.stdout.splitlines())
    assert done.stdout.splitlines()[-1].startswith("Open ")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["sweep"], 2, "the following arguments are required: ROW"),
        (["sweep", "-1"], 2, "argument ROW: -1: must be a whole number from 0"),
        (["sweep", "x"], 2, "argument ROW: x: must be a whole number from 0"),
        (["sweep", "13"], 1, "13: sweep has no such row; its rows are 0 to 12"),
        (["sweep", "0", "--into", "s3://x"], 1, "--into=s3://x: is an address; must be the path"),
        (["nowhere", "0"], 1, "nowhere holds no sweep: it has no manifest.json"),
    ],
)
def test_bad_input_gets_one_line(
    arguments: list[str], code: int, said: str, finished: Path
) -> None:
    done = run(finished.parent, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_has_an_example_and_explains_how_rows_are_counted(tmp_path: Path) -> None:
    text = run(tmp_path, "--help").stdout
    assert "python -m xorsweep replay latest 0" in text
    assert "index of the row, counted from 0" in text
