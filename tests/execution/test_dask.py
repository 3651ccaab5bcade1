"""Dask: the same rows from a cluster, also when its workers are killed."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from planned_batches import SmallBatches, planned, stored

import xorsweep
from xorsweep.errors import ConfigError, ExecutionError
from xorsweep.execution import dask as dask_cluster
from xorsweep.execution.backends import choose_executor, resolve_workers, workers_of
from xorsweep.execution.serial import run_serial
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import FAILED, ExperimentTask
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

GridOf = Callable[..., Grid]

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

LONG_ENOUGH = 60
"""Seconds after which something must have happened."""


class Deadly(Mapping[str, object]):
    """Keys of a batch that kill whoever reads them in another process than this one."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values_here, self.home = dict(values), os.getpid()

    def __getitem__(self, key: str) -> object:
        return self.values_here[key]

    def __iter__(self) -> Iterator[str]:
        if os.getpid() != self.home:
            os.kill(os.getpid(), signal.SIGKILL)
        return iter(self.values_here)

    def __len__(self) -> int:
        return len(self.values_here)


@dataclass
class Cluster:
    """A scheduler and workers, each a process of its own, as a person starts them.

    They import from `modules` before other places.
    """

    folder: Path
    modules: Path = Path(__file__).parents[1]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments]
        log = (self.folder / f"{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [*command, "--scheduler-file", str(self.folder / "scheduler.json")],
            cwd=self.folder,
            stdout=log,
            stderr=log,
            env=os.environ | {"PYTHONPATH": str(self.modules)},
        )
        log.close()
        self.processes.append(process)
        return process

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        return self.start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start("dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")

    @property
    def address(self) -> str:
        from distributed.utils import json_load_robust

        file = self.folder / "scheduler.json"  # which may be read while it is written
        return str(json_load_robust(file, timeout=LONG_ENOUGH)["address"])


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + LONG_ENOUGH
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextmanager
def started(folder: Path, workers: int, modules: Path = Cluster.modules) -> Iterator[Cluster]:
    cluster = Cluster(folder, modules)
    try:
        cluster.start_scheduler()
        for _ in range(workers):
            cluster.start_worker()
        yield cluster
    finally:
        for process in cluster.processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a cluster that these tests share, and leave as it is."""
    with started(tmp_path_factory.mktemp("cluster"), workers=2) as found:
        yield found


@pytest.fixture
def doomed(tmp_path: Path) -> Iterator[Cluster]:
    """Return a cluster of the test's own, of which it may kill processes."""
    with started(tmp_path, workers=2) as found:
        yield found


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that a person is in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def of_two_workers(address: str) -> ExecutionSettings:
    wait_until(lambda: resolve_workers(ExecutionSettings("dask", address=address)).n_jobs == 2)
    return ExecutionSettings("dask", address=address)


def test_a_cluster_of_our_own_gives_the_rows_that_one_process_gives_and_leaves_nothing(
    grid: Grid, empty_folder: Path
) -> None:
    execute = choose_executor(ExecutionSettings("dask", 2), is_quick=False)
    batches = planned(grid)
    together = list(execute(batches, ExperimentTask(NetworkExperiment())))
    assert stored(together) == stored(
        list(run_serial(batches, ExperimentTask(NetworkExperiment())))
    )
    assert {id(batch) for batch, _ in together} == {id(batch) for batch in batches}
    assert not list(empty_folder.iterdir())
    assert not spawned()


@pytest.mark.slow
def test_two_clusters_of_our_own_get_along(grid: Grid) -> None:
    """A warning about the port of the other one would be an error here."""
    clusters = [
        dask_cluster.run_dask(
            planned(grid), ExperimentTask(NetworkExperiment()), workers=1, address=None
        )
        for _ in range(2)
    ]
    first = [next(each) for each in clusters]
    one, other = (stored([batch, *each]) for batch, each in zip(first, clusters, strict=True))
    assert one == other


def test_an_interrupt_ends_the_cluster_and_keeps_finished_batches(tmp_path: Path) -> None:
    grid = ["hidden=2,3,4,5", "skip=true,false", "epochs=20000", "seed=range(0,20)"]
    command = [sys.executable, "-m", "xorsweep", "-m", *grid, "lr=1"]
    begun = subprocess.Popen(
        [*command, "parallel=dask", "parallel.n_jobs=2", "report=false", "hydra.sweep.dir=s"],
        cwd=tmp_path,
        start_new_session=True,
        stderr=subprocess.PIPE,
    )
    wait_until(lambda: list(tmp_path.glob("s/parts/*.parquet")))
    os.killpg(begun.pid, signal.SIGINT)
    _, said = begun.communicate(timeout=LONG_ENOUGH)
    assert begun.returncode == 130
    assert b"Traceback" not in said
    wait_until(lambda: not group(begun.pid))
    assert 0 < len(list(tmp_path.glob("s/parts/*.parquet"))) < 8


def group(leader: int) -> list[str]:
    """Return the processes that are left of a process group."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rsplit(")", 1)[1].split()
            if int(fields[2]) == leader and fields[0] != "Z":
                found.append(path.parent.name)
    return found


def spawned() -> list[bytes]:
    """Return the command lines of the processes that this one has started for Dask."""
    children = [
        pid
        for path in Path("/proc/self/task").glob("*/children")
        for pid in path.read_text().split()
    ]
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children]
    return [line for line in lines if b"spawn_main" in line]


def test_a_batch_that_kills_its_workers_fails_and_the_rest_continues(grid: Grid) -> None:
    good = planned(grid)
    deadly = replace(good[0], fixed=Deadly(good[0].fixed))  # type: ignore[arg-type]
    finished = list(
        dask_cluster.run_dask(
            [deadly, *good], ExperimentTask(NetworkExperiment()), workers=2, address=None
        )
    )
    (failures,) = [rows for batch, rows in finished if batch is deadly]
    assert failures["status"].to_pylist() == [FAILED] * deadly.rows.size
    assert set(failures["message"].to_pylist()) == {"every worker process that ran it died"}
    others = [(batch, rows) for batch, rows in finished if batch is not deadly]
    assert stored(others) == stored(list(run_serial(good, ExperimentTask(NetworkExperiment()))))


def test_results_are_the_same_bytes_when_a_worker_is_killed_in_mid_sweep(
    doomed: Cluster, grid_of: GridOf, tmp_path: Path
) -> None:
    grid = grid_of(lr=[0.5, 3.0, 1e6], hidden=[2, 3], epochs=[100, 3000], seed=range(200))
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            SweepSettings(ExecutionSettings("serial"), report=False),
            tmp_path / "serial",
        )
    )

    parallel = of_two_workers(doomed.address)
    victim = doomed.processes[-1]
    parts = tmp_path / "dask" / "parts"
    left_at_death = []

    def kill() -> None:
        wait_until(lambda: parts.is_dir() and len(list(parts.glob("*.parquet"))) > 1)
        victim.kill()
        left_at_death.append(24 - len(list(parts.glob("*.parquet"))))

    killer = threading.Thread(target=kill)
    killer.start()
    result = run_sweep(
        SweepRequest(
            SmallBatches(members=50),
            grid,
            SweepSettings(parallel, report=False),
            tmp_path / "dask",
        )
    )
    killer.join()
    assert left_at_death[0] > 2
    assert victim.wait() == -signal.SIGKILL
    assert result.counts["failed"] == 0
    assert result.results.read_bytes() == (tmp_path / "serial" / "results.csv").read_bytes()


def test_a_cluster_is_asked_how_many_workers_it_has(cluster: Cluster) -> None:
    parallel = of_two_workers(cluster.address)
    assert workers_of(resolve_workers(parallel)) == 2
    assert workers_of(resolve_workers(replace(parallel, n_jobs=7))) == 7


def test_a_scheduler_that_disappears_is_an_error(doomed: Cluster, grid: Grid) -> None:
    execute = choose_executor(resolve_workers(of_two_workers(doomed.address)), is_quick=True)
    finished = execute(planned(grid) * 200, ExperimentTask(NetworkExperiment()))
    next(finished)
    doomed.processes[0].kill()
    with pytest.raises(
        ExecutionError, match=r"^the Dask cluster can't continue: its scheduler is gone"
    ):
        list(finished)


def test_a_cluster_without_workers_is_an_error(tmp_path: Path) -> None:
    with started(tmp_path, workers=0) as lonely:
        address = lonely.address
        with pytest.raises(ConfigError) as told:
            dask_cluster.count_workers(address, patience=2)
    assert str(told.value) == (
        f"parallel.address={address}: its scheduler has had no worker for 2 s"
    )


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere://x", "tcp://"])
def test_an_address_where_nobody_answers_is_one_line(address: str) -> None:
    with pytest.raises(ConfigError) as told:
        dask_cluster.count_workers(address, patience=2)
    assert str(told.value).startswith(
        f"parallel.address={address}: no Dask scheduler answers there ("
    )
    assert "\n" not in str(told.value)


def test_a_worker_that_would_give_other_numbers_is_refused(tmp_path: Path) -> None:
    package = Path(shutil.copytree(Path(xorsweep.__file__).parent, tmp_path / "other/xorsweep"))
    with (package / "versions.py").open("a") as file:
        file.write("NUMERICS = 999\n")
    with (
        started(tmp_path, workers=1, modules=package.parent) as other,
        pytest.raises(ConfigError, match=r"has numerics 999, NumPy .* where .* numerics \d+"),
    ):
        resolve_workers(ExecutionSettings("dask", address=other.address))
