"""Shards: the work divided, handed over as data, and the same bytes in the end."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned_batches import plan_of

from xorsweep.errors import ConfigError, ExecutionError, StoreError, SweepAborted
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.planning import Batch
from xorsweep.settings import SweepSettings
from xorsweep.storage.store import Store
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep
from xorsweep.sweeps.shards import (
    SHARDS,
    RunShard,
    ShardPlan,
    divide,
    finished_batches,
    plan_shards,
    read_shard,
    run_in_shards,
    run_shard,
    write_shard,
)

GridOf = Callable[..., Grid]

SERIAL = ExecutionSettings("serial", 1)
QUIET = SweepSettings(SERIAL, report=False)


@pytest.fixture(scope="module")
def grid(grid_of: GridOf) -> Grid:
    return grid_of(lr=[0.1, 1 / 3, 3.0], hidden=[2, 3, 4], epochs=[20, 90], seed=range(7))


@pytest.fixture(scope="module")
def batches(grid: Grid) -> tuple[Batch, ...]:
    return plan_of(grid, 2).batches


@pytest.fixture
def serial_bytes(grid: Grid, tmp_path: Path) -> bytes:
    return run_sweep(
        SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path / "serial")
    ).results.read_bytes()


def here(folder: Path, shards: int, run: RunShard) -> None:
    """Launch shards in this process."""
    for number in range(shards):
        run(number)


def without_the_last(folder: Path, shards: int, run: RunShard) -> None:
    here(folder, shards - 1, run)


def that_says_a_shard_died(folder: Path, shards: int, run: RunShard) -> None:
    run(0)
    raise ExecutionError("a shard died (of boredom)")


def of_work(work: int) -> Batch:
    rows = np.arange(work)[None]
    return Batch({"hidden": 1}, {}, (1,), rows, rows.astype(np.uint64), cost=0.5 * work)


@given(st.lists(st.integers(1, 50), max_size=30), st.integers(1, 9))
def test_every_batch_goes_to_one_shard_and_none_waits_for_another(
    works: list[int], shards: int
) -> None:
    batches = [of_work(work) for work in sorted(works, reverse=True)]
    shares = divide(batches, shards)
    assert sorted(id(batch) for share in shares for batch in share) == sorted(map(id, batches))
    assert len(shares) == min(shards, len(batches))
    assert all(shares)
    loads = [sum(batch.cost for batch in share) for share in shares]
    for load, share in zip(loads, shares, strict=True):
        assert load - share[-1].cost <= min(loads)


def same(mine: Sequence[Batch], other: Sequence[Batch]) -> bool:
    def content(batch: Batch) -> tuple[object, ...]:
        arrays = {**batch.varying, "rows": batch.rows, "identities": batch.identities}
        bits = {key: (each.dtype, each.shape, each.tobytes()) for key, each in arrays.items()}
        return dict(batch.fixed), batch.snapshots, bits

    return list(map(content, mine)) == list(map(content, other))


def test_batches_are_read_as_they_were_written(batches: tuple[Batch, ...], tmp_path: Path) -> None:
    write_shard(tmp_path, 3, NetworkExperiment(), batches)
    assert same(read_shard(tmp_path, 3, NetworkExperiment()), batches)
    assert same(batches, batches[::-1]) is False


def test_shards_receive_data_only(batches: tuple[Batch, ...], tmp_path: Path) -> None:
    write_shard(tmp_path, 0, NetworkExperiment(), batches)
    (file,) = (tmp_path / SHARDS / "0").iterdir()
    with np.load(file) as arrays:  # refuses pickles
        assert {arrays[name].dtype.kind for name in arrays.files} <= set("iuf")


def test_a_shard_puts_each_batch_on_disk_and_then_counts_it(
    grid: Grid, batches: tuple[Batch, ...], tmp_path: Path
) -> None:
    Store.create(tmp_path, NetworkExperiment())
    write_shard(tmp_path, 0, NetworkExperiment(), batches)
    assert finished_batches(tmp_path, 0) == []
    run_shard(tmp_path, NetworkExperiment(), SERIAL, False, 0)
    assert finished_batches(tmp_path, 0) == list(range(len(batches)))
    assert len(list((tmp_path / "parts").iterdir())) == len(batches)


def test_half_a_line_counts_nothing(tmp_path: Path) -> None:
    write_shard(tmp_path, 0, NetworkExperiment(), [])
    (tmp_path / SHARDS / "0" / "finished.txt").write_text("4\n1\n1")
    assert finished_batches(tmp_path, 0) == [4, 1]


@pytest.mark.parametrize(
    "shards", [pytest.param(1, marks=pytest.mark.slow), 2, pytest.param(50, marks=pytest.mark.slow)]
)
def test_shards_give_the_bytes_that_one_process_gives(
    shards: int, grid: Grid, serial_bytes: bytes, tmp_path: Path
) -> None:
    how = ShardPlan(shards, SERIAL, here)
    result = run_sweep(
        SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path / "sharded", shards=how)
    )
    assert result.results.read_bytes() == serial_bytes
    assert not (tmp_path / "sharded" / SHARDS).exists()


@pytest.mark.parametrize(
    ("launch", "line"),
    [
        (without_the_last, "shard 1 ended before its batches were run; "),
        pytest.param(that_says_a_shard_died, "a shard died (of boredom); ", marks=pytest.mark.slow),
    ],
)
def test_batches_finished_before_a_shard_died_are_kept_and_the_rest_resumed(
    launch: Callable[..., None], line: str, grid: Grid, serial_bytes: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "sharded"
    with pytest.raises(StoreError) as told:
        run_sweep(
            SweepRequest(
                NetworkExperiment(), grid, QUIET, folder, shards=ShardPlan(2, SERIAL, launch)
            )
        )
    assert str(told.value).startswith(line)
    assert str(told.value).endswith(f"resume with python -m xorsweep -m resume={folder}")
    parts = set((folder / "parts").iterdir())
    assert parts
    result = resume_sweep(ResumeRequest(folder, QUIET, shards=ShardPlan(2, SERIAL, here)))
    assert parts < set((folder / "parts").iterdir())
    assert result.results.read_bytes() == serial_bytes


@pytest.mark.slow
def test_a_killed_shard_keeps_its_finished_batches(
    grid: Grid, serial_bytes: bytes, tmp_path: Path
) -> None:
    """The shard's process is killed as soon as its first batch is on disk."""
    folder = tmp_path / "sharded"
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from xorsweep.execution.settings import ExecutionSettings\n"
        "from xorsweep.network_experiment import NetworkExperiment\n"
        "from xorsweep.storage import store; from xorsweep.sweeps import shards\n"
        "add = store.Store.add\n"
        "def add_and_die(self, rows): add(self, rows); os.kill(os.getpid(), signal.SIGKILL)\n"
        "store.Store.add = add_and_die\n"
        "folder, number = Path(sys.argv[1]), int(sys.argv[2])\n"
        "serial = ExecutionSettings('serial', 1)\n"
        "shards.run_shard(folder, NetworkExperiment(), serial, False, number)"
    )

    def killed(folder: Path, shards: int, run: RunShard) -> None:
        for number in range(shards):
            command = [sys.executable, "-c", script, str(folder), str(number)]
            assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        raise ExecutionError("all of them died")

    with pytest.raises(StoreError, match="all of them died"):
        run_sweep(
            SweepRequest(
                NetworkExperiment(), grid, QUIET, folder, shards=ShardPlan(2, SERIAL, killed)
            )
        )
    assert len(list((folder / "parts").iterdir())) == 2
    assert resume_sweep(ResumeRequest(folder, QUIET)).results.read_bytes() == serial_bytes


@pytest.mark.slow
def test_shards_of_an_earlier_run_are_removed_on_resume(
    grid: Grid, serial_bytes: bytes, tmp_path: Path
) -> None:
    folder, elsewhere = tmp_path / "sweep", tmp_path / "elsewhere"

    def dead(folder: Path, shards: int, run: RunShard) -> None:
        run(0)
        raise ExecutionError("gone")

    with pytest.raises(StoreError, match="gone"):
        run_sweep(
            SweepRequest(
                NetworkExperiment(), grid, QUIET, folder, shards=ShardPlan(2, SERIAL, dead)
            )
        )
    assert (folder / SHARDS).is_dir()
    assert resume_sweep(ResumeRequest(folder, QUIET)).results.read_bytes() == serial_bytes
    assert not (folder / SHARDS).exists()

    elsewhere.mkdir()
    (elsewhere / "0").mkdir()
    (folder / SHARDS).symlink_to(elsewhere)
    resume_sweep(ResumeRequest(folder, QUIET, shards=ShardPlan(2, SERIAL, here)))
    assert not (folder / SHARDS).is_symlink()
    assert (elsewhere / "0").is_dir()


def test_progress_counts_the_finished_batches_of_shards(grid: Grid, tmp_path: Path) -> None:
    store = Store.create(tmp_path, NetworkExperiment())
    batches = plan_of(grid, 2).batches
    counted: list[int] = []
    run_in_shards(
        store,
        batches,
        ShardPlan(2, SERIAL, here),
        counted.append,
    )
    assert sum(counted) == sum(batch.work for batch in batches)


def test_a_shard_trains_in_one_process_unless_more_are_asked_for() -> None:
    assert plan_shards(SweepSettings(ExecutionSettings("loky", -1, shards=5)), here).workers == 5
    assert plan_shards(SweepSettings(ExecutionSettings("loky", 3, shards=5)), here).workers == 15
    assert plan_shards(QUIET, here).shards == joblib.cpu_count()


def test_a_cluster_and_a_launcher_are_one_too_many() -> None:
    with pytest.raises(ConfigError, match=r"^parallel=dask: .* choose one$"):
        plan_shards(SweepSettings(ExecutionSettings("dask")), here)


def test_a_shard_that_is_to_stop_stops_at_a_failure(
    batches: tuple[Batch, ...], tmp_path: Path
) -> None:
    Store.create(tmp_path, NetworkExperiment())
    absent = {**batches[0].fixed, "init": "file", "init.path": "absent.npz"}
    write_shard(
        tmp_path,
        0,
        NetworkExperiment(),
        [batches[0], replace(batches[1], fixed=absent), *batches[2:]],
    )
    with pytest.raises(SweepAborted, match=r"absent\.npz"):
        run_shard(tmp_path, NetworkExperiment(), SERIAL, True, 0)
    assert finished_batches(tmp_path, 0) == [0, 1]
    assert plan_shards(replace(QUIET, on_failure="stop"), here).stops
    assert not plan_shards(QUIET, here).stops
