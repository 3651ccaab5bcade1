"""Plans and batches of networks, and their size in bytes; worker processes import it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from xorsweep.experiment import Plan, Rows
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.architecture import Network
from xorsweep.networks.engines import Engine, load_capacity
from xorsweep.networks.engines.interface import Capacity, EpochCost
from xorsweep.networks.planning import Batch, make_plan
from xorsweep.storage.parts import encode


def by_size(network: Network, rows: int) -> EpochCost:
    return EpochCost(0.0, 1e-9 * rows * network.size)


def plan_of(
    grid: Grid, workers: int = 1, capacity: Capacity | None = None, pending: Rows | None = None
) -> Plan[Batch]:
    """Return the plan of points, all of them by default, whose costs are those of `by_size`."""
    rows = np.arange(len(grid)) if pending is None else pending
    return make_plan(grid, capacity or load_capacity(Engine()), workers, rows, by_size)


@dataclass(frozen=True)
class SmallBatches(NetworkExperiment):
    """Networks in batches of a few members, which other processes train if there are any."""

    members: int = 1

    def plan(self, grid: Grid, pending: Rows, workers: int) -> Plan[Batch]:
        plan = super().plan(grid, pending, workers)
        pieces = [
            batch.part(slice(start, start + self.members))
            for batch in plan.batches
            for start in range(0, batch.members, self.members)
        ]
        return replace(plan, batches=pieces, is_quick=False)


def planned(grid: Grid) -> list[Batch]:
    return list(plan_of(grid, workers=2).batches)


def stored(finished: Sequence[tuple[Batch, pa.Table]]) -> list[tuple[str, bytes]]:
    """Return the parts that batches become, which say every bit of their rows."""
    return sorted(encode([rows], NetworkExperiment()) for _, rows in finished)
