"""Sweeps with rounds of further seeds: the same rows from workers, after a kill, by levels."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command_line import run
from planned_batches import SmallBatches
from rich.console import Console as RichConsole

from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, product_grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.planning import Batch
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.reporting.console import Console
from xorsweep.settings import AdaptiveSeeds, SweepSettings
from xorsweep.sweeps.adaptive_seeds import FEWEST_RUNS
from xorsweep.sweeps.folders import open_with_rounds
from xorsweep.sweeps.report import remake_report
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep

PointOf = Callable[..., Any]
GridOf = Callable[..., Grid]

AXES: dict[str, Any] = {"lr": [1.0, 5.0], "hidden": [2, 4], "epochs": [50, 150], "seed": range(20)}
ROUNDS = AdaptiveSeeds(0.045, 420)
QUIET = SweepSettings(ExecutionSettings("serial"), rounds=ROUNDS, report=False)
PLAIN = SweepSettings(ExecutionSettings("serial"), report=False)


@pytest.fixture(scope="module")
def printed() -> io.StringIO:
    """Return the text that `undisturbed` prints."""
    return io.StringIO()


@pytest.fixture(scope="module")
def undisturbed(
    grid_of: GridOf, printed: io.StringIO, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("rounds") / "sweep"
    provenance = {"command_line": ["xorsweep", "-m"]}
    run_sweep(
        SweepRequest(NetworkExperiment(), grid_of(**AXES), QUIET, folder, provenance),
        Console(RichConsole(file=printed, width=120, soft_wrap=True, highlight=False)),
    )
    return folder


def rows_of(folder: Path) -> bytes:
    return (folder / "results.csv").read_bytes()


def test_a_sweep_ends_when_every_cell_is_sure_enough(undisturbed: Path) -> None:
    summary = pd.read_csv(undisturbed / "summary.csv")
    half = (summary["rate_high"] - summary["rate_low"]) / 2
    groups = [summary["lr"], summary["hidden"]]
    assert ((half < 0.045) | (summary["runs"] == 420)).groupby(groups).transform("any").all()
    assert summary["runs"].nunique() > 1
    assert not pd.read_csv(undisturbed / "results.csv").duplicated(list(AXES)).any()


def test_the_terminal_prints_each_round(undisturbed: Path, printed: io.StringIO) -> None:
    lines = printed.getvalue().splitlines()
    planned = len(pd.read_csv(undisturbed / "results.csv"))
    assert lines[1] == (
        "round 2: 8 of 8 settings need more runs (each gets at least 200, for a reliable "
        "interval); 1,440 results to add"
    )
    assert lines[2].startswith("round 3: ")
    added = [int(line.split()[-4].replace(",", "")) for line in lines if line.startswith("round ")]
    assert 160 + sum(added) == planned
    assert lines[-3].startswith(f"{planned:,} results")


@pytest.mark.slow
def test_the_rows_are_the_same_from_two_processes_and_small_batches(
    grid_of: GridOf, undisturbed: Path, tmp_path: Path
) -> None:
    settings = SweepSettings(ExecutionSettings("loky", n_jobs=2), rounds=ROUNDS, report=False)
    run_sweep(SweepRequest(SmallBatches(members=13), grid_of(**AXES), settings, tmp_path / "sweep"))
    assert rows_of(tmp_path / "sweep") == rows_of(undisturbed)


@pytest.mark.parametrize(
    "batches", [pytest.param(1, marks=pytest.mark.slow), 3, pytest.param(5, marks=pytest.mark.slow)]
)
def test_a_resumed_sweep_ends_with_the_same_rows_and_trains_no_point_twice(
    grid_of: GridOf, undisturbed: Path, tmp_path: Path, batches: int
) -> None:
    folder = tmp_path / "sweep"
    left = iter(range(batches))

    class Interrupted(NetworkExperiment):
        def run(self, batch: Batch) -> pa.Table:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return super().run(batch)

    with pytest.raises(KeyboardInterrupt):
        run_sweep(SweepRequest(Interrupted(), grid_of(**AXES), QUIET, folder))
    resume_sweep(ResumeRequest(folder, PLAIN))
    assert rows_of(folder) == rows_of(undisturbed)
    parts = [pq.read_metadata(path) for path in (folder / "parts").iterdir()]
    assert sum(part.num_rows for part in parts) == len(pd.read_csv(undisturbed / "results.csv"))


@pytest.mark.slow
def test_a_lost_part_of_an_early_round_is_trained_again(undisturbed: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(undisturbed, tmp_path / "sweep"))
    parts = sorted((folder / "parts").iterdir())
    for part in parts[::2]:
        part.unlink()
    resume_sweep(ResumeRequest(folder, PLAIN))
    assert rows_of(folder) == rows_of(undisturbed)


@pytest.mark.slow
def test_resume_with_more_levels_ends_as_if_all_had_been_asked_for(
    grid_of: GridOf, undisturbed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "sweep"
    run_sweep(SweepRequest(NetworkExperiment(), grid_of(**AXES | {"lr": [1.0]}), QUIET, folder))
    resume_sweep(ResumeRequest(folder, PLAIN, [Axis("lr", (5.0,))]))
    assert rows_of(folder) == rows_of(undisturbed)


@pytest.mark.slow
def test_resume_with_another_precision_ends_as_if_it_had_been_asked_for(
    grid_of: GridOf, undisturbed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "sweep"
    run_sweep(SweepRequest(NetworkExperiment(), grid_of(**AXES), PLAIN, folder))
    resume_sweep(ResumeRequest(folder, PLAIN, rounds={"precision": 0.045, "max_seeds": 420}))
    assert rows_of(folder) == rows_of(undisturbed)
    resume_sweep(ResumeRequest(folder, PLAIN, rounds={"precision": None}))
    assert len(pd.read_csv(folder / "results.csv")) == 160


def test_the_folder_of_an_adaptive_sweep_has_its_full_grid(undisturbed: Path) -> None:
    opened = open_with_rounds(undisturbed)
    grid, manifest = opened.grid, opened.manifest
    rows = pd.read_csv(undisturbed / "results.csv")
    assert grid.columns["seed"].array().tolist() == rows["seed"].tolist()
    assert manifest.grid.points == len(rows)
    assert manifest.grid.text == grid.text
    assert manifest.rounds == AdaptiveSeeds(0.045, 420)


@pytest.mark.slow
@pytest.mark.usefixtures("without_figures")
def test_the_report_of_an_adaptive_sweep_can_be_made(undisturbed: Path) -> None:
    before = (undisturbed / "summary.csv").read_bytes()
    page = remake_report(undisturbed).read_text()
    assert "with further seeds" in page
    assert (undisturbed / "summary.csv").read_bytes() == before


def test_precision_is_one_key_away_on_the_command_line(tmp_path: Path) -> None:
    axes = ("lr=5", "hidden=2,4", "epochs=150", "seed=range(0,20)", "report=false")
    done = run(tmp_path, "-m", *axes, "precision=0.06", "max_seeds=150")
    assert done.returncode == 0, done.stderr
    assert "round 2: 2 of 2 settings need more runs; 260 results to add" in done.stdout
    rows = (tmp_path / "outputs/latest/results.csv").read_bytes()
    done = run(tmp_path, "-m", "resume=latest", "max_seeds=120", "report=false")
    assert done.returncode == 0, done.stderr
    assert "240 results" in done.stdout
    done = run(tmp_path, "-m", "resume=latest", "max_seeds=150", "report=false")
    assert (tmp_path / "outputs/latest/results.csv").read_bytes() == rows
    done = run(tmp_path, "-m", "resume=latest", "seed=range(0,60)", "report=false")
    assert "all 300 results finished, including the 80 of the added levels" in done.stdout
    # In another order: the first round comes first.
    now = (tmp_path / "outputs/latest/results.csv").read_bytes()
    assert sorted(now.splitlines()) == sorted(rows.splitlines())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["precision=0"], "precision=0: precision must be a finite number above 0"),
        (["precision=0.5"], "precision=0.5: precision must be a finite number above 0"),
        (["precision=0.1,0.2"], "precision: defines how a sweep runs, not its points"),
        (["precision=0.1", "init=printed"], "precision with init=printed: its weights"),
        (["precision=0.1", "max_seeds=50"], "max_seeds=50: the first round already has 100 seeds"),
    ],
)
def test_bad_precision_is_refused_in_one_line(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = run(tmp_path, "-m", "hidden=2", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(message)
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "outputs").exists()


def test_rounds_add_no_cell_that_was_left_out(point_of: PointOf, tmp_path: Path) -> None:
    axes = [
        Axis("lr", (0.5, 4.0)),
        Axis("hidden", (2, 3)),
        Axis("epochs", (5,)),
        Axis("seed", tuple(range(20))),
    ]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()], where="lr*hidden < 10")
    settings = SweepSettings(
        ExecutionSettings("serial"), rounds=AdaptiveSeeds(0.1, 300), report=False
    )
    run_sweep(SweepRequest(NetworkExperiment(), grid, settings, tmp_path / "sweep"))
    rows = pd.read_csv(tmp_path / "sweep/results.csv")
    cells = rows.groupby(["lr", "hidden"]).size()
    assert set(cells.index) == {(0.5, 2), (0.5, 3), (4.0, 2)}
    assert (cells == FEWEST_RUNS).all()
    opened = open_with_rounds(tmp_path / "sweep")
    whole, manifest = opened.grid, opened.manifest
    assert len(whole) == len(rows)
    assert manifest.grid.text.startswith(
        "2 learning rates x 2 hidden sizes x 1 epoch budget x 20 seeds where (lr*hid"
    )
