"""A disk that is full, a file that may grow no more, a folder that can't be written."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from manifests import new_manifest

from xorsweep.errors import StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import ExperimentTask
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.settings import SweepSettings
from xorsweep.storage.mapped_arrays import IN_MEMORY
from xorsweep.storage.store import Store, locked
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep

GridOf = Callable[..., Grid]
QUIET = SweepSettings(ExecutionSettings("serial"), report=False)

GO_ON = "finished batches are kept, resume with python -m xorsweep -m resume="


@pytest.fixture(scope="module")
def grid(grid_of: GridOf) -> Grid:
    return grid_of(hidden=[2, 3, 4, 5], lr=0.5, epochs=20, seed=range(100))


@pytest.fixture(scope="module")
def undisturbed(grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, folder))
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of its own of one mebibyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system can't be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def filled(folder: Path, spare: int) -> Path:
    """Fill a disk with a file until only so many bytes are left; return the file."""
    path = folder / "filling"
    free = os.statvfs(folder)
    path.write_bytes(bytes(free.f_bavail * free.f_frsize - spare))
    return path


@pytest.mark.parametrize("spare", [12, 28, 60, 100, 120], ids=lambda kib: f"{kib}KiB")
def test_a_full_disk_stops_the_sweep_and_nothing_is_lost(
    spare: int, small_disk: Path, grid: Grid, undisturbed: Path
) -> None:
    filling = filled(small_disk, spare * 1024)
    sweep = small_disk / "sweep"
    with pytest.raises(StoreError, match=r"can't be written: No space left on device"):
        run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, sweep))
    assert not list(sweep.rglob(".*.tmp"))
    assert not (sweep / "results.parquet").exists()
    kept = {path: path.read_bytes() for path in (sweep / "parts").glob("*.parquet")}
    filling.unlink()
    if (sweep / "manifest.json").exists():
        resume_sweep(ResumeRequest(sweep, QUIET))
    else:
        run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, sweep))
    assert (sweep / "results.csv").read_bytes() == (undisturbed / "results.csv").read_bytes()
    assert {path: path.read_bytes() for path in kept} == kept


def test_a_full_disk_gives_the_command_that_resumes(
    small_disk: Path, grid: Grid, undisturbed: Path
) -> None:
    filling = filled(small_disk, 100 * 1024)
    with pytest.raises(StoreError) as raised:
        run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, small_disk / "sweep"))
    assert GO_ON + str(small_disk / "sweep") in str(raised.value)
    assert "\n" not in str(raised.value)
    filling.unlink()
    resume_sweep(ResumeRequest(small_disk / "sweep", QUIET))
    found = (small_disk / "sweep/results.parquet").read_bytes()
    assert found == (undisturbed / "results.parquet").read_bytes()


def test_a_disk_without_room_for_large_columns_changes_nothing(
    small_disk: Path, grid_of: GridOf
) -> None:
    grid = grid_of(lr=list(range(1, 1025)), epochs=1, seed=range(IN_MEMORY // 8 // 1024))
    store = Store.create(small_disk / "sweep", NetworkExperiment())
    with locked(store.folder):
        store.write_manifest(new_manifest(grid))
        few = NetworkExperiment().plan(grid, np.arange(3), 1)
        store.add([ExperimentTask(NetworkExperiment())(few.batches[0])])
    before = {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}
    wanted = f"{store.folder} can't be written: No space left on device"
    with pytest.raises(StoreError, match=wanted):
        resume_sweep(ResumeRequest(store.folder, QUIET))
    after = {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.slow
def test_a_disk_that_fills_while_the_figures_are_drawn(
    small_disk: Path, grid: Grid, undisturbed: Path
) -> None:
    with_report = SweepSettings(ExecutionSettings("serial"))
    rows = sum(path.stat().st_size for path in undisturbed.rglob("*") if path.is_file())
    filled(small_disk, rows + 200 * 1024)
    sweep = small_disk / "sweep"
    with pytest.raises(StoreError, match=r"figures.*No space left on device"):
        run_sweep(SweepRequest(NetworkExperiment(), grid, with_report, sweep))
    # Not even the manifest may have room; it then stays as after a kill.
    state = json.loads((sweep / "manifest.json").read_text())["state"]
    assert state in {"interrupted", "running"}
    assert not list(sweep.rglob(".*.tmp"))
    assert (sweep / "results.csv").read_bytes() == (undisturbed / "results.csv").read_bytes()
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    assert resume_sweep(ResumeRequest(sweep, with_report)).report == sweep / "report.html"


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
from xorsweep.cli.main import main
main()
"""


@pytest.mark.slow
def test_a_limit_on_the_size_of_files_is_reported_in_one_line(tmp_path: Path) -> None:
    arguments = ["lr=0.5", "hidden=2,3", "epochs=20", "seed=range(0,400)", "report=false"]
    sweep = ["parallel=serial", "hydra.sweep.dir=sweep"]

    def run(limit: int, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", LIMITED, str(limit), "-m", *more],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    done = run(150_000, *arguments, *sweep)
    assert done.returncode == 1
    assert done.stderr == f"sweep/results.csv can't be written: File too large; {GO_ON}sweep\n"
    done = run(resource.RLIM_INFINITY, "resume=sweep", "report=false")
    assert done.returncode == 0, done.stderr
    assert "all 800 results finished: nothing to run" in done.stdout
    run(resource.RLIM_INFINITY, *arguments, "hydra.sweep.dir=undisturbed")
    found, wanted = (
        (tmp_path / name / "results.csv").read_bytes() for name in ("sweep", "undisturbed")
    )
    assert found == wanted


@pytest.fixture
def read_only(small_disk: Path, grid: Grid, undisturbed: Path) -> Path:
    """Return a finished sweep on a disk that can only be read."""
    shutil.copytree(undisturbed, small_disk / "sweep")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    return small_disk / "sweep"


def test_a_read_only_folder_is_reported_in_one_line(read_only: Path, grid: Grid) -> None:
    for attempt in (
        lambda: resume_sweep(ResumeRequest(read_only, QUIET)),
        lambda: run_sweep(
            SweepRequest(NetworkExperiment(), grid, QUIET, read_only.parent / "other")
        ),
        lambda: run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, read_only.parent)),
    ):
        with pytest.raises(StoreError, match=r"can't be written: Read-only file system$"):
            attempt()


AS_OTHERS = (
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    if os.getuid() == 0
    else []
)
"""Has the superuser obey permissions."""


@pytest.mark.slow
@pytest.mark.skipif(
    bool(AS_OTHERS) and not shutil.which("setpriv"), reason="nothing is forbidden to the superuser"
)
def test_the_command_line_names_the_unwritable_folder_and_leaves_nothing(
    tmp_path: Path, undisturbed: Path
) -> None:
    shutil.copytree(undisturbed, tmp_path / "sweep")
    for path in (tmp_path, tmp_path / "sweep", *(tmp_path / "sweep").rglob("*")):
        path.chmod(0o555)
    before = sorted(tmp_path.rglob("*"))
    bare = [sys.executable, "-m", "xorsweep", "-m", "seed=0"]
    for argument in ("resume=sweep", "hydra.sweep.dir=new", "hydra.sweep.dir=new/deep"):
        done = subprocess.run(
            [*AS_OTHERS, *bare, argument],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1, done.stderr
        assert re.search(r"can't be (written|made)", done.stderr)
        assert "Permission denied" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before
    for path in (tmp_path, tmp_path / "sweep"):
        path.chmod(0o755)
