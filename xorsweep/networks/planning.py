"""Plans batches: points that differ in epochs alone are a trajectory, similar ones a batch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import prod
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from xorsweep.experiment import Plan, Rows
from xorsweep.fields import Scalar
from xorsweep.grid.columns import combined_codes, number_by_appearance
from xorsweep.grid.grid import Grid
from xorsweep.networks.batch_sizes import Group, batch_counts
from xorsweep.networks.schema import epochs_of, network_of, task_rows

if TYPE_CHECKING:
    from xorsweep.grid.schema import Point
    from xorsweep.networks.engines.interface import Capacity, EpochCosts

BATCH_SECONDS = 0.005
"""Seconds that a batch costs beside its epochs: it is handed to a worker, and its part written."""
ROWS_AT_ONCE = 2**20
"""Rows that are numbered together, so that memory stays bounded."""
MOST_KEPT = 256
"""Batches of a plan that are kept once they are made."""
QUICK = 0.3
"""Seconds of training in which other processes would hardly start."""


@dataclass(frozen=True)
class Batch:
    """B trajectories that one array program trains, kept at S snapshots.

    `fixed` holds the flat keys on which all members agree, `varying` the others as arrays (B,);
    neither holds `epochs`. `snapshots` (S,) are the epochs to be kept, ascending; `rows` (S, B)
    int64 the grid's row of each, -1 where the grid has no such point; `identities` (S, B) uint64
    those of the points, 0 where there is none. `cost` is about how many seconds training takes.
    """

    fixed: Mapping[str, Scalar]
    varying: Mapping[str, NDArray[Any]]
    snapshots: tuple[int, ...]
    rows: Rows
    identities: NDArray[np.uint64]
    cost: float = 0.0

    @property
    def members(self) -> int:
        """Return B."""
        return int(self.rows.shape[1])

    @property
    def point_ids(self) -> NDArray[np.uint64]:
        """Return the identities (n,) of the points."""
        return self.identities[self.rows >= 0]

    @property
    def work(self) -> int:
        """Return the work in net-epochs: full-batch epochs of one network."""
        return self.members * self.snapshots[-1]

    def split(self) -> tuple[Batch, ...]:
        """Return the two halves of the batch, none of a batch of one network."""
        if self.members == 1:
            return ()
        half = self.members // 2
        return self.part(slice(None, half)), self.part(slice(half, None))

    def part(self, members: slice) -> Batch:
        """Return the batch of some of the members."""
        rows = self.rows[:, members]
        return Batch(
            self.fixed,
            {key: values[members] for key, values in self.varying.items()},
            self.snapshots,
            rows,
            self.identities[:, members],
            self.cost * rows.shape[1] / self.members,
        )


def batch_of_one(
    point: Mapping[str, Scalar], snapshots: tuple[int, ...], point_id: int = 0
) -> Batch:
    """Return a batch that trains one point alone, kept at some epochs."""
    fixed = {key: value for key, value in point.items() if key != "epochs"}
    shape = (len(snapshots), 1)
    return Batch(
        fixed, {}, snapshots, np.zeros(shape, np.int64), np.full(shape, point_id, np.uint64)
    )


def make_plan(
    grid: Grid,
    capacity: Capacity,
    workers: int,
    pending: Rows,
    epoch_costs: EpochCosts,
) -> Plan[Batch]:
    """Return batches that hold each pending point, by its row (n,), exactly once.

    `capacity` and `epoch_costs` are those of the engine, and `workers` processes share the work.
    """
    tables = [table for some in _similar(grid, pending) for table in _trajectories(grid, some)]
    groups = [
        _group_of(grid.point(int(table[-1, 0])), table.shape[1], capacity, epoch_costs)
        for table in tables
    ]
    planned = [
        _Planned(part, group.seconds(part.shape[1]))
        for table, group, count in zip(tables, groups, batch_counts(groups, workers), strict=True)
        for part in np.array_split(table, count, axis=1)
    ]
    # The longest first, so that workers end together; the sort is stable, and so is the plan.
    planned.sort(key=lambda each: -each.cost)
    batches = Batches(grid, planned)
    return Plan(
        batches,
        len(pending),
        sum(batches.work_of(each) for each in planned),
        counts={"trajectories": sum(table.shape[1] for table in tables)},
        is_quick=sum(each.cost for each in planned) < QUICK,
    )


def _group_of(point: Point, members: int, capacity: Capacity, epoch_costs: EpochCosts) -> Group:
    """Return the costs of some networks with the settings of a point."""
    network, rows, epochs = network_of(point), task_rows(point), epochs_of(point)
    epoch = epoch_costs(network, rows)
    return Group(
        members,
        most=capacity(network, rows),
        per_batch=BATCH_SECONDS + epochs * epoch.per_batch,
        per_network=epochs * epoch.per_network,
    )


def _similar(grid: Grid, rows: Rows) -> Iterator[Rows]:
    """Yield the rows of points that agree in all that a batch shares, except for epochs."""
    shared = [
        key
        for key, column in grid.columns.items()
        if key not in ("epochs", "seed") and not column.batched and len(column.levels) > 1
    ]
    if not shared or not len(rows):
        yield from [rows] if len(rows) else []
        return
    number = _compact_numbers(grid, shared, rows)
    # Stable, so that rows stay in the order of the grid.
    order = np.argsort(number, kind="stable")
    for places in np.split(order, np.cumsum(np.bincount(number))[:-1]):
        if len(places):
            yield rows[places]


def _compact_numbers(grid: Grid, keys: Sequence[str], rows: Rows) -> NDArray[np.integer[Any]]:
    """Return the numbers of `combined_codes` in a type of few bytes."""
    most = prod(len(grid.columns[key].levels) for key in keys)
    # Numbers that fit in 16 bits, in which NumPy sorts stably by radix, in linear time.
    if most > 2**16:
        return np.unique(combined_codes(grid.columns, keys, rows), return_inverse=True)[1]
    number = np.empty(len(rows), np.uint16)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = slice(start, start + ROWS_AT_ONCE)
        number[some] = combined_codes(grid.columns, keys, rows[some])
    return number


def _trajectories(grid: Grid, rows: Rows) -> Iterator[NDArray[np.integer[Any]]]:
    """Yield the rows (S, T) of trajectories with the same last epoch, by epoch, -1 for no point.

    Trajectories are in the order of their first points.
    """
    epochs, dtype = grid.columns["epochs"], np.int32 if len(grid) < 2**31 else np.int64
    codes = epochs.codes[rows]
    present = np.flatnonzero(np.bincount(codes))
    if len(present) == 1:
        yield rows[None].astype(dtype)
        return
    # The rank of each level, as levels of `epochs` needn't ascend.
    snapshot = np.argsort(np.argsort(epochs.level_array[present]))
    keys = [key for key, column in grid.columns.items() if key == "seed" or column.batched]
    trajectory = number_by_appearance(combined_codes(grid.columns, keys, rows))
    table = np.full((len(present), int(trajectory.max()) + 1), -1, dtype)
    table[snapshot[np.searchsorted(present, codes)], trajectory] = rows
    # They are as long as the grid, and the table is about to be copied.
    del codes, trajectory
    # Where each trajectory ends: a filter or a resume may leave it only some epochs.
    last = len(present) - 1 - np.argmax(table[::-1] >= 0, axis=0)
    for place in np.unique(last):
        yield table[: place + 1, last == place] if (last != place).any() else table


@dataclass(frozen=True, eq=False)
class _Planned:
    """A batch to be made: its rows (S, B) of a grid, -1 for no point, and its cost."""

    rows: NDArray[np.integer[Any]]
    cost: float


@dataclass(frozen=True, eq=False)
class Batches(Sequence[Batch]):
    """The batches of a plan, each made when it is asked for, since together they may be large."""

    grid: Grid
    planned: Sequence[_Planned]
    most_kept: int = MOST_KEPT

    def __len__(self) -> int:
        return len(self.planned)

    @overload
    def __getitem__(self, place: int) -> Batch: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Batch]: ...
    def __getitem__(self, place: int | slice) -> Batch | Sequence[Batch]:
        if isinstance(place, slice):
            return replace(self, planned=self.planned[place])
        return self._made(range(len(self))[place])

    @cached_property
    def _made(self) -> Callable[[int], Batch]:
        # A cache of this plan, and not of the function: it goes when the plan goes.
        return lru_cache(self.most_kept)(lambda place: _batch(self.grid, self.planned[place]))

    def work_of(self, planned: _Planned) -> int:
        """Return the work of a batch that isn't made yet."""
        last = self.grid.columns["epochs"].array(planned.rows[-1, :1])[0]
        return int(planned.rows.shape[1] * last)


def _batch(grid: Grid, planned: _Planned) -> Batch:
    # At some snapshots no trajectory of this batch may have a point.
    rows = planned.rows[(planned.rows >= 0).any(axis=1)].astype(np.int64)
    # Any point of a row does, as all of them have the same epochs; -1 is none.
    snapshots = grid.columns["epochs"].array(rows.max(axis=1))
    # There every trajectory has a point, which has its settings.
    last_rows = rows[-1]
    fixed: dict[str, Scalar] = {}
    varying: dict[str, NDArray[Any]] = {}
    for key, column in grid.columns.items():
        if key == "epochs":
            continue
        codes = column.codes[last_rows]
        if (codes != codes[0]).any():
            varying[key] = column.level_array[codes]
        # A key that is null is omitted: readers of a batch take a missing key for null.
        elif (level := column.levels[codes[0]]) is not None:
            fixed[key] = level
    identities = np.where(rows >= 0, grid.identities_of(rows), np.uint64(0))
    return Batch(fixed, varying, tuple(snapshots.tolist()), rows, identities, planned.cost)


def pack(batches: Sequence[Batch]) -> dict[str, NDArray[Any]]:
    """Return batches as arrays, with the values that their members share as JSON, never as code."""
    heads = [
        {"fixed": dict(each.fixed), "snapshots": each.snapshots, "cost": each.cost}
        for each in batches
    ]
    arrays: dict[str, NDArray[Any]] = {"heads": np.frombuffer(json.dumps(heads).encode(), np.uint8)}
    for place, batch in enumerate(batches):
        arrays[f"{place}/rows"] = batch.rows
        arrays[f"{place}/identities"] = batch.identities
        arrays |= {f"{place}/varying/{key}": values for key, values in batch.varying.items()}
    return arrays


def unpack(arrays: Mapping[str, NDArray[Any]]) -> list[Batch]:
    """Return the batches of which `pack` made arrays."""
    heads = json.loads(arrays["heads"].tobytes())
    varying: list[dict[str, NDArray[Any]]] = [{} for _ in heads]
    for name in arrays:
        place, _, key = name.partition("/varying/")
        if key:
            varying[int(place)][key] = arrays[name]
    return [
        Batch(
            head["fixed"],
            varying[place],
            tuple(head["snapshots"]),
            arrays[f"{place}/rows"],
            arrays[f"{place}/identities"],
            head["cost"],
        )
        for place, head in enumerate(heads)
    ]
