"""The cost of each step of a sweep, measured one step at a time in this process.

Costs of steps that only compute are processor seconds of this process, which other load on the
machine leaves nearly as they are; those that wait for a disk or for processes are wall seconds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import numpy as np

from benchmarks.points import point_of
from xorsweep.execution.interface import Executor
from xorsweep.experiment import ExperimentTask, Plan
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, product_grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.architecture import Network
from xorsweep.networks.engines import Engine, load_capacity, load_epoch_costs
from xorsweep.networks.planning import Batch, make_plan
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.networks.trainer import train_batch
from xorsweep.storage.parts import encode
from xorsweep.storage.results import assemble, read_results, write_results
from xorsweep.storage.store import Store
from xorsweep.sweeps.outputs import write_comparisons, write_summary
from xorsweep.sweeps.shards import read_shard, write_shard

ENGINE = Engine()
EXPERIMENT = NetworkExperiment(ENGINE)
MEMBERS = 2048
ROWS = (20_000, 120_000)
"""Two sizes; the slope between them is the cost of a row, without the fixed cost."""
ROWS_FINISHED = (100_000, 1_100_000)
"""The sizes of tables: the columns of larger ones lie in files."""
BATCHES = (50, 350)
MIB = 2**20


@dataclass(frozen=True)
class Costs:
    """Seconds, and bytes, of each step; the network is 2-2-1 and an epoch is a full batch.

    `row_...` are a row's, `batch_...` a batch's; those of loky and dask are the parent's
    for a batch that processes train, and `store` is the writer's.
    """

    capacity: int
    net_epoch: float
    trajectory: float
    row_plan: float
    row_finish: float
    row_store: float
    batch_store: float
    row_loky: float
    batch_loky: float
    start_loky: float
    row_dask: float
    batch_dask: float
    start_dask: float
    row_shard: float
    bytes_part: float
    bytes_csv: float
    bytes_handed: float
    start: float = 0.0
    """Wall seconds of a sweep of next to no rows."""


def measure_costs(repeats: int) -> Costs:
    """Return every cost, each the median of some repeats."""
    net_epoch, trajectory = _training(repeats)
    row_store, batch_store = _storing(repeats)
    row_plan = _slope(lambda rows: list(_plan(grid_of(rows)).batches), ROWS, repeats)
    loky = import_module("xorsweep.execution.loky").run_loky
    dask = import_module("xorsweep.execution.dask").run_dask
    loky_row, loky_batch, loky_start = _handing(partial(loky, workers=2), repeats)
    dask_row, dask_batch, dask_start = _handing(partial(dask, workers=2, address=None), repeats)
    finish, part, csv = _finishing(repeats)
    return Costs(
        capacity=_capacity(Network(2, 2, 1, False), 4),
        net_epoch=net_epoch,
        trajectory=trajectory,
        row_plan=row_plan,
        row_finish=finish,
        row_store=row_store,
        batch_store=batch_store,
        row_loky=loky_row,
        batch_loky=loky_batch,
        start_loky=loky_start,
        row_dask=dask_row,
        batch_dask=dask_batch,
        start_dask=dask_start,
        row_shard=_slope(_hand_over_a_shard, ROWS, repeats),
        bytes_part=part,
        bytes_csv=csv,
        bytes_handed=_bytes_handed(),
    )


def grid_of(rows: int, epochs: int = 1) -> Grid:
    """Return a grid of 2-2-1 networks, one per seed at each of twenty learning rates."""
    rates = tuple(place / 10 for place in range(1, 21))
    axes = [Axis("lr", rates), Axis("seed", tuple(range(rows // len(rates))))]
    return product_grid(NETWORK_SCHEMA, axes, [point_of(epochs=epochs)])


_capacity = load_capacity(ENGINE)


def _batches(count: int, members: int, epochs: int = 1) -> list[Batch]:
    """Return batches of `members` 2-2-1 networks, with identities as scattered as real ones."""
    fixed = point_of(epochs=epochs)
    for key in ("epochs", "seed", "lr"):
        del fixed[key]
    random = np.random.default_rng(0)
    return [
        Batch(
            fixed,
            {"seed": rows, "lr": np.where(rows % 2, 0.5, 1.0)},
            (epochs,),
            rows[None],
            random.integers(2**64, size=(1, members), dtype=np.uint64),
        )
        for rows in np.arange(count * members).reshape(count, members)
    ]


def _seconds(action: Callable[[], object], clock: Callable[[], float], repeats: int) -> float:
    def once() -> float:
        started = clock()
        action()
        return clock() - started

    return median(once() for _ in range(repeats))


def _slope(
    action: Callable[[int], object],
    sizes: Sequence[int],
    repeats: int,
    clock: Callable[[], float] = process_time,
) -> float:
    """Return the cost of one more, from the costs of few and of many."""
    action(sizes[0])  # the imports happen now
    few, many = (_seconds(partial(action, size), clock, repeats) for size in sizes)
    return max(0.0, (many - few) / (sizes[1] - sizes[0]))


def _training(repeats: int) -> tuple[float, float]:
    """Return the seconds of a net-epoch, and of a trajectory beside its epochs."""
    members = _capacity(Network(2, 2, 1, False), 4)
    epochs = (20, 320)
    batches = [_batches(1, members, count)[0] for count in epochs]
    few, many = (
        _seconds(partial(train_batch, batch, ENGINE), process_time, repeats) for batch in batches
    )
    net_epoch = (many - few) / (epochs[1] - epochs[0]) / members
    return net_epoch, max(0.0, few / members - epochs[0] * net_epoch)


def _storing(repeats: int) -> tuple[float, float]:
    """Return the seconds of a row and of a batch until it is safely on disk."""
    sizes = (64, 8_192)
    times = []
    for size in sizes:
        rows = [EXPERIMENT.run(_batches(1, size)[0])]
        with tempfile.TemporaryDirectory() as folder:
            store = Store.create(Path(folder) / "sweep", EXPERIMENT)
            times.append(_seconds(partial(store.add, rows), perf_counter, 5 * repeats))
    row = max(0.0, (times[1] - times[0]) / (sizes[1] - sizes[0]))
    return row, max(0.0, times[0] - sizes[0] * row)


def _handing(execute: Executor, repeats: int) -> tuple[float, float, float]:
    """Return the parent's seconds a row and a batch, and the wall seconds until all is started."""

    def hand(count: int, members: int) -> float:
        batches = _batches(count, members)
        return _seconds(
            lambda: list(execute(batches, ExperimentTask(EXPERIMENT))),
            process_time,
            repeats,
        )

    start = _seconds(
        lambda: list(execute(_batches(2, 2), ExperimentTask(EXPERIMENT))),
        perf_counter,
        1,
    )
    few, many = (hand(count, 2) for count in BATCHES)
    batch = max(0.0, (many - few) / (BATCHES[1] - BATCHES[0]))
    small, large = hand(BATCHES[0], 2), hand(BATCHES[0], MEMBERS)
    return max(0.0, (large - small) / (BATCHES[0] * (MEMBERS - 2))), batch, start


def _finishing(repeats: int) -> tuple[float, float, float]:
    """Return the seconds a row from parts to tables, and the bytes a row of parts and of CSV."""
    with tempfile.TemporaryDirectory() as folder:
        stores = {rows: _trained(Path(folder) / str(rows), rows) for rows in ROWS_FINISHED}
        # CSV is made by threads, so that seconds of the processor aren't those it takes.
        seconds = _slope(
            lambda rows: _finish(stores[rows], rows), ROWS_FINISHED, repeats, perf_counter
        )
        count = ROWS_FINISHED[1]
        largest = stores[count].folder
        parts = sum(path.stat().st_size for path in (largest / "parts").iterdir())
        return seconds, parts / count, (largest / "results.csv").stat().st_size / count


def _plan(grid: Grid) -> Plan[Batch]:
    return make_plan(grid, _capacity, 1, np.arange(len(grid)), load_epoch_costs(Engine()))


def _trained(folder: Path, rows: int) -> Store:
    store = Store.create(folder, EXPERIMENT)
    for batch in _plan(grid_of(rows)).batches:
        store.add([EXPERIMENT.run(batch)])
    return store


def _finish(store: Store, rows: int) -> None:
    grid = grid_of(rows)
    table = EXPERIMENT.tabulate(grid, assemble(grid, store.measurements(), store.folder))
    write_results(grid, table, store.folder)
    results = read_results(store.folder, EXPERIMENT)
    summary = write_summary(store, grid, results, axes=None)
    write_comparisons(store, results, summary, axes=None)


def _hand_over_a_shard(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_shard(Path(folder), 0, EXPERIMENT, _batches(rows // MEMBERS, MEMBERS))
        read_shard(Path(folder), 0, EXPERIMENT)


def _bytes_handed() -> float:
    """Return the bytes a row that a shard is handed."""
    with tempfile.TemporaryDirectory() as folder:
        write_shard(Path(folder), 0, EXPERIMENT, _batches(BATCHES[0], MEMBERS))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.npz"))
        return size / (BATCHES[0] * MEMBERS)


def bytes_of_a_part(epochs: int) -> float:
    """Return the bytes a row of a part, learning curves included, of trajectories so long."""
    rows = EXPERIMENT.run(_batches(1, MEMBERS, epochs)[0])
    return len(encode([rows], EXPERIMENT)[1]) / MEMBERS
