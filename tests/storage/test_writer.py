"""Batches on their way to disk: which share a part, and when each is safe."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest
from planned_batches import plan_of

from xorsweep.execution.serial import run_serial
from xorsweep.experiment import ExperimentTask
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.storage.store import Store
from xorsweep.storage.writer import BatchWriter

GridOf = Callable[..., Grid]


@pytest.fixture(scope="module")
def batches(grid_of: GridOf) -> list[pa.Table]:
    """Return the rows of three batches of two points each."""
    plan = plan_of(grid_of(hidden=[2, 3, 4], epochs=2, seed=[0, 1]))
    return [rows for _, rows in run_serial(plan.batches, ExperimentTask(NetworkExperiment()))]


class Counted:
    """A store, and how many points it held each time that something was counted."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.create(folder / "sweep", NetworkExperiment())
        self.counted: list[tuple[int, int]] = []

    def advance(self, work: int) -> None:
        self.counted.append((work, len(self.identities())))

    def identities(self) -> list[int]:
        return sorted(int(i) for part in self.store.parts() for i in part["point_id"].to_numpy())


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    return Counted(tmp_path)


def identities_of(batches: list[pa.Table]) -> list[int]:
    return sorted(i for rows in batches for i in rows["point_id"].to_pylist())


def test_quick_batches_share_a_part_and_are_counted_once_they_are_safe(
    counted: Counted, batches: list[pa.Table]
) -> None:
    with BatchWriter(counted.store, counted.advance, every=3600) as commit:
        for rows in batches:
            commit.add(rows, 10)
    assert counted.counted == [(10, 2), (20, 6)]
    assert len(counted.store.part_files()) == 2
    assert counted.identities() == identities_of(batches)


def test_slow_batches_wait_for_nobody(counted: Counted, batches: list[pa.Table]) -> None:
    with BatchWriter(counted.store, counted.advance, every=0) as commit:
        for rows in batches:
            commit.add(rows, 10)
            assert counted.counted[-1][0] == 10
    assert counted.counted == [(10, 2), (10, 4), (10, 6)]


@pytest.mark.parametrize("ending", [KeyboardInterrupt, RuntimeError])
def test_computed_rows_are_written_whatever_ends_a_sweep(
    counted: Counted,
    batches: list[pa.Table],
    ending: type[BaseException],
) -> None:
    with suppress(ending), BatchWriter(counted.store, counted.advance, every=3600) as commit:
        for rows in batches:
            commit.add(rows, 10)
        raise ending
    assert counted.identities() == identities_of(batches)


def test_a_disk_that_takes_nothing_is_not_tried_again(
    counted: Counted, batches: list[pa.Table]
) -> None:
    (counted.store.folder / "parts").write_text("in the way")
    with (
        pytest.raises(OSError, match="parts"),
        BatchWriter(counted.store, counted.advance, 0.25) as both,
    ):
        both.add(batches[0], 10)
    assert not counted.counted
