"""Batches for the tests of execution, and what they came to in bytes."""

from collections.abc import Sequence

import pyarrow as pa

from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine, load_capacity
from xorsweep.networks.planning import Batch, make_plan
from xorsweep.storage.parts import encode


def planned(grid: Grid) -> tuple[Batch, ...]:
    return make_plan(grid, load_capacity(Engine()), 2).batches


def stored(finished: Sequence[tuple[Batch, pa.Table]]) -> list[tuple[str, bytes]]:
    """Return the parts that batches become, which say every bit of their rows."""
    return sorted(encode([rows], NetworkExperiment()) for _, rows in finished)
