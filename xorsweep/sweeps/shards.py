"""Shards: shares of a sweep's batches that jobs elsewhere run, handed over as files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from joblib import cpu_count

from xorsweep.errors import ConfigError, ExecutionError
from xorsweep.execution.backends import choose_executor, workers_of
from xorsweep.execution.interface import Advance
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import Batch, Experiment, ExperimentTask
from xorsweep.settings import SweepSettings
from xorsweep.storage.plain_files import remove_tree
from xorsweep.storage.store import Store
from xorsweep.sweeps.interruption import stop_if_failed

SHARDS = ".shards"
"""The folder, inside the sweep's, with a numbered folder a shard; gone when all have ended well."""
BATCHES = "batches.npz"
FINISHED = "finished.txt"
POLL = 0.5
"""Seconds between two checks of the shards' progress."""

RunShard = Callable[[int], None]


class Launcher(Protocol):
    """Starts jobs, on whatever machine, and returns when all of them have ended."""

    def __call__(self, folder: Path, shards: int, run: RunShard) -> None:
        """Call `run` with the numbers from 0, each in a job; raises ExecutionError if one failed.

        `run` can be pickled.
        """
        ...


@dataclass(frozen=True)
class ShardPlan:
    """A sweep in shards: their number, their settings, and their launcher.

    With `stops` a shard ends at the first batch with a failure.
    """

    shards: int
    parallel: ExecutionSettings
    launch: Launcher
    stops: bool = False

    @property
    def workers(self) -> int:
        """Return how many processes run at the same time, all shards together."""
        return self.shards * workers_of(self.parallel)


def plan_shards(settings: SweepSettings, launch: Launcher) -> ShardPlan:
    """Return a sweep's shards; each runs in one process unless `n_jobs` says otherwise.

    Raises ConfigError where a cluster is asked for as well.
    """
    parallel = settings.parallel
    if parallel.backend == "dask":
        raise ConfigError(
            "parallel=dask: says where batches are run, and so does hydra/launcher; choose one"
        )
    # A scheduler gives a job one core by default: it must not start a process for every core.
    inside = replace(parallel, n_jobs=1) if parallel.n_jobs == -1 else parallel
    stops = settings.on_failure == "stop"
    return ShardPlan(parallel.shards or int(cpu_count()), inside, launch, stops)


def run_in_shards(store: Store, batches: Sequence[Batch], how: ShardPlan, advance: Advance) -> None:
    """Have shards run the batches and put them on disk; raises ExecutionError.

    The caller holds the store: every file has one writer, and parts are named by their content.
    """
    shares = divide(batches, how.shards)
    folder = store.folder.absolute()
    remove_shards(folder)
    for number, share in enumerate(shares):
        write_shard(folder, number, store.experiment, share)
    if shares:
        with _watched(folder, shares, advance):
            run = partial(run_shard, folder, store.experiment, how.parallel, how.stops)
            how.launch(folder, len(shares), run)
    for number, share in enumerate(shares):
        # A launcher may return though a job of its was killed.
        if len(finished_batches(folder, number)) < len(share):
            raise ExecutionError(f"shard {number} ended before its batches were run")
    with suppress(OSError):  # the next sweep here removes the rest
        remove_shards(folder)


def remove_shards(folder: Path) -> None:
    """Remove the files of an earlier run's shards; their finished batches are in the parts."""
    remove_tree(folder / SHARDS)


def divide(batches: Sequence[Batch], shards: int) -> list[list[Batch]]:
    """Return the batches of each shard, about the same work in each and none without work.

    batches: the largest first; each goes to the shard that has least to do.
    """
    shares: list[list[Batch]] = [[] for _ in range(min(shards, len(batches)))]
    loads = [(0.0, number) for number in range(len(shares))]
    for batch in batches:
        load, number = heappop(loads)
        shares[number].append(batch)
        heappush(loads, (load + batch.cost, number))
    return shares


def run_shard(
    folder: Path,
    experiment: Experiment[Any],
    parallel: ExecutionSettings,
    stops: bool,
    number: int,
) -> None:
    """Run the batches of one shard, each on disk before the next is counted.

    Raises SweepAborted, with `stops`, at a batch with a failure.
    """
    batches = read_shard(folder, number, experiment)
    # By identity, since batches hold arrays, which have no hash.
    places = {id(batch): place for place, batch in enumerate(batches)}
    store = Store(folder, experiment)
    execute = choose_executor(parallel, is_quick=False)
    with (_shard(folder, number) / FINISHED).open("w", buffering=1, encoding="utf-8") as finished:
        for batch, rows in execute(batches, ExperimentTask(experiment)):
            # On disk before it counts as finished.
            store.add([rows])
            finished.write(f"{places[id(batch)]}\n")
            if stops:
                stop_if_failed(rows)


def write_shard(
    folder: Path, number: int, experiment: Experiment[Any], batches: Sequence[Batch]
) -> None:
    """Write the batches of a shard: arrays, nothing that is code."""
    _shard(folder, number).mkdir(parents=True)
    with (_shard(folder, number) / BATCHES).open("wb") as file:
        np.savez(file, **experiment.pack(batches))  # type: ignore[arg-type]


def read_shard(folder: Path, number: int, experiment: Experiment[Any]) -> list[Any]:
    """Return the batches of a shard, as they were written."""
    with np.load(_shard(folder, number) / BATCHES, allow_pickle=False) as arrays:
        return experiment.unpack(arrays)


def finished_batches(folder: Path, number: int) -> list[int]:
    """Return which batches of a shard are on disk."""
    try:
        text = (_shard(folder, number) / FINISHED).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    # The last line may be half written; the next look finds it whole.
    return [int(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def _shard(folder: Path, number: int) -> Path:
    return folder / SHARDS / str(number)


@contextmanager
def _watched(folder: Path, shares: Sequence[Sequence[Batch]], advance: Advance) -> Iterator[None]:
    """Count the finished batches of shards while a launcher waits for them."""
    over = threading.Event()
    counted = [0] * len(shares)

    def look() -> None:
        for number, share in enumerate(shares):
            new = finished_batches(folder, number)[counted[number] :]
            counted[number] += len(new)
            if new:
                advance(sum(share[place].work for place in new))

    def watch() -> None:
        while not over.wait(POLL):
            with suppress(OSError):  # looked at again the next time
                look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    look()
