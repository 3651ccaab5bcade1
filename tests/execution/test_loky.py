"""Processes of this machine: the same rows as from one, also when some of them are killed."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from light_tasks import Light, LightTask
from planned_batches import planned, stored

from xorsweep.execution.loky import run_loky
from xorsweep.execution.serial import run_serial
from xorsweep.experiment import FAILED, ExperimentTask
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.planning import Batch

LONG_ENOUGH = 0.2
"""Seconds of training after which a process is surely in the middle of a long batch."""

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="finds the processes to be killed in /proc"
)


def children() -> list[int]:
    """Return the processes that this one has started, from any of its threads."""
    found: list[int] = []
    for path in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # a thread that has just ended
            found += map(int, path.read_text().split())
    return found


def processor_times() -> dict[int, float]:
    """Return the processes that train for this one, with the seconds they have been busy."""
    found = {}
    for child in children():
        with suppress(OSError):  # a process that has just ended
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            numbers = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
            if b"loky" in command and b"resource_tracker" not in command:
                ticks = int(numbers[11]) + int(numbers[12])
                found[child] = ticks / os.sysconf("SC_CLK_TCK")
    return found


@contextmanager
def killing(deaths: int) -> Iterator[list[int]]:
    """Kill a process once it has trained for a while, then one of the next pool, and so on.

    The others of its pool are passed over: joblib ends them when one is gone.
    """
    before = processor_times()
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        passed_over: set[int] = set()
        while len(killed) < deaths and not over.wait(0.01):
            times = processor_times()
            for child in times.keys() - passed_over:
                if times[child] - before.get(child, 0) > LONG_ENOUGH:
                    os.kill(child, signal.SIGKILL)
                    killed.append(child)
                    passed_over |= times.keys()
                    break

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


@pytest.fixture
def warm(grid: Grid) -> None:
    """Have two processes wait for work, so that they train next."""
    list(run_loky(planned(grid), ExperimentTask(NetworkExperiment()), workers=2))


def test_a_short_batch_does_not_wait_for_a_long_one(tmp_path: Path) -> None:
    long = Light(0, awaited=tmp_path / "others ended")
    batches = [long, *map(Light, range(1, 13))]
    ended = []
    for batch, _ in run_loky(batches, LightTask(), workers=2):
        ended.append(batch)
        if len(ended) == 12:
            (tmp_path / "others ended").touch()
    assert ended[-1] is long


@pytest.mark.slow
def test_a_batch_that_kills_each_process_fails_and_the_rest_continues() -> None:
    batches = [Light(0, is_deadly=True), *map(Light, range(1, 13))]
    ended = {batch.number: rows for batch, rows in run_loky(batches, LightTask(), workers=2)}
    message = str(ended.pop(0))
    assert message.startswith("0: the worker process died twice: ")
    assert "\n" not in message
    assert ended == {number: number for number in range(1, 13)}


def test_processes_give_the_rows_that_one_gives(grid: Grid) -> None:
    batches = planned(grid)
    alone = list(run_serial(batches, ExperimentTask(NetworkExperiment())))
    together = list(run_loky(batches, ExperimentTask(NetworkExperiment()), workers=2))
    assert stored(together) == stored(alone)
    order = {id(batch): place for place, batch in enumerate(batches)}
    assert sorted(order[id(batch)] for batch, _ in together) == list(range(len(batches)))


def test_each_batch_comes_with_its_own_rows(grid: Grid) -> None:
    for batch, rows in run_loky(planned(grid), ExperimentTask(NetworkExperiment()), workers=2):
        assert sorted(rows["point_id"].to_pylist()) == sorted(
            batch.identities[batch.rows >= 0].tolist()
        )


def test_no_batch_is_no_work() -> None:
    assert list(run_loky([], ExperimentTask(NetworkExperiment()), workers=2)) == []


def test_a_batch_that_raises_in_a_process_costs_the_others_nothing(grid: Grid) -> None:
    good = planned(grid)
    missing = {**good[0].fixed, "init": "file", "init.path": "absent.npz"}
    bad = Batch(missing, good[0].varying, good[0].snapshots, good[0].rows, good[0].identities)
    finished = list(run_loky([bad, *good], ExperimentTask(NetworkExperiment()), workers=2))
    (failures,) = [rows for _, rows in finished if FAILED in rows["status"].to_pylist()]
    assert sorted(failures["point_id"].to_pylist()) == sorted(bad.identities.ravel().tolist())
    assert set(failures["message"].to_pylist()) == {
        "ConfigError: init.path=absent.npz: no such file"
    }
    others = [(batch, rows) for batch, rows in finished if rows is not failures]
    assert stored(others) == stored(list(run_serial(good, ExperimentTask(NetworkExperiment()))))


@pytest.mark.slow
@needs_proc
@pytest.mark.usefixtures("warm")
def test_a_worker_that_is_killed_in_the_middle_of_a_batch_costs_nothing(
    long: tuple[Batch, ...], grid: Grid
) -> None:
    batches = (long[0], *planned(grid))
    with killing(deaths=1) as killed:
        finished = list(run_loky(batches, ExperimentTask(NetworkExperiment()), workers=2))
    assert len(killed) == 1
    assert len(finished) == len(batches)
    assert stored(finished) == stored(
        list(run_serial(batches, ExperimentTask(NetworkExperiment())))
    )


@pytest.mark.slow
@needs_proc
@pytest.mark.usefixtures("warm")
def test_a_batch_whose_process_dies_twice_fails_and_the_rest_continues(
    long: tuple[Batch, ...], grid: Grid
) -> None:
    batches = (*long, *planned(grid))
    with killing(deaths=2) as killed:
        finished = list(run_loky(batches, ExperimentTask(NetworkExperiment()), workers=2))
    assert len(killed) == 2
    (failures,) = [rows for batch, rows in finished if batch is long[0]]
    assert failures["status"].to_pylist() == [FAILED]
    assert failures["point_id"].to_pylist() == long[0].identities[0].tolist()
    (message,) = failures["message"].to_pylist()
    assert message.startswith("the worker process died twice: ")
    assert "\n" not in message
    others = [(batch, rows) for batch, rows in finished if batch is not long[0]]
    assert stored(others) == stored(
        list(run_serial(batches[1:], ExperimentTask(NetworkExperiment())))
    )
