"""How far a sweep is: its state, its points, its rate, from its manifest and its parts alone."""

import json
import os
import re
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from looks import LookingConsole, files_of, interrupt_after, with_part_per_batch
from sweep_process import SWEEP, Running

import xorsweep as xs
from xorsweep.errors import StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.functions.experiment import FunctionExperiment
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.settings import AdaptiveSeeds, SweepSettings
from xorsweep.storage.results import assemble
from xorsweep.storage.store import is_held, locked
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep
from xorsweep.sweeps.shards import ShardPlan
from xorsweep.sweeps.snapshot import take_snapshot
from xorsweep.sweeps.status import Pace, measure_pace, sweep_status

GridOf = Callable[..., Grid]

QUIET = SweepSettings(ExecutionSettings("serial"), report=False)


@pytest.fixture(scope="module")
def grid(grid_of: GridOf) -> Grid:
    return grid_of(lr=[0.5, 2.0], hidden=[2, 3, 4], epochs=[40, 90], seed=range(6))


@pytest.fixture
def request_here(grid: Grid, tmp_path: Path) -> SweepRequest:
    return SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path / "sweep")


def pace_of(folder: Path) -> Pace | None:
    snapshot = take_snapshot(folder)
    stored = assemble(snapshot.planned, snapshot.store.measurements())
    return measure_pace(snapshot, snapshot.store.experiment.tabulate(snapshot.planned, stored))


def started_at(folder: Path) -> float:
    manifest = json.loads((folder / "manifest.json").read_text())
    return datetime.fromisoformat(manifest["started"]).timestamp()


def set_times(folder: Path, seconds: float) -> None:
    """Have all parts be written so many seconds after the start."""
    for path in (folder / "parts").iterdir():
        os.utime(path, times=(started_at(folder) + seconds,) * 2)


def test_a_finished_sweep_is_one_line(request_here: SweepRequest) -> None:
    run_sweep(request_here)
    (line,) = sweep_status(request_here.folder)
    counts = re.escape("72 results, none diverged or failed")
    assert re.fullmatch(rf".*sweep: finished 20\S+, {counts}, in \d+\.\d s", line)


def test_a_running_sweep_shows_its_progress(request_here: SweepRequest) -> None:
    looks = []
    run_sweep(
        with_part_per_batch(request_here),
        LookingConsole(lambda: looks.append(sweep_status(request_here.folder))),
    )
    assert [lines[2].strip() for lines in looks] == [
        "24 of 72 points, 33.3 % (ok 24)",
        "48 of 72 points, 66.7 % (ok 48)",
        "72 of 72 points, 100 % (ok 72)",
    ]
    assert all("sweep: running since 20" in lines[0] for lines in looks)
    assert (
        looks[0][1].strip()
        == "2 learning rates x 3 hidden sizes x 2 epoch budgets x 6 seeds: 72 results"
    )
    assert re.search(r"points/s, [\d.]+ . net-epochs/s, about .* left$", looks[0][3])
    assert "left" not in looks[2][3]


def test_an_interrupted_sweep_has_the_command_that_resumes(request_here: SweepRequest) -> None:
    folder = interrupt_after(1, request_here)
    head, *_ = sweep_status(folder)
    assert head == (
        f"{folder}: interrupted, no process works on it; python -m xorsweep -m resume={folder} "
        "resumes it"
    )


def as_if_killed(folder: Path, **changes: object) -> None:
    """Change the manifest to that of a killed process."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(manifest | {"state": "running"}))


def test_a_sweep_is_running_while_its_process_lives(request_here: SweepRequest) -> None:
    folder = interrupt_after(1, request_here)
    as_if_killed(folder)
    assert "interrupted, no process works on it; " in sweep_status(folder)[0]
    with locked(folder):
        assert is_held(folder)
        assert "running since" in sweep_status(folder)[0]
    assert not is_held(folder)


def test_a_resume_that_has_just_started_is_running(request_here: SweepRequest) -> None:
    folder = interrupt_after(1, request_here)
    with locked(folder):
        assert "running since" in sweep_status(folder)[0]
    assert "interrupted, " in sweep_status(folder)[0]


def test_an_invalid_time_is_refused(request_here: SweepRequest) -> None:
    folder = interrupt_after(1, request_here)
    as_if_killed(folder, started="yesterday")
    with pytest.raises(StoreError, match="its started isn't a time"):
        sweep_status(folder)


def test_no_claim_is_made_about_another_machine(request_here: SweepRequest) -> None:
    folder = interrupt_after(1, request_here)
    machine = json.loads((folder / "manifest.json").read_text())["machine"]
    as_if_killed(folder, machine=machine | {"host": "elsewhere"})
    line = sweep_status(folder)[0]
    assert "no process works on it on this machine; it was started on elsewhere" in line


def test_the_rate_is_that_of_the_parts_since_the_start(request_here: SweepRequest) -> None:
    folder = interrupt_after(2, request_here)
    set_times(folder, 8.0)
    snapshot = take_snapshot(folder)
    pace = pace_of(folder)
    assert pace is not None
    assert pace.points_per_second == 48 / 8
    # Each of the 24 trainings there takes 90 epochs, and 40 is on its way.
    assert pace.work_per_second == 24 * 90 / 8
    assert pace.seconds_left == pytest.approx(8 * 12 / 24)
    assert snapshot.present.sum() == 48


def test_parts_of_earlier_runs_are_no_part_of_the_rate(request_here: SweepRequest) -> None:
    folder = interrupt_after(2, request_here)
    set_times(folder, -5.0)
    assert pace_of(folder) is None
    assert not any("points/s" in line for line in sweep_status(folder))


def failing(x: int) -> float:
    if x < 4:
        raise ArithmeticError("too small")
    return x / 2


def test_functions_have_a_status_and_failures_of_earlier_runs_are_still_to_be_run(
    tmp_path: Path,
) -> None:
    experiment, grid = FunctionExperiment.of(failing, [{"x": range(40)}])
    request = SweepRequest(experiment, grid, QUIET, tmp_path / "sweep")
    folder = interrupt_after(6, request)
    there = len(xs.load(folder, partial=True))
    assert 8 < there < 40
    lines = sweep_status(folder)
    assert f":failing resume={folder} resumes it" in lines[0]
    share = f"{there} of 40 points, {100 * there / 40:.1f}".removesuffix(".0")
    assert lines[2].strip() == f"{share} % (ok {there - 4}, failed 4)"
    assert re.fullmatch(r"  [\d,.]+ points/s, about .* left", lines[3])
    failed = [path for path in (folder / "parts").iterdir() if is_all_failed(folder, path)]
    set_times(folder, 10.0)
    for path in failed:
        os.utime(path, times=(started_at(folder) - 10,) * 2)
    pace = pace_of(folder)
    assert pace is not None
    new = pace.points_per_second * 10
    assert new <= there - len(failed)
    assert pace.seconds_left == pytest.approx(10 * (40 - new) / new)


def is_all_failed(folder: Path, path: Path) -> bool:
    store = take_snapshot(folder).store
    (part,) = (part for file, part in zip(store.files, store.parts(), strict=True) if file == path)
    return bool((part["status"].to_numpy() == 2).all())


@pytest.mark.slow
def test_rounds_of_further_seeds_are_reported(grid_of: GridOf, tmp_path: Path) -> None:
    settings = SweepSettings(
        ExecutionSettings("serial"),
        rounds=AdaptiveSeeds(0.045, 420),
        report=False,
        write_every=0.0,
    )
    grid = grid_of(lr=[1.0, 5.0], hidden=[2, 4], epochs=[50, 150], seed=range(20))
    request = SweepRequest(NetworkExperiment(), grid, settings, tmp_path / "sweep")
    looks = []
    run_sweep(request, LookingConsole(lambda: looks.append(sweep_status(request.folder))))
    rounds = [re.match(r"  round (\d): \d of 8 settings need more runs", each[2]) for each in looks]
    numbers = [int(each[1]) for each in rounds if each]
    assert len(numbers) == len(looks)
    assert numbers[0] == 1
    assert numbers == sorted(numbers)
    assert numbers[-1] > 2
    assert looks[0][3].strip().startswith("80 of 160 points, 50 %")


def test_shards_count_as_they_come_to_the_disk(grid: Grid, tmp_path: Path) -> None:
    folder, looks = tmp_path / "sweep", []

    def launch(into: Path, shards: int, run: Callable[[int], None]) -> None:
        for number in range(shards):
            run(number)
            looks.append(sweep_status(folder)[2].strip())

    shards = ShardPlan(3, ExecutionSettings("serial"), launch)
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, folder, shards=shards))
    shown = [int(text.split()[0]) for text in looks]
    assert shown == sorted(shown)
    assert shown[0] < 72
    assert looks[-1] == "72 of 72 points, 100 % (ok 72)"


def test_damaged_parts_are_a_line_each(request_here: SweepRequest) -> None:
    folder = interrupt_after(2, request_here)
    part = sorted((folder / "parts").iterdir())[0]
    part.write_bytes(b"nothing of the kind")
    before = files_of(folder)
    *_, line = sweep_status(folder)
    assert line.strip().startswith(f"parts/{part.name} is damaged: ")
    assert files_of(folder) == before


def test_a_folder_without_a_sweep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no sweep"):
        sweep_status(tmp_path)
    with locked(tmp_path), pytest.raises(StoreError, match="a sweep is being started"):
        sweep_status(tmp_path)


def test_looks_never_keep_a_sweep_from_starting(request_here: SweepRequest) -> None:
    folder = interrupt_after(1, request_here)
    for _ in range(50):
        assert not is_held(folder)
        with locked(folder):
            assert is_held(folder)


@pytest.mark.slow
def test_a_sweep_of_another_process_is_seen_until_it_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    longer = [each.replace("epochs=300", "epochs=20000") for each in SWEEP]
    running = Running(tmp_path, [*longer, "parallel=serial", f"hydra.sweep.dir={folder.name}"])
    try:
        running.wait_until(lambda: any((folder / "parts").glob("*.parquet")))
        lines = sweep_status(folder)
        partial_sweep = xs.load(folder, partial=True)
        page = partial_sweep.report()
        assert running.process.poll() is None
    finally:
        os.kill(running.process.pid, signal.SIGKILL)
        running.end()
    assert "running since" in lines[0]
    assert 0 < int(lines[2].split()[0].replace(",", "")) < 7200
    assert 0 < len(partial_sweep.results) < 7200
    assert f"partial, {len(partial_sweep):,} of 7,200 points" in page.read_text()
    assert "interrupted, no process works on it" in sweep_status(folder)[0]
    assert xs.load(folder, partial=True).manifest.state == "interrupted"
