"""Plans batches: points that differ in epochs alone are a trajectory, similar ones a batch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.experiment import Plan, Rows
from xorsweep.fields import Scalar
from xorsweep.grid.grid import Grid, combined_codes, number_by_appearance
from xorsweep.networks.batch_sizes import Group, batch_counts
from xorsweep.networks.schema import network_of, task_rows

if TYPE_CHECKING:
    from xorsweep.grid.schema import Point
    from xorsweep.networks.engines.interface import Capacity, EpochCosts

BATCH_SECONDS = 0.005
"""Seconds that a batch costs beside its epochs: it is handed to a worker, and its part written."""
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
    """Return batches that hold each pending point exactly once.

    Args:
        grid: All points.
        capacity: How many networks a batch of an engine should have at most.
        workers: How many processes share the work.
        pending: Rows (n,) of the points to be trained.
        epoch_costs: The costs of an epoch of the engine, by the size of a network.
    """
    trajectories = _Trajectories(grid, pending)
    members = list(trajectories.groups())
    groups = [
        _group_of(
            grid.point(int(trajectories.last_rows[each[0]])), len(each), capacity, epoch_costs
        )
        for each in members
    ]
    batches = [
        _batch(grid, part, trajectories, group.seconds(len(part)))
        for each, group, count in zip(members, groups, batch_counts(groups, workers), strict=True)
        for part in np.array_split(each, count)
    ]
    batches.sort(key=lambda batch: -batch.cost)
    return Plan(
        tuple(batches),
        len(pending),
        sum(batch.work for batch in batches),
        counts={"trajectories": len(trajectories)},
        is_quick=sum(batch.cost for batch in batches) < QUICK,
    )


def _group_of(point: Point, members: int, capacity: Capacity, epoch_costs: EpochCosts) -> Group:
    """Return the costs of some networks with the settings of a point."""
    network, rows, epochs = network_of(point), task_rows(point), point["epochs"]
    assert isinstance(epochs, int)
    epoch = epoch_costs(network, rows)
    return Group(
        members,
        most=capacity(network, rows),
        per_batch=BATCH_SECONDS + epochs * epoch.per_batch,
        per_network=epochs * epoch.per_network,
    )


class _Trajectories:
    """The trajectories of the points in `rows`, in order of their first point.

    A trajectory's points lie together in `points`, from `starts[t]` to `starts[t + 1]`, by epoch.
    """

    def __init__(self, grid: Grid, rows: Rows) -> None:
        self._grid = grid
        epochs = grid.columns["epochs"]
        codes = combined_codes(grid, [key for key in grid.columns if key != "epochs"], rows)
        trajectory = number_by_appearance(codes)
        point_epochs = epochs.array(rows)
        by_trajectory = np.lexsort((point_epochs, trajectory))
        self.points = rows[by_trajectory]
        self.epochs = point_epochs[by_trajectory]
        self.starts = np.concatenate([[0], np.cumsum(np.bincount(trajectory))]).astype(np.int64)
        self.last_rows = self.points[self.starts[1:] - 1]

    def __len__(self) -> int:
        return len(self.last_rows)

    def groups(self) -> Iterator[Rows]:
        """Yield the trajectories that agree in their last epoch and in all that a batch shares."""
        columns = self._grid.columns
        shared = [key for key, column in columns.items() if key != "seed" and not column.batched]
        codes = combined_codes(self._grid, shared, self.last_rows)
        _, group, counts = np.unique(codes, return_inverse=True, return_counts=True)
        for members in np.split(np.argsort(group, kind="stable"), np.cumsum(counts[:-1])):
            if len(members):
                yield members

    def points_of(self, members: Rows) -> tuple[tuple[int, ...], Rows]:
        """Return the snapshots (S,) of some trajectories and their grid rows (S, B), or -1."""
        counts = self.starts[members + 1] - self.starts[members]
        member = np.repeat(np.arange(len(members)), counts)
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        where = self.starts[members][member] + offsets
        snapshots, snapshot = np.unique(self.epochs[where], return_inverse=True)
        rows = np.full((len(snapshots), len(members)), -1, np.int64)
        rows[snapshot, member] = self.points[where]
        return tuple(int(epoch) for epoch in snapshots), rows


def _batch(grid: Grid, members: Rows, trajectories: _Trajectories, cost: float) -> Batch:
    snapshots, rows = trajectories.points_of(members)
    last_rows = trajectories.last_rows[members]
    fixed: dict[str, Scalar] = {}
    varying: dict[str, NDArray[Any]] = {}
    for key, column in grid.columns.items():
        if key == "epochs":
            continue
        codes = column.codes[last_rows]
        if (codes != codes[0]).any():
            varying[key] = column.level_array[codes]
        elif (level := column.levels[codes[0]]) is not None:
            fixed[key] = level
    identities = np.where(rows >= 0, grid.identities_of(rows), np.uint64(0))
    return Batch(fixed, varying, snapshots, rows, identities, cost)


def pack(batches: Sequence[Batch]) -> dict[str, NDArray[Any]]:
    """Return batches as arrays, what their members share as JSON; nothing of it is code."""
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
